"""What stands in several places of a value, such as the row of ``[row, row]``: it stays one thing on the way."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from typing import TYPE_CHECKING, Any

from .format import RefusedError, find_module

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_PARTS = 100_000_000
"""Parts that a program meets which walks through a value, as printing does: of 30 lists, each twice in the next, they
are a billion."""

_CHANGEABLE = {list, dict, set, bytearray, OrderedDict, defaultdict, Counter, deque}
_HOLDERS = {*_CHANGEABLE, tuple} - {set, bytearray}
"""Types in which something that can be changed may stand."""


class Sharing:
    """What stands in several places of a value, by numbers, as far as it was met."""

    def __init__(self) -> None:
        self._parts = 0
        self._made: dict[int, tuple[Any, int]] = {}

    def count(self, parts: int) -> None:
        """Count parts that are met.

        Raises
        ------
        RefusedError
            When they are more than a program can walk through.
        """
        self._parts += parts
        if self._parts > MAX_PARTS:
            raise RefusedError(f"has more than {MAX_PARTS:,} parts, with those that stand in several places")

    def note(self, number: int, make: Callable[[], Any]) -> Any:
        """Make a thing that is met for the first time."""
        before = self._parts
        made = make()
        self._made[number] = made, self._parts - before
        return made

    def take(self, number: int) -> Any:
        """Return what was made of a thing that is met again; its parts count again."""
        made, parts = self._made[number]
        self.count(parts)
        return made


def find_shared(value: Any) -> set[int]:
    """Return the ids of what can be changed and stands in several places of a value."""
    numpy = find_module("numpy")
    changeable = {*_CHANGEABLE, getattr(numpy, "ndarray", list)}
    worth_it = {*changeable, tuple}
    seen: set[int] = set()
    shared: set[int] = set()
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        kind = type(holder)
        if id(holder) in seen:
            if kind in changeable:
                shared.add(id(holder))
            continue
        seen.add(id(holder))
        if kind in _HOLDERS:
            items = holder.values() if isinstance(holder, dict) else holder
            waiting += [item for item in items if type(item) in worth_it]
    return shared
