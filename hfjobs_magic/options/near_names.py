"""Which known names somebody may have meant: those that are a slip of the fingers away, and no others."""

from __future__ import annotations

import builtins
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LIMITS = ((2, 0), (7, 1), (11, 2))
"""Letters of the longer name, and how many slips are near; of longer ones `_LIMIT` are."""

_LIMIT = 3

_PART = 3
"""Letters that a name has at least which is the beginning of another; one that is its end has two more."""

_PYTHON = frozenset(dir(builtins))


def find_near(name: str, known: Iterable[str]) -> list[str]:
    """Return the names that are near, all equally so; of Python's own only what is one slip away.

    >>> find_near("trian", ["train", "test", "brain"]), find_near("args", ["as", "vars"])
    (['train'], [])
    """
    asked = _letters(name)
    ranks = {one: _measure(asked, _letters(one)) for one in known}
    near = {one: rank for one, rank in ranks.items() if rank is not None and not (rank > 1 and one in _PYTHON)}
    nearest = min(near.values(), default=0)
    return sorted((one for one, rank in near.items() if rank == nearest), key=lambda one: (one in _PYTHON, one))


def _letters(name: str) -> str:
    return re.sub(r"[-_.]", "", name.casefold()) or name


def _measure(asked: str, known: str) -> int | None:
    """Count the slips from one to the other; None where it is another name."""
    short, long = sorted((asked, known), key=len)
    is_half = 2 * len(short) >= len(long)
    if is_half and long.startswith(short) and (len(short) >= _PART or short == long):
        return min(1, len(long) - len(short))
    if is_half and long.endswith(short) and len(short) >= _PART + 2:
        return 2
    limit = next((slips for letters, slips in _LIMITS if len(long) <= letters), _LIMIT)
    if len(long) - len(short) > limit:
        return None
    slips = _count_slips(asked, known)
    begins_alike = asked[:1] == known[:1] or sorted(asked[:2]) == sorted(known[:2])
    return slips if slips <= limit and (begins_alike or (slips == 1 and len(long) > _LIMITS[0][0] + _PART)) else None


def _count_slips(one: str, other: str) -> int:
    """Count letters that are missing, too many, wrong or changed over (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            least = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                least = min(least, last[j - 2] + 1)
            row.append(least)
    return row[-1]
