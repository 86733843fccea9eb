"""What is to be run, and where its files go."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..values.pickles import VARIABLE

STAGED = "ended.json"
"""File of the staging folder in which the child says how the cell ended."""

OUT_DIR = "--out-dir="
"""What a word of the command line begins with that names the folder to bring back."""


_REQUIREMENTS = re.compile(r"\n# /// script\n(?:#.*\n)+# ///\n\Z")
"""What `hfjobs_magic.script.cell` writes below a cell, so that ``uv run`` knows its packages."""


@dataclass(frozen=True)
class CellJob:
    """One run of a cell."""

    cell: str
    """Absolute path of the cell's file."""
    text: str
    """What is in it."""
    names: str
    """Definitions of the notebook that came along, as `names.parts` reads them; empty without any."""
    arguments: tuple[str, ...]
    """What stood behind ``--``."""
    inputs: tuple[dict[str, Any], ...]
    """Values of the notebook that were sent along: ``name``, ``format``, ``files`` and ``extra`` of each."""
    sent: Path
    """Folder with their files, each named by its SHA-256."""
    key: bytes = field(repr=False)
    """Signs pickles; empty where none is sent."""
    values: tuple[dict[str, Any], ...]
    """Values that are wanted of it: ``name``, ``expression`` and ``format`` of each."""
    out_dir: str
    """Folder that is to come back, below the working directory; empty without one."""
    folder: Path
    """Where the files of this run go: a folder of the job's bucket."""
    run: dict[str, str] = field(default_factory=dict)
    """Values of a sweep's run, as Python's own text by name; they are among `names`, too."""

    @property
    def code(self) -> str:
        """The text as the person wrote it, whose lines tracebacks show."""
        return _REQUIREMENTS.sub("", self.text)


def job_of(words: list[str]) -> CellJob:
    """Read the command line.

    A job that is run again has the same files and the same command, so the id, which the Hub gives each job as
    ``JOB_ID``, tells the folders of their runs apart.
    """
    own = words[: words.index("--")] if "--" in words else words
    cell, *others = (Path(word).absolute() for word in own if not word.startswith(OUT_DIR))
    runs = next((path.read_text(encoding="utf-8") for path in others if path.name == "runs.json"), None)
    texts = {
        path.suffix: path.read_text(encoding="utf-8") for path in others if path.suffix and path.name != "runs.json"
    }
    values = json.loads(texts.get(".json", "{}"))
    run = _run_of(runs)
    return CellJob(
        cell=str(cell),
        text=cell.read_text(encoding="utf-8"),
        names="".join(f"# %% from the notebook: {name}\n{name} = {text}\n" for name, text in run.items())
        + texts.get(".py", ""),
        arguments=tuple(words[len(own) + 1 :]),
        inputs=tuple(values.get("in", ())),
        sent=next((path for path in others if not path.suffix), cell.parent),
        # Nobody whom the cell starts is to have it.
        key=bytes.fromhex(os.environ.pop(VARIABLE, "")),
        values=tuple(values.get("out", ())),
        out_dir=next((word[len(OUT_DIR) :] for word in own if word.startswith(OUT_DIR)), ""),
        folder=cell.parent / "run" / (os.environ.get("JOB_ID") or "here"),
        run=run,
    )


def _run_of(runs: str | None) -> dict[str, str]:
    """Return the values of this run of a sweep, as Python's own text by name."""
    number = os.environ.get("HFJOB_MAP", "")
    found = json.loads(runs)[int(number) - 1] if runs and number.isdecimal() else {}
    return {str(name): str(text) for name, text in found.items()}
