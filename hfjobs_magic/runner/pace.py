"""How often one thing may be shown anew."""

from __future__ import annotations

import math

SHORTEST_S = 0.5
"""Seconds between two updates of one output: two a second."""

DOUBLED_AFTER = 200
"""Updates after which the time between two doubles: a bar of a day's training makes 2,000 files, not 170,000."""


class Pace:
    """When the next update of one output may go out; times are of a monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._last = -math.inf
        self._count = 0

    def due(self) -> float:
        """When the next may go out."""
        return float(self._last + SHORTEST_S * 2 ** (self._count // DOUBLED_AFTER))

    def note(self, now: float) -> None:
        """Note that one went out."""
        self._last = now
        self._count += 1
