"""Cells that IPython would refuse before the magic is asked: ``%%hfjob --help`` alone, and comments above the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def with_body(lines: list[str]) -> list[str]:
    """Add an empty line to a cell that is nothing but the line of the magic, and move comments above it below.

    The code keeps its lines.
    """
    at = next((at for at, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), len(lines))
    if at == len(lines) or lines[at].split()[:1] != ["%%hfjob"]:
        return lines
    if at:
        end = at + 1
        while end < len(lines) and lines[end - 1].rstrip().endswith("\\"):
            end += 1
        first = "".join(lines[at:end]).lstrip()
        return [*(first if first.endswith("\n") else f"{first}\n").splitlines(keepends=True), *lines[:at], *lines[end:]]
    return [*lines, "\n"] if len(lines) == 1 else lines


# Only for cells that are run: IPython would take the line for a finished cell while it is being typed.
with_body.has_side_effects = True  # type: ignore[attr-defined]


def register(shell: InteractiveShell) -> None:
    """Add the transformer to the shell's, once."""
    unregister(shell)
    shell.input_transformers_cleanup.append(with_body)


def unregister(shell: InteractiveShell) -> None:
    """Take the transformer away."""
    shell.input_transformers_cleanup[:] = [item for item in shell.input_transformers_cleanup if item is not with_body]
