"""Threads that a cell leaves running: the process ends when they have, and the log says so where that takes long."""

from __future__ import annotations

import threading

from .complaint import complain
from .event_loop import MOST_NAMES, PATIENCE_S


def watch_threads() -> None:
    """Say after a while which threads still keep the process, whose cell has ended; waits for none of them."""
    if _find_running():
        timer = threading.Timer(PATIENCE_S, _say)
        timer.name, timer.daemon = "hfjob-threads", True
        timer.start()


def _say() -> None:
    if left := _find_running():
        names = [thread.name for thread in left]
        said = ", ".join(names[:MOST_NAMES]) + (", …" if len(names) > MOST_NAMES else "")
        many, them = (f"{len(left)} threads that it", "them") if len(left) > 1 else ("a thread that it", "it")
        complain(
            f"[threads] The cell has ended, and the job waits for {many} has started: {said}. "
            f"With daemon=True the job does not wait for {them}."
        )


def _find_running() -> list[threading.Thread]:
    main = threading.main_thread()
    return [thread for thread in threading.enumerate() if not thread.daemon and thread is not main]
