"""What keeps a container, or what a function is made of, from being sent: the first thing in it that nothing gives."""

from __future__ import annotations

import functools
import types
from typing import TYPE_CHECKING, Any

from hfjobs_magic.script.objects.data_words import describe
from hfjobs_magic.script.objects.definitions import CannotComeError, definition
from hfjobs_magic.script.objects.literals import literal
from hfjobs_magic.values.table import has_format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hfjobs_magic.script.objects.literals import Expression

    Reference = Callable[[Any], Expression | None]

SELF = "itself"
"""What a container holds that no text ends for."""

_CONTAINERS = frozenset({dict, list, tuple, set, frozenset})

MAX_LOOKS = 10_000
"""Parts that are looked at."""


def find_obstacle(value: Any, history: Sequence[str] = (), reference: Reference = lambda _: None) -> str | None:
    """Return the noun phrase for the first part that neither a source nor a format gives; None without any.

    Parameters
    ----------
    history
        Texts of the cells that have run.
    reference
        Gives an expression for what has a name.
    """
    waiting: list[tuple[Any, frozenset[int]]] = [(value, frozenset())]
    looks = 0
    while waiting and looks < MAX_LOOKS:
        item, around = waiting.pop(0)
        above = around | {id(item)}
        for part in _parts(item):
            looks += 1
            if id(part) in above:
                return SELF
            if reference(part) is not None:
                continue
            if isinstance(part, (types.FunctionType, type)):
                return _explain(part, history)
            if _is_made_of_parts(part):
                waiting.append((part, above))
            elif not has_format(part) and literal(part, reference) is None:
                return f"what no source gives ({describe(part)})"
    return None


def _is_made_of_parts(value: Any) -> bool:
    return type(value) in {dict, list, tuple, set, frozenset} or isinstance(
        value, (functools.partial, types.MethodType)
    )


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, functools.partial):
        return (value.func, *value.args, *value.keywords.values())
    if isinstance(value, types.MethodType):
        return (value.__self__,)
    if type(value) is dict:
        return (*value.keys(), *value.values())
    return value if type(value) in _CONTAINERS else ()


def _explain(value: Any, history: Sequence[str]) -> str:
    """Return why a function or class in a container does not come along."""
    try:
        definition(getattr(value, "__name__", ""), value, history)
    except CannotComeError as error:
        return str(error).partition(";")[0]
    if getattr(value, "__name__", "") == "<lambda>":
        return "a lambda whose defaults its source does not say"
    return f"{value.__name__}, which is not a name of the notebook"
