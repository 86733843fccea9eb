"""Plain values of a notebook as Python literals, and texts that look like secrets."""

from __future__ import annotations

import datetime
import math
import pathlib
import re
from typing import Any

MAX_TEXT = 1_000
"""Characters of one text."""

MAX_LITERAL = 10_000
"""Characters of the literals that come along, together: what is longer is data, and data is asked for."""

_SECRET_VALUE = re.compile(
    r"(?:hf_|api_org_)[A-Za-z0-9]{16,}|sk-[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|glpat-\S{16,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{12,}|AIza[\w-]{30,}|xox[abprs]-\S{10,}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY|\w+://[^/\s:@]+:[^/\s@]+@"
)
"""How tokens of the Hub, OpenAI, GitHub, GitLab, AWS, Google, Slack, JWT, keys and addresses with a password begin."""

_PRIVATE = frozenset({"password", "passwd", "pwd", "passphrase", "secret", "secrets", "credential", "credentials"})
_PERHAPS = frozenset({"token", "tokens", "key", "apikey", "auth", "bearer"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def looks_secret(name: str, value: object) -> bool:
    """Whether a value, called `name`, is or holds a text that should not be written anywhere.

    A name that says "token" or "key" may be that of a column or of a tokenizer's mark: there the text decides.
    """
    if isinstance(value, dict):
        return any(looks_secret(str(key) if isinstance(key, str) else name, item) for key, item in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(looks_secret(name, item) for item in value)
    if not isinstance(value, str) or not value.strip():
        return False
    if _SECRET_VALUE.search(value):
        return True
    words = {word.lower() for word in _WORD.findall(name)}
    if words & _PRIVATE:
        return True
    is_random = len(value) >= 8 and bool(re.search(r"\d", value)) and not re.search(r"[\s<>]", value)
    return bool(words & _PERHAPS) and is_random


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
