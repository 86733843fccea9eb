"""``--map``: values that a variable has in the runs of a sweep, as ``lr=1e-3,1e-4``, ``seed=1..3`` or a list.

A value is what Python would read: a number, ``True``, ``None``, a text in quotes, a list; anything else is text as it
stands, but for ``true`` and ``false``: as texts both would be true in an ``if``.
"""

from __future__ import annotations

import ast
import keyword
import math
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.identifiers import shorten
from hfjobs_magic.options.typography import DASHES

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_POINTS = 10_000
"""Values of one ``--map``: more are a slip of the keyboard."""

DIGITS = 12
"""Significant digits of a value between the ends of a range: 0.3, not 0.30000000000000004."""

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"(?P<first>{_NUMBER})\.\.(?P<last>{_NUMBER})(?::(?P<kind>\w+):(?P<count>\d+))?", re.ASCII)
_RANGE_BEGUN = re.compile(rf"(?P<first>{_NUMBER})\.\.(?P<last>{_NUMBER})", re.ASCII)
_RANGE_LIKE = re.compile(
    rf"{_NUMBER}\.\.|\.\.{_NUMBER}|{_NUMBER}(?:(?:\.\.|\u2026){_NUMBER}){{2,}}|{_NUMBER}\u2026{_NUMBER}", re.ASCII
)
"""With one end, or with three, or with the ellipsis that a page makes of dots."""
_NUMBERS = re.compile(rf"{_NUMBER}(?:\s*;\s*{_NUMBER})+", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_PLAIN = (type(None), bool, int, float, str)
_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True)
class SweepAxis:
    """One ``--map``: variables that change together."""

    names: tuple[str, ...]
    """Variables of the cell."""
    points: tuple[tuple[Any, ...], ...]
    """What they are, a value each; at least one, none twice."""


def parse_map(text: str) -> SweepAxis:
    """Read one ``--map``.

    Raises
    ------
    OptionError
        When it cannot be read.

    >>> parse_map("lr=1e-3,1e-4").points
    ((0.001,), (0.0001,))
    >>> parse_map("lr,batch=1e-3:32,1e-4:64").points
    ((0.001, 32), (0.0001, 64))
    """
    left, equals, right = text.partition("=")
    if not equals or not right.strip():
        raise OptionError(f"--map {shorten(text)} has no values. Write NAME=V1,V2, NAME=1..5 or NAME={{a_list}}.")
    names = tuple(name.strip() for name in left.split(","))
    right = right.strip()
    if right[0] in "[(":
        points = _read_literal(text, names, right)
    elif len(names) == 1:
        points = [(value,) for part in split_outside(right, ",") for value in _read_part(text, part)]
    else:
        points = [_read_tuple(text, names, part) for part in split_outside(right, ",")]
    return make_axis(names, points, f"--map {shorten(text)}")


def make_axis(names: tuple[str, ...], points: Iterable[tuple[Any, ...]], said: str) -> SweepAxis:
    """Make an axis of what was read; `said` begins the sentence of an error.

    Raises
    ------
    OptionError
        For a name that no variable can have, for no values, and for the same twice.
    """
    for name in names:
        if not name.isidentifier() or keyword.iskeyword(name) or name != unicodedata.normalize("NFKC", name):
            raise OptionError(f"{said}: {shorten(name) or 'nothing'} is not the name of a variable. Write NAME=V1,V2.")
    if double := next((name for name in names if names.count(name) > 1), None):
        raise OptionError(f"{said} has {double} twice. Leave one of them out.")
    found = tuple(points)
    if not found:
        raise OptionError(f"{said} has no values. Give it at least one.")
    if len(found) > MAX_POINTS:
        raise OptionError(f"{said} has more than {MAX_POINTS:,} values. Take fewer.")
    seen: set[str] = set()
    for point in found:
        written = repr(point)
        if written in seen:
            raise OptionError(f"{said} has {', '.join(map(repr, point))} twice. The runs would be the same.")
        seen.add(written)
    return SweepAxis(names, found)


def write_map(names: str | tuple[str, ...], values: Any) -> str:
    """Return a list of the notebook's as `parse_map` reads it.

    Raises
    ------
    OptionError
        For what is not a list, and for values that a sweep does not carry.
    """
    together = (names,) if isinstance(names, str) else tuple(names)
    return f"{','.join(together)}={write_values(values, ','.join(together))}"


def write_values(values: Any, said: str) -> str:
    """Return a list of the notebook's as text that `parse_map` reads behind the ``=``; `said` names it.

    Raises
    ------
    OptionError
        For what is not a list, and for values that a sweep does not carry.
    """
    if hasattr(values, "tolist"):  # of numpy, pandas, torch
        values = values.tolist()
    if isinstance(values, (str, bytes, dict, set, frozenset)) or not hasattr(values, "__iter__"):
        raise OptionError(f"{said}: a sweep takes a list of values, not {_name_kind(values)}. Write [{said}].")
    return repr([_check_plain(value, said) for value, _ in zip(values, range(MAX_POINTS + 1), strict=False)])


def parse_scalar(text: str) -> Any:
    """Return one value of the line.

    Raises
    ------
    OptionError
        For what is meant as a value of Python's, but is none that a sweep carries.

    >>> [parse_scalar(text) for text in ("3", "1e-3", "True", "adam", "'3'", "[64, 32]")]
    [3, 0.001, True, 'adam', '3', [64, 32]]
    """
    written = text.strip()
    if written.lower() in ("true", "false") and written.capitalize() != written:
        way = f"Write {written.capitalize()}, or '{written}' if you mean the text"
        raise OptionError(f"{written} as a value of a sweep is a text. {way}.")
    if written.lower().lstrip("+-") in ("nan", "inf", "infinity"):
        raise OptionError(f"{written}: a sweep carries finite numbers. Write '{written}' if you mean the text.")
    plain = re.sub(f"[{DASHES}]", "-", unicodedata.normalize("NFKC", written)) if not written.isascii() else written
    if plain != written and re.fullmatch(rf"{_NUMBER}(?:\.\.{_NUMBER}\S*)?", plain):
        raise OptionError(f"{written} is not the number {plain}: it has a sign of a page. Type it as {plain}.")
    try:
        value = ast.literal_eval(written)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return written
    if type(value) in _PLAIN or written[0] in "[(":
        return _check_plain(value, f"The value {shorten(written)}")
    return written


