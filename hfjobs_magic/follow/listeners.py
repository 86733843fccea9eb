"""Those who show a job, and how often they are told of it."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from hfjobs_magic.errors import report

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.follow.timing import Timing

FLOOD_LINES = 500
"""Lines between two updates, as many as a card holds, above which nobody reads along."""


class Listeners:
    """Called from the pump, after every change and no more often than an eye can follow."""

    def __init__(self, timing: Timing) -> None:
        self.flooded = False
        """Whether lines came faster, at the last update, than anybody reads."""
        self._timing = timing
        self._all: list[Callable[[], None]] = []
        self._changed = False
        self._lines = 0
        """Lines since the last update."""
        self._updated = 0.0
        """When that was, on the monotonic clock."""

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._all)

    def add(self, listener: Callable[[], None]) -> None:
        """Add one, and call it at once."""
        self._all.append(listener)
        listener()

    def remove(self, listener: Callable[[], None]) -> None:
        """Call it no more; does nothing for one that is not there."""
        if listener in self._all:
            self._all.remove(listener)

    def clear(self) -> None:
        """Call none any more."""
        self._all.clear()

    def note(self, *, lines: int = 0) -> None:
        """Note that something has changed, and how many lines of the log came."""
        self._changed = True
        self._lines += lines

    def due(self) -> float:
        """Return when the next update is, on the monotonic clock; never where nothing has changed."""
        timing = self._timing
        every = timing.flood_tell_every if self._lines > FLOOD_LINES else timing.tell_every
        return self._updated + every if self._changed else math.inf

    def update(self, *, last: bool = False) -> None:
        """Call them all; a flood that is over at the `last` update is none."""
        self.flooded = self._lines > FLOOD_LINES and not last
        self._changed, self._lines = False, 0
        for listener in list(self._all):
            try:
                listener()
            except Exception as error:  # noqa: BLE001 - one that fails keeps nobody else from hearing, and no job from ending
                report(error)
        self._updated = time.monotonic()
