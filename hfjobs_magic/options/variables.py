"""``{name}`` and ``$name`` on a magic line: the notebook's variables, and an error where there is none.

IPython's own expansion leaves what it does not know as it is; a job that trains with the text ``{lr}`` costs money.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NAME = r"[A-Za-z_]\w*"
_PLACES = re.compile(rf"{{{{|}}}}|\$\$|{{({_NAME}(?:\.{_NAME})*)}}|\${{({_NAME})}}|\$({_NAME})")
"""Doubled signs, which stand for themselves; then ``{name}`` or ``{name.attribute}``, ``${name}`` and ``$name``."""

_SECRET_FLAGS = ("-s", "--secrets")


def expand(words: Sequence[str], names: Mapping[str, Any]) -> list[str]:
    """Words with variables in their places; each word stays one word, whatever the value holds.

    What names a secret is left alone: a value must never get onto the line.

    Raises
    ------
    OptionError
        For a name that the notebook does not have.
    """
    found: list[str] = []
    for number, word in enumerate(words):
        before = words[number - 1] if number else ""
        is_secret = before in _SECRET_FLAGS or word.startswith(("--secrets=", "-s"))
        found.append(word if is_secret else _PLACES.sub(lambda place: _value(place, names), word))
    return found


def _value(place: re.Match[str], names: Mapping[str, Any]) -> str:
    path = place[1] or place[2] or place[3]
    if path is None:
        return place[0][0]
    first, *attributes = path.split(".")
    if first not in names:
        sign = place[0][0]
        raise OptionError(
            f"There is no variable {first!r} for {place[0]} in the notebook. "
            f"Assign it first, or write {sign}{place[0]}{'}' if sign == '{' else ''} for the text itself."
        )
    value = names[first]
    for attribute in attributes:
        if not hasattr(value, attribute):
            raise OptionError(f"{place[0]}: {first} has no attribute {attribute!r}.")
        value = getattr(value, attribute)
    return str(value)