def split_outside(text: str, separator: str) -> list[str]:
    """Split text where a separator stands outside quotes and brackets."""
    parts, start, closers, quote = [], 0, [], ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in _CLOSING:
            closers.append(_CLOSING[char])
        elif closers and char == closers[-1]:
            closers.pop()
        elif char == separator and not closers:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def _read_part(text: str, part: str) -> list[Any]:
    """Return the values of one piece between commas: a value, or a range."""
    if not part.strip():
        raise OptionError(f"--map {shorten(text)} has an empty value. Leave the comma out, or write '' in quotes.")
    if _RANGE_LIKE.fullmatch(part.strip()):
        written = shorten(part.strip())
        raise OptionError(
            f"--map {shorten(text)}: {written} is not a range. Write both ends, as in 1..5 or 1e-5..1e-3:log:8, "
            f"or '{written}' in quotes for the text."
        )
    found = _RANGE.fullmatch(part.strip())
    if found is not None:
        return _read_range(text, found)
    if begun := _RANGE_BEGUN.match(part.strip()):
        written = shorten(part.strip())
        raise OptionError(
            f"--map {shorten(text)}: {written} is not a range. Write {begun[0]}:log:N or {begun[0]}:lin:N, "
            f"with N the number of values, or '{written}' in quotes for the text."
        )
    if _NUMBERS.fullmatch(part.strip()):
        separated = ",".join(re.split(r"\s*;\s*", part.strip()))
        raise OptionError(f"--map {shorten(text)}: values are separated by commas. Write {shorten(separated)}.")
    return [parse_scalar(part)]


def _read_range(text: str, found: re.Match[str]) -> list[Any]:
    first, last, kind = found["first"], found["last"], found["kind"]
    if kind is None:
        if not (_WHOLE.fullmatch(first) and _WHOLE.fullmatch(last)):
            raise OptionError(
                f"--map {shorten(text)}: say how many values {found[0]} has, as in {found[0]}:log:5 or :lin:5."
            )
        low, high = int(first), int(last)
        if abs(high - low) >= MAX_POINTS:
            raise OptionError(f"--map {shorten(text)}: {found[0]} has more than {MAX_POINTS:,} values. Take fewer.")
        return list(range(low, high + 1)) if low <= high else list(range(low, high - 1, -1))
    count = int(found["count"][:6])
    if kind not in ("log", "lin") or not 2 <= count <= MAX_POINTS:
        raise OptionError(
            f"--map {shorten(text)}: write {first}..{last}:log:N or :lin:N, with N from 2 to {MAX_POINTS:,}."
        )
    start, end = float(first), float(last)
    if kind == "log" and not (start > 0 and end > 0):
        raise OptionError(f"--map {shorten(text)}: a logarithmic range has ends above zero. Write :lin: for this one.")
    between = [_between(start, end, kind, number / (count - 1)) for number in range(1, count - 1)]
    return [start, *between, end]


def _between(low: float, high: float, kind: str, share: float) -> float:
    value = (
        math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
        if kind == "log"
        else low + share * (high - low)
    )
    return float(f"{value:.{DIGITS}g}")


def _read_tuple(text: str, names: tuple[str, ...], part: str) -> tuple[Any, ...]:
    pieces = split_outside(part, ":")
    if len(pieces) != len(names) or not all(piece.strip() for piece in pieces):
        example = ":".join(f"V{number}" for number in range(1, len(names) + 1))
        raise OptionError(
            f"--map {shorten(text)}: {shorten(part.strip()) or 'nothing'} is not a value for each of "
            f"{', '.join(names)}. Write {','.join(names)}={example},{example}."
        )
    return tuple(map(parse_scalar, pieces))


def _read_literal(text: str, names: tuple[str, ...], written: str) -> list[tuple[Any, ...]]:
    try:
        values = ast.literal_eval(written)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise OptionError(f"--map {shorten(text)}: {shorten(written)} is not a list of plain values.") from None
    items = [
        _check_plain(value, f"--map {shorten(text)}") for value in (values if isinstance(values, (list, tuple)) else ())
    ]
    if len(names) == 1:
        return [(item,) for item in items]
    if any(not isinstance(item, (list, tuple)) or len(item) != len(names) for item in items):
        raise OptionError(f"--map {shorten(text)}: each item needs {len(names)} values, for {', '.join(names)}.")
    return [tuple(item) for item in items]


def _name_kind(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _check_plain(value: Any, said: str) -> Any:
    """Return a value of Python's own; numbers of numpy become such."""
    if type(value) not in _PLAIN and callable(item := getattr(value, "item", None)):
        with suppress(ValueError, TypeError):  # more than one number
            value = item()
    if isinstance(value, (list, tuple)):
        return type(value)(_check_plain(item, said) for item in value)
    if type(value) not in _PLAIN or (isinstance(value, float) and not math.isfinite(value)):
        what = value if isinstance(value, float) else _name_kind(value)
        raise OptionError(
            f"{said}: a sweep carries numbers, texts, True, False and None, not {what}. Choose by a name or number."
        )
    return value
