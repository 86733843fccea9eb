"""Buckets mounted by running jobs: what a job has written is in the bucket as soon as somebody asks for it.

What the bucket holds of each volume is written to `volumes.json` of the job, so that any later service can continue.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hfjobs_magic.local.jobs.changes import Look
from hfjobs_magic.local.jobs.losses import (
    describe_failure,
    describe_losses,
    describe_missing_bucket,
    describe_place,
    describe_problem,
    join_sentences,
)
from hfjobs_magic.local.jobs.volumes import VolumeFile
from hfjobs_magic.local.storage.content import BLOB_LIFE
from hfjobs_magic.local.storage.data_dir import write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from hfjobs_magic.local.jobs.changes import Change
    from hfjobs_magic.local.jobs.conditions import Conditions
    from hfjobs_magic.local.jobs.volumes import Snapshot
    from hfjobs_magic.local.storage.content import Content
    from hfjobs_magic.local.storage.data_dir import DataDir
    from hfjobs_magic.local.storage.store import BucketRow, JobRow, Store

log = logging.getLogger(__name__)

CLOCK_RESOLUTION = 1e-6
"""Seconds; a float holds the time of day no more exactly."""


@dataclass
class BucketMount:
    """A bucket that a job may write to."""

    number: int
    """Of the volume, among all volumes of the job."""
    bucket: str
    """Its id; its name may change."""
    snapshot: Snapshot
    """What it holds of the volume."""


def read_mounts(folder: Path) -> list[BucketMount]:
    """Return the writable buckets of a job; none where nothing was mounted, or everything is in the buckets.

    Parameters
    ----------
    folder
        The directory of the job.
    """
    try:
        records = json.loads((folder / "volumes.json").read_text())
    except FileNotFoundError:
        return []
    return [
        BucketMount(
            record["number"],
            record["bucket"],
            {name: VolumeFile(h, tuple(stamp) if stamp else None) for name, (h, stamp) in record["files"].items()},
        )
        for record in records
    ]


def write_mounts(folder: Path, mounts: Iterable[BucketMount]) -> None:
    """Write what `read_mounts` returns."""
    records = [
        {
            "number": mount.number,
            "bucket": mount.bucket,
            "files": {name: [file.hash, file.stamp] for name, file in mount.snapshot.items()},
        }
        for mount in mounts
    ]
    write_private(folder / "volumes.json", json.dumps(records))


@dataclass
class _JobMounts:
    """The writable buckets of one job, while a service watches it."""

    mounts: list[BucketMount]
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held during a look."""
    looked: float = 0.0
    """When the last look at everything began, by the monotonic clock."""


@dataclass(frozen=True)
class Settlement:
    """What became of the volumes of a job that has ended."""

    message: str | None
    """What is not in its bucket, in words."""
    is_complete: bool
    """Whether the copies of the volumes can go: no file in them is missing from its bucket."""


