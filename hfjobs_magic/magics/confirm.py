"""Asking before something happens to several jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.error import StdinNotImplementedError

from hfjobs_magic.errors import BudgetError, OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.facts import JobFacts


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
    return ask(f"{listed}\n{verb} these {len(jobs)} jobs?")


def ask(question: str) -> bool:
    """Ask the reader something that ``--yes`` answers, too; an empty answer is a no.

    Raises
    ------
    OptionError
        Where nobody can answer: nbconvert, papermill, a script.
    """
    try:
        answer = input(f"{question} [y/N] ")
    except (EOFError, StdinNotImplementedError, OSError):
        raise OptionError(f"{question}\nNo one can answer a prompt here. Add --yes to do it.") from None
    return answer.strip().lower() in {"y", "yes"}


def ask_reader(question: str) -> bool:
    """Ask the reader; an empty answer is a no.

    Raises
    ------
    BudgetError
        Where no front end can answer.
    """
    try:
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}
    except (EOFError, StdinNotImplementedError):
        raise BudgetError(f"{question} No one can answer a prompt here, so nothing was submitted.") from None
