"""Values of expressions that call no more than ``list()``: defaults and attributes as they were written."""

from __future__ import annotations

import ast
import builtins
import operator
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

UNKNOWN = object()
"""Of an expression that calls something, or that fails."""

_EMPTY = frozenset({"dict", "frozenset", "list", "object", "set", "tuple"})
"""Builtin types that give the same each time they are called with nothing."""

_PLAIN = (bool, int, float, complex, str, bytes, tuple, list, type(None))
_HOLD = frozenset({dict, list, tuple, str})
"""Types of which a part is what it is, without code of anybody's."""

_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}


def evaluate(node: ast.expr, namespace: Mapping[str, Any]) -> Any:
    """Return what an expression of constants, names, parts, operators and empty containers is; else `UNKNOWN`.

    >>> evaluate(ast.parse("[n, 2 ** 3]", mode="eval").body, {"n": 1})
    [1, 8]
    """
    try:
        return _evaluate(node, namespace)
    except (_UnknownError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError, MemoryError):
        return UNKNOWN


class _UnknownError(Exception):
    """Something is called, or a name is not there."""


def _evaluate(node: ast.expr, namespace: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return namespace[node.id] if node.id in namespace else vars(builtins)[node.id]
    if isinstance(node, (ast.Attribute, ast.Subscript)):
        return _part(node, namespace)
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        items = [_evaluate(item, namespace) for item in node.elts]
        return tuple(items) if isinstance(node, ast.Tuple) else set(items) if isinstance(node, ast.Set) else items
    if isinstance(node, ast.Dict) and None not in node.keys:
        keys = [_evaluate(key, namespace) for key in node.keys if key is not None]
        return dict(zip(keys, (_evaluate(item, namespace) for item in node.values), strict=True))
    if isinstance(node, (ast.Call, ast.UnaryOp, ast.BinOp)):
        return _call(node, namespace) if isinstance(node, ast.Call) else _operate(node, namespace)
    raise _UnknownError


def _part(node: ast.Attribute | ast.Subscript, namespace: Mapping[str, Any]) -> Any:
    owner = _evaluate(node.value, namespace)
    if isinstance(node, ast.Attribute) and isinstance(owner, (types.ModuleType, type)):
        return getattr(owner, node.attr)
    if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice) and type(owner) in _HOLD:
        return owner[_evaluate(node.slice, namespace)]
    raise _UnknownError


def _call(node: ast.Call, namespace: Mapping[str, Any]) -> Any:
    function = _evaluate(node.func, namespace)
    name = getattr(function, "__name__", "")
    if node.args or node.keywords or name not in _EMPTY or getattr(builtins, name) is not function:
        raise _UnknownError
    return function()


def _operate(node: ast.UnaryOp | ast.BinOp, namespace: Mapping[str, Any]) -> Any:
    parts = [node.operand] if isinstance(node, ast.UnaryOp) else [node.left, node.right]
    values = [_evaluate(part, namespace) for part in parts]
    is_huge = any(isinstance(value, int) and abs(value) > 10**6 for value in values)
    if is_huge or type(node.op) not in _OPERATORS or not all(type(value) in _PLAIN for value in values):
        raise _UnknownError
    return _OPERATORS[type(node.op)](*values)
