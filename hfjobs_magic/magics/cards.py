"""Showing a card, and bringing its saved twin up to date when the job has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.display import display

from hfjobs_magic import scheduled_view
from hfjobs_magic.magics.shown import Text

if TYPE_CHECKING:
    from hfjobs_magic.job import Job
    from hfjobs_magic.scheduled_job import ScheduledJob


def show(job: Job, shell: Any) -> None:
    """Display the card of a job, once; or its id where ``--detach`` asks for no more.

    In a kernel the display is sent again through its id when the job has ended, so that the
    notebook is saved with the whole story; the page keeps its model and rebuilds the view. A
    terminal would print it a second time, so there it is not.
    """
    if job.options and job.options.detach:
        display(Text(f"Job {job.name} was submitted: {job.id}\n{job.url}"))
        return
    from hfjobs_magic.widgets.card import JobCard  # noqa: PLC0415 - widgets are slow to import

    card = JobCard(job)
    handle = display(card, display_id=True)
    if handle is not None and hasattr(shell, "kernel"):
        card.when_ended(lambda: handle.update(card))


def show_scheduled(job: ScheduledJob, shell: Any, *, detach: bool = False) -> None:
    """Display the card of a scheduled job, once; in a terminal, and for ``--detach``, what it is in a line."""
    if detach or not hasattr(shell, "kernel"):
        display(Text(scheduled_view.line(job.facts, local=job.client.local, notice=job.notice)))
        return
    from hfjobs_magic.widgets.scheduled import ScheduledCard  # noqa: PLC0415 - widgets are slow to import

    display(ScheduledCard(job))
