"""What a magic shows: text and tables with a plain and an HTML side, a job, a question."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from IPython.core.error import StdinNotImplementedError
from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text as RichText

from hfjobs_magic.errors import BudgetError

PLAIN_COLUMNS = 160
"""Width at which the plain side of a table is laid out, in characters."""


@dataclass(frozen=True)
class Text:
    """Preformatted text."""

    text: str
    """What is shown, as it is."""

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f'<pre style="white-space: pre-wrap">{escape(self.text)}</pre>'


@dataclass(frozen=True)
class Table:
    """Rows under a header, or one sentence where there are none."""

    columns: tuple[str, ...]
    """Column titles."""
    rows: tuple[tuple[str, ...], ...]
    """Cells as text."""
    empty: str
    """What is said when there are no rows."""
    right: frozenset[str] = frozenset()
    """Titles of columns that hold numbers."""
    note: str = ""
    """A sentence under the rows."""

    def __repr__(self) -> str:
        if not self.rows:
            return self.empty
        table = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for title in self.columns:
            table.add_column(title, justify="right" if title in self.right else "left", no_wrap=True)
        for row in self.rows:
            table.add_row(*(RichText(cell) for cell in row))
        console = Console(width=PLAIN_COLUMNS, color_system=None, force_terminal=False, force_jupyter=False)
        with console.capture() as captured:
            console.print(table)
        lines = [row.rstrip() for row in captured.get().splitlines()]
        return "\n".join([*lines, self.note] if self.note else lines)

    def _repr_html_(self) -> str:
        if not self.rows:
            return f"<p>{escape(self.empty)}</p>"
        head = "".join(f'<th style="text-align: {self._align(title)}">{escape(title)}</th>' for title in self.columns)
        body = "".join(
            "<tr>"
            + "".join(
                f'<td style="text-align: {self._align(title)}">{escape(cell)}</td>'
                for title, cell in zip(self.columns, row, strict=True)
            )
            + "</tr>"
            for row in self.rows
        )
        note = f"<p>{escape(self.note)}</p>" if self.note else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"

    def _align(self, title: str) -> str:
        return "right" if title in self.right else "left"


def answers(question: str) -> bool:
    """Ask the reader; an empty answer is a no.

    Raises
    ------
    BudgetError
        Where no front end can answer.
    """
    try:
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}
    except (EOFError, StdinNotImplementedError):
        raise BudgetError(f"{question} Nobody can answer here, so nothing was submitted.") from None
