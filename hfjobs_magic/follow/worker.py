"""Small tasks off the main thread, one after the other: what a page asks for now and then."""

from __future__ import annotations

import contextvars
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Errands:
    """A line of named tasks and the thread that does them.

    The thread is there only while there is something to do, so that a card nobody looks at costs nothing.

    Parameters
    ----------
    name
        Name of the thread.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._waiting: dict[str, Callable[[], None]] = {}
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    def do(self, what: str, task: Callable[[], None]) -> None:
        """Do `task` soon, unless the same errand waits already: the line is as long as there are names."""
        with self._lock:
            if self._stopped.is_set():
                return
            self._waiting.setdefault(what, task)
            if self._thread is None:
                self._begin()

    def stop(self) -> None:
        """Do what has begun and nothing more."""
        self._stopped.set()

    def _begin(self) -> None:
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._work,), name=self._name, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            while (task := self._next()) is not None:
                task()
        finally:
            with self._lock:
                # A task that failed ends the thread, and not the tasks behind it.
                if self._thread is threading.current_thread():
                    self._thread = None
                    if self._waiting and not self._stopped.is_set():
                        self._begin()

    def _next(self) -> Callable[[], None] | None:
        with self._lock:
            if self._stopped.is_set() or not self._waiting:
                self._thread = None
                return None
            return self._waiting.pop(next(iter(self._waiting)))
