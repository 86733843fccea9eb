"""Values of jobs on this machine: a folder each, and a bound for them all."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

MAX_SIZE = 10_000_000_000
"""Bytes of all values; two of the largest. Beyond, those that were not asked for longest go."""

_USED: set[Path] = set()
"""Folders of values that this process has read: a path, or an array that is mapped, may still lead there."""


def place_value(job_id: str, attempt: str, name: str) -> Path:
    """Return the folder of a value, made where it is not there; it counts as used now."""
    import platformdirs  # noqa: PLC0415 - off the load path

    root = platformdirs.user_cache_path("hfjobs-magic") / "values"
    folder = root / "".join(filter(str.isalnum, job_id)) / attempt / name
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(OSError):
        os.utime(folder)
    _USED.add(folder)
    return folder


def make_room(folder: Path) -> None:
    """Delete values that were not asked for longest, where those beside `folder` are too many."""
    prune(folder.parents[2], _USED)


def prune(root: Path, keep: Collection[Path], most: int = MAX_SIZE) -> None:
    """Delete the oldest folders below `root` until no more than `most` bytes are left, but for those to `keep`."""
    found = []
    with suppress(OSError):
        for folder in root.glob("*/*/*"):
            size = sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
            found.append((folder.stat().st_mtime, size, folder))
    total = sum(size for _, size, _ in found)
    for _, size, folder in sorted(found):
        if total <= most:
            return
        if folder not in keep:
            shutil.rmtree(folder, ignore_errors=True)
            total -= size
            for parent in (folder.parent, folder.parent.parent):
                with suppress(OSError):  # where other values are in it
                    parent.rmdir()
