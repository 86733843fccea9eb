"""Which job is which run's of a sweep, by their labels, whichever kernels have submitted them; no clock, no thread.

``sweep-run`` is the number of the run, ``sweep-start`` how often it had been started, and ``sweep-by`` the turn of the
kernel that did: ``2-9f3a01bc`` is the second that took the sweep up. The kernel with the latest turn submits; the
others see its jobs in the list of the sweep's, which they read before they submit, and leave it to that one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hfjobs_magic.facts import JobFacts

BY = "sweep-by"
"""Label with the turn of the kernel that submitted a job."""

CANCELED = "canceled"
"""In the place of a kernel: the turn of none, after somebody has cancelled the whole sweep."""

_TURN = re.compile(r"(\d{1,9})-(\w+)", re.ASCII)


@dataclass(frozen=True, order=True)
class Turn:
    """Of a kernel that submits; the greatest is the one whose turn it is."""

    number: int = 0
    """Which of those that took the sweep up."""
    kernel: str = ""
    """Eight hex digits, drawn anew for each: of two that took it up at the same moment one is the greater."""

    def __str__(self) -> str:
        """Return the label."""
        return f"{self.number}-{self.kernel}"


@dataclass(frozen=True)
class Roster:
    """The jobs of a sweep."""

    current: dict[int, JobFacts]
    """Job of each run that has one, by its place from 0."""
    doubles: tuple[JobFacts, ...] = ()
    """Jobs of runs that another kernel had started a moment before; they are to end."""
    turn: Turn = Turn()
    """Whose turn it is."""

    def cancel_all(self) -> tuple[JobFacts, dict[str, str]] | None:
        """Return a job and the labels by which every kernel sees that nobody is to submit more; None without a job."""
        newest = max(self.current.values(), key=lambda job: job.created_at or 0.0, default=None)
        if newest is None:
            return None
        return newest, {**newest.labels, BY: str(Turn(self.turn.number + 1, CANCELED))}


def read_roster(jobs: Iterable[JobFacts], count: int) -> Roster:
    """Tell the jobs of a sweep apart.

    Parameters
    ----------
    jobs
        Those with the sweep's label, in any order.
    count
        How many runs there are.
    """
    starts: dict[int, dict[int, list[JobFacts]]] = {}
    turn = Turn()
    for job in sorted(jobs, key=lambda job: (job.created_at or 0.0, job.id)):
        place, start = _number(job, "sweep-run") - 1, start_of(job)
        if 0 <= place < count and start:
            starts.setdefault(place, {}).setdefault(start, []).append(job)
            turn = max(turn, _turn_of(job))
    current: dict[int, JobFacts] = {}
    doubles: list[JobFacts] = []
    for place, by_start in starts.items():
        for same in by_start.values():
            doubles += [job for job in same if _turn_of(job) != _turn_of(same[0])]
        current[place] = _choose(by_start[max(by_start)])
    return Roster(current, tuple(doubles), turn)


def start_of(job: JobFacts) -> int:
    """Return how often the run of a job had been started, from 1; 0 for a job of no run."""
    return _number(job, "sweep-start")


def _choose(same: Sequence[JobFacts]) -> JobFacts:
    """Choose between a job and those that it was made of once more: it counts until it turns out not to do."""
    own = [job for job in same if _turn_of(job) == _turn_of(same[0])]
    return next((job for job in own if job.stage == "COMPLETED"), own[-1])


def _number(job: JobFacts, label: str) -> int:
    text = job.labels.get(label, "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _turn_of(job: JobFacts) -> Turn:
    found = _TURN.fullmatch(job.labels.get(BY, ""))
    return Turn(int(found[1]), found[2]) if found else Turn()
