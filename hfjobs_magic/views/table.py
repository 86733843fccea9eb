"""What a magic shows: text and tables with a plain and an HTML side, a job, a question."""

from __future__ import annotations

import time
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text as RichText

from hfjobs_magic.cost import cost_usd, format_duration, format_usd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hfjobs_magic.facts import JobFacts

PLAIN_COLUMNS = 160
"""Width at which the plain side of a table is laid out, in characters."""

WHY_CHARS = 60
"""Characters of why a job failed in its row."""


_PRE = "white-space: pre-wrap; word-break: normal; overflow-wrap: anywhere; margin: 0; padding: 0"
"""Lines break between words: JupyterLab's own style breaks them anywhere."""


@dataclass(frozen=True)
class Text:
    """Preformatted text."""

    text: str
    """What is shown, as it is."""

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f'<pre style="{_PRE}">{escape(self.text)}</pre>'


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
            # What somebody copies or compares stays in one piece; where the rows are too wide, texts break.
            whole = title == "ID" or title in self.right
            table.add_column(title, justify="right" if title in self.right else "left", no_wrap=whole, overflow="fold")
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


def jobs_table(
    jobs: Iterable[JobFacts],
    *,
    empty: str,
    prices: Mapping[str, float | None] | None = None,
    note: str = "",
    cells: Mapping[str, str] | None = None,
    why: Mapping[str, str] | None = None,
) -> Table:
    """Lay jobs out as `hf jobs ls` does, with their run time and what it has cost.

    `cells`, and `why` those failed that did, are by id of the job. Each is a column where one of the jobs has it; of a
    job that failed for nobody knows what it has what the Hub says, as has one that waits.
    """
    now, shown = time.time(), list(jobs)
    errors = {job.id: _cut((why or {}).get(job.id) or job.message or "") for job in shown if job.stage == "ERROR"}
    waits = {job.id: _cut(job.message) for job in shown if job.stage == "SCHEDULING" and job.message}
    optional = (("Cell", cells or {}), ("Waits for", waits), ("Error", errors))
    more = {title: by_id for title, by_id in optional if any(job.id in by_id for job in shown)}
    return Table(
        columns=("ID", "Name", "Stage", "Flavor", "Created", "Run time", "Cost", *more),
        rows=tuple(
            (*_row(job, now, prices or {}), *(by_id.get(job.id, "") for by_id in more.values())) for job in shown
        ),
        empty=empty,
        right=frozenset({"Run time", "Cost"}),
        note=note,
    )


def _cut(why: str) -> str:
    return why if len(why) <= WHY_CHARS else f"{why[: WHY_CHARS - 1]}…"


def _row(job: JobFacts, now: float, prices: Mapping[str, float | None]) -> tuple[str, ...]:
    created = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(job.created_at)) if job.created_at else ""
    seconds = find_run_time(job, now)
    price = prices.get(job.flavor)
    cost = "" if price is None or seconds is None else format_usd(cost_usd(price, seconds))
    ran = "" if seconds is None else format_duration(seconds)
    return job.id, job.name, job.stage, job.flavor, created, ran, cost


def find_run_time(job: JobFacts, now: float) -> float | None:
    """Seconds a job has run or ran; None where it has not begun or nobody knows when it ended."""
    end = job.finished_at or (None if job.is_terminal else now)
    return end - job.started_at if job.started_at and end else None
