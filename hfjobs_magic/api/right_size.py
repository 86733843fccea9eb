"""What a job used of its hardware, and which flavors would have been enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.metrics.bins import MetricsBuffer
from hfjobs_magic.metrics.right_size import SHORTEST_S, right_size

if TYPE_CHECKING:
    from hfjobs_magic.api.job import Job
    from hfjobs_magic.metrics.right_size import RightSize
    from hfjobs_magic.metrics.usage import Usage


def usage_of(job: Job) -> Usage:
    """Return what is known of the memory and the GPUs that a job has used so far.

    See `hfjobs_magic.api.job.Job.metrics` on whose samples those are.
    """
    buffer = MetricsBuffer()
    for sample in job.metrics():
        buffer.append(sample["time"], sample)
    return buffer.usage()


def compare(job: Job, usage: Usage, finished_at: float | None) -> RightSize | None:
    """Compare what a job used with the flavors there are; None where it has not ended, was short, or left no samples.

    Asks nobody: flavors and prices are those that were known when the job was opened. Only of one that completed are
    cheaper flavors named; what another would have needed by its end nobody knows.
    """
    facts = job.facts
    if facts.started_at is None or finished_at is None or usage.memory is None:
        return None
    ran_s = finished_at - facts.started_at
    if ran_s < SHORTEST_S:
        return None
    # A local job has this machine's hardware, whatever its flavor, and costs nothing.
    is_comparable = facts.stage == "COMPLETED" and not job.client.local
    return right_size(usage, ran_s, job.hardware if is_comparable else None, job.client.last_hardware())


def describe(job: Job) -> RightSize | None:
    """Do the same with all samples that are known of a job; asks how it is."""
    facts = job.refresh()
    return compare(job, usage_of(job), facts.finished_at) if facts.is_terminal else None
