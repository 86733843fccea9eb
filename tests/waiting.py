"""Waiting on conditions, never on time."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hfjobs_magic.local.daemon import Service

PATIENCE_S = 60
"""Far more than anything waited for takes, in seconds; only a hang gets there."""


UNTIL_TOLD = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.02)\n"
"""Code of a job that runs until `tell` is called."""


def tell(service: Service, job_id: str) -> None:
    """Let a job go on that waits with `UNTIL_TOLD`, or will: its folder may not be there yet."""
    folder = service.data_dir / "jobs" / job_id / "work"
    wait_until(folder.is_dir)
    (folder / "go").touch()


def wait_until(condition: Callable[[], bool]) -> None:
    """Return once `condition` holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        threading.Event().wait(0.01)


@contextmanager
def ctrl_c(when: Callable[[], bool]) -> Iterator[None]:
    """Press Ctrl-C once `when` holds; not when the block is over by then, which would end all tests."""
    over = threading.Event()

    def press() -> None:
        try:
            wait_until(lambda: over.is_set() or when())
        finally:
            if not over.is_set():
                os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
