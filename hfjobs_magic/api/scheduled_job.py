"""ScheduledJob: the user's handle on a job that starts by itself, on the Hub or on the local service."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api import repeat
from hfjobs_magic.api.connect import connect, find_hardware
from hfjobs_magic.api.displayable import Handle
from hfjobs_magic.api.job import Job
from hfjobs_magic.api.selectors import full_id, select_scheduled
from hfjobs_magic.cost import most_usd
from hfjobs_magic.errors import OptionError
from hfjobs_magic.facts import ScheduledFacts
from hfjobs_magic.options.cron import parse_schedule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hfjobs_magic.api.submit import Submission
    from hfjobs_magic.facts import Hardware, JobFacts
    from hfjobs_magic.hub.client import JobsClient


class ScheduledJob(Handle):
    """A job that starts by itself, again and again.

    Made by `schedule` and ``%%hfjob --schedule``, found by `scheduled_jobs`. What changes is asked for when it
    is read; nothing is followed in the background.
    """

    def __init__(
        self,
        client: JobsClient,
        facts: ScheduledFacts,
        *,
        hardware: Hardware | None = None,
        notice: str = "",
        detach: bool = False,
    ) -> None:
        self.client = client
        self.detach = detach
        self.facts = facts
        self.hardware = hardware
        self.notice = notice

    @classmethod
    def from_submission(cls, made: Submission) -> ScheduledJob:
        """Make the handle of a schedule that was just submitted."""
        if not isinstance(made.facts, ScheduledFacts):
            raise TypeError("A job was submitted, which has no schedule.")
        return cls(
            made.client, made.facts, hardware=made.hardware, notice=made.notice, detach=made.request.options.detach
        )

    def __repr__(self) -> str:
        return f"ScheduledJob(name={self.name!r}, schedule={self.facts.schedule!r})"

    @property
    def id(self) -> str:
        """24 hex digits."""
        return self.facts.id

    @property
    def name(self) -> str:
        """The label ``name``, as it was when last asked for; also that of the jobs it starts."""
        return self.facts.name

    @property
    def url(self) -> str:
        """Page of the namespace's jobs; the Hub has none for one scheduled job alone."""
        return self.facts.url

    @property
    def status(self) -> ScheduledFacts:
        """Everything known of it, asked for now; times are seconds since the epoch."""
        return self.refresh()

    @property
    def schedule(self) -> str:
        """When it starts a job: a cron expression in UTC, or ``@daily`` and the like; asked for now."""
        return self.refresh().schedule

    @property
    def suspended(self) -> bool:
        """Whether it waits to be resumed; asked for now."""
        return self.refresh().suspended

    @property
    def labels(self) -> dict[str, str]:
        """Labels by key, of it and of the jobs it starts; asked for now."""
        return dict(self.refresh().labels)

    @property
    def next_run(self) -> datetime | None:
        """When it starts the next job, in UTC; None while it is suspended. Asked for now."""
        facts = self.refresh()
        return None if facts.suspended or facts.next_at is None else datetime.fromtimestamp(facts.next_at, timezone.utc)

    @property
    def last_run(self) -> Job | None:
        """The job that it started last, not followed; None before the first. Asked for now.

        Raises
        ------
        JobMissingError
            When the Hub no longer knows that job.
        """
        last = self.refresh().last_job
        return None if last is None else self._job(self.client.inspect(last))

    @property
    def most_usd_per_run(self) -> float | None:
        """Most that one run can cost, in US dollars: price x timeout x attempts; None where that is not known."""
        if self.client.local:
            return 0.0
        price = self.hardware.usd_per_minute if self.hardware else None
        timeout = self.facts.timeout_s
        return None if timeout is None else most_usd(price, timeout, self.facts.attempts)

    def refresh(self) -> ScheduledFacts:
        """Ask how it is."""
        self.facts = self.client.scheduled.inspect(self.id)
        return self.facts

    def jobs(self) -> list[Job]:
        """Jobs that it has started, the newest first; those triggered by hand among them, none is followed."""
        since = self.facts.created_at or 0.0
        found = []
        for facts in self.client.jobs():
            if (facts.created_at or since) < since:
                break  # the list is newest first: all others are older than the schedule
            if facts.scheduled_by == self.id:
                found.append(self._job(facts))
        return found

    def suspend(self) -> None:
        """Start no more jobs until it is resumed; a running one is left alone."""
        self.client.scheduled.suspend(self.id)

    def resume(self) -> None:
        """Go on with the schedule: with its next time, not with those that were missed."""
        self.client.scheduled.resume(self.id)

    def trigger(self) -> Job:
        """Start a job of it now, suspended or not; returns that job, not followed. The schedule stays as it is.

        Raises
        ------
        HubError
            When the last one still runs and ``concurrency`` is off.
        """
        return Job.from_submission(repeat.trigger(self.client, self.refresh()))

    def reschedule(self, cron: str) -> None:
        """Change when it starts jobs.

        Raises
        ------
        OptionError
            When `cron` is not a valid schedule.
        """
        self.facts = self.client.scheduled.reschedule(self.id, parse_schedule(cron, "The schedule"))

    def delete(self) -> None:
        """Forget it on the Hub; jobs that it started keep running."""
        self.client.scheduled.delete(self.id)

    def _job(self, facts: JobFacts) -> Job:
        return Job(self.client, facts, hardware=self.hardware)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle to the id and where it is; what is unpickled asks there anew, with the token of that machine."""
        return _reopen, (self.id, *self.client.whereabouts)


def scheduled_jobs(
    *,
    labels: Mapping[str, str] | None = None,
    local: bool = False,
    namespace: str | None = None,
    endpoint: str | None = None,
    token: str | None = None,
) -> list[ScheduledJob]:
    """List scheduled jobs of the namespace, suspended ones too.

    Parameters
    ----------
    labels
        Labels one must have, such as ``{"name": "nightly"}``.
    local, namespace, endpoint, token
        As for `run`.
    """
    client = connect(local=local, namespace=namespace, endpoint=endpoint, token=token)
    return [scheduled_job_of(client, facts) for facts in client.scheduled.jobs(labels)]


def scheduled_job_of(client: JobsClient, facts: ScheduledFacts) -> ScheduledJob:
    """Make a `ScheduledJob` of what the Hub says of one, with the price of its hardware."""
    return ScheduledJob(client, facts, hardware=find_hardware(client, facts.flavor))


def find_scheduled_job(client: JobsClient, selector: str) -> ScheduledFacts:
    """Find a scheduled job by id, by the beginning of an id, or by name.

    Raises
    ------
    OptionError
        When none is meant, several are, or it is in another namespace.
    JobMissingError
        When there is none with that id.
    """
    exact = full_id(selector)
    if exact is None:
        return select_scheduled(selector, client.scheduled.jobs())
    if exact[0] not in {None, client.namespace}:
        raise OptionError(f"{selector} is in another namespace. Add --namespace {exact[0]}.")
    return client.scheduled.inspect(exact[1])


def _reopen(job_id: str, local: bool, namespace: str, endpoint: str | None) -> ScheduledJob:
    client = connect(local=local, namespace=namespace, endpoint=endpoint)
    return scheduled_job_of(client, client.scheduled.inspect(job_id))
