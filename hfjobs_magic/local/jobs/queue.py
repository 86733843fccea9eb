"""The queue: starts supervisors, watches them, takes them over after a restart, ends them.

It lives on the service's event loop. What takes time (files, hashes) runs in threads; the store is used on the loop
only. Supervisors report in `status.json`, so nothing is lost while no service runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sqlite3
import time
from typing import TYPE_CHECKING, Any

from hfjobs_magic.local import processes
from hfjobs_magic.local.jobs import sandbox
from hfjobs_magic.local.jobs.conditions import Conditions
from hfjobs_magic.local.jobs.finish import Finisher, read_status
from hfjobs_magic.local.jobs.launch import MountedVolume, prepare, start_supervisor
from hfjobs_magic.local.jobs.losses import join_sentences
from hfjobs_magic.local.jobs.mirror import Mirror
from hfjobs_magic.local.jobs.mounts import Mounts
from hfjobs_magic.local.storage.store import TERMINAL

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Coroutine

    from hfjobs_magic.local.spec import VolumeSpec
    from hfjobs_magic.local.storage.content import Content
    from hfjobs_magic.local.storage.data_dir import DataDir
    from hfjobs_magic.local.storage.store import JobRow, Store

log = logging.getLogger(__name__)

POLL = 0.03
"""Seconds between two looks at the running jobs; a look costs one `stat` per job."""

RETRY = 1.0
"""Seconds to wait after an unexpected failure, such as a write to a full disk."""

CANCEL_WAIT = 2.0
"""Seconds for which a cancel request waits for the end before it answers."""

CANCELING = "Canceling: waiting for the job's processes to end"
"""The message of a job that was told to end."""


def count_slots() -> int:
    """Return how many jobs run at once: HFJOBS_LOCAL_SLOTS, or one per core."""
    text = os.environ.get("HFJOBS_LOCAL_SLOTS", "")
    return max(1, int(text)) if text.isdigit() else os.cpu_count() or 1


class Runner:
    """Runs the jobs of one store."""

    def __init__(
        self,
        store: Store,
        content: Content,
        directory: DataDir,
        read_conditions: Callable[[], Conditions] = Conditions,
    ) -> None:
        """Run the jobs of `store`.

        Parameters
        ----------
        store, content, directory
            Of the service.
        read_conditions
            Returns the conditions under which jobs run at the moment.
        """
        self.mounts = Mounts(store, content, directory, read_conditions)
        self._read_conditions = read_conditions
        self._finisher = Finisher(store, directory, self.mounts, read_conditions)
        self._store = store
        self._content = content
        self._directory = directory
        self._slots = count_slots()
        self._wake = asyncio.Event()
        # Supervisors that are our children and must be waited for; those taken over from another service are not.
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        # The work in progress for a job: its start or its end.
        self._busy: dict[str, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """Look at the queue now."""
        self._wake.set()

    async def run(self) -> None:
        """Start, watch and finish jobs until cancelled."""
        for job_id in await self._finisher.find_leftovers():
            self._begin(job_id, self._finisher.settle(job_id))
        while True:
            self._wake.clear()
            wait: float | None = RETRY
            try:
                wait = POLL if self._look() else None
            except (OSError, ValueError, sqlite3.Error):
                # The queue survives a full disk.
                log.exception("the queue could not be looked at")
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait)

    async def close(self) -> None:
        """Wait for work in progress; supervisors keep running."""
        self._finisher.close()
        await asyncio.gather(*self._busy.values(), return_exceptions=True)
        for child in self._children.values():
            # It outlives us: there is nothing to wait for and nothing to warn about.
            child.returncode = child.poll() or 0

    def _look(self) -> bool:
        """Look once at every job that is not over; return whether there is a reason to look again soon."""
        self._reap()
        running = self._store.open_jobs(started=True)
        for job in running:
            if job.id not in self._busy:
                self._watch(job)
        active = {job.id for job in running} | self._busy.keys()
        # Jobs that are being started are still at the front of the queue; those that end here hide others behind them.
        hidden = False
        for job in self._store.open_jobs(started=False, limit=self._slots + len(self._busy)):
            if job.id in active:
                continue
            if job.canceling:
                self._finisher.finish(job, "CANCELED", None)
                hidden = True
            elif len(active) < self._slots:
                active.add(job.id)
                self._begin(job.id, self._start(job))
        return bool(active or self._children or hidden)

    def _reap(self) -> None:
        """Collect supervisors that have ended, which would stay zombies otherwise."""
        for job_id, child in list(self._children.items()):
            if child.poll() is not None:
                del self._children[job_id]

    def _begin(self, job_id: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(self._retry_later(job_id, work))
        self._busy[job_id] = task

        def end(_: asyncio.Task[None]) -> None:
            self._busy.pop(job_id, None)
            self.wake()

        task.add_done_callback(end)

    async def _retry_later(self, job_id: str, work: Coroutine[Any, Any, None]) -> None:
        """Do the work; if it fails, a later look repeats it, because the job's files and row have not changed."""
        try:
            await work
        except (OSError, ValueError, sqlite3.Error):
            log.exception("job %s could not be started or ended; trying again", job_id)
            await asyncio.sleep(RETRY)

    async def _start(self, job: JobRow) -> None:
        folder = self._directory.job(job.id)
        try:
            volumes = [await self._find_volume(volume) for volume in job.spec.volumes]
            await asyncio.to_thread(prepare, job, volumes, self._directory, self._content, self._read_conditions())
            current = self._store.job(job.id)
            if current is None or current.canceling:
                await self._finisher.discard(job.id)
                return
            child = start_supervisor(folder)
        except Exception as error:
            log.exception("job %s could not be started", job.id)
            await self._finisher.discard(job.id)
            self._finisher.finish(job, "ERROR", f"The local service could not start the job: {error}")
            return
        self._children[job.id] = child
        current.supervisor, current.identity = child.pid, processes.identify(child.pid) or "gone"
        current.message = join_sentences(current.message, sandbox.describe_limits(job.spec.volumes))
        self._store.save_job(current)

    async def _find_volume(self, volume: VolumeSpec) -> MountedVolume:
        """Return what a volume is made of.

        Raises
        ------
        LookupError
            When its bucket is gone.
        """
        if volume.type != "bucket":
            return MountedVolume(volume, folder=Mirror.of(self._directory).find(volume))
        bucket = self._store.bucket_by_id(volume.bucket) if volume.bucket else self._store.bucket(volume.source)
        if bucket is None:
            raise LookupError(f"the bucket {volume.source} was deleted before the job could start.")
        await self.mounts.look(bucket)
        return MountedVolume(volume, bucket.id, self._store.files(bucket, volume.path))

    def _watch(self, job: JobRow) -> None:
        """Look at a job that has a supervisor."""
        status = read_status(self._directory.job(job.id))
        if status.get("pid") not in {None, job.supervisor}:
            # A service that was killed had started this one without recording it; ours has left the job to it.
            job.supervisor, job.identity = status["pid"], status["identity"]
            self._store.save_job(job)
        gone = not processes.is_alive(job.supervisor, job.identity)
        if gone and not status.get("finished_at"):
            # It may have written its result between the two looks.
            status = read_status(self._directory.job(job.id))
        if job.stage == "SCHEDULING" and status.get("started_at"):
            job.stage, job.started = "RUNNING", status["started_at"]
            self._store.save_job(job)
        if status.get("failures", 0) != job.failures and not status.get("finished_at"):
            job.failures = status["failures"]
            self._store.save_job(job)
        if gone or status.get("finished_at"):
            self._begin(job.id, self._finisher.end(job.id, status))

    async def cancel(self, job_id: str) -> None:
        """Tell a job to end, and wait a moment for it."""
        job = self._store.job(job_id)
        if job is None or job.stage in TERMINAL:
            return
        if not job.canceling:
            job.canceling, job.message = True, CANCELING
            self._store.save_job(job)
        folder = self._directory.job(job_id)
        folder.mkdir(exist_ok=True, mode=0o700)
        # First the file, for a supervisor that does not handle signals yet.
        (folder / "cancel").touch()
        if not job.supervisor and job_id not in self._busy:
            self._finisher.forget_secrets(job_id)
            self._finisher.finish(job, "CANCELED", None)
            return
        if processes.is_alive(job.supervisor, job.identity) and read_status(folder).get("pid"):
            processes.send(job.supervisor, signal.SIGTERM)
        deadline = time.monotonic() + CANCEL_WAIT
        while time.monotonic() < deadline:
            await asyncio.sleep(POLL)
            current = self._store.job(job_id)
            if current is None or current.is_over:
                return
