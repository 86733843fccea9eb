"""Containers that are made empty and filled at the end, as what they hold is defined by then."""

from __future__ import annotations

import ast
import collections
from typing import TYPE_CHECKING, Any

from hfjobs_magic.script.objects.definitions import is_of_notebook

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MAPPINGS = (dict, collections.OrderedDict, collections.Counter)


def empty(value: Any) -> str | None:
    """Return an empty container of the same type; None for what cannot be filled later."""
    kind = type(value)
    if kind in {dict, list, set}:
        return "set()" if kind is set else repr(kind())
    if kind in {collections.OrderedDict, collections.Counter}:
        return f"__import__('collections').{kind.__name__}()"
    return None


def fill(name: str, value: Any, text: str) -> str | None:
    """Return statements that make a container hold what `text` does, whatever it holds; None for other values."""
    kind = type(value)
    if kind in {*_MAPPINGS, set, collections.defaultdict}:
        return f"{name}.clear()\n{name}.update({text})"
    if kind in {list, bytearray}:
        return f"{name}[:] = {text}"
    if kind is collections.deque:
        return f"{name}.clear()\n{name}.extend({text})"
    return None


def find_touched(first: Iterable[str], needs: Mapping[str, Iterable[str]]) -> set[str]:
    """Collect the names that definitions use, and those that these use in turn."""
    found: set[str] = set()
    waiting = list(first)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(needs.get(name, ()))
    return found


def runs_code(name: str, tree: ast.Module, namespace: dict[str, Any]) -> bool:
    """Whether code of the notebook runs where a definition uses a name: not for a mere base class."""
    value = namespace.get(name)
    if not callable(value) or not is_of_notebook(value, namespace):
        return False
    bases = {id(base) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases}
    is_base = all(id(node) in bases for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name)
    return not is_base or "__init_subclass__" in {key for base in type.mro(value)[:-1] for key in vars(base)}
