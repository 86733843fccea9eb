"""Names of the notebook that a cell uses: code comes along, data is asked for.

What comes along is one file of Python in parts, which the runner runs before the cell (`hfjobs_magic.runner.names`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import CellError
from hfjobs_magic.script.names.cell_magics import find_lost_magics
from hfjobs_magic.script.names.gathering import Gathering
from hfjobs_magic.script.names.name_uses import Use
from hfjobs_magic.script.names.output_names import take_outputs
from hfjobs_magic.script.names.parts import MARK
from hfjobs_magic.script.syntax.free_names import find_attributes, names_of

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Sequence

    from hfjobs_magic.options.value_names import ValueName


@dataclass(frozen=True)
class Notebook:
    """The notebook that a cell is part of."""

    namespace: dict[str, Any]
    """Its names: IPython's ``user_ns``."""
    history: Sequence[str] = ()
    """Texts of the cells that have run, as plain Python, oldest first: IPython's ``In``."""
    given: tuple[str, ...] = ()
    """Names that the job has anyway: those of ``--map``."""


@dataclass(frozen=True)
class Brought:
    """What comes along."""

    text: str = ""
    """The file; empty without any."""
    names: tuple[str, ...] = ()
    """What it defines, in the order of the cell's use."""
    body: tuple[ast.stmt, ...] = field(default=(), compare=False)
    """The file as code whose lines are those of the cell that need it."""
    notes: tuple[str, ...] = ()
    """What will not be as it is in the notebook, a sentence each."""


def bring(
    tree: ast.Module,
    text: str,
    notebook: Notebook,
    *,
    without: Iterable[str] = (),
    outputs: Sequence[ValueName] = (),
    written: str = "",
) -> Brought:
    """Gather what a cell needs of its notebook.

    Parameters
    ----------
    tree, text
        The cell as plain Python.
    without
        Names that the job gets in another way.
    outputs
        Values that come back, whose expressions may use names of the notebook, too.
    written
        The cell with IPython's syntax, where it has some.

    Raises
    ------
    CellError
        With every name that can't come along, the line that uses it, and the way.
    """
    needs = names_of(tree, text)
    gathering = Gathering(notebook.namespace, notebook.history, (*notebook.given, *without), (tree, needs))
    chains = find_attributes(tree)
    gathering.take_results(tree, needs, Use(1))
    for item in needs.free:
        gathering.take(item, Use(item.line), chains)
    missing, notes = take_outputs(outputs, gathering, tree, written or text, notebook.namespace)
    gathering.finish()
    if refused := [*gathering.refused, *missing, *find_lost_magics(tree, written or text, notebook.namespace)]:
        raise CellError(" ".join([*refused, "Nothing was submitted."]))
    names = tuple(name for name, text in gathering.done.items() if text)
    return Brought("\n".join(map(str, gathering.parts)), names, tuple(gathering.body), (*gathering.notes, *notes))


_PART = re.compile(rf"^{re.escape(MARK)}(\w+)(?:, line \d+)?$", re.MULTILINE)


def find_brought(text: str) -> tuple[str, ...]:
    """Return the names that such a file defines.

    >>> find_brought("# %% from the notebook: train, line 2")
    ('train',)
    """
    return tuple(dict.fromkeys(_PART.findall(text)))
