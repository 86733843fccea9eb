"""Waiting for a job on a line: where ``--wait`` asks for it, and where a program runs the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.display import display

from hfjobs_magic.errors import HubError, JobFailedError, WaitInterruptedError
from hfjobs_magic.views.table import Text
from hfjobs_magic.widgets.frontend import is_text_only, is_unattended
from hfjobs_magic.widgets.outputs import show_outputs

if TYPE_CHECKING:
    from hfjobs_magic.api.job import Job


def wait_if_asked(job: Job, shell: Any) -> None:
    """Block until the job has ended, for ``--wait``, and where nobody would see its end otherwise.

    A program that runs a notebook stops the kernel behind the last cell. A terminal has followed the job to its
    end already.

    Raises
    ------
    JobFailedError
        When the job did not end in COMPLETED.
    WaitInterruptedError
        When the reader interrupts the waiting; the job keeps running.
    """
    detach = bool(job.options and job.options.detach)
    if is_text_only(shell) or not ((job.options and job.options.wait) or (is_unattended(shell) and not detach)):
        return
    try:
        job.wait()
    except JobFailedError:
        _show_outputs(job)
        raise
    except KeyboardInterrupt:
        local = " --local" if job.client.local else ""
        raise WaitInterruptedError(
            f"Stopped waiting; job {job.name} keeps running. `%hfjobs cancel {job.id}{local}` ends it."
        ) from None
    _show_outputs(job)


def _show_outputs(job: Job) -> None:
    """Show what the job's cell has shown, as ordinary outputs below the card; an error is raised, not shown."""
    if job.outputs_below:
        return  # as it came
    try:
        show_outputs(item for item in job.outputs if item.kind != "error")
    except HubError as error:
        display(Text(f"The outputs of job {job.name} can't be read now: {error}"))
