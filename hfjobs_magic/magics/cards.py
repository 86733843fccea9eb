"""Showing a card, and bringing its saved twin up to date when the job has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.display import display

from hfjobs_magic.magics.frontend import text_only
from hfjobs_magic.magics.shown import Text

if TYPE_CHECKING:
    from hfjobs_magic.job import Job


def show(job: Job, shell: Any) -> None:
    """Display the card of a job, once; or its id where ``--detach`` asks for no more.

    In a kernel the display is sent again through its id when the job has ended, so that the
    notebook is saved with the whole story; the page keeps its model and rebuilds the view. A
    terminal follows the job instead, until it has ended.

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
        card.when_ended(lambda: handle.update(card))
