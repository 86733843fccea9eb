"""Showing a card or a table of jobs, and bringing a card's saved twin up to date when the job has ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython
from IPython.display import display

from hfjobs_magic.api.displayable import Handle
from hfjobs_magic.api.job import Job
from hfjobs_magic.api.outputs import Outputs, is_own
from hfjobs_magic.api.scheduled_job import ScheduledJob
from hfjobs_magic.api.sweep import Sweep
from hfjobs_magic.errors import HfJobsError, report
from hfjobs_magic.records import live_views, notebooks
from hfjobs_magic.views import scheduled
from hfjobs_magic.views.table import Text
from hfjobs_magic.widgets.frontend import is_text_only, is_watched, runs_unwatched, saves_outputs
from hfjobs_magic.widgets.job_list import JobList, list_runs, make_static, make_table
from hfjobs_magic.widgets.outputs import show_outputs
from hfjobs_magic.widgets.outputs_below import show_outputs_below
from hfjobs_magic.widgets.static_card import StaticCard, scheduled_twin
from hfjobs_magic.widgets.twin import Twin
from hfjobs_magic.worker import start_thread

if TYPE_CHECKING:
    from hfjobs_magic.api.displayable import Displayable
    from hfjobs_magic.widgets.card import JobCard
    from hfjobs_magic.widgets.scheduled import ScheduledCard
    from hfjobs_magic.widgets.table import JobsTable

LOG_S = 60.0
"""Seconds that a program waits for the log of a job that has ended: it takes no update of a cell that is over."""


def show(handle: Job | ScheduledJob, shell: Any) -> None:
    """Display the card of a job or of a schedule, once; or what it is in a line where ``--detach`` asks for no more.

    A terminal follows the job instead, until it has ended.

    Raises
    ------
    JobFailedError
        In a terminal, when the job did not end in COMPLETED.
    """
    is_text = is_text_only(shell)
    if handle.detach or (is_text and isinstance(handle, ScheduledJob)):
        display(Text(_line(handle)))
    elif is_text and isinstance(handle, Job):
        from hfjobs_magic.widgets.terminal import follow  # noqa: PLC0415 - rich is slow to import

        follow(handle)
    else:
        show_card(handle, shell)


def show_below(job: Job, shell: Any) -> None:
    """Show what a job shows as ordinary outputs below its card, now and while it runs, where a page can take them."""
    if is_watched(shell) and not job.detach and not is_text_only(shell):
        wait = bool(job.options and job.options.wait)
        try:
            follower = job.open_follower(job)
            job.outputs_below = show_outputs_below(follower, shell, errors=not wait, trusted=is_own(job))
        except Exception as error:  # noqa: BLE001 - the job is there, and its card has them
            report(error)


def make_card(handle: Handle) -> JobCard | ScheduledCard | JobsTable:
    """Make the widget that shows a job, a schedule or a sweep.

    Raises
    ------
    BundleMissingError
        In a checkout in which the page's side was not built.
    """
    if isinstance(handle, Sweep):
        return make_table(list_runs(handle))
    # Widgets are slow to import.
    if isinstance(handle, ScheduledJob):
        from hfjobs_magic.widgets.scheduled import ScheduledCard  # noqa: PLC0415

        return ScheduledCard(handle)
    from hfjobs_magic.widgets.card import JobCard  # noqa: PLC0415

    if not isinstance(handle, Job):
        raise TypeError(f"A {type(handle).__name__} has no card.")
    return JobCard(handle)


def show_card(handle: Handle, shell: Any) -> None:
    """Display a card, once. What goes wrong is said beside the job's id and link: the job is there and costs money.

    In a kernel the display is sent again through its id when the job has ended or the schedule is gone, so that the
    notebook is saved with the whole story; the page keeps its model and rebuilds the view. Where the page can put the
    card in the place of its static twin, the twin alone is saved, from the beginning: it can be shown when the notebook
    is opened again and nobody has the model. Where a program runs the notebook there is no widget at all: it would save
    its state, code included, to which no output refers.
    """
    try:
        card = _make_static(handle) if runs_unwatched(shell) else make_card(handle)
        shown = display(card, display_id=True)
        live_views.add(notebooks.current_path())
    except HfJobsError as error:
        display(Text(f"{_line(handle)}\n{error}"))
        return
    except Exception as error:  # noqa: BLE001 - without this line the reader would run the cell again, and pay twice
        display(Text(f"{_line(handle)}\n{report(error)}"))
        return
    if shown is None or not hasattr(shell, "kernel") or isinstance(card, Twin):
        return
    try:
        if saves_outputs(shell) and not isinstance(card, StaticCard):
            shown.update(card.twin())
            card.when_ended(lambda: shown.update(card.twin()))
        elif not isinstance(handle, ScheduledJob):
            card.when_ended(lambda: shown.update(card))
            if isinstance(card, StaticCard):
                card.wait_for_log(LOG_S)
    except Exception as error:  # noqa: BLE001 - the card is there; only what is saved of it is not
        report(error)


def _make_static(handle: Handle) -> StaticCard | Twin:
    if isinstance(handle, ScheduledJob):
        return scheduled_twin(handle)
    if not isinstance(handle, Job):
        raise TypeError(f"A {type(handle).__name__} has no card.")
    return StaticCard(handle, handle.open_follower(handle))


def show_at_end_of_cell(last: Displayable) -> None:
    """Display what a cell ends with: outputs as outputs of that cell, anything else as its card.

    Raises
    ------
    NotImplementedError
        Where no kernel is that could show a widget, or for a sweep no page, and the repr is to be shown.
    """
    shell = get_ipython()
    if isinstance(last, Outputs):
        show_outputs(last)
    elif not hasattr(shell, "kernel") or (isinstance(last, Sweep) and not is_watched(shell)):
        raise NotImplementedError
    elif isinstance(last, Sweep):
        show_list(list_runs(last), shell, live=True)
    elif isinstance(last, Handle):
        show_card(last, shell)


def _line(handle: Handle) -> str:
    if isinstance(handle, ScheduledJob):
        return scheduled.line(handle.facts, local=handle.client.local, notice=handle.notice)
    if not isinstance(handle, Job):
        return repr(handle)
    idle = handle.options.cancel_if_idle if handle.options else None
    ends = f"When it is idle for {idle} this kernel cancels it, if it still lives, with no card to say so before."
    said = [f"Job {handle.name} was submitted: {handle.id}", handle.url, handle.notice, ends if idle else ""]
    return "\n".join(filter(None, said))


def show_list(answer: JobList, shell: Any, *, live: bool) -> None:
    """Display jobs as a live table, whose twin the notebook keeps (see `show_card`), or as a plain one.

    What goes wrong with the live one is said below the plain one: a sweep's jobs are there and cost money.
    """
    if not live:
        display(answer)
        return
    try:
        table = make_table(answer)
        live_views.add(notebooks.current_path())
        handle = display(table, display_id=True)
        if handle is not None and saves_outputs(shell):
            try:
                # The live table is already on the screen, and asks the Hub for one reason at a time.
                if answer.explain:
                    table.keep(make_static(replace(answer, **vars(answer.explain()))))
            finally:
                handle.update(table.twin())
    except Exception as error:  # noqa: BLE001 - without the table the reader would start the sweep again, and pay twice
        said = str(error) if isinstance(error, HfJobsError) else report(error)
        if made := answer.sweep:
            local = " --local" if made.plan.client.local else ""
            said = f"{said} `%hfjobs ls --label sweep={made.id}{local}` lists its jobs."
        display(replace(answer, note=f"{answer.note} {said}".strip(), empty=f"{answer.empty} {said}"))
        return
    if handle is not None and saves_outputs(shell) and (made := answer.sweep):
        start_thread(
            "hfjobs-sweep-end",
            lambda: table.keep(made.wait().summarize(), lambda: handle.update(table.twin())),
        )
