"""The statement of a notebook that set a name last."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class Assignment:
    """A statement at the top level of a cell."""

    cell: int
    """Number of its cell, as the notebook shows it: ``[3]``."""
    node: ast.stmt
    """The statement."""
    text: str
    """Its source."""
    names: frozenset[str]
    """What it sets."""


def find_assignment(name: str, history: Sequence[str]) -> Assignment | None:
    """Return the statement that set a name last; None where no cell of the history has.

    Parameters
    ----------
    history
        Texts of the cells that have run, as plain Python, by their number: IPython's ``In``.

    Examples
    --------
    >>> find_assignment("n", ["", "n = 1", "n = 2; m = 3"]).text
    'n = 2'
    """
    for number in range(len(history) - 1, -1, -1):
        text = history[number]
        if name not in text:
            continue
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        for node in reversed(tree.body):
            names = frozenset(_targets(node))
            if name in names:
                return Assignment(number, node, ast.get_source_segment(text, node) or "", names)
    return None


def _targets(node: ast.stmt) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, (ast.Store, ast.Del)):
            yield inner.id
        elif isinstance(inner, (ast.FunctionDef, ast.ClassDef)):
            yield inner.name
        elif isinstance(inner, ast.alias):
            yield inner.asname or inner.name
