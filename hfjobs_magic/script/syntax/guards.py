"""Which names a loop sets, and which names code asks for before it uses them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hfjobs_magic.script.syntax.scopes import Need


_OF_NAMES = {"NameError", "UnboundLocalError"}
_BROAD = {"Exception", "BaseException"}


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
    return any(getattr(kind, "id", None) in _OF_NAMES for kind in kinds)


def is_broad(handler: ast.ExceptHandler) -> bool:
    """Whether it deals with every error, a name that does not exist among them."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or getattr(kind, "id", None) in _BROAD for kind in kinds)


def suppresses(node: ast.With | ast.AsyncWith) -> bool:
    """Whether it is a ``with suppress(NameError)``."""
    calls = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
    names = {getattr(kind, "id", "") for call in calls for kind in call.args}
    is_suppress = any(getattr(call.func, "id", getattr(call.func, "attr", "")) == "suppress" for call in calls)
    return is_suppress and bool(names & (_OF_NAMES | _BROAD))


def find_guarded(node: ast.AST) -> dict[str, Need]:
    """Names that a function uses below a guard, such as ``try: … except NameError``, and how much it needs them."""
    found: dict[str, Need] = {}
    for inner in ast.walk(node):
        names: set[str] = set()
        need: Need = "possible"
        if isinstance(inner, ast.Try):
            need = "possible" if any(map(is_guard, inner.handlers)) else "likely"
            names = find_loaded(inner.body) if need == "possible" or any(map(is_broad, inner.handlers)) else names
        elif isinstance(inner, (ast.With, ast.AsyncWith)) and suppresses(inner):
            names = find_loaded(inner.body)
        elif isinstance(inner, (ast.If, ast.IfExp)):
            names = find_tested(inner.test)
        elif isinstance(inner, ast.BoolOp):
            names = names.union(*map(find_tested, inner.values))
        for name in names:
            found[name] = need if found.get(name) != "possible" else "possible"
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
