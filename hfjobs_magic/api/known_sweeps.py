"""The sweeps of a namespace, as the labels of its jobs have them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from hfjobs_magic.api.selectors import SWEEP
from hfjobs_magic.api.sweep_steps import count_runs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.hub.client import JobsClient

LISTED_JOBS = 500
"""Newest jobs that are looked at: a namespace may have thousands."""

SHOWN = 5
"""Sweeps that a sentence names."""


@dataclass(frozen=True)
class KnownSweep:
    """A sweep of which there are jobs."""

    id: str
    """Eight hex digits."""
    runs: int
    """Runs that have a job."""
    name: str
    """Of its jobs, without the number of the run."""
    started_at: float
    """When the newest of its jobs was made, in seconds since the epoch; 0 where nobody knows."""

    def __str__(self) -> str:
        """Say it in a few words: runs, when, and the name."""
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.started_at)) if self.started_at else ""
        return " · ".join(filter(None, [count_runs(self.runs), at, self.name]))


def list_sweeps(client: JobsClient) -> list[KnownSweep]:
    """Return the sweeps of the newest jobs, that which was started last first.

    Raises
    ------
    HubError
        When the Hub refuses or does not answer.
    """
    return group_sweeps(islice(client.jobs(), LISTED_JOBS))


def group_sweeps(jobs: Iterable[JobFacts]) -> list[KnownSweep]:
    """Tell the sweeps of some jobs apart."""
    found: dict[str, list[JobFacts]] = {}
    for job in jobs:
        if sweep := job.labels.get("sweep"):
            found.setdefault(sweep, []).append(job)
    known = [
        KnownSweep(
            sweep,
            len({job.labels.get("sweep-run") for job in some}),
            some[0].name.removesuffix(f"-{some[0].labels.get('sweep-run')}"),
            max(job.created_at or 0.0 for job in some),
        )
        for sweep, some in found.items()
    ]
    return sorted(known, key=lambda one: -one.started_at)


def describe_known(client: JobsClient) -> str:
    """Say which sweeps there are, in a sentence for a reader who has named none of them.

    Raises
    ------
    HubError
        When the Hub refuses or does not answer.
    """
    known = list_sweeps(client)
    if not known:
        return "None of the newest jobs is of a sweep."
    shown = "; ".join(f"{SWEEP}{one.id} ({one})" for one in known[:SHOWN])
    more = f" and {len(known) - SHOWN} more, which Tab behind {SWEEP} lists" if len(known) > SHOWN else ""
    return f"There {'is' if len(known) == 1 else 'are'} {shown}{more}."


def describe_missing(client: JobsClient, sweep_id: str) -> str:
    """Say that there is no such sweep, and which there are; an empty id is one that the reader has left out.

    Raises
    ------
    HubError
        When the Hub refuses or does not answer.
    """
    where = "on this machine" if client.local else f"in {client.namespace}"
    way = "" if client.local else " Add --local for one of this machine."
    head = f"There is no sweep {sweep_id} {where}." if sweep_id else "Which sweep?"
    return f"{head} {describe_known(client)}{way}"
