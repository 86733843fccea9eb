"""Plain values of a notebook as Python expressions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hfjobs_magic.script.objects.calls import NotPlainError
from hfjobs_magic.script.objects.constructors import construct

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_TEXT = 1_000
"""Characters of one text."""

MAX_LITERAL = 10_000
"""Characters of the literals that come along, together: what is longer is data, and data is asked for."""


@dataclass(frozen=True)
class Expression:
    """A value as Python."""

    text: str
    """The expression."""
    names: tuple[str, ...] = ()
    """Names of the notebook that it uses."""


def literal(value: object, reference: Callable[[Any], Expression | None] = lambda _: None) -> Expression | None:
    """Write a plain value as Python; None for anything else, or what is too long.

    Parameters
    ----------
    value
        What is to be made again.
    reference
        Gives an expression for what has a name: a function, a class, a module; None for what has none.

    Examples
    --------
    >>> literal({"lr": 3e-4, "sizes": (1, 2)}).text
    "{'lr': 0.0003, 'sizes': (1, 2)}"
    """
    try:
        visits = _Writer(reference)
        visits.write(value, 0)
        shared = {key for key, count in visits.counts.items() if count > 1}
        writer = _Writer(reference, shared)
        text = writer.bind(writer.write(value, 0))
    except (NotPlainError, RecursionError, ValueError):  # an int of thousands of digits has no repr
        return None
    return Expression(text, tuple(dict.fromkeys(writer.names))) if len(text) <= MAX_LITERAL else None


class _Writer:
    """One value; what it holds twice is made once."""

    def __init__(self, reference: Callable[[Any], Expression | None], shared: set[int] | None = None) -> None:
        self._reference = reference
        self._shared = shared
        self.counts: dict[int, int] = {}
        self.names: list[str] = []
        self._bound: dict[int, tuple[str, str]] = {}

    def bind(self, text: str) -> str:
        """Put what the value holds twice around it, as arguments."""
        for name, made in reversed(self._bound.values()):
            text = f"(lambda {name}: {text})({made})"
        return text

    def write(self, value: Any, depth: int) -> str:
        """Return an expression."""
        if depth > 20:  # deeper than anybody writes; or it contains itself
            raise NotPlainError
        kind = type(value)
        if value is None or value is Ellipsis or value is NotImplemented or kind in {bool, int}:
            return repr(value)
        if kind in {float, complex}:
            return _number(value)
        if kind in {str, bytes}:
            if len(value) > MAX_TEXT:
                raise NotPlainError
            return repr(value)
        named = self._reference(value) if depth else None
        if named is not None:
            self.names += named.names
            return named.text
        if kind in {tuple, frozenset}:
            return self._container(value, depth + 1)
        return self._once(value, depth)

    def _once(self, value: Any, depth: int) -> str:
        """Write what may be one thing in several places."""
        key = id(value)
        if key in self._bound:
            return self._bound[key][0]
        self.counts[key] = self.counts.get(key, 0) + 1
        if self._shared is None and self.counts[key] > 1:
            return ""
        if type(value) in {list, dict, set}:
            text = self._container(value, depth + 1)
        else:
            text = construct(value, lambda part: self.write(part, depth + 1))
        if self._shared and key in self._shared:
            name = f"_{len(self._bound) + 1}"
            self._bound[key] = (name, text)
            return name
        return text

    def _container(self, value: Any, depth: int) -> str:
        if len(value) > MAX_LITERAL:
            raise NotPlainError
        if isinstance(value, dict):
            pairs = (f"{self.write(key, depth)}: {self.write(item, depth)}" for key, item in value.items())
            return "{" + ", ".join(pairs) + "}"
        # A set has no order of its own; with one, the same set has the same text, and the job the same hash.
        items = [self.write(item, depth) for item in value]
        if isinstance(value, (set, frozenset)):
            inside = "{" + ", ".join(sorted(items)) + "}" if items else "set()"
            return inside if isinstance(value, set) else f"frozenset({inside if items else ''})"
        if isinstance(value, tuple):
            return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
        return f"[{', '.join(items)}]"


def _number(value: float | complex) -> str:
    if isinstance(value, complex):
        return f"complex({_number(value.real)}, {_number(value.imag)})"
    return repr(value) if math.isfinite(value) else f"float({str(value)!r})"
