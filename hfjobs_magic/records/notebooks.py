"""Where a job came from: labels on it, and a note on this machine so that the way back is not lost."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import sys
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hfjobs_magic.options.identifiers import MAX_LABEL, spell_in_ascii
from hfjobs_magic.records.json_list import JsonList
from hfjobs_magic.records.shell import current_shell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hfjobs_magic.facts import JobFacts

MAX_NOTES = 200
"""Jobs noted in all; the oldest give way. About 30 kB."""

_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")


def current_path() -> str | None:
    """Return the path of the notebook this kernel belongs to, where the front end says; None where it does not.

    Jupyter Server sets ``JPY_SESSION_NAME``; VS Code binds ``__vsc_ipynb_file__`` in the notebook, whose names are
    those of ``__main__``.
    """
    path = getattr(sys.modules.get("__main__"), "__vsc_ipynb_file__", None) or os.environ.get("JPY_SESSION_NAME")
    return str(path) if path else None


_files: dict[str, str] = {}
"""Files of the notebooks that this kernel was asked for: it keeps the path of one that is renamed."""


def file_of(path: str) -> str:
    """Return what tells a notebook's file from others whatever it is called; empty where there is none.

    Its device and inode: Jupyter Server and VS Code save into the file that is there.
    """
    try:
        found = os.stat(path)  # noqa: PTH116 - a path as text, asked for at each submission
    except OSError:
        return _files.get(path, "")
    _files[path] = f"{found.st_dev}-{found.st_ino}"
    return _files[path]


def current_cell() -> str:
    """Return the id of the cell that runs (nbformat 4.5), where the front end says; empty where it does not.

    JupyterLab and Notebook 7 name it as ``cellId`` in the metadata of their execute request.
    """
    kernel = getattr(current_shell(), "kernel", None)
    request = kernel.get_parent("shell") if kernel is not None else None
    return str(((request or {}).get("metadata") or {}).get("cellId") or "")


def current_prompt() -> int:
    """Return the number of the cell that runs, as the page shows it beside the cell; 0 outside of IPython.

    Not the shell's ``execution_count``: from IPython 9 on that is the next cell's already.
    """
    history = getattr(current_shell(), "history_manager", None)
    return max(0, len(history.input_hist_raw) - 1) if history is not None else 0


_KERNEL = secrets.token_hex(4)
"""Tells this kernel from those before it: the numbers of cells begin anew in each."""


def current_run() -> str:
    """Return what tells this run of a cell from others of it, also of earlier kernels'."""
    return f"{_KERNEL}-{current_prompt()}"


def labels(path: str | None, digest: str) -> tuple[str, ...]:
    """Labels that say where a job came from: the tool, the notebook's name without its folder, the cell."""
    stem = name_of(path)
    return ("tool=hfjobs-magic", *((f"notebook={stem}",) if stem else ()), f"cell={digest}")


def name_of(path: str | None) -> str:
    """Return what a notebook is called in a label, which has ASCII letters only; empty without a path.

    What tells it from others stays: a name whose letters ASCII lacks ends with its digest.
    """
    stem = Path(path).stem if path else ""
    ascii_only, lost = spell_in_ascii(stem)
    name = _UNFIT.sub("-", ascii_only).strip("-")[:MAX_LABEL]
    if not stem or (name and not lost):
        return name
    return f"{(name or 'notebook')[: MAX_LABEL - 9]}-{hashlib.sha256(stem.encode()).hexdigest()[:8]}"


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
    cell: str = ""
    """What tells its cell from others of the notebook: the front end's id, else the digest of its text."""
    prompt: int = 0
    """The number that the page shows beside the cell; 0 where there is none."""
    started_from: str = ""
    """Id of the job from whose card it was started; empty for a cell's own."""
    file: str = ""
    """What `file_of` says of the notebook, by which it is known after it was renamed."""
    run: str = ""
    """What `current_run` says of the run of the cell that started it."""

    @classmethod
    def of(cls, facts: JobFacts, *, local: bool) -> Note:
        """Note a job that this notebook, or this machine where none is known, has just started."""
        path = current_path() or ""
        return cls(
            facts.id,
            facts.name,
            path,
            local,
            facts.namespace,
            cell=current_cell() or facts.labels.get("cell", ""),
            prompt=current_prompt(),
            file=file_of(path) if path else "",
            run=current_run(),
        )


class Notes:
    """Notes in a file, shared by the kernels of this machine."""

    def __init__(self, path: Path) -> None:
        self._list = JsonList(path, MAX_NOTES)

    def add(self, note: Note) -> None:
        """Keep a note; the oldest give way."""
        self._change(lambda known: [*known, note])

    def of(self, path: str) -> list[Note]:
        """Give the notes of one notebook, oldest first, also those of when it was called otherwise."""
        file = file_of(path)
        return [note for note in self.all() if note.notebook == path or (file and _was(note, file))]

    def all(self) -> list[Note]:
        """Give all notes, oldest first."""
        return _read(self._list.read())

    def link(self, job_id: str, started_from: str) -> None:
        """Note that a job was started from the card of another."""
        self._change(lambda known: [replace(n, started_from=started_from) if n.job_id == job_id else n for n in known])

    def end(self, job_ids: Iterable[str]) -> None:
        """Note that jobs have ended."""
        over = set(job_ids)
        if over:
            self._change(lambda known: [replace(n, ended=n.ended or n.job_id in over) for n in known])

    def _change(self, change: Callable[[list[Note]], list[Note]]) -> None:
        self._list.change(lambda items: [asdict(note) for note in change(_read(items))])


def _was(note: Note, file: str) -> bool:
    """Whether a note is of this file under another name; a copy's original is still there."""
    return note.file == file and not Path(note.notebook).exists()


def _read(items: list[Any]) -> list[Note]:
    return [note for item in items if (note := _note_of(item))]


def _note_of(item: Any) -> Note | None:
    """Read what any version wrote: what this one does not know is left out."""
    known = {field.name for field in fields(Note)}
    try:
        return Note(**{name: value for name, value in item.items() if name in known})
    except (AttributeError, TypeError):
        return None


def notes() -> Notes:
    """Open the notes under the platform's state folder."""
    import platformdirs  # noqa: PLC0415 - off the load path

    return Notes(platformdirs.user_state_path("hfjobs-magic") / "jobs.json")
