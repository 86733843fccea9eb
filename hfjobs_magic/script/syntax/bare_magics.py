"""Magics without their sign: ``ls -l``, ``pip list``. IPython takes one where it is all that a cell has (automagic)."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from functools import cache
from typing import TYPE_CHECKING

from hfjobs_magic.errors import CellError
from hfjobs_magic.script.syntax.free_names import names_of
from hfjobs_magic.script.syntax.lines import split_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_FIRST = re.compile(r"\s*(?P<name>[A-Za-z_]\w*)(?=\s|$)(?P<rest>.*)", re.DOTALL)
_OPERATES = re.compile(r"\s*(?:[-+*/%@&|^=<>!]?=|[-+*/%&|^<>=!]+\s|(?:and|as|for|if|in|is|not|or)\b|[.,;:)\]}])")
"""What follows a name in Python, and no magic."""

_KINDS = (
    *("Auto", "Basic", "Code", "Config", "Display", "Execution", "Extension", "History", "Logging", "Namespace", "OS"),
    *("Packaging", "Pylab", "Script"),
)


def with_signs(lines: Sequence[str], first: int, names: Collection[str]) -> list[str]:
    """Put the sign before a magic that is all that a cell has; lines of any other cell stay as they are.

    Parameters
    ----------
    lines
        The cell, with comments above it.
    first
        Line where the cell itself begins.
    names
        Names of the notebook, which come before magics.
    """
    rows = [at for at in range(first - 1, len(lines)) if lines[at].strip() and not lines[at].lstrip().startswith("#")]
    if len(rows) != 1 or not is_bare_magic(lines[rows[0]], names):
        return list(lines)
    return [*lines[: rows[0]], f"%{lines[rows[0]].lstrip()}", *lines[rows[0] + 1 :]]


def is_bare_magic(line: str, names: Collection[str] = ()) -> bool:
    """Whether IPython would take a cell of this one line for a magic."""
    found = _FIRST.match(line)
    name = found["name"] if found else ""
    if found is None or name in names or keyword.iskeyword(name) or hasattr(builtins, name):
        return False
    return name in line_magics() and not re.match(r"\s*=(?!=)", found["rest"])


def refuse_bare_magics(tree: ast.Module, text: str, names: Collection[str]) -> None:
    """Refuse statements that are magics without their sign, among other lines; parameters are those of `with_signs`.

    Raises
    ------
    CellError
        With the line as it is to be written.
    """
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    lines = split_lines(text) if statements else []
    for node in statements:
        line = lines[node.lineno - 1]
        if is_bare_magic(line, names) and _FIRST.match(line)["name"] in _find_free(tree, text):  # type: ignore[index]
            raise CellError(_describe(line, node.lineno))


def refuse_broken_magic(line: str, number: int, names: Collection[str]) -> None:
    """Refuse the line of a syntax error where it is a magic without its sign."""
    found = _FIRST.match(line)
    if found is not None and is_bare_magic(line, names) and not _OPERATES.match(found["rest"]):
        raise CellError(_describe(line, number))


def _find_free(tree: ast.Module, text: str) -> set[str]:
    return {item.name for item in names_of(tree, text).free}


def _describe(line: str, number: int) -> str:
    return (
        f"Line {number} is a magic without its sign, which IPython takes only in a cell that has nothing else. "
        f"Write `%{line.strip()}`. Nothing was submitted."
    )


@cache
def line_magics() -> frozenset[str]:
    """Return the names of IPython's line magics, and of the commands that it has for them."""
    from IPython.core import magics  # noqa: PLC0415 - slow to import
    from IPython.core.alias import default_aliases  # noqa: PLC0415 - as above

    # As `InteractiveShell.init_magics` registers them.
    found = (getattr(magics, f"{kind}Magics").magics["line"] for kind in _KINDS)
    return frozenset((*(name for names in found for name in names), *(name for name, _ in default_aliases())))
