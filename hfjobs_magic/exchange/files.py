"""What a job says of the files of its ``--out-dir``: lists, one an attempt, which may claim anything."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hfjobs_magic.exchange.paths import is_inside
from hfjobs_magic.exchange.versions import VERSION, is_of_newer

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_FILES = 100_000
"""Files of a list; the runner copies no more (`hfjobs_magic.runner.out_dir`)."""

MAX_REASONS = 100
"""Files that were not copied and are named."""

LATEST = 1 << 40
"""Seconds since 1970, in the year 36812: a time that every file system takes."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class JobFile:
    """One file that was copied whole."""

    path: str
    """Below the folder, with ``/``."""
    size: int
    """Bytes."""
    modified: float
    """When the job wrote it, in seconds since the epoch."""
    sha256: str
    """64 hexadecimal digits."""
    hidden: str = ""
    """Where it lies if that has a secret in it, which `path` does not show; empty for every other."""

    @property
    def place(self) -> str:
        """Where it lies below the folder, in the bucket and on a disk."""
        return self.hidden or self.path


@dataclass(frozen=True)
class FileList:
    """The folder as it was copied so far."""

    folder: str = ""
    """What it is called in the job, below the working directory; empty where there is none."""
    files: tuple[JobFile, ...] = ()
    """By path."""
    waiting_files: int = 0
    """Files that were still written to, or not copied yet."""
    waiting_bytes: int = 0
    """Their size."""
    left: tuple[tuple[str, str], ...] = ()
    """What was not copied, and why, as a clause of which it is the subject."""
    damaged: int = 0
    """Entries that no job writes; they are not among `files`."""
    is_damaged: bool = False
    """Whether there are such entries, or a list that cannot be read at all."""
    is_newer: bool = False
    """Whether a newer version of this package has written a list."""
    complete: bool = False
    """Whether everything was copied: the newest attempt has ended, and had the time."""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def read_lists(records: Iterable[dict[str, Any]]) -> FileList:
    """Put the lists of a job's attempts together, the oldest first; what a later one wrote takes the place.

    A file whose record makes no sense, such as a path that leads out of the folder, is counted and left out.
    """
    files: dict[str, JobFile] = {}
    left: list[tuple[str, str]] = []
    newest: dict[str, Any] = {}
    damaged, is_damaged, is_newer = 0, False, False
    for record in records:
        if record.get("version") != VERSION:
            is_newer = is_newer or is_of_newer(record)
            is_damaged = is_damaged or not is_of_newer(record)
            continue
        newest = record
        for item in _items(record.get("files"))[:MAX_FILES]:
            if (file := _read_file(item)) is not None:
                files[file.place] = file
            else:
                damaged += 1
        left += [(_clean(item[0]), _clean(item[1])) for item in _items(record.get("left")) if _is_pair(item)]
    waiting = newest.get("waiting")
    waiting = waiting if isinstance(waiting, dict) else {}
    folder = newest.get("folder")
    return FileList(
        folder=folder if isinstance(folder, str) and is_inside(folder) else "files" if newest else "",
        files=tuple(files[path] for path in sorted(files)),
        waiting_files=_count(waiting.get("files")),
        waiting_bytes=_count(waiting.get("bytes")),
        left=tuple(left[:MAX_REASONS]),
        damaged=damaged,
        is_damaged=is_damaged or damaged > 0,
        is_newer=is_newer,
        complete=newest.get("complete") is True,
    )


def _read_file(item: Any) -> JobFile | None:
    if not isinstance(item, dict):
        return None
    path, size, digest, modified = (item.get(key) for key in ("path", "size", "sha256", "modified"))
    place = item.get("place", path)
    if not is_inside(path) or not is_inside(place) or type(size) is not int or size < 0:
        return None
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        return None
    when = min(max(modified, 0), LATEST) if isinstance(modified, int | float) else 0
    hidden = "" if place == path else str(place)
    return JobFile(str(path), size, 0.0 if math.isnan(when) else float(when), digest, hidden)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_pair(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 2


def _count(value: Any) -> int:
    return value if type(value) is int and value >= 0 else 0


def _clean(value: object) -> str:
    return "".join(char if char.isprintable() else "�" for char in str(value)[:200])
