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


def find_written(name: str, expression: str, history: Sequence[str]) -> tuple[str, int] | None:
    """Return the statement that gave a name a value, as it was written, and its line; None where it says another.

    Parameters
    ----------
    expression
        What the value is, as Python.
    """
    made = find_assignment(name, history)
    if made is None or not is_of_name(made.node, name):
        return None
    value = made.node.value  # type: ignore[attr-defined]
    is_equal = ast.dump(value) == ast.dump(ast.parse(expression, mode="eval").body)
    text = cut_lines(history[made.cell].splitlines(keepends=True), made.node) if is_equal else None
    return (text, made.node.lineno) if text else None


def is_of_name(node: ast.stmt, name: str) -> bool:
    """Whether a statement does nothing but give this one name a value."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    return len(targets) == 1 and isinstance(targets[0], ast.Name) and targets[0].id == name


def cut_lines(lines: Sequence[str], node: ast.stmt) -> str | None:
    """Return the lines of a statement, with the comment behind it; None where others share them, or it is indented."""
    last = lines[(node.end_lineno or 0) - 1]
    behind = last.encode()[node.end_col_offset or 0 :].decode().strip()
    if node.col_offset or (behind and not behind.startswith("#")):
        return None
    return "".join(lines[node.lineno - 1 : node.end_lineno]).rstrip("\n") + "\n"


def _targets(node: ast.stmt) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, (ast.Store, ast.Del)):
            yield inner.id
        elif isinstance(inner, (ast.FunctionDef, ast.ClassDef)):
            yield inner.name
        elif isinstance(inner, ast.alias):
            yield inner.asname or inner.name
