"""Asking before something happens to several jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.error import StdinNotImplementedError

from hfjobs_magic.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.follow.state import JobFacts


def confirm(verb: str, jobs: Sequence[JobFacts], *, yes: bool) -> bool:
    """Ask before `verb` is done to several jobs; True for one, for ``--yes``, and for a yes.

    Raises
    ------
    OptionError
        Where nobody can answer: nbconvert, papermill, a script.
    """
    if len(jobs) < 2 or yes:
        return True
    listed = "\n".join(f"  {job.id}  {job.stage:<10}  {job.name}" for job in jobs)
    try:
        answer = input(f"{listed}\n{verb} these {len(jobs)} jobs? [y/N] ")
    except (EOFError, StdinNotImplementedError, OSError):
        raise OptionError(f"{verb} {len(jobs)} jobs? Nobody can answer here. Add --yes to do it.\n{listed}") from None
    return answer.strip().lower() in {"y", "yes"}
