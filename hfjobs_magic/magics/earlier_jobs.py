"""A cell that is run again while its job runs: what becomes of the earlier job, as ``%hfjobs config replace=`` says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.earlier import before, cancel_earlier, find_earlier, of_cell
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.widgets.frontend import is_watched

if TYPE_CHECKING:
    from hfjobs_magic.api.earlier import Earlier
    from hfjobs_magic.api.job import Job


@dataclass(frozen=True)
class EarlierJobs:
    """Jobs of the cell that runs, which still run, and what is to become of them."""

    choice: str
    """``ask``, ``cancel`` or ``keep``."""
    found: tuple[Earlier, ...] = ()
    """Oldest first; none where they are kept without a word."""

    def give_way(self, job: Job) -> None:
        """Cancel them for a new job, or have its card offer that; one that ``--reuse`` has found is this job."""
        job.earlier = tuple(one for one in self.found if one.note.job_id != job.id)
        if self.choice == "cancel":
            said, job.earlier = cancel_earlier(job.earlier)
            job.notice = f"{said} {job.notice}".strip()


def find_earlier_jobs(shell: Any, digest: str = "") -> EarlierJobs:
    """Ask which jobs of this cell still run, before it submits another.

    Parameters
    ----------
    shell
        That runs it. Programs keep them, unless somebody has chosen.
    digest
        Of the cell's text, by which it is known where the front end does not name it; empty for a line.
    """
    choice = RUNTIME.session.replace or ("ask" if is_watched(shell) else "keep")
    if choice == "keep":
        return EarlierJobs(choice)
    return EarlierJobs(choice, tuple(find_earlier(of_cell(digest))))


def say_again(job: Job) -> None:
    """Have the card of a job that is taken up again say which earlier jobs of its cell still run, as its first did."""
    if RUNTIME.session.replace != "keep":
        job.earlier = tuple(find_earlier(before(job.id)))
