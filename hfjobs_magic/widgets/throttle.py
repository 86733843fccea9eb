"""How often a trait that is large is sent."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

SHORTEST_S = 1.0
"""Shortest time between two, in seconds: nobody sees a chart's line grow faster."""

NUMBERS_PER_S = 10_000
"""Numbers a second, some 100 kB of JSON; a trait that holds more is sent less often."""


class Throttle:
    """Decides for one trait; what is known at the end is sent at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sent = 0
        self._due = 0.0

    def is_due(self, count: int, *, last: bool) -> bool:
        """Whether to send now; `count` goes up with whatever is new."""
        if count == self._sent or not (last or self._clock() >= self._due):
            return False
        self._sent = count
        return True

    def charge(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return `value`, which is being sent, and wait as long as its size asks for."""
        self._due = self._clock() + max(SHORTEST_S, _numbers(value) / NUMBERS_PER_S)
        return value


def _numbers(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_numbers, value.values()))
    if isinstance(value, list):
        return sum(map(_numbers, value)) if value and isinstance(value[0], dict) else len(value)
    return 1
