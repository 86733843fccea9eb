"""Showing a card or a table of jobs, and bringing a card's saved twin up to date when the job has ended."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from IPython.display import display

from hfjobs_magic import scheduled_view
from hfjobs_magic.magics.frontend import saves_outputs, text_only
from hfjobs_magic.magics.shown import Text

if TYPE_CHECKING:
    from hfjobs_magic.job import Job
    from hfjobs_magic.magics.listing import JobList
    from hfjobs_magic.scheduled_job import ScheduledJob

SAVED_ROWS = 60
"""Rows of a live table that are saved with the notebook, about 30 kB; a table without a widget is saved whole."""


def show(job: Job, shell: Any) -> None:
    """Display the card of a job, once; or its id where ``--detach`` asks for no more.

    In a kernel the display is sent again through its id when the job has ended, so that the
    notebook is saved with the whole story; the page keeps its model and rebuilds the view. Where
    the page can put the card in the place of its static twin, the twin alone is sent: it can be
    shown when the notebook is opened again and nobody has the model. A terminal follows the job
    instead, until it has ended.

    Raises
    ------
    JobFailedError
        In a terminal, when the job ended otherwise than COMPLETED.
    """
    if job.options and job.options.detach:
        display(Text(f"Job {job.name} was submitted: {job.id}\n{job.url}"))
        return
    if text_only(shell):
        from hfjobs_magic.magics.terminal import follow  # noqa: PLC0415 - rich is slow to import

        follow(job)
        return
    from hfjobs_magic.widgets.card import JobCard  # noqa: PLC0415 - widgets are slow to import

    card = JobCard(job)
    handle = display(card, display_id=True)
    if handle is not None and hasattr(shell, "kernel"):
        settled = saves_outputs(shell)
        card.when_ended(lambda: handle.update(card.twin() if settled else card))


def show_scheduled(job: ScheduledJob, shell: Any, *, detach: bool = False) -> None:
    """Display the card of a scheduled job, once; in a terminal, and for ``--detach``, what it is in a line."""
    if detach or text_only(shell):
        display(Text(scheduled_view.line(job.facts, local=job.client.local, notice=job.notice)))
        return
    from hfjobs_magic.widgets.scheduled import ScheduledCard  # noqa: PLC0415 - widgets are slow to import

    card = ScheduledCard(job)
    handle = display(card, display_id=True)
    if handle is not None and saves_outputs(shell):
        # There is no end to wait for: the notebook keeps the static twin from now on, which this page makes live.
        handle.update(card.twin())
        card.when_deleted(lambda: handle.update(card.twin()))


def show_list(found: JobList, *, live: bool) -> None:
    """Display jobs as a live table, or as a plain one."""
    if not live:
        display(found)
        return
    from hfjobs_magic.watching import Watch  # noqa: PLC0415 - as below
    from hfjobs_magic.widgets.table import JobsTable  # noqa: PLC0415 - widgets are slow to import

    watch = Watch(found.client, found.query, found.listed)
    cut = len(found.rows) > SAVED_ROWS or found.listed.more
    said = f"{'The newest jobs' if cut else 'Jobs'} as of {time.strftime('%Y-%m-%d %H:%M:%S')}; "
    said += "run the cell again for those of now."
    static = replace(found, rows=found.rows[:SAVED_ROWS], note=said)
    display(JobsTable(watch, static, empty=found.empty, prices=found.prices))
