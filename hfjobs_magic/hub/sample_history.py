"""Metrics history of a job: the local service's own, or what was recorded of a job of the Hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.records.jobs import JobRecord, record_of

if TYPE_CHECKING:
    from hfjobs_magic.hub.client import JobsClient


class ServiceSamples:
    """The history of a job of the local service, which keeps it itself; see `JobRecord`."""

    def __init__(self, client: JobsClient, job_id: str) -> None:
        self._client = client
        self._job_id = job_id

    def add(self, at: float, sample: dict[str, Any]) -> None:
        """Do nothing: the service has it."""

    def past(self) -> list[dict[str, Any]]:
        """Give the samples since the job's start.

        Raises
        ------
        HubError
            When the service cannot be asked.
        """
        return self._client.past_metrics(self._job_id)


def open_history(client: JobsClient, job_id: str) -> JobRecord | ServiceSamples:
    """Open the metrics history of a job: the local service's own, or what was kept of a job of the Hub."""
    return ServiceSamples(client, job_id) if client.local else record_of(job_id)
