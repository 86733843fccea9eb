"""Names that only the job of an earlier ``%%hfjob`` cell has: what a cell that uses one of them is told."""

from __future__ import annotations

import ast
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import CellError
from hfjobs_magic.script.syntax.ipython_cell import to_python
from hfjobs_magic.script.syntax.nodes import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping, Sequence

_CALL = "run_cell_magic('hfjob'"

_WANTED = re.compile(r"(?:^|\s)(?:-o|--outputs?)(?:\s+|=)?(\S+)")

_REFUSED = "_hfjob_refused"
"""In the notebook's namespace, beside IPython's own ``In``: texts of cells that have submitted nothing, by number."""


@dataclass(frozen=True)
class MadeInJob:
    """A name that an earlier cell defines in its job."""

    name: str
    """The name."""
    cell: int
    """Number of the cell, as the notebook shows it: ``[3]``."""
    kind: str
    """"value", "code" (a function or class) or "import"."""
    is_asked_for: bool = False
    """Whether the cell's line has it behind ``-o``."""

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
        if self.is_asked_for:
            return f"Run that cell again, whose line has -o {self.name}"
        return f"Add -o {self.name} to the %%hfjob line of that cell, and run it again"


def history_of(namespace: Mapping[str, Any]) -> Sequence[str]:
    """Return the texts of the cells that have run, by their number: IPython's ``In``.

    Those of which no job was made are empty.
    """
    cells = namespace.get("In")
    if not isinstance(cells, list):
        return ()
    refused = namespace.get(_REFUSED) or {}
    return ["" if refused.get(number) == text else text for number, text in enumerate(cells)] if refused else cells


@contextmanager
def note_if_refused(
    namespace: MutableMapping[str, Any], cell: str, refusals: tuple[type[BaseException], ...]
) -> Iterator[None]:
    """Take the cell that runs, which has this text, for one without a job: while it is read, and if it is refused.

    Parameters
    ----------
    refusals
        Errors that are raised before anything is submitted.
    """
    cells = namespace.get("In")
    if not (isinstance(cells, list) and cells and _CALL in cells[-1] and repr(cell) in cells[-1]):
        yield
        return
    number = len(cells) - 1
    refused = namespace.setdefault(_REFUSED, {})
    refused[number] = cells[-1]
    is_refused = False
    try:
        yield
    except refusals:
        is_refused = True
        raise
    finally:
        if not is_refused:
            refused.pop(number, None)


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
        bound = next(((kind, line) for found, kind, line in _find_bound(text) if found == name), None)
        if bound is not None:
            return MadeInJob(name, number, bound[0], name in _read_wanted(bound[1]))
    return None


def _read_wanted(line: str) -> set[str]:
    """Return the names that a line has behind ``-o``."""
    items = (item for found in _WANTED.findall(line) for item in found.split(","))
    return {re.split("[=:]", item, maxsplit=1)[0].strip() for item in items}


def _find_bound(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield what a cell's job defines at its top level, of what kind, and the cell's line; the last first."""
    tree = _parse(text)
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and name_of(node.func) == "run_cell_magic")
    for call in calls:
        words = [item.value for item in call.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        if len(words) == 3 and words[0] == "hfjob" and "--dry-run" not in words[1]:
            waiting: list[ast.AST] = list(reversed(_parse(_translate(_below(words[1], words[2]))).body))
            while waiting:
                node = waiting.pop(0)
                yield from ((name, kind, words[1]) for name, kind in _names(node))
                waiting = [*reversed(_inner(node)), *waiting]


def _inner(node: ast.AST) -> list[ast.AST]:
    """Return the parts of a node that have the same scope."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
        return []
    if isinstance(node, ast.comprehension):  # its own variables end with it
        return [node.iter, *node.ifs]
    return list(ast.iter_child_nodes(node))


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
