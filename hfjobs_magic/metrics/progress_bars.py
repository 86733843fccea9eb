"""The progress bars of a log, and the one of them that stands in the header: the outermost that still runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hfjobs_magic.metrics.progress_frames import Frame

MAX_BARS = 16
"""Bars told apart by their labels; the one that moved last longest ago gives way."""

STALE_S = 120.0
"""A bar that has not moved for so many seconds while others did has been left ..."""

STALE_STEPS = 3.0
"""... unless it takes its time: so many of its own steps."""

_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True)
class _Bar:
    frame: Frame
    depth: int
    """Bars that stand above it, as tqdm says by moving the cursor back up."""
    born: int
    """Frames of all bars before its first one."""
    moved: int
    """Frames of all bars before its newest one."""
    at: float
    """When that was, in seconds since the epoch."""

    def is_stale(self, now: float) -> bool:
        rate = self.frame.rate
        return now - self.at > max(STALE_S, STALE_STEPS / rate if rate else 0.0)


class Bars:
    """Bars of a log by what they count."""

    def __init__(self) -> None:
        self._bars: dict[tuple[str, float | None], _Bar] = {}
        self._frames = 0

    def see(self, frame: Frame, at: float, depth: int = 0) -> None:
        """Take the newest state of a bar, seen `at`; the one of ``Epoch 2`` goes on where that of ``Epoch 1`` was."""
        key = (_DIGITS.sub("", frame.label), frame.total)
        self._frames += 1
        before = self._bars.pop(key, None)
        self._bars[key] = _Bar(frame, depth, before.born if before else self._frames, self._frames, at)
        if len(self._bars) > MAX_BARS:
            del self._bars[next(iter(self._bars))]

    def find_foremost(self) -> Frame | None:
        """Return the bar around all others that still run; None where none runs.

        A bar is around another where it stands above it, or where it moved on after the other one had begun.
        """
        running = [bar for bar in self._bars.values() if not bar.frame.is_done]
        if not running:
            return None
        newest = running[-1]
        if newest.depth:
            above = (bar for bar in running if bar.depth < newest.depth)
            # Of two bars at one height the later took the place of the other.
            return max(above, key=lambda bar: (-bar.depth, bar.born), default=newest).frame
        now = max(bar.at for bar in self._bars.values())
        around = (bar for bar in running if bar.born < newest.born < bar.moved and not bar.is_stale(now))
        return min(around, key=lambda bar: bar.born, default=newest).frame
