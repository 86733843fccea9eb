"""Processes of `multiprocessing` that fail before they begin: told to the cell, as an exception.

`multiprocessing.Pool` starts others in their place for ever, each with its traceback in the log, while the cell waits.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import NoReturn

SIGNAL = getattr(signal, "SIGRTMAX", signal.SIGIO)
"""By which a process tells the cell's own: one that programs do not use; macOS has no real-time signals."""

QUIET_S = 60.0
"""Seconds in which further failures raise nothing: those of one pool go on until it is closed,
and meanwhile the cell handles the first."""

_FAILED = "failed.txt"


class WorkerError(RuntimeError):
    """A process that the cell started could not begin."""


def listen(folder: Path) -> None:
    """Raise an error in this process's main thread when one that it has started fails."""
    last = -QUIET_S

    def hear(*_: object) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < QUIET_S:
            return
        try:
            text = (folder / _FAILED).read_text(encoding="utf-8")
        except OSError:
            return
        last = now
        raise WorkerError(text)

    signal.signal(SIGNAL, hear)


def tell(error: BaseException, folder: str, cell: str, pid: int) -> NoReturn:
    """Tell the cell's process `pid` why this one ends, and end it."""
    said = str(error).strip()
    if "bootstrapping phase" not in said:  # Python's own sentences, which say what to do
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == cell]
        where = f" (line {lines[-1]})" if lines else ""
        said = f"A process that the cell started could not begin: {type(error).__name__}: {said}{where}"
    own = Path(folder, f"{os.getpid()}.new")
    own.write_text(said, encoding="utf-8")
    own.replace(Path(folder, _FAILED))
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.kill(pid, SIGNAL)
    os._exit(1)
