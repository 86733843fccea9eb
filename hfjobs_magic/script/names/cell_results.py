"""What IPython keeps of earlier cells: results come along by name (``_``, ``_3``), and so does ``Out[3]``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from hfjobs_magic.script.syntax.nodes import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEPT = {"In": "_ih", "_ih": "_ih", "Out": "_oh", "_oh": "_oh"}
"""Names of all texts and all results of a notebook, and what IPython itself finds each by."""

_UNDERSCORES = frozenset({"_", "__", "___", "_i", "_ii", "_iii"})


def find_results(name: str, tree: ast.AST) -> dict[int, int]:
    """Return the numbers of the cells whose results code reads, and a line of each.

    Parameters
    ----------
    name
        ``Out``, ``_oh`` or any other, of which nothing is read.
    tree
        The code.

    Returns
    -------
    dict
        Empty where it does more with ``Out`` than to read ``Out[3]``.

    >>> find_results("Out", ast.parse("Out[3] + Out[12]"))
    {3: 1, 12: 1}
    """
    if name not in {"Out", "_oh"}:
        return {}
    found: dict[int, int] = {}
    uses = sum(isinstance(node, ast.Name) and node.id == name for node in ast.walk(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and name_of(node.value) == name and isinstance(node.slice, ast.Constant):
            number = node.slice.value
            if type(number) is int and isinstance(node.ctx, ast.Load):
                uses -= 1
                found.setdefault(number, node.lineno)
    return found if uses == 0 else {}


def is_kept(name: str, namespace: Mapping[str, Any]) -> bool:
    """Whether it is what IPython keeps of all cells, not a variable that somebody has called so."""
    return name in _KEPT and name in namespace and namespace[name] is namespace.get(_KEPT[name])


def is_nothing_yet(name: str, value: Any) -> bool:
    """Whether it is what IPython has for the result, or the text, of a cell before the first."""
    return name in _UNDERSCORES and isinstance(value, str) and not value


def describe_kept(name: str) -> str:
    """Return the clause for what `is_kept`, and what to write."""
    if name in {"In", "_ih"}:
        return f"{name}, the texts of this notebook's cells, which the job will not have. Write _i3 for {name}[3]."
    return (
        f"{name}, the results of this notebook's cells, which the job will not have. {name}[3] comes along where the "
        f"number is written, and so does _3; for others write -i results=dict({name}) and use results."
    )


def describe_number(name: str) -> str:
    """Return the clause for ``_3`` or ``_i3`` where the notebook has none; empty for other names."""
    number = name.removeprefix("_").removeprefix("i")
    if not (name.startswith("_") and number.isdecimal()):
        return ""
    what = "no text" if name.startswith("_i") else "no result"
    return f" {name}, and the notebook keeps {what} of a cell [{number}]. Give a value a name, and use that."
