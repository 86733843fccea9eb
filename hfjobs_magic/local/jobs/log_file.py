"""A job's log on disk: one writer appends events, whose times never go back."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from hfjobs_magic.local.jobs.frames import frame

if TYPE_CHECKING:
    from pathlib import Path


def stamp(seconds: float, precision: str = "milliseconds") -> str:
    """Return a time as the Hub writes it: ISO 8601, UTC, ending in Z."""
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    if precision == "seconds":
        return text + "Z"
    return f"{text}.{int(seconds * 1000) % 1000:03d}Z"


class LogFile:
    """Appends events; when the disk is full it drops lines rather than fail the job, and says so as soon as it can."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._latest = 0.0
        self._lost = 0

    def now(self) -> str:
        """Return the current time, never earlier than the last one returned."""
        self._latest = max(self._latest, time.time())
        return stamp(self._latest)

    def write(self, events: str) -> None:
        """Append whole events, or none of them."""
        if not events:
            return
        if self._lost:
            note = f"[local service] {self._lost} log lines were lost: the disk was full"
            if not self._append(frame(note, self.now())):
                self._lost += events.count("\n\n")
                return
            self._lost = 0
        if not self._append(events):
            self._lost += events.count("\n\n")

    def _append(self, events: str) -> bool:
        data = memoryview(events.encode("ascii"))
        size = os.fstat(self._fd).st_size
        try:
            while data:
                data = data[os.write(self._fd, data) :]
        except OSError:
            os.ftruncate(self._fd, size)
            return False
        return True

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)
