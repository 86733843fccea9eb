"""What a sweep does next: start a run, wait, or stop; no clock, no thread."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfjobs_magic.cost import format_usd
from hfjobs_magic.facts import NOT_ENDED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_PARALLEL = 4
"""Jobs of a sweep at a time, where nobody says how many."""

WAITING = "WAITING"
"""Stage of a run that has no job yet."""

NOT_STARTED = "not started"
"""What such a stage is called where no more runs are started."""

LEFT_ALONE = "Runs that were not started are left alone until resume() starts them here."
"""Why none is started of a sweep of another kernel, before somebody asks for that."""

_FAILED = ("ERROR", "DELETED")
_TOLERANCE = 1e-9
"""US dollars: sums of floats."""


@dataclass(frozen=True)
class Limits:
    """How far a sweep may go."""

    max_parallel: int = MAX_PARALLEL
    """Jobs at a time."""
    stop_on_fail: int | None = None
    """Failed runs after which no more are started."""
    cap_usd: float | None = None
    """Most that all runs may cost together."""
    each_usd: float | None = None
    """Most that one run can cost; None where that is not known."""

    def at_a_time(self, count: int) -> int:
        """Return how many of so many runs there are at a time: the cap holds back what those that run can cost.

        >>> Limits(4, cap_usd=0.5, each_usd=0.2).at_a_time(6)
        2
        """
        most = min(self.max_parallel, count)
        if self.cap_usd is None or not self.each_usd:
            return most
        return min(most, max(1, int((self.cap_usd + _TOLERANCE) / self.each_usd)))


@dataclass(frozen=True)
class Step:
    """What is to be done now."""

    start: int | None = None
    """Place of the run to start, from 0."""
    stopped: str = ""
    """Why no more runs are started, in a sentence; empty while they are."""
    is_over: bool = False
    """Whether nothing runs and nothing is to be started."""


def next_step(
    stages: Sequence[str],
    limits: Limits,
    spent_usd: float,
    stopped: str = "",
    *,
    room_usd: float | None = None,
    forgiven: int = 0,
) -> Step:
    """Return what to do next.

    Parameters
    ----------
    stages
        Of each run, in order; `WAITING` for one without a job.
    limits
        How far to go.
    spent_usd
        What the runs have cost, those that have not ended at the most they can.
    stopped
        Why it was stopped before; empty where it was not.
    room_usd
        What the session's budget leaves; None where there is none to keep.
    forgiven
        Failed runs that count no longer: somebody has gone on in spite of them.
    """
    count = Counter(stages)
    active = sum(count[stage] for stage in NOT_ENDED)
    waiting = count[WAITING]
    left = _money_left(limits, spent_usd, room_usd)
    stopped = stopped or _why_failures(count, limits, forgiven)
    # What runs may end sooner than it could, and leave room.
    if not stopped and not active and _is_dear(limits, left):
        stopped = _why_money(waiting, limits, spent_usd, left)
    if stopped or not waiting:
        return Step(stopped=stopped if waiting else "", is_over=active == 0)
    if active >= limits.max_parallel or _is_dear(limits, left):
        return Step()
    return Step(start=list(stages).index(WAITING))


def _why_failures(count: Counter[str], limits: Limits, forgiven: int) -> str:
    failed = count_failed(count)
    if limits.stop_on_fail is None or failed - forgiven < limits.stop_on_fail:
        return ""
    return (
        f"{count_runs(failed)} failed (--stop-on-fail {limits.stop_on_fail}), so {_were(count[WAITING])} not started."
    )


def _why_money(waiting: int, limits: Limits, spent_usd: float, left: float | None) -> str:
    each = "an unknown amount" if limits.each_usd is None else format_usd(limits.each_usd)
    if limits.cap_usd is not None and left == limits.cap_usd - spent_usd:
        return (
            f"{format_usd(spent_usd)} of --max-cost {format_usd(limits.cap_usd)} is spent, and another run can cost "
            f"{each}, so {_were(waiting)} not started."
        )
    return (
        f"This session's budget leaves {format_usd(max(left or 0.0, 0.0))}, and another run can cost {each}, so "
        f"{_were(waiting)} not started. Raise it, %hfjobs config budget=…, and continue with resume()."
    )


def _were(count: int) -> str:
    return f"{count} {'was' if count == 1 else 'were'}"


def _money_left(limits: Limits, spent_usd: float, room_usd: float | None) -> float | None:
    """Return what may be spent yet, in US dollars; None without a limit."""
    known = [room_usd, None if limits.cap_usd is None else limits.cap_usd - spent_usd]
    return min((usd for usd in known if usd is not None), default=None)


def _is_dear(limits: Limits, left: float | None) -> bool:
    """Whether another run may cost more than is left; of one whose price is not known, any."""
    if left is None:
        return False
    return limits.each_usd is None or limits.each_usd > left + _TOLERANCE


def count_runs(count: int) -> str:
    """Say how many runs.

    >>> count_runs(1)
    '1 run'
    """
    return f"{count:,} run{'' if count == 1 else 's'}"


def count_failed(count: Mapping[str, int]) -> int:
    """Return how many runs have failed, of those in each stage; who cancels one means to."""
    return sum(count.get(stage, 0) for stage in _FAILED)


def count_stages(stages: Sequence[str]) -> str:
    """Say how many runs are in each stage.

    >>> count_stages(["COMPLETED", "ERROR", "COMPLETED"])
    '2 completed, 1 failed'
    """
    words = {
        "COMPLETED": "completed",
        "ERROR": "failed",
        "DELETED": "deleted",
        "CANCELED": "canceled",
        "RUNNING": "running",
        "SCHEDULING": "scheduling",
        WAITING: NOT_STARTED,
    }
    count = Counter(stages)
    return ", ".join(f"{count[stage]} {word}" for stage, word in words.items() if count[stage])
