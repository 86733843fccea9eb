"""Deletes the jobs that need not be kept, with their logs and folders, see `storage.retention`.

A job that is not over is never deleted, nor one that ended just now, nor the last job of a schedule, nor one whose
folder still holds what could not be stored in a bucket.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from typing import TYPE_CHECKING

from hfjobs_magic.local.jobs.volumes import remove

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.local.storage.data_dir import DataDir
    from hfjobs_magic.local.storage.lists import Lists
    from hfjobs_magic.local.storage.retention import Retention
    from hfjobs_magic.local.storage.store import Store

log = logging.getLogger(__name__)

EVERY = 600.0
"""Seconds between two looks for jobs to delete."""

GRACE = 600.0
"""Seconds for which a job is kept in any case after it has ended: whoever follows it still reads the end of its log."""

BATCH = 50
"""Jobs that are deleted in one transaction: some milliseconds of the event loop."""

_DAY = 24 * 3600.0


class Pruner:
    """Keeps the history of one service as short as asked."""

    def __init__(
        self,
        store: Store,
        lists: Lists,
        directory: DataDir,
        retention: Retention,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._lists = lists
        self._directory = directory
        self._retention = retention
        self._clock = clock

    async def run(self) -> None:
        """Delete jobs now and then until cancelled."""
        while True:
            try:
                await self.prune()
            except (OSError, sqlite3.Error):
                log.exception("old jobs could not be deleted")
            await asyncio.sleep(EVERY)

    async def prune(self) -> int:
        """Delete the jobs that need not be kept now; return how many those were."""
        now = self._clock()
        keep = self._retention
        before = 0.0 if keep.days is None else now - keep.days * _DAY
        expired = await asyncio.to_thread(self._lists.find_expired, keep.jobs, before, now - GRACE)
        deleted = 0
        for start in range(0, len(expired), BATCH):
            # The folders first: what an interruption leaves over is a job without a folder, which is found again.
            job_ids = await asyncio.to_thread(self._remove_folders, expired[start : start + BATCH])
            self._store.delete_jobs(job_ids)
            deleted += len(job_ids)
        if deleted:
            log.info("deleted %d old jobs", deleted)
        return deleted

    def _remove_folders(self, job_ids: list[str]) -> list[str]:
        """Remove the folders of jobs; return the jobs that have none any more."""
        gone = []
        for job_id in job_ids:
            folder = self._directory.job(job_id)
            if (folder / "volumes").exists():
                continue
            remove(folder)
            if folder.exists():
                log.warning("the folder of job %s could not be removed", job_id)
            else:
                gone.append(job_id)
        return gone
