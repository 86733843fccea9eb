"""Job: the user's handle on a job of the Hub or of the local service."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import JobFailedError
from hfjobs_magic.follow import Follower

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hfjobs_magic.hub import Hardware, JobsClient
    from hfjobs_magic.options import RunOptions
    from hfjobs_magic.script import Script
    from hfjobs_magic.state import JobFacts

_SLICE_S = 0.1
"""How long a wait blocks at a time, in seconds, so that an interrupt is noticed at once."""


class Job:
    """A job on the Hub or on the local service.

    Made by `run`, `%%hfjob` or `attach`; its facts are followed in the background once something
    asks for them to be (a card, `wait`, `logs(follow=True)`).
    """

    def __init__(
        self,
        client: JobsClient,
        facts: JobFacts,
        *,
        script: Script | None = None,
        options: RunOptions | None = None,
        hardware: Hardware | None = None,
    ) -> None:
        self.client = client
        self.script = script
        self.options = options
        self.hardware = hardware
        self.follower = Follower(client, facts)

    def __repr__(self) -> str:
        return f"Job(name={self.name!r}, flavor={self.follower.state.facts.flavor!r})"

    @property
    def id(self) -> str:
        """24 hex digits."""
        return self.follower.state.facts.id

    @property
    def name(self) -> str:
        """The label ``name``."""
        return self.follower.state.facts.name

    @property
    def url(self) -> str:
        """The job's page."""
        return self.follower.state.facts.url

    @property
    def stage(self) -> str:
        """SCHEDULING, RUNNING, COMPLETED, ERROR, CANCELED or DELETED, asked for now if not followed."""
        return self.refresh().stage

    def refresh(self) -> JobFacts:
        """Ask the Hub how the job is, unless it has ended."""
        facts = self.follower.state.facts
        return facts if facts.is_terminal else self.client.inspect(self.id)

    def follow(self) -> Job:
        """Follow in the background; returns the job."""
        self.follower.start()
        return self

    def logs(self, *, follow: bool = False, tail: int | None = None) -> Iterator[str]:
        """Log lines; with `follow` as they come until the job ends, with `tail` the newest only."""
        return self.client.logs(self.id, follow=follow, tail=tail)

    def metrics(self) -> list[dict[str, Any]]:
        """Give the samples seen while following, oldest first.

        Each holds ``time`` (seconds since the epoch), ``cpu_usage_pct``, ``cpu_millicores``,
        ``memory_used_bytes``, ``memory_total_bytes``, ``rx_bps``, ``tx_bps`` and ``gpus``.
        The Hub keeps no history: what was not followed is not there.
        """
        return self.follower.metrics.records()

    def wait(self, timeout: float | None = None) -> Job:
        """Block until the job has ended; returns the job.

        An interrupt stops the waiting, not the job.

        Raises
        ------
        JobFailedError
            When it ended otherwise than COMPLETED.
        TimeoutError
            When `timeout` seconds were not enough.
        """
        self.follow()
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.follower.done.wait(_SLICE_S):
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError(f"Job {self.name} is still {self.follower.state.facts.stage} after {timeout} s.")
        if self.follower.state.facts.stage != "COMPLETED":
            raise JobFailedError(self._how_it_ended(), self)
        return self

    def cancel(self) -> None:
        """Ask the job to end; returns when the Hub has taken the request."""
        self.client.cancel(self.id)

    def rerun(self) -> Job:
        """Submit the same job again, followed like this one."""
        facts = self.client.rerun(self.id)
        again = Job(self.client, facts, script=self.script, options=self.options, hardware=self.hardware)
        return again.follow()

    def _how_it_ended(self) -> str:
        facts = self.follower.state.facts
        _, lines = self.follower.log.tail(1)
        said = f" ({facts.message})" if facts.message else ""
        last = f" Last line: {lines[0]}" if lines and facts.stage == "ERROR" else ""
        where = f"`%hfjobs logs {facts.id}{' --local' if self.client.local else ''}` shows the whole log."
        return f"Job {facts.name} ended in {facts.stage}{said}.{last} {where}"
