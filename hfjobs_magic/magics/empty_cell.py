"""``%%hfjob --help`` alone in a cell: IPython refuses a cell magic without a body before the magic is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def with_body(lines: list[str]) -> list[str]:
    """Add an empty line to a cell that is nothing but the line of the magic."""
    is_alone = len(lines) == 1 and lines[0].split()[:1] == ["%%hfjob"]
    return [*lines, "\n"] if is_alone else lines


# Only for cells that are run: IPython would take the line for a finished cell while it is being typed.
with_body.has_side_effects = True  # type: ignore[attr-defined]


def register(shell: InteractiveShell) -> None:
    """Add the transformer to the shell's, once."""
    unregister(shell)
    shell.input_transformers_cleanup.append(with_body)


def unregister(shell: InteractiveShell) -> None:
    """Take the transformer away."""
    shell.input_transformers_cleanup[:] = [item for item in shell.input_transformers_cleanup if item is not with_body]
