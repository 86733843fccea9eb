"""What a page misses where a front end passes nothing on that answers no request, as Colab may while no cell runs.

Message of the page: ``{"type": "poll", "seen": int}``: up to where it has all that was pushed, -1 at first; only when a
sign of life is overdue. From within the handler of the comm come the traits that changed since, the messages that went
out since, and ``{"type": "answer", "now": float, "from": int, "seen": int}``: the kernel's clock, what the page had
seen, and what it has seen now.

Nothing is kept until a page asks, nor when none has asked for a while.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

KEEP_S = 120.0
"""Seconds for which things are kept after a page has asked; longer than a page waits between two polls."""

KEEP_MESSAGES = 64
"""Messages kept; what a page asked for and lost it asks for again."""


@dataclass(frozen=True)
class Missed:
    """What a page has not had."""

    traits: frozenset[str] | None
    """Names of traits that changed; None for all of them."""
    messages: tuple[dict[str, Any], ...]
    """Oldest first."""
    seen: int
    """Up to where this is all."""


class Outbox:
    """Numbers what goes out, from the first poll on; used from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until = float("-inf")
        self._count = self._floor = 0
        """How much has gone out, and up to where it is forgotten."""
        self._changed: dict[str, int] = {}
        """Trait -> number of its last change."""
        self._messages: deque[tuple[int, dict[str, Any]]] = deque()

    def change(self, names: Iterable[str]) -> None:
        """Note that traits are sent."""
        with self._lock:
            if self._is_asked():
                self._count += 1
                self._changed.update(dict.fromkeys(names, self._count))

    def post(self, message: dict[str, Any]) -> None:
        """Note that a message is sent."""
        with self._lock:
            if self._is_asked():
                self._count += 1
                self._messages.append((self._count, message))
                if len(self._messages) > KEEP_MESSAGES:
                    self._floor = self._messages.popleft()[0]

    def since(self, seen: int) -> Missed:
        """Return what came after `seen`, and keep what comes from now on."""
        with self._lock:
            if not self._is_asked():
                # What went out meanwhile was not counted.
                self._count += 1
                self._floor = self._count
            self._until = self._clock() + KEEP_S
            whole = seen < self._floor or seen > self._count
            changed = frozenset(name for name, number in self._changed.items() if number > seen)
            messages = tuple(message for number, message in self._messages if number > seen or whole)
            return Missed(None if whole else changed, messages, self._count)

    def _is_asked(self) -> bool:
        if self._clock() < self._until:
            return True
        self._changed.clear()
        self._messages.clear()
        return False
