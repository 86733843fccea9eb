"""A lock between processes that vanishes with its holder."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_POLL = 0.02
"""Seconds between two tries; the wait is for another process that is starting one."""


@contextmanager
def hold_lock(path: Path, timeout: float) -> Iterator[bool]:
    """Hold the lock file `path`; yield False when another process kept it for `timeout` seconds."""
    import fcntl  # noqa: PLC0415 - missing on Windows, where this module is imported but never used

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() >= deadline:
                    yield False
                    return
                time.sleep(_POLL)
            else:
                yield True
                return
    finally:
        os.close(descriptor)
