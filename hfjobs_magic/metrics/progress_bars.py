"""The progress bars of a log, and the one of them that stands in the header: the outermost that still runs.

What lies within what is told by how bars are drawn. tqdm draws an inner bar below the outer one and moves the cursor
back up. A bar of another library or class begins on the line on which the outer one stands; one that comes after the
outer one begins on a line of its own. Where a log keeps no carriage returns each frame is a line: then a bar is around
another one as soon as it moves on while the other one runs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hfjobs_magic.metrics.progress_frames import Frame

MAX_BARS = 16
"""Bars told apart by their labels; of more, one that is over or lies deep gives way."""

STALE_S = 120.0
"""Where lines do not say which bar was left, one that has not moved for so many seconds while others did was ..."""

STALE_STEPS = 3.0
"""... unless it takes its time: so many of its own steps."""

_DIGITS = re.compile(r"\d+")


@dataclass
class _Bar:
    frame: Frame
    depth: int
    """Bars that stand above it, as tqdm says by moving the cursor back up."""
    born: int
    """Frames of all bars before its first one, or before the one with which it began again."""
    at: float
    """When it moved last, in seconds since the epoch."""
    is_outer: bool = False
    """Whether another bar was drawn within it."""
    is_gone: bool = False
    """Whether it was wiped off, or left on a line that others came after."""

    @property
    def runs(self) -> bool:
        return not self.is_gone and not self.frame.is_done

    def is_stale(self, now: float) -> bool:
        rate = self.frame.rate
        return now - self.at > max(STALE_S, STALE_STEPS / rate if rate else 0.0)


class Bars:
    """Bars of a log by what they count."""

    def __init__(self) -> None:
        # By label and total, and where they stand: both of two nested bars may have no label and the same total.
        self._bars: dict[tuple[str, float | None, int], _Bar] = {}
        self._frames = 0
        # The last thing that the log drew, if that was a bar; and such a one whose line has ended since.
        self._last: _Bar | None = None
        self._ended: _Bar | None = None
        # A bar that text was written behind: one that is closed ends its line first.
        self._open: _Bar | None = None
        # Whether the log has carriage returns, so that a line of its own says that the one before has ended.
        self._has_returns = False

    def see(self, frame: Frame, at: float, depth: int = 0) -> None:
        """Take the newest state of a bar, seen `at`; the one of ``Epoch 2`` goes on where that of ``Epoch 1`` was."""
        self._frames += 1
        label = _DIGITS.sub("", frame.label)
        bar = self._bars.pop((label, frame.total, depth), None)
        if bar is None and not depth and self._close_inner(label, frame):
            self._last = self._ended = None
            return
        if bar is None or frame.n < bar.frame.n:
            self._place(depth, is_new=bar is None)
            bar = _Bar(frame, depth, self._frames, at)
        else:
            bar.is_outer |= any(other.born > bar.born and other.depth >= depth for other in self._bars.values())
            bar.frame, bar.at, bar.is_gone = frame, at, False
        self._last, self._ended, self._open = bar, None, None
        self._bars[label, frame.total, depth] = bar
        if len(self._bars) > MAX_BARS:
            del self._bars[self._find_least()]

    def write(self, line: str) -> None:
        """Take note of what the log writes next: on a new line, or after a carriage return on the one it is on."""
        self._has_returns |= "\r" in line
        if not line.startswith("\r"):
            self._ended, self._last = self._last or self._ended, None

    def add_text(self) -> None:
        """Take note of text behind the bar that was seen last: then it is the text whose line ends."""
        self._open, self._last = self._last, None

    def wipe(self, depth: int) -> None:
        """Take note of blanks over the bar that was drawn last at a depth."""
        for bar in reversed(self._bars.values()):
            if bar.depth == depth and not bar.is_gone:
                bar.is_gone = True
                break
        self._last = None

    def trait(self) -> dict[str, Any]:
        """Return the foremost bar as the card's trait ``progress``; empty where none runs."""
        bar = self._find_foremost()
        return {**bar.frame.trait(), "at": bar.at} if bar else {}

    def find_foremost(self) -> Frame | None:
        """Return the bar around all others that still run; None where none runs."""
        bar = self._find_foremost()
        return bar.frame if bar else None

    def _find_foremost(self) -> _Bar | None:
        bars = [bar for bar in self._bars.values() if not bar.is_gone]
        if not bars:
            return None
        newest = bars[-1]
        if newest.depth:
            # Something stands above it, if only wiped off for a line of text. Of two bars at one height the later took
            # the place of the other.
            above = (bar for bar in self._bars.values() if bar.depth < newest.depth and not bar.frame.is_done)
            outer = max(above, key=lambda bar: (not bar.is_gone, -bar.depth, bar.is_outer, bar.born), default=newest)
            if not outer.frame.is_done:
                return outer
        else:
            now = max(bar.at for bar in bars)
            around = (
                bar
                for bar in bars
                if bar.runs and bar.is_outer and bar.born < newest.born and (self._has_returns or not bar.is_stale(now))
            )
            if outermost := min(around, key=lambda bar: (bar.depth, bar.born), default=None):
                return outermost
        if newest.runs:
            return newest
        # What lies below a bar that is over is over with it.
        beside = (bar for bar in reversed(bars) if bar.runs and not (newest.is_outer and bar.depth > newest.depth))
        return next(beside, None)

    def _place(self, depth: int, *, is_new: bool) -> None:
        """Say what is around a bar that begins, or begins again, and what it came after."""
        ended, last = self._ended, self._last
        if depth:
            for other in self._bars.values():
                other.is_outer |= other.runs and other.depth < depth
        elif self._open is not None and not self._open.depth:
            self._open.is_outer |= self._open.runs
        elif not self._has_returns:
            return
        elif ended is not None:
            # One that was within it before is within it again.
            ended.is_gone |= is_new or not ended.is_outer
        elif last is not None and not last.depth:
            last.is_outer |= last.runs

    def _close_inner(self, label: str, frame: Frame) -> bool:
        """Whether a frame at the top is the last one of a bar within others, which tqdm leaves above them."""
        inner = [
            bar
            for (name, total, depth), bar in self._bars.items()
            if depth and (name, total) == (label, frame.total) and not bar.is_gone and frame.n >= bar.frame.n
        ]
        for bar in inner:
            bar.is_gone = True
        return bool(inner)

    def _find_least(self) -> tuple[str, float | None, int]:
        """Find the bar that gives way: one that is over before one that runs, inner before outer, old before new."""
        earlier = list(self._bars)[:-1]
        return max(earlier, key=lambda key: (not self._bars[key].runs, self._bars[key].depth))
