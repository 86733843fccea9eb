"""When a log is read for training metrics: a few milliseconds a turn, and fewer in a flood."""

from __future__ import annotations

import math
import time
from itertools import islice
from typing import TYPE_CHECKING

from hfjobs_magic.metrics.training_scan import TrainingScan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hfjobs_magic.follow.timing import Timing

SCANNED_LINES = 10_000
"""Lines of the log of a job that is not followed that are held at a time."""

FLOOD_TURN_LINES = 200
"""Lines in one turn that make a flood of it: no training prints thousands a second."""


class TrainingReader:
    """Fed by the pump only; its `scan` is read on any thread.

    Parameters
    ----------
    timing
        How long to read.
    is_wanted
        Whether to read at all (``--no-log-metrics``).
    """

    def __init__(self, timing: Timing, *, is_wanted: bool) -> None:
        self.scan = TrainingScan()
        self.is_wanted = is_wanted
        self._timing = timing
        self._due = 0.0

    def read(self, lines: Sequence[str], *, at: float, now: float) -> bool:
        """Take lines seen `at` (seconds since the epoch) and read for a while; whether anything was found.

        Parameters
        ----------
        lines
            New ones; none where only those are to be read that wait.
        at
            When they were seen, in seconds since the epoch.
        now
            On the monotonic clock.
        """
        if lines and self.is_wanted:
            self.scan.feed(lines, at)
        flood = len(lines) > FLOOD_TURN_LINES
        if flood and now < self._due:
            return False
        self._due = now + self._timing.flood_scan_every
        return self.scan.advance(self._timing.flood_scan if flood else self._timing.scan)


def scan_log(
    lines: Iterator[str], is_wanted: Callable[[], bool] = lambda: True, *, named: Iterable[str] = ()
) -> TrainingScan:
    """Read a whole log for training metrics at once, as long as somebody wants them; `named` as for `TrainingScan`."""
    scan = TrainingScan(named=named)
    while is_wanted() and (some := list(islice(lines, SCANNED_LINES))):
        scan.feed(some, time.time())
        scan.advance(math.inf)
    return scan
