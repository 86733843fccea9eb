"""How a line names a value: what a refusal recommends has the person's own name and expression, and runs as it is."""

from __future__ import annotations

import ast
import re

_TOKEN = re.compile(r"\{(?:(?P<x>x)\}(?P<on>[.\[]?)|(?:name:(?P<format>\w+)|name)\})")
_ATOMS = (
    ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.List, ast.ListComp, ast.Dict, ast.DictComp, ast.Set,
    ast.SetComp, ast.JoinedStr, ast.GeneratorExp,
)  # fmt: skip
"""What an attribute may follow without parentheses."""


def spell(name: str, expression: str, wanted: str) -> str:
    """Return what stands behind ``-i`` or ``-o`` for a value with a format.

    >>> spell("df", "df", "pickle"), spell("best", "max(history)", "json")
    ('df:pickle', 'best=max(history):json')
    """
    return f"{name}:{wanted}" if name == expression else f"{name}={expression}:{wanted}"


def fill(way: str, name: str, expression: str) -> str:
    """Put a value's name and expression into what is recommended.

    Parameters
    ----------
    way
        With ``{name}``, ``{name:FORMAT}`` and ``{x}``, which is the expression.
    name, expression
        As the line has them.

    >>> fill("send {name}=dict({x})", "d", "os.environ")
    'send d=dict(os.environ)'
    >>> fill("send {name}={x}.tolist()", "d", "a + b")
    'send d=(a + b).tolist()'
    """

    def write(found: re.Match[str]) -> str:
        if found["format"]:
            return spell(name, expression, found["format"])
        if not found["x"]:
            return name
        return _enclose(expression, is_followed=bool(found["on"])) + found["on"]

    return _TOKEN.sub(write, way)


def _enclose(expression: str, *, is_followed: bool) -> str:
    """Return an expression with parentheses where an argument, or what an attribute follows, needs some."""
    try:
        node = ast.parse(expression.strip(), mode="eval").body
    except SyntaxError:
        return expression
    needs = not isinstance(node, _ATOMS) if is_followed else isinstance(node, (ast.Tuple, ast.NamedExpr))
    return f"({expression})" if needs else expression
