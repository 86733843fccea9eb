"""How a job came to be as it is: the rows of the Details tab that change while it runs."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from hfjobs_magic.cost import format_duration

if TYPE_CHECKING:
    from hfjobs_magic.facts import JobFacts

_EXIT_CODE = re.compile(r"exit code: (-?\d+)")
"""As the Hub writes it in a job's message."""


def life(
    facts: JobFacts, finished_at: float | None, exit_code: int | None = None, failures: int | None = None
) -> list[tuple[str, str]]:
    """Return label and value of what has happened to a job so far; empty values for what has not.

    Parameters
    ----------
    facts
        What the Hub says of it.
    finished_at
        When it ended, by the Hub's word or by ours, in seconds since the epoch.
    exit_code
        Of its cell, where that is known; else it is read from the Hub's message.
    failures
        Attempts that have failed; None where nobody has asked.
    """
    created, started = facts.created_at, facts.started_at
    queued = f" · after {format_duration(started - created)} in the queue" if created and started else ""
    ran = f" · ran {format_duration(finished_at - started)}" if started and finished_at else ""
    waits = facts.stage == "SCHEDULING"
    return [
        ("Submitted", moment(created)),
        ("Waits for", (facts.message or "a machine") if waits else ""),
        ("Started", f"{moment(started)}{queued}" if started else ""),
        ("Ended", f"{moment(finished_at)}{ran}" if facts.is_terminal else ""),
        ("Attempts made", _attempts(facts, failures)),
        ("Exit code", _exit_code(facts, exit_code)),
    ]


def moment(seconds: float | None) -> str:
    """Write a moment as every reader of a saved notebook can read it; empty for None."""
    return "" if seconds is None else time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


def _attempts(facts: JobFacts, failures: int | None) -> str:
    if facts.attempts < 2:
        return "1 of 1" if facts.started_at else ""
    if failures is None:
        return ""
    # Besides those that failed: the attempt that is running, or that ended in another way.
    going = facts.started_at is not None and facts.stage not in {"SCHEDULING", "ERROR"}
    return f"{min(failures + going, facts.attempts)} of {facts.attempts}"


def _exit_code(facts: JobFacts, known: int | None) -> str:
    if facts.stage == "COMPLETED":
        return "0"
    said = _EXIT_CODE.search(facts.message or "") if facts.stage == "ERROR" else None
    return said[1] if said else "" if known is None or not facts.is_terminal else str(known)
