"""Signs of life: a page that hears none for longer than was promised says that it is not connected.

Message to the page: ``{"type": "pulse", "now": float, "next_s": float}``, the kernel's clock and in how many seconds
the next one comes at the latest. Messages of the page: ``{"type": "here"}``, now and then while it shows the widget.

They come from the pump, whose messages go out while a cell runs. Nobody may look for days, and Jupyter Server keeps
messages for a page that is away, so the longer no page has spoken the rarer they are.
"""

from __future__ import annotations

import contextvars
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.follow.pump import Pump

BEAT_S = 0.8
"""Seconds between two while a page looks: with a second of patience a page knows within two that a kernel is gone."""

SILENCE_SHARE = 60
"""They come no oftener than after this part of the time for which no page has spoken: 560 messages in three days. A
kernel without subshells hears no page while a cell runs; in a cell of an hour the rate falls to one a minute."""


class Pulse:
    """A member of the pump that says again and again that the kernel lives, from `start` to `stop`.

    Parameters
    ----------
    pump
        Gives the turns.
    send
        Sends a message to all pages.
    clock
        Seconds since the epoch.
    """

    def __init__(
        self, pump: Pump, send: Callable[[dict[str, Any]], None], *, clock: Callable[[], float] = time.time
    ) -> None:
        self.context = contextvars.copy_context()
        self._pump = pump
        self._send = send
        self.now = clock
        self._heard = time.monotonic()
        """When a page last spoke, or the widget was made."""
        self._stopped = threading.Event()
        self._stopped.set()

    def start(self) -> None:
        """Begin; does nothing a second time."""
        if self._stopped.is_set():
            self._stopped.clear()
            self._pump.add(self)

    def hear(self) -> None:
        """Learn that a page is there; one that has waited for long is told at once."""
        now = time.monotonic()
        quiet, self._heard = now - self._heard, now
        if quiet > BEAT_S * SILENCE_SHARE and not self._stopped.is_set():
            self._pump.add(self)

    def stop(self) -> None:
        """Say nothing more."""
        self._stopped.set()
        self._pump.nudge(self)

    def turn(self, now: float) -> float | None:
        """Say it; see `hfjobs_magic.follow.pump.Member`."""
        if self._stopped.is_set():
            return None
        wait = max(BEAT_S, (now - self._heard) / SILENCE_SHARE)
        self._send({"type": "pulse", "now": self.now(), "next_s": wait})
        return now + wait
