"""Pieces of the file in which names of the notebook come along, as `hfjobs_magic.runner.names` reads them."""

from __future__ import annotations

from dataclasses import dataclass

MARK = "# %% from the notebook: "
"""Begins a part; see `hfjobs_magic.runner.names`."""


@dataclass
class Part:
    """A piece of the file."""

    name: str
    """What it defines."""
    text: str
    """Its source."""
    line: int | None = None
    """Of its first line, in its cell; None for what no cell has."""
    use: int = 1
    """Line of the cell that needs it."""

    def __str__(self) -> str:
        return f"{MARK}{self.name}{f', line {self.line}' if self.line else ''}\n{self.text}"
