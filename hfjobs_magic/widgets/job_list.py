"""Jobs that were found, a sweep's too, as a table, with what makes a live one of them."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from hfjobs_magic.api.repeat import rerun
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.follow.job_list import JobQuery, JobRows
from hfjobs_magic.views.table import Table, jobs_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hfjobs_magic.api.sweep import Sweep
    from hfjobs_magic.hub.client import JobsClient
    from hfjobs_magic.widgets.table import JobsTable

SAVED_ROWS = 60
"""Rows of a live table that are saved with the notebook, about 30 kB; a table without a widget is saved whole."""


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False)
class JobList(Table):
    """A table of jobs, with what a live one is made of."""

    client: JobsClient
    """Where they were found."""
    query: JobQuery
    """What was asked for."""
    first: JobRows
    """What was found, as far as it was read."""
    prices: Mapping[str, float | None]
    """US dollars a minute by flavor."""
    line: str
    """The line that asks for them."""
    sweep: Sweep | None = None
    """The sweep whose jobs they are."""
    again: str = "run the cell again to update it"
    """How a reader of the saved table gets a new one."""
    explain: Callable[[], Table] | None = None
    """Asks why the newest jobs failed of which nobody knows it, and lays all out again."""


def make_table(answer: JobList, *, view_id: str | None = None) -> JobsTable:
    """Make the widget that shows jobs; `view_id` is what a page knows a lost one by whose place it takes.

    Raises
    ------
    BundleMissingError
        In a checkout in which the page's side was not built.
    """
    from hfjobs_magic.follow.list_watcher import ListWatcher  # noqa: PLC0415 - as below
    from hfjobs_magic.widgets.sweep_part import SweepPart  # noqa: PLC0415 - as below
    from hfjobs_magic.widgets.table import JobsTable  # noqa: PLC0415 - widgets are slow to import

    watcher = ListWatcher(
        RUNTIME,
        answer.client,
        answer.query,
        answer.first,
        rerun=lambda job: rerun(answer.client, job).job,
        finds_endings=answer.sweep is None,  # a sweep does so itself
    )
    return JobsTable(
        watcher,
        make_static(answer),
        empty=answer.empty,
        prices=answer.prices,
        line=answer.line,
        view_id=view_id,
        sweep=SweepPart(answer.sweep) if answer.sweep else None,
    )


def make_static(answer: JobList) -> JobList:
    """Return what is saved of a live table."""
    cut = len(answer.rows) > SAVED_ROWS or answer.first.more
    part = f"The first {SAVED_ROWS} runs" if answer.sweep else "The newest jobs"
    note = f"{part if cut else 'Jobs'} as of {time.strftime('%Y-%m-%d %H:%M:%S')}; {answer.again}."
    if answer.sweep:
        note = f"{answer.note} {note}".strip()
    return replace(answer, rows=answer.rows[:SAVED_ROWS], note=note)


def list_runs(made: Sweep) -> JobList:
    """Return the jobs of a sweep as what its card is made of."""
    client, hardware = made.plan.client, made.plan.hardware
    prices = {} if client.local or hardware is None else {hardware.flavor: hardware.usd_per_minute}
    line = f"%hfjobs attach {made.selector}"
    empty = "The first runs are being submitted."
    # Where nobody brings up to date what is saved, it is what was known when this was shown.
    table = made.table() if any(made.jobs) or made.stopped else jobs_table((), empty=empty, prices=prices)
    return JobList(
        **{**vars(table), "empty": empty},
        client=client,
        query=JobQuery(None, {"sweep": made.id}),
        first=JobRows(()),
        prices=prices,
        line=line,
        sweep=made,
        again=f"`{line}` shows them as they are now",
    )
