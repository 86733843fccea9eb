"""Which names a loop sets, and which names code asks for before it uses them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def find_stored(statements: Iterable[ast.stmt]) -> set[str]:
    """Names that are set anywhere in some statements."""
    found: set[str] = set()
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found.add(node.name)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                found.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
    return found


def find_loaded(statements: Iterable[ast.stmt]) -> set[str]:
    """Names that are read anywhere in some statements."""
    return {
        node.id
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store)
    }


def is_guard(handler: ast.ExceptHandler) -> bool:
    """Whether it deals with a name that does not exist."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(getattr(kind, "id", None) in {"NameError", "UnboundLocalError"} for kind in kinds)


def find_guarded(node: ast.AST) -> set[str]:
    """Names that a function uses under ``try: … except NameError`` or ``if "x" in globals()``."""
    found: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Try) and any(map(is_guard, inner.handlers)):
            found |= find_loaded(inner.body)
        elif isinstance(inner, (ast.If, ast.IfExp)):
            found |= find_tested(inner.test)
    return found


def find_tested(test: ast.expr) -> set[str]:
    """Names whose existence a test asks for: ``"x" in globals()``."""
    found: set[str] = set()
    for node in ast.walk(test):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            place = node.comparators[0]
            asks = isinstance(place, ast.Call) and getattr(place.func, "id", "") in {"globals", "locals", "vars", "dir"}
            if asks and isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
                found.add(node.left.value)
    return found
