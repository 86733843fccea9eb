"""Where a job came from: labels on it, and a note on this machine so that the way back is not lost."""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hfjobs_magic.options.run_options import RunOptions

MAX_NOTES = 200
"""Jobs noted in all; the oldest give way. About 30 kB."""

_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")


def notebook(names: Mapping[str, object]) -> str | None:
    """Path of the notebook this kernel belongs to, where the front end says; None where it does not.

    Jupyter Server sets ``JPY_SESSION_NAME``; VS Code binds ``__vsc_ipynb_file__`` in the notebook.
    """
    found = names.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME")
    return str(found) if found else None


def labels(path: str | None, digest: str) -> tuple[str, ...]:
    """Labels that say where a job came from: the tool, the notebook's name without its folder, the cell."""
    stem = _UNFIT.sub("-", Path(path).stem).strip("-")[:100] if path else ""
    return ("tool=hfjobs-magic", *((f"notebook={stem}",) if stem else ()), f"cell={digest}")


def labelled(options: RunOptions, path: str | None, digest: str) -> RunOptions:
    """Put those labels on a job; the user's own come after and win."""
    return replace(options, labels=(*labels(path, digest), *options.labels))


@dataclass(frozen=True)
class Note:
    """A job that was started from a notebook."""

    job_id: str
    """24 hex digits."""
    name: str
    """Its name."""
    notebook: str
    """Path of the notebook, empty where none is known; stays on this machine."""
    local: bool
    """Whether it runs on the local service."""
    namespace: str
    """User or organisation that owns it."""
    ended: bool = False
    """Whether it was seen to have ended."""


class Notes:
    """Notes in a file, shared by the kernels of this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, note: Note) -> None:
        """Keep a note; the oldest give way."""
        self._write([*self._read(), note])

    def of(self, path: str) -> list[Note]:
        """Give the notes of one notebook, oldest first."""
        return [note for note in self._read() if note.notebook == path]

    def all(self) -> list[Note]:
        """Give all notes, oldest first."""
        return self._read()

    def end(self, job_ids: Iterable[str]) -> None:
        """Note that jobs have ended."""
        over = set(job_ids)
        if over:
            self._write([replace(note, ended=note.ended or note.job_id in over) for note in self._read()])

    def _read(self) -> list[Note]:
        try:
            return [Note(**item) for item in json.loads(self._path.read_text(encoding="utf-8"))]
        except (OSError, ValueError, TypeError):
            return []  # none yet, or one that another version wrote: only a convenience is lost

    def _write(self, notes: list[Note]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps([asdict(note) for note in notes[-MAX_NOTES:]], indent=1)
        # Whole or not at all: another kernel may be reading.
        with tempfile.NamedTemporaryFile("w", dir=self._path.parent, delete=False, encoding="utf-8") as file:
            file.write(text)
        Path(file.name).replace(self._path)


def notes() -> Notes:
    """Open the notes under the platform's state folder."""
    import platformdirs  # noqa: PLC0415 - off the load path

    return Notes(platformdirs.user_state_path("hfjobs-magic") / "jobs.json")