class Mounts:
    """The writable buckets of all running jobs; used on the service's event loop only."""

    def __init__(
        self, store: Store, content: Content, directory: DataDir, read_conditions: Callable[[], Conditions]
    ) -> None:
        self._store = store
        self._content = content
        self._directory = directory
        self._read_conditions = read_conditions
        self._jobs: dict[str, _JobMounts] = {}
        self._collected = time.monotonic()
        """When contents were last removed that no bucket holds any more."""

    async def look(self, bucket: BucketRow, paths: Iterable[str] | None = None) -> None:
        """Take into a bucket what running jobs have written to it and closed.

        Parameters
        ----------
        bucket
            The bucket that somebody asks for.
        paths
            The files that are of interest; all of them without it.
        """
        wanted = None if paths is None else list(paths)
        asked = time.monotonic()
        for job in self._store.open_jobs(started=True):
            if any(not volume.read_only for volume in job.spec.volumes):
                try:
                    await self._look(job, bucket, wanted, asked)
                except (OSError, ValueError):
                    # Those who ask get what was there before; at the job's end this is tried again.
                    log.warning("job %s: its volumes could not be looked at", job.id, exc_info=True)

    async def _look(self, job: JobRow, bucket: BucketRow, paths: list[str] | None, asked: float) -> None:
        state = await self._find(job.id)
        mounts = [mount for mount in state.mounts if mount.bucket == bucket.id]
        if not mounts:
            return
        async with state.lock:
            if state.looked > asked or self._jobs.get(job.id) is not state:
                # Another look began after we were asked, or the job has been settled meanwhile.
                return
            if paths is None:
                state.looked = time.monotonic()
            delay = self._read_conditions().delay
            look = Look(self._content, running=True, before=time.time() - delay if delay else float("inf"))
            changed = False
            for mount in mounts:
                with self._content.use():
                    change = await self._compare(job, mount, look, paths)
                    changed |= bool(change.put or change.deleted)
                    if (current := self._store.bucket_by_id(mount.bucket)) is not None:
                        self._apply(current, change)
                        mount.snapshot = change.snapshot
            if changed:
                await asyncio.to_thread(write_mounts, self._directory.job(job.id), state.mounts)
                await self._collect_garbage()

    async def _collect_garbage(self) -> None:
        """Remove contents that jobs have replaced: a checkpoint that is written again and again would fill the disk."""
        now = time.monotonic()
        if now - self._collected >= BLOB_LIFE:
            self._collected = now
            await asyncio.to_thread(self._content.collect_garbage, self._store.content_hashes(), now)

    async def settle(self, job: JobRow) -> Settlement:
        """Take into the buckets all that a job has written; its processes are gone."""
        state = await self._find(job.id)
        sentences: list[str | None] = []
        left = []
        async with state.lock:
            for mount in state.mounts:
                with self._content.use():
                    sentence, is_complete = await self._settle(job, mount)
                sentences.append(sentence)
                if not is_complete:
                    left.append(self._locate(job, mount))
            # Whoever has waited for the lock finds that there is nothing to look at any more.
            self._jobs.pop(job.id, None)
        if left:
            sentences.append(describe_place(left))
        return Settlement(join_sentences(*sentences), not left)

    async def _settle(self, job: JobRow, mount: BucketMount) -> tuple[str | None, bool]:
        """Take one volume into its bucket; return what `Settlement` has."""
        name = job.spec.volumes[mount.number].source
        try:
            change = await self._compare(job, mount, Look(self._content, running=False), None)
        except OSError as error:
            log.warning("job %s: its volume %d could not be kept", job.id, mount.number, exc_info=True)
            return describe_failure(name, describe_problem(error)), False
        bucket = self._store.bucket_by_id(mount.bucket)
        if bucket is None and (bucket := self._store.bucket(name)) is not None:
            # Another bucket of the same name: the job has not seen its files and so has not deleted any.
            change.deleted.clear()
        if bucket is None:
            is_untouched = not (change.put or change.unfit or change.failed)
            return None if is_untouched else describe_missing_bucket(name), is_untouched
        self._apply(bucket, change)
        return describe_losses(bucket.name, change.unfit, change.failed), not change.failed

    async def _find(self, job_id: str) -> _JobMounts:
        if job_id not in self._jobs:
            mounts = await asyncio.to_thread(read_mounts, self._directory.job(job_id))
            # Somebody else may have come first.
            return self._jobs.setdefault(job_id, _JobMounts(mounts))
        return self._jobs[job_id]

    async def _compare(self, job: JobRow, mount: BucketMount, look: Look, paths: list[str] | None) -> Change:
        prefix = job.spec.volumes[mount.number].path
        names = None
        if paths is not None:
            lead = f"{prefix}/" if prefix else ""
            names = [path[len(lead) :] for path in paths if path.startswith(lead)]
        return await asyncio.to_thread(look.take, self._locate(job, mount), prefix, mount.snapshot, names)

    def _locate(self, job: JobRow, mount: BucketMount) -> Path:
        return self._directory.job(job.id) / "volumes" / str(mount.number)

    def _apply(self, bucket: BucketRow, change: Change) -> None:
        put = []
        for row, before in change.put:
            file = self._store.file(bucket, row.path)
            # Another job may have changed the same file after this one did, and may have ended before it.
            if file is None or file.hash == before or file.uploaded <= row.uploaded + CLOCK_RESOLUTION:
                put.append(row)
        deleted = []
        for path, xet_hash in change.deleted:
            file = self._store.file(bucket, path)
            # Somebody may have put a new file in its place, which the job has never seen.
            if file is not None and file.hash == xet_hash:
                deleted.append(path)
        if put or deleted:
            self._store.change_files(bucket, put, deleted)
