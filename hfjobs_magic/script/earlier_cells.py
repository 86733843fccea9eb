"""Names that only the job of an earlier ``%%hfjob`` cell has: what a cell that uses one of them is told."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import CellError
from hfjobs_magic.script.ipython_cell import to_python
from hfjobs_magic.script.nodes import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_CALL = "run_cell_magic('hfjob'"


@dataclass(frozen=True)
class MadeInJob:
    """A name that an earlier cell defines in its job."""

    name: str
    """The name."""
    cell: int
    """Number of the cell, as the notebook shows it: ``[3]``."""
    kind: str
    """"value", "code" (a function or class) or "import"."""

    @property
    def place(self) -> str:
        """Return a clause: where it is."""
        return f"which only the job of cell [{self.cell}] has"

    @property
    def way(self) -> str:
        """Return what to do, without a full stop."""
        if self.kind == "import":
            return f"Import {self.name} in this cell, too"
        if self.kind == "code":
            return f"Define {self.name} in a cell without %%hfjob, and it comes along"
        return f"Add -o {self.name} to the %%hfjob line of that cell, and run it again"


def history_of(namespace: Mapping[str, Any]) -> Sequence[str]:
    """Return the texts of the cells that have run, by their number: IPython's ``In``."""
    cells = namespace.get("In")
    return cells if isinstance(cells, list) else ()


def find_made(name: str, history: Sequence[str]) -> MadeInJob | None:
    """Return the newest cell whose job has made a name; None where none has.

    Parameters
    ----------
    history
        Texts of the cells that have run, as plain Python, by their number.

    Examples
    --------
    >>> find_made("acc", ["", "get_ipython().run_cell_magic('hfjob', '', 'acc = 1')"]).way
    'Add -o acc to the %%hfjob line of that cell, and run it again'
    """
    for number in range(len(history) - 1, 0, -1):
        text = history[number]
        if _CALL not in text or name not in text:
            continue
        kind = next((kind for found, kind in _find_bound(text) if found == name), None)
        if kind is not None:
            return MadeInJob(name, number, kind)
    return None


def _find_bound(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a cell's job defines at its top level, and of what kind, the last first."""
    tree = _parse(text)
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and name_of(node.func) == "run_cell_magic")
    for call in calls:
        words = [item.value for item in call.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        if len(words) == 3 and words[0] == "hfjob" and "--dry-run" not in words[1]:
            waiting: list[ast.AST] = list(reversed(_parse(_translate(_below(words[1], words[2]))).body))
            while waiting:
                node = waiting.pop(0)
                yield from _names(node)
                if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
                    waiting = [*reversed(list(ast.iter_child_nodes(node))), *waiting]


def _names(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name, "code"
    elif isinstance(node, ast.alias):
        yield node.asname or node.name.partition(".")[0], "import"
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id, "value"


def _below(line: str, cell: str) -> str:
    """Return what stands below the line of the magic, which may go on over several."""
    while line.rstrip().endswith("\\"):
        line, _, cell = cell.partition("\n")
    return cell


def _translate(cell: str) -> str:
    try:
        return to_python(cell if cell.endswith("\n") else f"{cell}\n", 1)
    except CellError:
        return ""


def _parse(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module([], [])
