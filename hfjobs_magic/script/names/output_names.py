"""Names behind ``-o``: those of the notebook come along as the cell's own do, and one that nobody sets is refused."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from hfjobs_magic.options.near_names import find_near
from hfjobs_magic.script.names.earlier_cells import find_made, history_of
from hfjobs_magic.script.names.name_uses import Use
from hfjobs_magic.script.syntax.free_names import IPYTHON, KNOWN, names_of
from hfjobs_magic.values.pending import PendingValue

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from hfjobs_magic.options.value_names import ValueName
    from hfjobs_magic.script.names.gathering import Gathering

_SETTERS = frozenset({"exec", "eval", "globals", "locals", "vars", "setattr", "runpy"})
"""What may set names that are not seen."""

_PLAIN_MAGICS = frozenset({"pip", "uv", "conda", "matplotlib", "env", "set_env", "cd", "load_ext", "autoreload"})
"""Magics that set none."""


def take_outputs(
    outputs: Sequence[ValueName], gathering: Gathering, cell: ast.Module, text: str, namespace: Mapping[str, Any]
) -> tuple[list[str], list[str]]:
    """Bring along what the expressions of ``-o`` use; return sentences of refusal, and notes.

    Parameters
    ----------
    outputs
        What the line asks for.
    gathering
        In which the cell's own names are.
    cell, text
        The cell: as a tree, and as it was written.
    namespace
        The notebook's names.
    """
    bound = set(_find_bound([*cell.body, *gathering.body]))
    is_open = bool(re.search(r"^\s*%%", text, re.MULTILINE)) or any(map(_sets_unseen, ast.walk(cell)))
    refused, notes = [], []
    for one in outputs:
        source = f"({one.expression}\n)"
        for item in names_of(ast.parse(source), source).free:
            name, is_whole = item.name, item.name == one.expression
            if name in bound or name in gathering.done or (name == "Path" and name not in namespace):
                continue
            if name in IPYTHON:  # in the job: ``_`` is what the cell's last line gave
                continue
            is_here = name in namespace and not (is_whole and isinstance(namespace[name], PendingValue))
            if is_here or name in KNOWN:
                if not (is_whole and is_open):
                    gathering.take(item, Use(1, flag=f"-o {one.name}"), {})
            elif is_open:
                notes.append(
                    f"-o {one.name}: the cell does not set {name} where that is seen; it comes if it is there."
                )
            else:
                refused.append(f"-o {one.name}: {_describe_missing(name, bound, history_of(namespace))}")
    return refused, notes


def _describe_missing(name: str, bound: Collection[str], history: Sequence[str]) -> str:
    if made := find_made(name, history):
        return f"the cell does not set {name}, {made.place}. {made.way}."
    near = find_near(name, bound)
    way = f"Did you mean {near[0]}?" if near else "If the cell makes it as it runs, add --names none."
    return f"the cell does not set {name}. {way}"


def _find_bound(body: Iterable[ast.stmt]) -> Iterator[str]:
    """Yield every name that code sets anywhere, in whatever scope: a refusal must be right."""
    for node in (inner for statement in body for inner in ast.walk(statement)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.partition(".")[0]
        elif isinstance(node, ast.Global):
            yield from node.names
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest
        elif isinstance(name := getattr(node, "name", None), str):  # functions, classes, except and match
            yield name


def _sets_unseen(node: ast.AST) -> bool:
    """Whether code may set names that are not seen in it."""
    if isinstance(node, ast.Name):
        return node.id in _SETTERS
    if isinstance(node, ast.alias):
        return node.name in {"*", "__main__", "runpy"}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "run_line_magic":
        first = node.args[0] if node.args else None
        return not (isinstance(first, ast.Constant) and first.value in _PLAIN_MAGICS)
    return isinstance(node, ast.Attribute) and node.attr in {"modules", "user_ns", "push", "ex", "run_cell"}
