"""The folder of ``--out-dir``, copied to the job's folder while the cell runs and when it has ended.

The cell writes to the container's own disk, where files can be sought in and rewritten; the mount of a bucket takes a
file once, from start to end. So a file is copied when it has not changed for a while, again when it has changed, and
whatever is left when the cell has ended. Then ``files.json`` says what was copied: a file that is there as it says is
whole. What the cell deletes stays where it was copied to.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .complaint import complain

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTLED_S = 5.0
"""Seconds without a change after which a file is copied."""

LOOK_S = 1.0
"""Seconds between two looks at the folder, at least."""

HURRY_S = 0.3
"""The same, and between two looks, once somebody has asked the cell to end: seconds later everything may be gone."""

SHARE = 0.03
"""Largest share of the time that is spent with looking: many files are looked at less often."""

COPYING_S = 2.0
"""Seconds between two lists while many files are copied."""

LIST_S = 10.0
"""Seconds between two lists that differ in what waits only."""

MAX_FILES = 100_000
"""Files that are copied; a list of more is read by nobody."""

SAID = 5
"""Files that are not copied and named in the log; of more, their number."""

LISTED = 100
"""Files that are not copied and named in the list."""

_CHUNK = 1 << 20


class State(NamedTuple):
    """By which a change of a file is seen."""

    inode: int
    """Its number: a file that another one was renamed to."""
    size: int
    """Bytes."""
    changed: int
    """Nanoseconds since the epoch."""

    @classmethod
    def of(cls, status: os.stat_result) -> State:
        """Read it off."""
        return cls(status.st_ino, status.st_size, status.st_mtime_ns)


class OutDir:
    """One folder and its copy.

    Parameters
    ----------
    name
        Its path below the working directory, which is on the container's own disk.
    target
        The copy, in the job's folder.
    list_path
        Where the list of what was copied goes.
    """

    def __init__(self, name: str, target: Path, list_path: Path) -> None:
        # The working directory as it is now, without links: whether the folder is one is seen by that.
        self._name, self._source = name, Path.cwd() / name
        self._target, self._list_path = target, list_path
        self._seen: dict[str, tuple[State, float]] = {}
        """State of each file when it was looked at last, and since when it is so."""
        self._copied: dict[str, tuple[State, dict[str, Any]]] = {}
        """State in which each file was tried last, and what the list says of it, if that worked."""
        self._left: dict[str, str] = {}
        """What is not copied, and why."""
        self._due = 0.0
        self.look_s = LOOK_S
        """Seconds between two looks."""
        self._settled_s = SETTLED_S
        self._changed = False
        """Whether something was copied that no list has."""
        self._waiting: tuple[int, int] = (0, 0)
        """Files and bytes that the newest list says are still to be copied."""
        self._listed = 0.0
        """When it was written."""

    def make(self) -> None:
        """Make the folder: cells write into it without asking whether it is there."""
        with contextlib.suppress(OSError):
            self._source.mkdir(parents=True, exist_ok=True)

    def hurry(self) -> None:
        """Wait less long from now on: the job is about to end."""
        self._settled_s = self.look_s = HURRY_S
        self._due = 0.0

    def look(self) -> None:
        """Copy what has settled, unless it was looked at a moment ago."""
        began = time.monotonic()
        if began < self._due:
            return
        found = self._find()
        self._due = time.monotonic() + max(self.look_s, (time.monotonic() - began) / SHARE)
        for path, state in found.items():
            if self._seen.get(path, (None,))[0] != state:
                self._seen[path] = state, began
        settled = [path for path in found if began - self._seen[path][1] >= self._settled_s]
        self._copy_all({path: found[path] for path in settled})
        self._list(found)

    def finish(self) -> None:
        """Copy everything, small files first: whoever ends the job may not wait for large ones."""
        found = self._find()
        self._copy_all(dict(sorted(found.items(), key=lambda item: item[1].size)), last=True)
        self._list(found, last=True)
        for path, why in list(self._left.items())[:SAID]:
            complain(f"[files] {self._full_name(path)} {why}.")
        if len(self._left) > SAID:
            complain(f"[files] {len(self._left) - SAID:,} more of {self._name} were not copied.")

    def _find(self) -> dict[str, State]:
        """Return what is to be copied; whatever leads out of the folder is left out and noted."""
        found: dict[str, State] = {}
        self._left = {path: why for path, why in self._left.items() if path in self._copied}
        if self._source.is_symlink() or self._source.resolve() != self._source:
            self._left[""] = "is a link, which is not followed: write into the folder itself"
            return found
        for path, entry in _walk(str(self._source), ""):
            with contextlib.suppress(OSError):  # gone meanwhile
                status = entry.stat(follow_symlinks=False)
                why = _unfit(path, status.st_mode)
                if why or len(found) == MAX_FILES:
                    self._left[path] = why or f"is beyond the {MAX_FILES:,} files that are copied"
                else:
                    found[path] = State.of(status)
        return found

    def _copy_all(self, found: dict[str, State], *, last: bool = False) -> None:
        for path, state in found.items():
            tried = self._copied.get(path)
            if tried and tried[0] == state and (tried[1] or not last):
                continue
            self._left.pop(path, None)
            try:
                entry = self._copy(path, last=last)
            except OSError as error:
                entry = {}
                self._left[path] = f"could not be copied: {explain(error)}"
            self._copied[path] = state, entry
            self._changed = True
            if time.monotonic() - self._listed > COPYING_S:
                self._list(found)

    def _copy(self, path: str, *, last: bool) -> dict[str, Any]:
        """Write a file once, in order; return what the list is to say, nothing where it changed meanwhile."""
        digest, size = hashlib.sha256(), 0
        target = self._target / path
        source = os.open(self._source / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(source, "rb") as read:
            before = os.fstat(source)
            if not stat.S_ISREG(before.st_mode):
                return {}
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                while chunk := read.read(_CHUNK):
                    file.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
            if State.of(os.fstat(source)) != State.of(before) and not last:
                return {}
        return {"path": path, "size": size, "sha256": digest.hexdigest(), "modified": before.st_mtime}

    def _list(self, found: dict[str, State], *, last: bool = False) -> None:
        """Write the list where it has changed."""
        sizes = [state.size for path, state in found.items() if self._copied.get(path, (None,))[0] != state]
        waiting = len(sizes), sum(sizes)
        is_late = waiting != self._waiting and time.monotonic() - self._listed > LIST_S
        if not (last or self._changed or is_late):
            return
        self._changed, self._waiting, self._listed = False, waiting, time.monotonic()
        said = {
            "version": 1,
            "folder": self._name,
            "files": [entry for _, entry in self._copied.values() if entry],
            "waiting": {"files": waiting[0], "bytes": waiting[1]},
            "left": [[self._full_name(path), why] for path, why in list(self._left.items())[:LISTED]],
            "complete": last,
        }
        try:
            self._list_path.parent.mkdir(parents=True, exist_ok=True)
            self._list_path.write_text(json.dumps(said), encoding="utf-8")
        except OSError as error:
            if last:
                complain(f"[files] the list of files could not be written: {explain(error)}.")

    def _full_name(self, path: str) -> str:
        name = f"{self._name}/{path}" if path else self._name
        return "".join(char if char.isprintable() else "�" for char in name)


def _walk(folder: str, lead: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield the path and the entry of all that is not a folder; follows no link."""
    waiting = [(folder, lead)]
    while waiting:
        folder, lead = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue  # gone, or closed to us
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append((entry.path, f"{lead}{entry.name}/"))
            else:
                yield lead + entry.name, entry


def explain(error: OSError) -> str:
    """Say what is wrong, for a full disk in words that everybody knows."""
    is_full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return "the disk is full" if is_full else error.strerror or type(error).__name__


def _unfit(path: str, mode: int) -> str:
    """Say why something is not copied; empty for a file."""
    if stat.S_ISLNK(mode):
        return "is a link, which is not followed"
    if not stat.S_ISREG(mode):
        return "is not a file"
    try:
        path.encode()
    except UnicodeEncodeError:
        return "has a name that is not UTF-8"
    if "\\" in path or any(char < " " or char == "\x7f" for char in path):
        return "has a name with a control character or a backslash"
    return ""
