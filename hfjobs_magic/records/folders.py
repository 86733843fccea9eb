"""What files of jobs lie in which folders of this machine, so that a newer job's may take their place.

::

    STATE/folders/HASH.json     0600  {"folder": PATH, "files": {PATH: SHA256}}

A file that is not as it is written here was changed since, or is nobody's of ours, and is never written over.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING

from hfjobs_magic.records.jobs import write_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MAX_FOLDERS = 100
"""Folders that are remembered; the oldest give way."""


class FolderRecord:
    """What was put into one folder.

    Parameters
    ----------
    state
        Where records are kept.
    folder
        The folder, absolute.
    """

    def __init__(self, state: Path, folder: Path) -> None:
        self._folder = folder
        self._path = state / f"{hashlib.sha256(str(folder).encode('utf-8', 'replace')).hexdigest()[:32]}.json"

    def read(self) -> dict[str, str]:
        """Return SHA-256 by path; empty where nothing is known."""
        with suppress(OSError, ValueError, AttributeError):
            known = json.loads(self._path.read_bytes())
            if known.get("folder") == str(self._folder) and isinstance(known.get("files"), dict):
                return dict(known["files"])
        return {}

    def add(self, files: Mapping[str, str]) -> None:
        """Remember what was put there; where that cannot be written, the files count as somebody else's."""
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            text = json.dumps({"folder": str(self._folder), "files": {**self.read(), **files}})
            write_private(self._path, text)
            others = sorted(self._path.parent.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
            for path in others[MAX_FOLDERS:]:
                path.unlink(missing_ok=True)


def folder_record(folder: Path) -> FolderRecord:
    """Open the record of a folder under the platform's state folder."""
    import platformdirs  # noqa: PLC0415 - off the load path

    return FolderRecord(platformdirs.user_state_path("hfjobs-magic") / "folders", folder)
