"""Processes of `multiprocessing` that fail before they begin: told to the cell, as an exception.

`multiprocessing.Pool` starts others in their place for ever, each with its traceback in the log, while the cell waits.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from types import FrameType

SIGNAL = getattr(signal, "SIGRTMAX", signal.SIGIO)
"""By which a process tells the cell's own: one that programs do not use; macOS has no real-time signals."""

QUIET_S = 60.0
"""Seconds in which further failures raise nothing: those of one pool go on until it is closed,
and meanwhile the cell handles the first."""

AGAIN_S = 0.05
"""Seconds until an error is raised that would have broken the start of another process in the middle."""

_FAILED = "failed.txt"


class WorkerError(RuntimeError):
    """A process that the cell started could not begin."""


def listen(folder: Path) -> None:
    """Raise an error in this process's main thread when one that it has started fails."""
    last = -QUIET_S

    def hear(number: int, frame: FrameType | None) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < QUIET_S:
            return
        if _is_starting(frame):
            later = threading.Timer(AGAIN_S, os.kill, (os.getpid(), number))
            later.name, later.daemon = "hfjob-worker-failed", True
            later.start()
            return
        try:
            text = (folder / _FAILED).read_text(encoding="utf-8")
        except OSError:
            return
        last = now
        raise WorkerError(text)

    signal.signal(SIGNAL, hear)


def ignore() -> None:
    """Hear of no more: the cell has ended, and Python's own end would let the signal end the process."""
    signal.signal(SIGNAL, signal.SIG_IGN)


def _is_starting(frame: FrameType | None) -> bool:
    """Whether a process, or a pool of them, is being started.

    Left half-way, a process ends with a traceback of its own in the log, and a pool starts others for ever. Nor may an
    error come out of a ``__del__``, where Python prints it and goes on.
    """
    while frame is not None:
        name, module = frame.f_code.co_name, str(frame.f_globals.get("__name__"))
        if name == "__del__" or (name in {"start", "__init__"} and module.startswith("multiprocessing.")):
            return True
        frame = frame.f_back
    return False


def tell(error: BaseException, folder: str, cell: str, pid: int) -> NoReturn:
    """Tell the cell's process `pid` why this one ends, and end it."""
    said = str(error).strip()
    if "bootstrapping phase" not in said:  # Python's own sentences, which say what to do
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == cell]
        where = f" (line {lines[-1]})" if lines else ""
        said = f"A process that the cell started could not begin: {type(error).__name__}: {said}{where}"
    # The cell may have ended meanwhile, and its files may be gone: then there is nobody to tell.
    with contextlib.suppress(OSError):
        own = Path(folder, f"{os.getpid()}.new")
        own.write_text(said, encoding="utf-8")
        own.replace(Path(folder, _FAILED))
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os.kill(pid, SIGNAL)
    os._exit(1)
