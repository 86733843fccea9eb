"""What a sweep does next: start a run, wait, or stop; no clock, no thread."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfjobs_magic.cost import format_usd
from hfjobs_magic.facts import NOT_ENDED

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_PARALLEL = 4
"""Jobs of a sweep at a time, where nobody says how many."""

WAITING = "WAITING"
"""Stage of a run that has no job yet."""

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


@dataclass(frozen=True)
class Step:
    """What is to be done now."""

    start: int | None = None
    """Place of the run to start, from 0."""
    stopped: str = ""
    """Why no more runs are started, in a sentence; empty while they are."""
    is_over: bool = False
    """Whether nothing runs and nothing is to be started."""


def next_step(stages: Sequence[str], limits: Limits, spent_usd: float, stopped: str = "") -> Step:
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
    """
    count = Counter(stages)
    active = sum(count[stage] for stage in NOT_ENDED)
    waiting = count[WAITING]
    stopped = stopped or _why_stop(count, limits, spent_usd, active)
    if stopped or not waiting:
        return Step(stopped=stopped if waiting else "", is_over=active == 0)
    if active >= limits.max_parallel or _is_dear(limits, spent_usd):
        return Step()
    return Step(start=list(stages).index(WAITING))


def _why_stop(count: Counter[str], limits: Limits, spent_usd: float, active: int) -> str:
    failed = sum(count[stage] for stage in _FAILED)
    if limits.stop_on_fail is not None and failed >= limits.stop_on_fail:
        return f"{failed} runs failed (--stop-on-fail {limits.stop_on_fail}), so {count[WAITING]} were not started."
    # What runs may end sooner than it could, and leave room.
    if limits.cap_usd is not None and active == 0 and _is_dear(limits, spent_usd):
        return (
            f"{format_usd(spent_usd)} of --max-cost {format_usd(limits.cap_usd)} is spent, and another run can cost "
            f"{format_usd(limits.each_usd)}, so {count[WAITING]} were not started."
        )
    return ""


def _is_dear(limits: Limits, spent_usd: float) -> bool:
    if limits.cap_usd is None:
        return False
    return spent_usd + (limits.each_usd or 0.0) > limits.cap_usd + _TOLERANCE


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
        WAITING: "not started",
    }
    count = Counter(stages)
    return ", ".join(f"{count[stage]} {word}" for stage, word in words.items() if count[stage])
