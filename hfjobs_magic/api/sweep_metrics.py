"""What the runs of a sweep printed of their metrics."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.errors import HfJobsError
from hfjobs_magic.follow.training_reader import scan_log
from hfjobs_magic.metrics.named_values import find_lone_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.metrics.training_scan import TrainingScan

READERS = 8
"""Jobs that are asked at a time."""

MOST_LONE = 100
"""Names of one log that are looked for; one with more lists its data."""


@dataclass(frozen=True)
class Printed:
    """Metrics that one job printed: the last value of each, by name."""

    series: dict[str, float] = field(default_factory=dict)
    """Of those that are curves."""
    singles: dict[str, float] = field(default_factory=dict)
    """Of those that were printed once, or were named by the reader."""


def read_last_metrics(jobs: Sequence[Job | None], named: str = "") -> list[dict[str, float]]:
    """Return the last value of each metric of every run, by name; of one whose log cannot be read none.

    What any run printed twice, at two steps, is a metric, and so is `named`, however often a run has printed it.
    """
    printed = read_all_printed(jobs, named)
    metrics = {key for one in printed for key in one.series} | {named}
    return [one.series | {key: x for key, x in one.singles.items() if key in metrics} for one in printed]


def read_all_printed(jobs: Sequence[Job | None], named: str = "") -> list[Printed]:
    """Return what every run printed of its metrics, `named` among them."""
    with ThreadPoolExecutor(READERS) as pool:
        return list(pool.map(lambda job: read_printed(job, named), jobs))


def read_printed(job: Job | None, named: str = "") -> Printed:
    """Return what a job printed of its metrics; nothing where its log cannot be read."""
    if job is None:
        return Printed()
    try:
        scan = _scan(job, named)
    except HfJobsError:
        return Printed()
    last: dict[str, float] = {}
    for record in scan.records():
        last |= record
    return Printed({key: x for key, x in last.items() if key not in {"time", "step", "epoch"}}, scan.single_values())


def read_lone_names(jobs: Sequence[Job | None]) -> list[str]:
    """Return what the runs printed on lines of nothing but a name and its number; of one cell, a few runs say it."""
    some = [job for job in jobs if job]
    ended = [job for job in some if job.facts.stage == "COMPLETED"]
    with ThreadPoolExecutor(READERS) as pool:
        return list(dict.fromkeys(chain.from_iterable(pool.map(_read_lone, (ended or some)[:READERS]))))


def _read_lone(job: Job) -> list[str]:
    found: dict[str, None] = {}
    try:
        for line in job.logs():
            found.update(dict.fromkeys(find_lone_names(line)))
            if len(found) >= MOST_LONE:
                break
    except HfJobsError:
        pass  # of what could be read
    return list(found)


def _scan(job: Job, named: str) -> TrainingScan:
    if RUNTIME.is_followed(job.client, job.facts):
        follower = RUNTIME.follower(job.client, job.facts)
        is_read = follower.reads_training and (follower.is_whole or not job.facts.is_terminal)
        if is_read and (not named or follower.training.has(named)):
            return follower.training
    return scan_log(job.logs(), named=[named] if named else [])
