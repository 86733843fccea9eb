"""A folder that somebody else may be changing, maliciously even: read without ever following a link out of it.

Folders are opened one by one, each below the one before, because a path that was checked can lead elsewhere by the time
it is used. Paths are relative, with `/`, and none ends with one; the folder itself is the empty path.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
"""Not blocking: what was a file a moment ago may be a named pipe by now."""


class Folder:
    """A folder; to be closed after use."""

    def __init__(self, path: Path, *, ours: bool) -> None:
        """Open a folder.

        Parameters
        ----------
        path
            The folder.
        ours
            Whether nobody else uses it any more: then permissions that are missing are taken.

        Raises
        ------
        OSError
            When there is no folder at `path`, for example a link to one.
        """
        self._ours = ours
        parent = os.open(path.parent, _FOLDER)
        try:
            self._permit(path.name, parent, stat.S_IRWXU)
            self._root = os.open(path.name, _FOLDER, dir_fd=parent)
        finally:
            os.close(parent)

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._root)

    def list(self, path: str) -> list[tuple[str, os.stat_result]]:
        """Return the path and the status of each entry of a folder.

        Raises
        ------
        OSError
            When there is no such folder, or it cannot be read.
        """
        lead = f"{path}/" if path else ""
        found = []
        with self._open_folder(path) as descriptor, os.scandir(descriptor) as entries:
            for entry in entries:
                try:
                    found.append((lead + entry.name, entry.stat(follow_symlinks=False)))
                except FileNotFoundError:
                    continue
        return found

    @contextmanager
    def open(self, path: str) -> Iterator[int]:
        """Open a file for reading.

        Raises
        ------
        OSError
            When there is no such file, or it cannot be read.
        """
        folder, _, name = path.rpartition("/")
        with self._open_folder(folder) as parent:
            self._permit(name, parent, stat.S_IRUSR)
            descriptor = os.open(name, _FILE, dir_fd=parent)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FileNotFoundError(path)
            yield descriptor
        finally:
            os.close(descriptor)

    def stat(self, path: str) -> os.stat_result | None:
        """Return the status of an entry, None if there is none.

        Raises
        ------
        OSError
            When that cannot be told.
        """
        folder, _, name = path.rpartition("/")
        try:
            with self._open_folder(folder) as parent:
                return os.stat(name, dir_fd=parent, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None

    @contextmanager
    def _open_folder(self, path: str) -> Iterator[int]:
        descriptor = os.dup(self._root)
        try:
            self._permit(".", descriptor, stat.S_IRWXU)
            for name in filter(None, path.split("/")):
                self._permit(name, descriptor, stat.S_IRWXU)
                below = os.open(name, _FOLDER, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = below
            yield descriptor
        finally:
            os.close(descriptor)

    def _permit(self, name: str, parent: int, wanted: int) -> None:
        """Give ourselves permissions on an entry, where nobody else can be in the way."""
        if self._ours:
            mode = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
            if not stat.S_ISLNK(mode) and mode & wanted != wanted:
                os.chmod(name, stat.S_IMODE(mode) | wanted, dir_fd=parent)
