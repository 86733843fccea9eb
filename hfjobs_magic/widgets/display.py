"""Showing a card or a table of jobs, and bringing a card's saved twin up to date when the job has ended."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from IPython.core.getipython import get_ipython
from IPython.display import display

from hfjobs_magic.api.repeat import rerun
from hfjobs_magic.api.scheduled_job import ScheduledJob
from hfjobs_magic.views import scheduled
from hfjobs_magic.views.table import Table, Text
from hfjobs_magic.widgets.frontend import saves_outputs, text_only

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.follow.job_list import Listed, Query
    from hfjobs_magic.hub.client import JobsClient

Handle = TypeVar("Handle")

SAVED_ROWS = 60
"""Rows of a live table that are saved with the notebook, about 30 kB; a table without a widget is saved whole."""


def show(handle: Job | ScheduledJob, shell: Any) -> None:
    """Display the card of a job or of a schedule, once; or its id where ``--detach`` asks for no more.

    A terminal follows the job instead, until it has ended.

    Raises
    ------
    JobFailedError
        In a terminal, when the job ended otherwise than COMPLETED.
    """
    if isinstance(handle, ScheduledJob):
        _show_scheduled(handle, shell)
        return
    job = handle
    if job.options and job.options.detach:
        display(Text(f"Job {job.name} was submitted: {job.id}\n{job.url}"))
        return
    if text_only(shell):
        from hfjobs_magic.widgets.terminal import follow  # noqa: PLC0415 - rich is slow to import

        follow(job)
        return
    show_card(job, shell)


def show_card(job: Job, shell: Any) -> None:
    """Display the card of a job, once.

    In a kernel the display is sent again through its id when the job has ended, so that the
    notebook is saved with the whole story; the page keeps its model and rebuilds the view. Where
    the page can put the card in the place of its static twin, the twin alone is saved, from the
    beginning: it can be shown when the notebook is opened again and nobody has the model.
    """
    from hfjobs_magic.widgets.card import JobCard  # noqa: PLC0415 - widgets are slow to import

    card = JobCard(job)
    handle = display(card, display_id=True)
    if handle is None or not hasattr(shell, "kernel"):
        return
    if saves_outputs(shell):
        handle.update(card.twin())
        card.when_ended(lambda: handle.update(card.twin()))
    else:
        card.when_ended(lambda: handle.update(card))


def _show_scheduled(job: ScheduledJob, shell: Any) -> None:
    if job.detach or text_only(shell):
        display(Text(scheduled.line(job.facts, local=job.client.local, notice=job.notice)))
        return
    show_scheduled_card(job, shell)


def show_scheduled_card(job: ScheduledJob, shell: Any) -> None:
    """Display the card of a scheduled job, once; the notebook keeps its twin, see `show_card`."""
    from hfjobs_magic.widgets.scheduled import ScheduledCard  # noqa: PLC0415 - widgets are slow to import

    card = ScheduledCard(job)
    handle = display(card, display_id=True)
    if handle is not None and saves_outputs(shell):
        handle.update(card.twin())
        card.when_deleted(lambda: handle.update(card.twin()))


def at_end_of_cell(handle: Handle, show: Callable[[Handle, Any], None]) -> None:
    """Display what a cell ends with, by `show`.

    Raises
    ------
    NotImplementedError
        Where no kernel is that could show a widget, and the repr is to be shown.
    """
    shell = get_ipython()
    if not hasattr(shell, "kernel"):
        raise NotImplementedError
    show(handle, shell)


def show_list(found: JobList, shell: Any, *, live: bool) -> None:
    """Display jobs as a live table, whose twin the notebook keeps (see `show_card`), or as a plain one."""
    if not live:
        display(found)
        return
    from hfjobs_magic.follow.list_watcher import Watch  # noqa: PLC0415 - as below
    from hfjobs_magic.widgets.table import JobsTable  # noqa: PLC0415 - widgets are slow to import

    watch = Watch(found.client, found.query, found.listed, rerun=lambda job: rerun(found.client, job).job)
    cut = len(found.rows) > SAVED_ROWS or found.listed.more
    said = f"{'The newest jobs' if cut else 'Jobs'} as of {time.strftime('%Y-%m-%d %H:%M:%S')}; "
    said += "run the cell again for those of now."
    static = replace(found, rows=found.rows[:SAVED_ROWS], note=said)
    table = JobsTable(watch, static, empty=found.empty, prices=found.prices)
    handle = display(table, display_id=True)
    if handle is not None and saves_outputs(shell):
        handle.update(table.twin())


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False)
class JobList(Table):
    """A table of jobs, with what a live one is made of."""

    client: JobsClient
    """Where they were found."""
    query: Query
    """What was asked for."""
    listed: Listed
    """What was found."""
    prices: Mapping[str, float | None]
    """US dollars a minute by flavor."""
