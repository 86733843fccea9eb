"""A NameError of the notebook for what only the job of an earlier ``%%hfjob`` cell has: the way is said below it."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from IPython.core.getipython import get_ipython

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

EVENT = "post_run_cell"
_MISSING = re.compile(r"name '(\w+)' is not defined")


def register(shell: InteractiveShell) -> None:
    """Look at the errors of a shell's cells from now on."""
    unregister(shell)
    shell.events.register(EVENT, explain)


def unregister(shell: InteractiveShell) -> None:
    """Look no more."""
    with suppress(ValueError):
        shell.events.unregister(EVENT, explain)


def explain(result: ExecutionResult) -> None:
    """Say which job has the name that a cell has asked for in vain."""
    error, shell = result.error_in_exec, get_ipython()
    found = _MISSING.match(str(error)) if type(error) is NameError else None
    if found is None or shell is None:
        return
    # Late: few cells fail so, and what these import would be waited for at `%load_ext`.
    from IPython.display import display  # noqa: PLC0415

    from hfjobs_magic.script.names.earlier_cells import find_made, history_of  # noqa: PLC0415
    from hfjobs_magic.views.table import Text  # noqa: PLC0415

    made = find_made(found[1], history_of(shell.user_ns))
    if made is not None:
        display(Text(f"Only the job of cell [{made.cell}] has {made.name}. {made.way}."))
