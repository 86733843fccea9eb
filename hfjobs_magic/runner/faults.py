"""What ends a process of Python without an exception, such as a segmentation fault: where it was.

`faulthandler` writes into a file, so that what the cell did to its streams does not matter; the parent prints it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAME = "fault.txt"
"""File of the staging folder."""

_FRAME = re.compile(r'\s+File "(?P<file>[^"]*)", line (?P<line>\d+) in ')


def watch(stage: Path) -> None:
    """Have faults of this process written down; those of processes that it forks go to stderr, as they happen."""
    with contextlib.suppress(Exception):  # stderr may be anything
        faulthandler.enable(os.open(stage / NAME, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
        os.register_at_fork(after_in_child=_watch_stderr)


def _watch_stderr() -> None:
    with contextlib.suppress(Exception):
        faulthandler.enable(2)


def read(stage: Path, cell: str) -> tuple[str, int | None]:
    """Return what was written, empty without a fault, and the line of the cell, the innermost one."""
    try:
        text = (stage / NAME).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", None
    line = None
    parts = []
    # Threads are written one by one; the one that has failed says so.
    for part in text.split("\n\n"):
        rows = part.splitlines()
        own = [
            (at, int(found["line"]))
            for at, row in enumerate(rows)
            if (found := _FRAME.match(row)) and found["file"] == cell
        ]
        if own and part.startswith("Current thread "):
            line = own[0][1]
        # Whoever called the cell is of no interest: IPython and this package.
        parts.append("\n".join(rows[: own[-1][0] + 1]) if own else part)
    return "\n\n".join(parts), line
