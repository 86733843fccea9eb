"""Finding a scheduled job, and asking before something happens to several jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.error import StdinNotImplementedError

from hfjobs_magic.errors import OptionError
from hfjobs_magic.selectors import full_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.hub_scheduled import ScheduledClient, ScheduledFacts
    from hfjobs_magic.state import JobFacts


def one_scheduled(client: ScheduledClient, selector: str) -> ScheduledFacts:
    """Find a scheduled job by id, the beginning of an id, or name."""
    exact = full_id(selector)
    if exact:
        return client.inspect(exact[1])
    jobs = client.jobs()
    found = [job for job in jobs if job.name == selector] or [job for job in jobs if job.id.startswith(selector)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise OptionError(f"No scheduled job is meant by {selector!r}. `%hfjobs scheduled ls -a` lists all.")
    raise OptionError(f"{selector!r} means {len(found)}: {', '.join(job.id for job in found)}. Write an id.")


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
