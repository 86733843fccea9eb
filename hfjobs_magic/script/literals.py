"""Plain values of a notebook as Python literals."""

from __future__ import annotations

import datetime
import math
import pathlib
from typing import Any

MAX_TEXT = 1_000
"""Characters of one text."""

MAX_LITERAL = 10_000
"""Characters of the literals that come along, together: what is longer is data, and data is asked for."""


def literal(value: object) -> str | None:
    """Write a plain value as Python; None for anything else, or what is too long.

    >>> literal({"lr": 3e-4, "sizes": (1, 2)})
    "{'lr': 0.0003, 'sizes': (1, 2)}"
    """
    try:
        text = _write(value, 0)
    except (_NotPlainError, RecursionError):
        return None
    return text if len(text) <= MAX_LITERAL else None


class _NotPlainError(Exception):
    """The value, or something in it, is no plain one."""


def _write(value: Any, depth: int) -> str:
    if depth > 20:  # deeper than anybody writes; or it contains itself
        raise _NotPlainError
    kind = type(value)
    if value is None or value is Ellipsis or kind in {bool, int}:
        return repr(value)
    if kind in {float, complex} or _is_number(value):
        return _number(value if kind in {float, complex} else value.item())
    if kind in {str, bytes}:
        if len(value) > MAX_TEXT:
            raise _NotPlainError
        return repr(value)
    if kind in {list, tuple, set, frozenset, dict}:
        if len(value) > MAX_LITERAL:
            raise _NotPlainError
        return _container(value, depth + 1)
    return _write_special(value, kind)


def _is_number(value: Any) -> bool:
    """Whether it is a scalar of numpy: `float64(0.1)` is a number to whoever wrote it."""
    return type(value).__module__ == "numpy" and getattr(value, "shape", None) == () and hasattr(value, "item")


def _number(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    if isinstance(value, complex):
        return f"complex({_number(value.real)}, {_number(value.imag)})"
    if isinstance(value, (bool, int, float, str, bytes)):
        return repr(value)
    raise _NotPlainError


def _container(value: Any, depth: int) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_write(key, depth)}: {_write(item, depth)}" for key, item in value.items()) + "}"
    # A set has no order of its own; with one, the same set has the same text, and the job the same hash.
    items = [_write(item, depth) for item in value]
    if isinstance(value, (set, frozenset)):
        inside = "{" + ", ".join(sorted(items)) + "}" if items else "set()"
        return inside if isinstance(value, set) else f"frozenset({inside if items else ''})"
    if isinstance(value, tuple):
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    return f"[{', '.join(items)}]"


def _write_special(value: Any, kind: type) -> str:
    if isinstance(value, pathlib.PurePath) and kind.__module__.startswith("pathlib"):
        name = "PurePath" if not isinstance(value, pathlib.Path) else "Path"
        return f'__import__("pathlib").{name}({str(value)!r})'
    if kind in {datetime.date, datetime.timedelta} or (
        kind in {datetime.datetime, datetime.time} and value.tzinfo in {None, datetime.timezone.utc}
    ):
        return repr(value).replace("datetime.", '__import__("datetime").')
    if kind in {range, slice}:
        return repr(value)
    raise _NotPlainError
