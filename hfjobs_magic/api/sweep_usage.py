"""What the runs of a sweep used of their hardware, and which flavors would have been enough."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from hfjobs_magic.api.right_size import usage_of
from hfjobs_magic.errors import HubError
from hfjobs_magic.hub.sample_history import open_history
from hfjobs_magic.metrics.right_size import SHORTEST_S, right_size
from hfjobs_magic.metrics.usage import Usage, join
from hfjobs_magic.worker import start_thread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.api.sweep_plan import SweepPlan
    from hfjobs_magic.metrics.right_size import RightSize


class SweepUsage:
    """Samples one run at a time while the sweep goes on: the Hub keeps none, and each stream is a connection.

    The local service keeps the samples of all runs by itself.
    """

    def __init__(self, planned: SweepPlan) -> None:
        self._planned = planned
        self._sampled: Job | None = None
        self._over = threading.Event()
        """Set when the one that is sampled is to be sampled no more."""
        self._tried: set[str] = set()
        """Ids of those that were."""
        self._usages: dict[str, Usage] = {}
        """By id of the job; without memory where nobody saw it."""

    def sample(self, jobs: Sequence[Job | None]) -> None:
        """See to it that one of those that run is sampled; called now and then, always from the same thread."""
        if self._planned.client.local:
            return
        if self._sampled and self._sampled.facts.is_terminal:
            self.stop()
        runs = [job for job in jobs if job and job.facts.stage == "RUNNING" and job.id not in self._tried]
        if self._sampled is None and runs:
            # The one that began last: what is to be seen of a run is its whole time.
            job = self._sampled = max(runs, key=lambda job: job.facts.started_at or 0.0)
            over = self._over = threading.Event()
            self._tried.add(job.id)
            start_thread(f"hfjob-sweep-{self._planned.id}-metrics", lambda: _keep_samples(job, over))

    def stop(self) -> None:
        """Sample none any more."""
        self._over.set()
        self._sampled = None

    def unread(self, jobs: Sequence[Job | None]) -> list[Job]:
        """Return those that completed and whose samples were not read yet."""
        return [job for job in jobs if job and job.facts.stage == "COMPLETED" and job.id not in self._usages]

    def read(self, job: Job) -> None:
        """Read the samples of one that completed: from this machine, or from the local service."""
        try:
            self._usages[job.id] = usage_of(job)
        except HubError:
            self._usages[job.id] = Usage()

    def right_size(self, jobs: Sequence[Job | None]) -> RightSize | None:
        """Compare what those used that were read with the flavors there are, asking nobody.

        None where they ran for less than five minutes all together, or nobody saw them.
        """
        ran = {job.id: _measure_run_s(job) for job in jobs if job and job.id in self._usages}
        seen = [self._usages[job_id] for job_id in ran if self._usages[job_id].memory]
        ran_s = sum(seconds for job_id, seconds in ran.items() if self._usages[job_id].memory)
        if not seen or ran_s < SHORTEST_S:
            return None
        client = self._planned.client
        hardware = None if client.local else self._planned.hardware
        of = "" if len(seen) == len(jobs) else f"sampled in {len(seen)} of {len(jobs)} runs"
        return right_size(join(seen), ran_s, hardware, client.last_hardware(), of=of)


def _keep_samples(job: Job, over: threading.Event) -> None:
    """Keep what a job streams of its use, one request for all of it; whoever reads `Job.metrics` later finds it."""
    kept = open_history(job.client, job.id)
    with suppress(HubError):  # it is an extra: a run that was not seen whole counts as that
        for sample in job.client.metrics(job.id):
            if over.is_set():
                return
            kept.add(time.time(), sample)


def _measure_run_s(job: Job) -> float:
    facts = job.facts
    return facts.finished_at - facts.started_at if facts.started_at and facts.finished_at else 0.0
