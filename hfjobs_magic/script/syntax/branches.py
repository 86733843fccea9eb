"""Which branches of an ``if`` a job can take: it is not Colab or Kaggle and has Python 3.9 or newer."""

from __future__ import annotations

import ast
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from hfjobs_magic.script.syntax.nodes import name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

HOSTS = {
    "google.colab": "Colab",
    "kaggle_secrets": "Kaggle",
    "kaggle_datasets": "Kaggle",
    "kaggle_gcp": "Kaggle",
    "kaggle_web_client": "Kaggle",
}
"""Modules that only the kernels of one service have."""

_HOST_TEXT = re.compile(r"google\.colab|COLAB_|KAGGLE_|/kaggle/|/content(?:/|$)")
_HOST_NAME = re.compile(
    r"_*(?:(?:is|in|on|at|running|run|env)_?)*(?:google_?)?(?:colab|kaggle)(?:_?env)?", re.IGNORECASE
)
"""Names that people give the answer: ``IN_COLAB``, ``is_kaggle``, ``iskaggle``."""

_MEMBERSHIP = (ast.In, ast.NotIn, ast.Eq, ast.NotEq)

_PYTHONS = range(9, 16)
"""Minor versions of Python 3 that a job may have."""


class _Version(NamedTuple):
    """As ``sys.version_info``."""

    major: int
    minor: int
    micro: int = 0
    releaselevel: str = "final"
    serial: int = 0


def find_host(module: str) -> str | None:
    """Return the service that alone has a module; None for every other module."""
    return next((host for name, host in HOSTS.items() if f"{module}.".startswith(f"{name}.")), None)


def list_branches(node: ast.If) -> Sequence[ast.stmt]:
    """Return the statements of an ``if`` that a job may come to."""
    known = decide(node.test)
    if known is None:
        return [*node.body, *node.orelse]
    return node.body if known else node.orelse


def walk_live(node: ast.AST) -> Iterator[ast.AST]:
    """Walk through a tree, as `ast.walk` does, but for statements that no job comes to."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(_list_live(one))


def _list_live(node: ast.AST) -> Iterable[ast.AST]:
    if isinstance(node, ast.If):
        return [node.test, *list_branches(node)]
    if isinstance(node, ast.IfExp):
        return [node.test, *list_choices(node)]
    return list_operands(node) if isinstance(node, ast.BoolOp) else ast.iter_child_nodes(node)


def list_choices(node: ast.IfExp) -> list[ast.expr]:
    """Return what a job may come to of ``a if test else b``."""
    known = decide(node.test)
    return [node.body, node.orelse] if known is None else [node.body if known else node.orelse]


def list_operands(node: ast.BoolOp) -> list[ast.expr]:
    """Return the operands up to the first that settles it in every job: ``sys.version_info[0] >= 3 or …``."""
    settles = isinstance(node.op, ast.Or)
    at = next((at for at, value in enumerate(node.values, 1) if decide(value) is settles), len(node.values))
    return node.values[:at]


def decide(test: ast.expr) -> bool | None:
    """Return what a test is in every job; None where that cannot be told.

    >>> decide(ast.parse("'google.colab' in sys.modules", mode="eval").body)
    False
    """
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        known = decide(test.operand)
        return None if known is None else not known
    if isinstance(test, ast.BoolOp):
        parts = [decide(value) for value in test.values]
        settles = isinstance(test.op, ast.Or)
        if settles in parts:
            return settles
        return None if None in parts else not settles
    if name_of(test) == "TYPE_CHECKING" or name_of(test) == "PY2":
        return False
    by_version = _decide_by_version(test)
    return _decide_by_host(test) if by_version is None else by_version


def _decide_by_host(test: ast.expr) -> bool | None:
    if not _asks_for_host(test):
        return None
    if isinstance(test, ast.Compare):
        operator = test.ops[0]
        if isinstance(operator, (ast.Is, ast.IsNot)) and _is_none(test.comparators[0]):
            return isinstance(operator, ast.Is)
        return isinstance(operator, (ast.NotIn, ast.NotEq)) if isinstance(operator, _MEMBERSHIP) else None
    return False if isinstance(test, (ast.Name, ast.Attribute, ast.Call)) else None


def _asks_for_host(test: ast.expr) -> bool:
    for node in ast.walk(test):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _HOST_TEXT.search(node.value):
            return True
        if isinstance(node, (ast.Name, ast.Attribute)) and _HOST_NAME.fullmatch(name_of(node)):
            return True
    return False


def _decide_by_version(test: ast.expr) -> bool | None:
    """Evaluate a comparison of ``sys.version_info`` with numbers for every Python that a job may have."""
    allowed = (ast.Compare, ast.cmpop, ast.Attribute, ast.Subscript, ast.Slice, ast.Name, ast.Constant, ast.Tuple)
    nodes = list(ast.walk(test))
    if not isinstance(test, ast.Compare) or not all(
        isinstance(node, (*allowed, ast.expr_context, ast.UnaryOp, ast.USub)) for node in nodes
    ):
        return None
    if not any(name_of(node) == "version_info" for node in nodes) or {
        node.id for node in nodes if isinstance(node, ast.Name)
    } - {"sys", "version_info"}:
        return None
    code = compile(ast.Expression(test), "<test>", "eval")
    answers = {_evaluate(code, _Version(3, minor)) for minor in _PYTHONS}
    return answers.pop() if len(answers) == 1 else None


def _evaluate(code: Any, version: _Version) -> bool | None:
    names = {"sys": SimpleNamespace(version_info=version), "version_info": version}
    try:
        return bool(eval(code, names))  # noqa: S307 - nothing but comparisons with constants
    except (TypeError, AttributeError, LookupError, ValueError):
        return None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
