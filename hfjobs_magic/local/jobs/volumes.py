"""Bucket volumes: the files of a bucket as a directory of the job, and what that directory held at first."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hfjobs_magic.local.storage.content import Content
    from hfjobs_magic.local.storage.store import FileRow

log = logging.getLogger(__name__)

Stamp = tuple[int, int, int, int]
"""Inode, size in bytes, times of the last change of content and of anything (ns). The last one cannot be set by
programs, so a file with the same stamp is the same file with the same content."""


@dataclass(frozen=True)
class VolumeFile:
    """A file of a volume that the bucket holds."""

    hash: str
    """Xet hash of its content."""
    stamp: Stamp | None
    """Its stamp when it had this content; None when it may have changed since without a new stamp."""


Snapshot = dict[str, VolumeFile]
"""The files of a volume as the bucket holds them, by their path in the volume."""


def make_stamp(status: os.stat_result) -> Stamp:
    """Return the stamp of a file."""
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


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


def materialise(content: Content, files: list[FileRow], prefix: str, folder: Path) -> Snapshot:
    """Write the files below `prefix` into `folder`, which must not exist.

    Raises
    ------
    OSError
        When they cannot be files of one folder: a bucket may hold both `a` and `a/b`.
    """
    folder.mkdir(parents=True)
    snapshot = {}
    for file in files:
        name = file.path[len(prefix) + 1 :] if prefix else file.path
        target = folder / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(content.path(file.hash), target)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise OSError(f"the bucket has the file {file.path!r} and one whose path needs a folder there") from error
        target.chmod(0o644)
        if file.mtime is not None:
            os.utime(target, ns=(file.mtime * 1_000_000, file.mtime * 1_000_000))
        snapshot[name] = VolumeFile(file.hash, make_stamp(target.stat()))
    return snapshot


def protect(folder: Path) -> None:
    """Take away the permission to write: all there is without a sandbox, and no obstacle to root."""
    for parent, _, names in os.walk(folder, topdown=False):
        for path in (Path(parent, name) for name in names):
            # The target of a link is not ours.
            if not path.is_symlink():
                path.chmod(0o444)
        Path(parent).chmod(0o555)


def remove(folder: Path) -> None:
    """Remove a folder whatever a job has made of it; one that does not exist is not an error.

    What cannot be removed stays, and is logged: by then everything of value is in the bucket.
    """
    if not folder.is_dir() or folder.is_symlink():
        folder.unlink(missing_ok=True)
        return
    try:
        shutil.rmtree(folder)
    except (OSError, RecursionError):
        # Without permissions, or deeper than Python's stack.
        subprocess.run(["chmod", "-R", "u+rwX", "--", str(folder)], capture_output=True, check=False)
        result = subprocess.run(["rm", "-rf", "--", str(folder)], capture_output=True, check=False)
        if result.returncode:
            log.warning("%s could not be removed: %s", folder, result.stderr.decode(errors="replace").strip())
