"""Waiting for a job on a line: where ``--wait`` asks for it, and where a program runs the notebook."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from IPython.display import display

from hfjobs_magic.api.job import Job
from hfjobs_magic.api.waiting import explain_interrupt, say_running
from hfjobs_magic.errors import HubError, JobFailedError
from hfjobs_magic.views.table import Text
from hfjobs_magic.widgets.frontend import is_text_only, is_unattended
from hfjobs_magic.widgets.outputs import show_outputs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hfjobs_magic.api.scheduled_job import ScheduledJob


def wait_if_asked(job: Job, shell: Any) -> None:
    """Block until the job has ended, for ``--wait``, and where nobody would see its end otherwise.

    A program that runs a notebook stops the kernel behind the last cell. A terminal has followed the job to its
    end already.

    Raises
    ------
    JobFailedError
        When the job did not end in COMPLETED.
    """
    detach = bool(job.options and job.options.detach)
    if is_text_only(shell) or not ((job.options and job.options.wait) or (is_unattended(shell) and not detach)):
        return
    try:
        job.wait()
    except JobFailedError:
        _show_outputs(job)
        raise
    _show_outputs(job)


@contextmanager
def say_what_goes_on(handle: Job | ScheduledJob) -> Iterator[None]:
    """Tell a reader who interrupts what is behind the submission of a job that the job is paid for all the same.

    Raises
    ------
    WaitInterruptedError
        In the place of KeyboardInterrupt.
    """
    if not isinstance(handle, Job):
        yield
        return
    with explain_interrupt(lambda: say_running([handle])):
        yield


def _show_outputs(job: Job) -> None:
    """Show what the job's cell has shown, as ordinary outputs below the card; an error is raised, not shown."""
    if job.outputs_below:
        return  # as it came
    try:
        show_outputs(item for item in job.outputs if item.kind != "error")
    except HubError as error:
        display(Text(f"The outputs of job {job.name} can't be read now: {error}"))
