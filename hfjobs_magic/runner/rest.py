"""What a cell leaves running: the job waits for it, and the log and the report say for what, where that takes long."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from .complaint import complain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

NAME = "rest.json"
"""File of the staging folder with what is waited for."""

PATIENCE_S = 5.0
"""Seconds that it may take after the cell's end before the log says that it is waited for."""

MOST_NAMES = 5
"""Threads, processes and tasks that are named."""

_POOLS = {"concurrent.futures.thread": "ThreadPoolExecutor", "concurrent.futures.process": "ProcessPoolExecutor"}
"""Whose threads Python waits for, by the module that they run; https://docs.python.org/3/library/concurrent.futures.html."""


class Rest:
    """What is waited for once the cell has ended.

    Parameters
    ----------
    stage
        The staging folder, from which the process that outlives the cell reads it.
    """

    def __init__(self, stage: Path) -> None:
        self._path = stage / NAME

    def watch(self) -> None:
        """Look what keeps the process, whose cell has ended, now and after a while; waits for nothing."""
        self.note(_find(_running_threads()))
        timer = threading.Timer(PATIENCE_S, self._look_again)
        timer.name, timer.daemon = "hfjob-rest", True
        timer.start()

    def _look_again(self) -> None:
        # Handlers run last, and there is no other trace of them.
        found = _find(_running_threads()) or ("a function that runs at exit (atexit)", "make it shorter")
        self.note(found)
        say("threads", found)

    def note(self, found: tuple[str, str] | None) -> None:
        """Write down what is waited for, and what to do about it; None takes it away."""
        with contextlib.suppress(OSError):
            if found is None:
                self._path.unlink()
            else:
                # At once: the process may be ended at any moment.
                made = self._path.with_suffix(".new")
                made.write_text(json.dumps(found), encoding="utf-8")
                made.replace(self._path)


def read(stage: Path) -> list[str] | None:
    """Return what was waited for, and what to do about it; None where nothing was."""
    try:
        found = json.loads((stage / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return [str(words) for words in found]


def say(mark: str, found: tuple[str, str]) -> None:
    """Write to the log what is waited for; `hfjobs_magic.exchange.ending` reads it there."""
    what, advice = found
    complain(f"[{mark}] The cell has ended, and the job waits for {what}: {advice}.")


def words_for(kind: str, names: Sequence[str], advice: str) -> tuple[str, str]:
    """Name what is waited for: "the thread loader", and what to do, with "it" or "them" for ``{}``."""
    said = ", ".join(names[:MOST_NAMES]) + (", …" if len(names) > MOST_NAMES else "")
    many = len(names) > 1
    ending = ("es" if kind.endswith("s") else "s") if many else ""
    return f"the {kind}{ending} {said}", advice.format("them" if many else "it")


def _find(threads: Sequence[threading.Thread]) -> tuple[str, str] | None:
    """Say what keeps the process, the kind that is found first; None for nothing."""
    for pool in _POOLS.values():
        if any(_pool_of(thread) == pool for thread in threads):
            return (
                f"what a {pool} runs",
                "let it end in the cell; shutdown(cancel_futures=True) drops what has not begun",
            )
    timers = [thread for thread in threads if isinstance(thread, threading.Timer)]
    others = [thread for thread in threads if thread not in timers]
    if others:
        advice = "start {0} with daemon=True, or let {0} end in the cell and join() {0}"
        return words_for("thread", [_name(thread) for thread in others], advice)
    if timers:
        return words_for("timer", [thread.name for thread in timers], "cancel() {} in the cell")
    processes = [process.name for process in _running_processes()]
    if processes:
        advice = "start {0} with daemon=True, or join() or terminate() {0} in the cell"
        return words_for("process", processes, advice)
    return None


def _running_threads() -> list[threading.Thread]:
    main = threading.main_thread()
    return [thread for thread in threading.enumerate() if not thread.daemon and thread is not main]


def _name(thread: threading.Thread) -> str:
    kind = type(thread)
    is_plain = kind is threading.Thread or not thread.name.startswith("Thread-")
    return thread.name if is_plain else f"{thread.name} ({kind.__name__})"


def _pool_of(thread: threading.Thread) -> str | None:
    """Return the class of the executor that a thread works for; None for other threads."""
    target: Any = getattr(thread, "_target", None)  # it has no public name
    return _POOLS.get(type(thread).__module__) or _POOLS.get(getattr(target, "__module__", ""))


def _running_processes() -> list[Any]:
    """Return the processes of `multiprocessing` that Python waits for at its end.

    Its own ``active_children`` would collect those that have ended, for which the main thread may be waiting.
    """
    module: Any = sys.modules.get("multiprocessing.process")
    return [
        process
        for process in sorted(getattr(module, "_children", ()), key=lambda process: str(process.name))
        if not process.daemon and _is_running(process.pid)
    ]


def _is_running(pid: int) -> bool:
    look: Callable[..., Any] | None = getattr(os, "waitid", None)  # macOS has it from Python 3.13 on
    try:
        return look is None or look(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    except ChildProcessError:
        return False
