"""The end of a job: its orphans, its secrets, what it wrote to its volumes, and its stage."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from typing import TYPE_CHECKING, Any

import psutil

from hfjobs_magic.local.jobs import sandbox, temporary
from hfjobs_magic.local.jobs.losses import describe_place, join_sentences
from hfjobs_magic.local.jobs.mounts import Settlement
from hfjobs_magic.local.jobs.outcome import judge
from hfjobs_magic.local.jobs.volumes import remove

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hfjobs_magic.local.jobs.conditions import Conditions
    from hfjobs_magic.local.jobs.mounts import Mounts
    from hfjobs_magic.local.storage.data_dir import DataDir
    from hfjobs_magic.local.storage.store import JobRow, Store

log = logging.getLogger(__name__)


class Finisher:
    """Ends the jobs of one store; used on the service's event loop only."""

    def __init__(
        self, store: Store, directory: DataDir, mounts: Mounts, read_conditions: Callable[[], Conditions]
    ) -> None:
        self._store = store
        self._directory = directory
        self._mounts = mounts
        self._read_conditions = read_conditions
        self._closing = asyncio.Event()

    def close(self) -> None:
        """Stop waiting for anything."""
        self._closing.set()

    async def find_leftovers(self) -> list[str]:
        """Remove secrets that no supervisor will read; return the jobs that are over but not settled.

        Both are left behind by a service that was killed.
        """
        paths = await asyncio.to_thread(lambda: [*self._directory.jobs.glob("*/secrets.json")])
        for path in paths:
            job = self._store.job(path.parent.name)
            if job is None or job.is_over:
                path.unlink(missing_ok=True)
        paths = await asyncio.to_thread(lambda: [*self._directory.jobs.glob("*/volumes.json")])
        jobs = [self._store.job(path.parent.name) for path in paths]
        return [job.id for job in jobs if job is not None and job.is_over]

    async def end(self, job_id: str, status: dict[str, Any]) -> None:
        """Store what a job wrote to its volumes, then set the stage that says it is over.

        Parameters
        ----------
        job_id
            A job whose supervisor has ended.
        status
            What that has reported.
        """
        if not status.get("finished_at"):
            await asyncio.to_thread(_kill_orphans, job_id)
            self.forget_secrets(job_id)
        job = self._store.job(job_id)
        if job is None:
            return
        if self._read_conditions().delay:
            self._judge(job, status, None)
            await self.settle(job_id)
        else:
            settlement = await self._settle(job)
            # Labels, for example, may have changed meanwhile.
            self._judge(self._store.job(job_id) or job, status, settlement.message)
            await self._clean(job_id, settlement)

    async def settle(self, job_id: str) -> None:
        """Store what a job that is over wrote to its volumes, as late as files are to appear."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._closing.wait(), self._read_conditions().delay)
        if (job := self._store.job(job_id)) is not None:
            settlement = await self._settle(job)
            if settlement.message and (job := self._store.job(job_id)) is not None:
                job.message = join_sentences(job.message, settlement.message)
                self._store.save_job(job)
            await self._clean(job_id, settlement)

    def finish(self, job: JobRow, stage: str, message: str | None, at: float | None = None) -> None:
        """Set the stage that says a job is over."""
        job.stage, job.message, job.finished = stage, message, at or time.time()
        self._store.save_job(job)

    def forget_secrets(self, job_id: str) -> None:
        """Remove the secrets that were left for a supervisor."""
        (self._directory.job(job_id) / "secrets.json").unlink(missing_ok=True)

    async def discard(self, job_id: str) -> None:
        """Remove what was prepared for a job that never started."""
        self.forget_secrets(job_id)
        await self._clean(job_id, Settlement(None, is_complete=True))

    def _judge(self, job: JobRow, status: dict[str, Any], more: str | None) -> None:
        job.started = job.started or status.get("started_at")
        job.failures = status.get("failures", job.failures)
        stage, message = judge(status, canceling=job.canceling)
        message = join_sentences(message, sandbox.describe_limits(job.spec.volumes), more)
        self.finish(job, stage, message, status.get("finished_at"))

    async def _settle(self, job: JobRow) -> Settlement:
        try:
            return await self._mounts.settle(job)
        except Exception as error:
            log.exception("volumes of job %s could not be kept", job.id)
            problem = f"What the job wrote to its volumes could not be kept: {error}."
            place = describe_place([self._directory.job(job.id) / "volumes"])
            return Settlement(f"{problem} {place}", is_complete=False)

    async def _clean(self, job_id: str, settlement: Settlement) -> None:
        """Remove copies of what the buckets hold, and temporary files; the log and the working directory stay."""
        folder = self._directory.job(job_id)
        # The job's row says what became of them, so nobody must settle them again.
        (folder / "volumes.json").unlink(missing_ok=True)
        temporary.forget(job_id, folder / "tmp")
        for name in ("volumes", "tmp") if settlement.is_complete else ("tmp",):
            await asyncio.to_thread(remove, folder / name)


def read_status(folder: Path) -> dict[str, Any]:
    """Return what the supervisor has reported so far."""
    try:
        status: dict[str, Any] = json.loads((folder / "status.json").read_text())
    except FileNotFoundError:
        return {}
    return status


def _kill_orphans(job_id: str) -> None:
    """Kill what a killed supervisor left behind: every process with the job's id in its environment."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get("JOB_ID") == job_id:
                process.kill()
