"""Jobs of a table: brought up to date with few requests, written as rows, and compared; no clock, no thread."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import JobMissingError
from hfjobs_magic.facts import NOT_ENDED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.follow.protocols import Lister

MAX_ROWS = 2_000
"""Rows of a live table, about 700 kB; of more jobs the newest are shown, and the table says so."""

MAX_INSPECTS = 20
"""Jobs asked for one by one in a look, because they left the list of those that run; the rest have the next look."""

LABEL_CHARS = 60
"""Characters of a label's value in a row."""


@dataclass(frozen=True)
class JobQuery:
    """Which jobs."""

    status: frozenset[str] | None = None
    """In one of these stages; None for all."""
    labels: dict[str, str] = field(default_factory=dict)
    """With these labels."""
    limit: int = 0
    """So many of the newest; 0 for all."""

    @property
    def rows(self) -> int:
        """Most rows that are kept."""
        return min(self.limit or MAX_ROWS, MAX_ROWS)


@dataclass(frozen=True)
class JobRows:
    """Jobs of a list, newest first."""

    jobs: tuple[JobFacts, ...]
    """Each job once."""
    more: bool = False
    """Whether there are older ones that the query's limit leaves out."""


@dataclass(frozen=True)
class Look:
    """What a look at a list brought."""

    rows: JobRows
    """The list as it is now."""
    read: int
    """How many jobs of the Hub's list were read for it."""


def read(lister: Lister, query: JobQuery) -> JobRows:
    """Read the list as far as the query's limit.

    Raises
    ------
    HubError
        When the Hub refuses or does not answer.
    """
    jobs = tuple(
        islice(lister.jobs(status=query.status, labels=query.labels), query.limit + 1 if query.limit else None)
    )
    return JobRows(jobs[: query.limit or None], more=bool(query.limit) and len(jobs) > query.limit)


def reread(lister: Lister, query: JobQuery, before: JobRows, *, whole: bool = False) -> Look:
    """Bring a list up to date: what is new, and what became of the jobs that had not ended.

    A job that has ended changes no more and the list begins with the newest, so it is read only as far as the oldest
    job that had not ended: one page of a hundred, most of the time. `whole` reads on, for what does change: labels.
    A job that leaves the stages asked for stays, with the stage it has now: a row that vanishes when its job fails
    would say nothing.

    Raises
    ------
    HubError
        When the Hub refuses or does not answer.
    """
    known = {job.id: job for job in before.jobs}
    open_ids = {job.id for job in before.jobs if not job.is_terminal}
    # Jobs that end enter a list of ended ones in its middle: that one has to be read to its end.
    enough = not whole and query.status in {None, NOT_ENDED}
    fresh: dict[str, JobFacts] = {}
    more = stopped = False
    for job in lister.jobs(status=query.status, labels=query.labels):
        if len(fresh) >= query.rows:
            more = True
            break
        fresh[job.id] = job
        open_ids.discard(job.id)
        if enough and not open_ids and job.id in known:
            stopped = True
            break
    count = len(fresh)
    for job_id in sorted(open_ids, reverse=True)[:MAX_INSPECTS]:
        try:
            fresh[job_id] = lister.inspect(job_id)
        except JobMissingError:
            del known[job_id]
    kept = (
        known if stopped or more else {job.id: job for job in before.jobs if _is_extra(job, query, open_ids & {*known})}
    )
    rows = trim({**kept, **fresh}.values(), query, more=more or (stopped and before.more))
    return Look(rows, count)


def _is_extra(job: JobFacts, query: JobQuery, unknown: set[str]) -> bool:
    """Whether a job is shown that the list holds no more: it left the stages asked for, or is still to be asked for."""
    return job.id in unknown or bool(query.status and job.stage not in query.status)


def trim(jobs: Iterable[JobFacts], query: JobQuery, *, more: bool) -> JobRows:
    """Put jobs in order and let the oldest go that do not fit."""
    ordered = sorted(jobs, key=lambda job: (job.created_at or 0.0, job.id), reverse=True)
    return JobRows(tuple(ordered[: query.rows]), more=more or len(ordered) > query.rows)


def merge(rows: JobRows, jobs: Iterable[JobFacts], query: JobQuery) -> JobRows:
    """Put in what is known of some jobs before the next look, such as one that was just submitted."""
    known = {job.id: job for job in (*rows.jobs, *jobs)}
    return replace(rows, jobs=trim(known.values(), query, more=rows.more).jobs)


def write_row(job: JobFacts) -> dict[str, Any]:
    """Write one job as the page gets it; times are seconds since the epoch."""
    return {
        "id": job.id,
        "name": job.name,
        "stage": job.stage,
        "message": job.message,
        "flavor": job.flavor,
        "url": job.url,
        "owner": job.owner or job.namespace,
        "labels": {key: value[:LABEL_CHARS] for key, value in job.labels.items() if key != "name"},
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }


def compare(before: JobRows, after: JobRows) -> tuple[list[dict[str, Any]], list[str]]:
    """Return rows that are new or different, and ids that are gone."""
    old, new = {job.id: job for job in before.jobs}, {job.id: job for job in after.jobs}
    return [write_row(job) for job in after.jobs if old.get(job.id) != job], [
        job_id for job_id in old if job_id not in new
    ]
