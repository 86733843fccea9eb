"""Which of the jobs that are followed have their log and metrics streamed.

A stream is two threads and two connections, so only so many jobs have one: those whose card was
opened last, then those that were followed first. Of the others only the stage is asked for.
"""

from __future__ import annotations

import itertools
import threading
from typing import Protocol

STREAMED_JOBS = 16
"""Jobs streamed at a time."""

ENDED_JOBS = 4
"""Jobs that have ended and were not streamed, whose log is read at a time."""


class Seeker(Protocol):
    """A job that wants to be streamed."""

    def stream(self) -> None:
        """Begin to stream; a second call does nothing."""

    def unstream(self) -> None:
        """Stop streaming; a second call does nothing."""


class Slots:
    """So many jobs at a time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.RLock()
        self._count = itertools.count(1)
        # Every seeker and its rank, the lowest first in line.
        self._ranks: dict[Seeker, tuple[int, int]] = {}
        self._streamed: set[Seeker] = set()

    def seek(self, seeker: Seeker, *, looked_at: bool = False) -> None:
        """Stand in line; whoever is looked at comes first, the one looked at last before the others."""
        with self._lock:
            number = next(self._count)
            if looked_at:
                self._ranks[seeker] = (0, -number)
            else:
                self._ranks.setdefault(seeker, (1, number))
            self._balance()

    def leave(self, seeker: Seeker) -> None:
        """Stand in line no longer; does nothing a second time."""
        with self._lock:
            if self._ranks.pop(seeker, None) is None:
                return
            self._streamed.discard(seeker)
            seeker.unstream()
            self._balance()

    def knows(self, seeker: Seeker) -> bool:
        """Whether it stands in line or is streamed."""
        with self._lock:
            return seeker in self._ranks

    def has(self, seeker: Seeker) -> bool:
        """Whether it is streamed."""
        with self._lock:
            return seeker in self._streamed

    def _balance(self) -> None:
        first = set(sorted(self._ranks, key=self._ranks.__getitem__)[: self._limit])
        for seeker in self._streamed - first:
            seeker.unstream()
        for seeker in first - self._streamed:
            seeker.stream()
        self._streamed = first
