"""A list in a file of JSON that the kernels of this machine share."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hfjobs_magic.records.jobs import write_private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATIENCE_S = 5.0
"""Longest wait for another kernel that is writing, in seconds; a change takes a few milliseconds."""


class JsonList:
    """What is lost where the file cannot be read or written is a convenience: nothing is raised.

    Parameters
    ----------
    path
        Of the file.
    most
        Items kept; the oldest give way.
    """

    def __init__(self, path: Path, most: int) -> None:
        self._path, self._most = path, most

    def read(self) -> list[Any]:
        """Return the items, oldest first; none where there is no such file, or another version wrote it."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        return found if isinstance(found, list) else []

    def change(self, change: Callable[[list[Any]], list[Any]]) -> None:
        """Put what `change` makes of the items in their place; no other kernel or thread does so meanwhile."""
        from filelock import FileLock  # noqa: PLC0415 - off the load path

        # A file system may know no locks.
        with suppress(OSError, NotImplementedError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._path.with_suffix(".lock"), timeout=PATIENCE_S):
                before = self.read()
                after = change(before)[-self._most :]
                if after != before:
                    write_private(self._path, json.dumps(after, indent=1))
