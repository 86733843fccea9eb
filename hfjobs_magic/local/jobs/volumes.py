"""Bucket volumes: files of a bucket -> a directory of the job, and back what the job has changed."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hfjobs_magic.local.storage.store import FileRow

if TYPE_CHECKING:
    from hfjobs_magic.local.storage.content import Content


@dataclass(frozen=True)
class Change:
    """What a job did to a volume, in paths of the bucket."""

    put: list[FileRow]
    """New and changed files."""
    deleted: list[str]
    """Files that are gone."""


def check_path(path: str) -> str | None:
    """Return what is wrong with the path of a file in a bucket, or None."""
    parts = path.split("/")
    if not path or "\0" in path or any(part in {"", ".", ".."} for part in parts):
        return "not a relative path of a file"
    # A lone surrogate, which JSON can hold, has no bytes.
    if path.encode("utf-8", "replace").decode() != path:
        return "not Unicode"
    if len(path) > 1024 or any(len(part.encode()) > 255 for part in parts):
        return "too long"
    return None


def materialise(content: Content, files: list[FileRow], prefix: str, folder: Path) -> None:
    """Write the files below `prefix` into `folder`.

    Raises
    ------
    OSError
        When they cannot be files of one folder: a bucket may hold both `a` and `a/b`.
    """
    folder.mkdir(parents=True)
    for file in files:
        target = folder / _strip(file.path, prefix)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(content.path(file.hash), target)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise OSError(f"the bucket has the file {file.path!r} and one whose path needs a folder there") from error
        target.chmod(0o644)
        if file.mtime is not None:
            os.utime(target, ns=(file.mtime * 1_000_000, file.mtime * 1_000_000))


def protect(folder: Path) -> None:
    """Take away the right to write: all there is without a sandbox, and nothing against root."""
    for parent, _, names in os.walk(folder, topdown=False):
        for path in (Path(parent, name) for name in names):
            # What a link points to is not ours.
            if not path.is_symlink():
                path.chmod(0o444)
        Path(parent).chmod(0o555)


def remove(folder: Path) -> None:
    """Remove a folder, protected or not; one that is not there is no error."""
    for parent, _, _ in os.walk(folder):
        Path(parent).chmod(0o700)
    if folder.is_dir():
        shutil.rmtree(folder)


def collect(content: Content, files: list[FileRow], prefix: str, folder: Path) -> Change:
    """Compare `folder` with what was put there; keep the content of what is new.

    Links and special files are left out: a bucket has none, and a link could lead out of the folder.

    Raises
    ------
    OSError
        When the job has put something else in the folder's place.
    """
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise OSError("the job has replaced the folder of its volume")
    before = {_strip(file.path, prefix): file for file in files}
    put, seen = [], set()
    for path in _find_regular_files(folder):
        name = path.relative_to(folder).as_posix()
        seen.add(name)
        status = path.stat()
        mtime = status.st_mtime_ns // 1_000_000
        known = before.get(name)
        if known is not None and known.size == status.st_size and known.mtime == mtime:
            continue
        try:
            xet_hash, size = content.keep(path)
        except FileNotFoundError:
            continue
        if known is None or known.hash != xet_hash:
            put.append(FileRow(f"{prefix}/{name}" if prefix else name, xet_hash, size, mtime))
    return Change(put, [file.path for name, file in before.items() if name not in seen])


def _find_regular_files(folder: Path) -> list[Path]:
    found = []
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            if stat.S_ISREG(path.lstat().st_mode) and name.encode("utf-8", "replace").decode() == name:
                found.append(path)
    return found


def _strip(path: str, prefix: str) -> str:
    return path[len(prefix) + 1 :] if prefix else path
