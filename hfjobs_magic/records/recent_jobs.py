"""What was submitted since the kernel started, for completion; bounded, and gone with the kernel."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.options.run_options import RunOptions

REMEMBERED_JOBS = 200
"""More than anyone chooses from in a menu; each is a few hundred bytes."""


@dataclass(frozen=True)
class RecentJob:
    """One job, as it was right after it was submitted."""

    facts: JobFacts
    """What the Hub said of it then."""
    options: RunOptions
    """What was asked for."""


class RecentJobs:
    """Jobs that a kernel has submitted, newest first; the oldest give way."""

    def __init__(self) -> None:
        self._jobs: deque[RecentJob] = deque(maxlen=REMEMBERED_JOBS)

    def __iter__(self) -> Iterator[RecentJob]:
        return iter(tuple(self._jobs))

    def add(self, facts: JobFacts, options: RunOptions) -> None:
        """Remember a job that was just submitted."""
        self._jobs.appendleft(RecentJob(facts, options))
