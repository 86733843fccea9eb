"""The one thread that changes what is known of jobs, and tells those who show it.

However many jobs are followed, they share a pump: a thread for each would do nothing but wait, and
all of them would want the same interpreter lock. Whoever has something for a job nudges the pump; the
pump gives each job that was nudged, or whose time has come, a turn. After a round it rests a moment,
so that a fast log comes in lists and not line by line.
"""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING, Protocol

from hfjobs_magic.errors import report

if TYPE_CHECKING:
    import contextvars

TAKE_EVERY_S = 0.03
"""Rest after a round, in seconds. The first line after a silence is taken at once."""


class Member(Protocol):
    """A job as the pump sees it."""

    context: contextvars.Context
    """What its turns run in: that of its cell, without which ipykernel 7.0 cannot send (its issue 1450)."""

    def turn(self, now: float) -> float | None:
        """Apply what has come; on the monotonic clock, when the next turn is due, or None when it was the last."""


class Pump:
    """A thread that lives as long as it has members."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._hurry = threading.Event()
        self._due: dict[Member, float] = {}
        self._thread: threading.Thread | None = None

    @property
    def is_idle(self) -> bool:
        """Whether it has no members and its thread has ended."""
        with self._changed:
            return self._thread is None

    def add(self, member: Member) -> None:
        """Give turns to `member` from now on, the first at once."""
        with self._changed:
            self._due[member] = 0.0
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="hfjob-pump", daemon=True)
                self._thread.start()
            self._changed.notify()

    def nudge(self, member: Member, *, hurry: bool = False) -> None:
        """Say that there is something for `member`; with `hurry`, somebody waits for room."""
        with self._changed:
            if member in self._due:
                self._due[member] = 0.0
                self._changed.notify()
        if hurry:
            self._hurry.set()

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._due:
                    self._thread = None
                    return
                soonest = min(self._due.values())
                if (wait := soonest - time.monotonic()) > 0:
                    self._changed.wait(None if soonest == math.inf else wait)
                now = time.monotonic()
                ready = [member for member, due in self._due.items() if due <= now]
                self._due.update(dict.fromkeys(ready, math.inf))
            for member in ready:
                self._turn(member, now)
            if ready:
                self._hurry.wait(TAKE_EVERY_S)
                self._hurry.clear()

    def _turn(self, member: Member, now: float) -> None:
        due: float | None = now + 1.0
        try:
            due = member.context.run(member.turn, now)
        except Exception as error:  # noqa: BLE001 - one job's trouble stops no other
            report(error)
        with self._changed:
            if due is None:
                # Whoever added it meanwhile wants another turn.
                if self._due.get(member) == math.inf:
                    del self._due[member]
            else:
                # Whoever nudged meanwhile left an earlier time.
                self._due[member] = min(due, self._due.get(member, due))
