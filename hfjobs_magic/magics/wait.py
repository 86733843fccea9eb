"""Waiting for a job on a line: where ``--wait`` asks for it, and where a program runs the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import WaitInterruptedError
from hfjobs_magic.widgets.frontend import text_only, unattended

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
    if text_only(shell) or not ((job.options and job.options.wait) or (unattended(shell) and not detach)):
        return
    try:
        job.wait()
    except KeyboardInterrupt:
        local = " --local" if job.client.local else ""
        raise WaitInterruptedError(
            f"Stopped waiting; job {job.name} keeps running. `%hfjobs cancel {job.id}{local}` ends it."
        ) from None
