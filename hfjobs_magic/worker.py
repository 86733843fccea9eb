"""Threads off the main one: a single body, or named tasks one after the other."""

from __future__ import annotations

import contextvars
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hfjobs_magic.errors import report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def defer_interrupt() -> Iterator[None]:
    """Let Ctrl-C wait until a step that makes no sense by halves is done, such as the start of several threads."""
    before = signal.getsignal(signal.SIGINT)
    # Python interrupts no other thread, and no handler that Python did not set can be put back.
    if threading.current_thread() is not threading.main_thread() or before is None:
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            signal.raise_signal(signal.SIGINT)


def start_thread(name: str, body: Callable[[], None]) -> threading.Thread:
    """Run `body` on a daemon thread of that name, in a copy of the caller's context.

    Without the context ipykernel 7.0 cannot send from a thread (its issue 1450). What fails is logged.
    """
    thread = threading.Thread(target=contextvars.copy_context().run, args=(_run, body), name=name, daemon=True)
    with defer_interrupt():
        thread.start()
    return thread


def _run(body: Callable[[], object]) -> None:
    try:
        body()
    except Exception as error:  # noqa: BLE001 - Python would print it into the output of whatever cell runs
        report(error)


class Worker:
    """A line of named tasks and the threads that do them.

    A thread is there only while there is something to do, so that a card nobody looks at costs nothing. A task that
    fails is logged, and ends neither its thread nor the tasks behind it.

    Parameters
    ----------
    name
        Name of the threads.
    threads
        Tasks done at a time, at most.
    """

    def __init__(self, name: str, *, threads: int = 1) -> None:
        self._name = name
        self._most = threads
        self._lock = threading.Lock()
        # Each task with the context of whoever asked for it.
        self._waiting: dict[str, tuple[contextvars.Context, Callable[[], object]]] = {}
        self._threads = 0
        self._stopped = threading.Event()

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is being done."""
        with self._lock:
            return not self._threads

    @property
    def is_stopped(self) -> bool:
        """Whether nothing is begun any more."""
        return self._stopped.is_set()

    def do(self, name: str, task: Callable[[], object]) -> None:
        """Do `task` soon, unless one of that name waits already: the line is as long as there are names."""
        with self._lock:
            if self._stopped.is_set() or name in self._waiting:
                return
            self._waiting[name] = contextvars.copy_context(), task
            if self._threads < self._most:
                with defer_interrupt():
                    self._threads += 1
                    start_thread(self._name, self._work)

    def stop(self) -> None:
        """Finish what has begun and nothing more; a second call does nothing."""
        self._stopped.set()

    def _work(self) -> None:
        while (item := self._take()) is not None:
            context, task = item
            context.run(_run, task)

    def _take(self) -> tuple[contextvars.Context, Callable[[], object]] | None:
        with self._lock:
            if self._stopped.is_set() or not self._waiting:
                self._threads -= 1
                return None
            return self._waiting.pop(next(iter(self._waiting)))
