"""Scheduled jobs of the Hub, through huggingface_hub and its public interface only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.hub.bucket_privacy import check_private
from hfjobs_magic.hub.error_translation import translate_errors
from hfjobs_magic.hub.job_info import as_json, scheduled_facts_of
from hfjobs_magic.hub.request import ImageCommand
from hfjobs_magic.hub.run_arguments import script_arguments, settings
from hfjobs_magic.hub.sent_secrets import SENT
from hfjobs_magic.hub.silence import silence
from hfjobs_magic.script.script import Script

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from huggingface_hub import HfApi, ScheduledJobInfo

    from hfjobs_magic.facts import ScheduledFacts
    from hfjobs_magic.hub.request import Request
    from hfjobs_magic.options.run_options import RunOptions


class ScheduledClient:
    """Scheduled jobs of one namespace."""

    def __init__(self, api: HfApi, namespace: str) -> None:
        self._api = api
        self._namespace = namespace

    def submit(self, request: Request, *, env: Mapping[str, str], secrets: Mapping[str, str]) -> ScheduledFacts:
        """Schedule a script or a command; parameters and errors are those of `JobsClient.submit`."""
        SENT.add(secrets.values())
        work, options = request.work, request.options
        with translate_errors(self._api.endpoint), silence():
            if not isinstance(work, ImageCommand):
                check_private(self._api, self._namespace)
            made = settings(self._api, self._namespace, request, env=env, secrets=secrets) | _when(options)
            if isinstance(work, ImageCommand):
                return self._facts(self._api.create_scheduled_job(image=work.image, command=list(work.command), **made))
            if not isinstance(work, Script):
                raise TypeError("Only a script or a command can be scheduled.")
            with script_arguments(work, request) as own:
                return self._facts(self._api.create_scheduled_uv_job(**own, **made))

    def jobs(self, labels: Mapping[str, str] | None = None) -> list[ScheduledFacts]:
        """All of them, or those with some labels."""
        with translate_errors(self._api.endpoint):
            found = self._api.list_scheduled_jobs(namespace=self._namespace, labels=dict(labels or {}) or None)
            return [scheduled_facts_of(info, self._api.endpoint) for info in found]

    def inspect(self, scheduled_id: str) -> ScheduledFacts:
        """Ask how one is."""
        with self._translate_errors(scheduled_id):
            return self._facts(
                self._api.inspect_scheduled_job(scheduled_job_id=scheduled_id, namespace=self._namespace)
            )

    def details(self, scheduled_id: str) -> dict[str, Any]:
        """Everything the Hub says of one, as JSON."""
        with self._translate_errors(scheduled_id):
            return as_json(self._api.inspect_scheduled_job(scheduled_job_id=scheduled_id, namespace=self._namespace))

    def suspend(self, scheduled_id: str) -> None:
        """Start no more jobs until it is resumed."""
        with self._translate_errors(scheduled_id):
            self._api.suspend_scheduled_job(scheduled_job_id=scheduled_id, namespace=self._namespace)

    def resume(self, scheduled_id: str) -> None:
        """Go on with its schedule."""
        with self._translate_errors(scheduled_id):
            self._api.resume_scheduled_job(scheduled_job_id=scheduled_id, namespace=self._namespace)

    def trigger(self, scheduled_id: str) -> str:
        """Start a job of it now; the id of that job."""
        with self._translate_errors(scheduled_id):
            return self._api.trigger_scheduled_job(scheduled_job_id=scheduled_id, namespace=self._namespace).id

    def reschedule(self, scheduled_id: str, schedule: str) -> ScheduledFacts:
        """Change when it runs."""
        with self._translate_errors(scheduled_id):
            return self._facts(
                self._api.update_scheduled_job_schedule(
                    scheduled_job_id=scheduled_id, schedule=schedule, namespace=self._namespace
                )
            )

    def set_labels(self, scheduled_id: str, labels: Mapping[str, str]) -> ScheduledFacts:
        """Replace all its labels."""
        with self._translate_errors(scheduled_id):
            return self._facts(
                self._api.update_scheduled_job_labels(
                    scheduled_job_id=scheduled_id, labels=dict(labels), namespace=self._namespace
                )
            )

    def delete(self, scheduled_id: str) -> None:
        """Forget it; jobs that it started keep running."""
        with self._translate_errors(scheduled_id):
            self._api.delete_scheduled_job(scheduled_job_id=scheduled_id, namespace=self._namespace)

    def _translate_errors(self, scheduled_id: str) -> AbstractContextManager[None]:
        return translate_errors(self._api.endpoint, scheduled_id, scheduled=True)

    def _facts(self, info: ScheduledJobInfo) -> ScheduledFacts:
        return scheduled_facts_of(info, self._api.endpoint)


def _when(options: RunOptions) -> dict[str, Any]:
    return {"schedule": options.schedule, "suspend": options.suspend, "concurrency": options.concurrency}
