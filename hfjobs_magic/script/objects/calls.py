"""Calls that make an object again, as text."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

Write = Callable[[Any], str]
"""Gives the expression of a part."""


class NotPlainError(Exception):
    """The value, or something in it, is not a plain one."""


def call(function: str, *parts: str) -> str:
    """Return a call.

    >>> call("re.compile", "'a'")
    "__import__('re').compile('a')"
    """
    module, _, name = function.rpartition(".")
    return f"{of_module(module)}.{name}({', '.join(parts)})" if module else f"{name}({', '.join(parts)})"


def of_module(module: str) -> str:
    """Return an expression for a module, which gives the job no new name.

    >>> of_module("os.path")
    "__import__('os.path', fromlist=['*'])"
    """
    return f"__import__({module!r})" if "." not in module else f"__import__({module!r}, fromlist=['*'])"


def write_words(items: dict[str, Any], write: Write) -> list[str]:
    """Return keyword arguments."""
    if not all(isinstance(key, str) and key.isidentifier() for key in items):
        raise NotPlainError
    return [f"{key}={write(item)}" for key, item in items.items()]


def write_reduced(value: Any, write: Write) -> str:
    """Write what pickle calls: the function and its arguments, where that is all."""
    function, parts = value.__reduce__()[:2]
    return f"{_write_global(function)}({', '.join(map(write, parts))})"


def _write_global(item: Any) -> str:
    module, name = item.__module__, item.__name__
    if module not in sys.modules or getattr(sys.modules[module], name, None) is not item:
        raise NotPlainError
    return f"{of_module(module)}.{name}"
