"""What a job has changed in a volume: found by a look at its folder, while the job runs and at its end.

A look costs one `stat` per file and reads only what has changed, so it can be taken whenever somebody asks for the
bucket's files. To be notified of every close instead, as by inotify, would cost a copy and a hash each time that a job
appends a line to a file, whether anybody asks for it or not; and a look would still be needed, after a restart or when
notifications were lost.
"""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hfjobs_magic.local.jobs.folder import Folder
from hfjobs_magic.local.jobs.losses import describe_problem
from hfjobs_magic.local.jobs.open_files import is_open_for_writing
from hfjobs_magic.local.jobs.volumes import VolumeFile, check_path, make_stamp
from hfjobs_magic.local.storage.store import FileRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hfjobs_magic.local.jobs.volumes import Snapshot
    from hfjobs_magic.local.storage.content import Content

CLOCK_TICK = 0.05
"""Seconds; several ticks of the clock that stamps files. Two changes within one tick can leave the same stamp."""

_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}
"""What a folder may contain that a bucket cannot."""


@dataclass
class Change:
    """What a job did to a volume."""

    snapshot: Snapshot
    """The files of the volume that the bucket holds once the change is made."""
    put: list[tuple[FileRow, str | None]] = field(default_factory=list)
    """New and changed files, by their path in the bucket, each with the hash that the bucket had for the job before."""
    deleted: list[tuple[str, str]] = field(default_factory=list)
    """Path in the bucket and hash of each file that the job has deleted."""
    unfit: list[tuple[str, str]] = field(default_factory=list)
    """Path in the volume and kind of what a bucket cannot hold: links, pipes and the like."""
    failed: list[tuple[str, str]] = field(default_factory=list)
    """Path in the volume and problem of each file that could not be stored."""


@dataclass(frozen=True)
class Look:
    """How to look at volumes."""

    content: Content
    """Where contents are stored."""
    running: bool
    """Whether the job may still write: then files that are open for writing, or that change while they are read, are
    left for a later look. Otherwise everything is taken, and permissions are no obstacle."""
    before: float = float("inf")
    """Files that changed after this time (Unix seconds) are left for a later look."""

    def take(self, folder: Path, prefix: str, snapshot: Snapshot, names: Iterable[str] | None = None) -> Change:
        """Compare a folder with a snapshot, and store the content of what is new.

        Parameters
        ----------
        folder
            The volume as the job sees it.
        prefix
            Its path in the bucket.
        snapshot
            What the bucket holds of it.
        names
            Look at these files only, given by their path in the volume; without it, at all.

        Raises
        ------
        OSError
            When the job has put something else in the folder's place.
        """
        try:
            opened = Folder(folder, ours=not self.running)
        except OSError as error:
            raise OSError("the job has replaced the folder of its volume") from error
        with opened:
            comparison = _Comparison(self, opened, prefix, snapshot)
            comparison.run(names)
        return comparison.change


class _Comparison:
    """One folder, compared with one snapshot."""

    def __init__(self, look: Look, folder: Folder, prefix: str, snapshot: Snapshot) -> None:
        self.change = Change({})
        self._look = look
        self._folder = folder
        self._lead = f"{prefix}/" if prefix else ""
        self._snapshot = snapshot

    def run(self, names: Iterable[str] | None) -> None:
        if names is None:
            names = set(self._snapshot)
            for name, status in self._walk():
                self._see(name, status)
        else:
            names = set(names)
            self.change.snapshot = {name: file for name, file in self._snapshot.items() if name not in names}
            for name in names:
                self._look_for(name)
        # Only now: in a folder that changes, a file that was there all the time may be missing from its list.
        for name in sorted((self._snapshot.keys() & names) - self.change.snapshot.keys()):
            if self._is_gone(name):
                self.change.deleted.append((self._lead + name, self._snapshot[name].hash))
            else:
                self._keep(name)

    def _walk(self) -> Iterator[tuple[str, os.stat_result]]:
        """Yield the path and the status of everything in the volume that is not a folder."""
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            try:
                entries = self._folder.list(folder)
            except OSError as error:
                # Of a job that runs: it may have closed the folder to us, or deleted it.
                self.change.failed.append((folder, describe_problem(error)))
                continue
            for name, status in entries:
                if not stat.S_ISDIR(status.st_mode):
                    yield name, status
                elif check_path(self._lead + name) == "too long":
                    self.change.failed.append((name, "its path is too long"))
                else:
                    waiting.append(name)

    def _look_for(self, name: str) -> None:
        try:
            status = self._folder.stat(name)
        except OSError:
            return
        if status is not None and not stat.S_ISDIR(status.st_mode):
            self._see(name, status)

    def _is_gone(self, name: str) -> bool:
        """Return whether there is no such file any more; one that we are not allowed to look for is not gone."""
        try:
            status = self._folder.stat(name)
        except OSError:
            return False
        return status is None or not stat.S_ISREG(status.st_mode)

    def _keep(self, name: str) -> None:
        """Leave a file as the bucket has it."""
        if (file := self._snapshot.get(name)) is not None:
            self.change.snapshot[name] = file

    def _see(self, name: str, status: os.stat_result) -> None:
        known = self._snapshot.get(name)
        if not stat.S_ISREG(status.st_mode):
            self.change.unfit.append((name, _KINDS.get(stat.S_IFMT(status.st_mode), "not a file")))
        elif known is not None and known.stamp == make_stamp(status):
            self._keep(name)
        elif (problem := check_path(self._lead + name)) is not None:
            self.change.failed.append((name, f"its path is {problem}"))
        elif self._look.running and status.st_ctime > self._look.before:
            self._keep(name)
        else:
            try:
                self._store(name, status.st_ctime)
            except FileNotFoundError:
                return
            except OSError as error:
                self._keep(name)
                self.change.failed.append((name, describe_problem(error)))

    def _store(self, name: str, changed: float) -> None:
        """Store a file that changed at a time (Unix seconds), which opening it may have set anew."""
        with self._folder.open(name) as descriptor:
            status = os.fstat(descriptor)
            if self._look.running and is_open_for_writing(descriptor):
                self._keep(name)
                return
            xet_hash, size = self._look.content.keep(descriptor)
            if self._look.running and make_stamp(os.fstat(descriptor)) != make_stamp(status):
                self._keep(name)
                return
        is_settled = time.time() - status.st_ctime > CLOCK_TICK
        self.change.snapshot[name] = VolumeFile(xet_hash, make_stamp(status) if is_settled else None)
        known = self._snapshot.get(name)
        if known is None or known.hash != xet_hash:
            mtime = status.st_mtime_ns // 1_000_000
            row = FileRow(self._lead + name, xet_hash, size, mtime, uploaded=changed)
            self.change.put.append((row, known.hash if known is not None else None))
