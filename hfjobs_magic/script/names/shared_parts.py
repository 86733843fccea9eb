"""Lists and objects that two values of the notebook hold, and no name of their own: in the job each has a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.script.objects.literals import Expression

_KINDS = frozenset({list, dict, set})


class SharedParts:
    """What values that come along are made of, as they are written.

    Parameters
    ----------
    find
        Gives the expression of what has a name.
    notes
        Takes a sentence for each two values that hold one thing without.
    """

    def __init__(self, find: Callable[[Any, str], Expression | None], notes: list[str]) -> None:
        self._find, self._notes = find, notes
        # With the part itself, as the id of one that is gone may be that of another.
        self._seen: dict[int, tuple[Any, str]] = {}

    def find(self, part: Any, name: str) -> Expression | None:
        """Return the expression of a part of the value of that name; None for one that is to be written out."""
        found = self._find(part, name)
        if found is None and name and (type(part) in _KINDS or type(part).__module__ == "__main__"):
            _, other = self._seen.setdefault(id(part), (part, name))
            if other != name and not any(one.startswith(f"{other} and {name} hold") for one in self._notes):
                kind = type(part).__name__
                self._notes.append(f"{other} and {name} hold the same {kind} here; in the job each has its own.")
        return found
