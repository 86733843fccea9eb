"""What the runs of a sweep printed of their metrics, and which of them is the best."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import HfJobsError
from hfjobs_magic.metrics.direction import is_smaller_better

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.api.job import Job

READERS = 8
"""Jobs that are asked at a time."""


def last_metrics_of(jobs: Sequence[Job | None]) -> list[dict[str, Any]]:
    """Return the last value of each metric of every run, by name; of one whose log cannot be read none."""
    with ThreadPoolExecutor(READERS) as pool:
        return list(pool.map(last_metrics, jobs))


def last_metrics(job: Job | None) -> dict[str, Any]:
    """Return the last value of each metric that a job printed; nothing where its log cannot be read."""
    last: dict[str, Any] = {}
    if job is not None:
        try:
            for record in job.training_metrics():
                last |= record
        except HfJobsError:
            return {}
    return {key: value for key, value in last.items() if key not in {"time", "step", "epoch"}}


def find_best(values: Sequence[Any], jobs: Sequence[Job | None], name: str, mode: str | None) -> Job | None:
    """Return the job with the best of some values, one for each; None where none of them is a number.

    `mode` is ``"min"`` or ``"max"``; without one the name of what is compared decides.
    """
    numbers = [
        (float(value), job) for value, job in zip(values, jobs, strict=True) if job is not None and is_number(value)
    ]
    if not numbers:
        return None
    smaller = mode == "min" or (not mode and is_smaller_better(name))
    return (min if smaller else max)(numbers, key=lambda item: item[0])[1]


def is_number(value: Any) -> bool:
    """Whether it can be compared with other numbers."""
    try:
        return not isinstance(value, (str, Exception)) and float(value) == float(value)
    except (TypeError, ValueError):
        return False
