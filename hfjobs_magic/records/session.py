"""What was submitted since the kernel started, for completion; bounded, and gone with the kernel."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.options.run_options import RunOptions

REMEMBERED_JOBS = 200
"""More than anyone chooses from in a menu; each is a few hundred bytes."""


@dataclass(frozen=True)
class Submitted:
    """One job, as it was right after it was submitted."""

    facts: JobFacts
    """What the Hub said of it then."""
    options: RunOptions
    """What was asked for."""


_submitted: deque[Submitted] = deque(maxlen=REMEMBERED_JOBS)


def remember(facts: JobFacts, options: RunOptions) -> None:
    """Note a job that was just submitted."""
    _submitted.appendleft(Submitted(facts, options))


def submitted() -> tuple[Submitted, ...]:
    """Jobs of this session, newest first."""
    return tuple(_submitted)


def forget() -> None:
    """Begin anew."""
    _submitted.clear()
