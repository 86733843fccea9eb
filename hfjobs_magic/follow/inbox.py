"""What waits for the pump to take, for one job."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hfjobs_magic.follow.output_files import FilesRead
    from hfjobs_magic.follow.pump import Member, Pump
    from hfjobs_magic.follow.state import Event

MAX_ITEMS = 20_000
"""Samples and other things that may wait; those who have more wait themselves, so that memory stays bounded."""


@dataclass(frozen=True)
class Sample:
    """One sample of what a job uses."""

    at: float
    """When it was seen, in seconds since the epoch."""
    values: dict[str, Any]
    """As the Hub sends it."""
    past: bool = False
    """Whether another one saw it, before this kernel followed the job."""


@dataclass(frozen=True)
class Action:
    """Something to be done by the pump, such as answering a page."""

    run: Callable[[], None]
    """Does it."""


class Inbox:
    """A bounded line into which the threads of a job put, and from which its turn on the pump takes.

    Parameters
    ----------
    pump
        Gives the turns.
    member
        Whose turn it is to be when something was put.
    """

    def __init__(self, pump: Pump, member: Member) -> None:
        self._pump = pump
        self._member = member
        self._items: deque[Event | Sample | FilesRead | Action] = deque()
        # Guards whether the pump still takes what is put.
        self._lock = threading.Lock()
        self._open = False
        self._over = threading.Event()

    def __bool__(self) -> bool:
        """Whether something waits."""
        return bool(self._items)

    @property
    def is_open(self) -> bool:
        """Whether the pump takes what is put."""
        return self._open

    def open(self) -> None:
        """Begin; what was put before is taken, too."""
        with self._lock:
            self._open = True

    def put(self, item: Event | Sample | FilesRead) -> None:
        """Put something, and wait where there is no room."""
        while len(self._items) >= MAX_ITEMS and self._open and not self._over.wait(0.01):
            self.nudge(hurry=True)
        self._items.append(item)
        self.nudge()

    def do(self, action: Callable[[], None]) -> None:
        """Run `action` on the pump, or here when the pump takes nothing any more and nothing changes."""
        with self._lock:
            taken = self._open
            if taken:
                self._items.append(Action(action))
        if taken:
            self.nudge()
        else:
            action()

    def nudge(self, *, hurry: bool = False) -> None:
        """Say that there is something to take; with `hurry`, somebody waits for room."""
        self._pump.nudge(self._member, hurry=hurry)

    def take(self) -> Iterator[Event | Sample | FilesRead | Action]:
        """Take what waits now."""
        for _ in range(len(self._items)):
            yield self._items.popleft()

    def let_go(self) -> None:
        """Let those go on who wait for room."""
        self._over.set()

    def close(self) -> None:
        """Take nothing any more; what was still to be done is done here."""
        with self._lock:
            self._open = False
            left = list(self._items)
        for item in left:
            if isinstance(item, Action):
                item.run()
