"""Lists and counts that cost the page that is asked for, however much there is; of jobs, and of the files of a bucket.

Every call has a read-only connection of its own, so it can run in any thread: the event loop never waits for one.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from hfjobs_magic.local.storage import schema
from hfjobs_magic.local.storage.store import JobRow, read_file, read_job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hfjobs_magic.local.storage.store import BucketRow, FileRow

    Walk = Callable[[str, str], Iterator[FileRow]]


@dataclass(frozen=True)
class JobQuery:
    """Which jobs are asked for."""

    stages: frozenset[str] = frozenset()
    """Stages that they may be in; any if there is none."""
    labels: frozenset[str] = frozenset()
    """Labels, as 'key=value', all of which they must have."""

    def wants(self, stage: str) -> bool:
        """Return whether jobs in a stage can be among them: never, if a label is to have two values."""
        has_clash = len({label.partition("=")[0] for label in self.labels}) < len(self.labels)
        return not has_clash and (not self.stages or stage in self.stages)


@dataclass(frozen=True)
class Page:
    """One page of a list, the newest job first."""

    jobs: list[JobRow]
    """The jobs of the page."""
    cursor: int | None
    """Where the next page begins; None on the last one."""
    places: dict[str, int]
    """For each job of the page that waits for a supervisor: how many do up to and including it."""
    started: int
    """How many jobs have a supervisor and are not over."""


class Lists:
    """The jobs of one database."""

    def __init__(self, path: Path) -> None:
        self._uri = f"{path.absolute().as_uri()}?mode=ro"

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        """Give a read-only connection for one thread; all its queries see the same moment."""
        with closing(sqlite3.connect(self._uri, uri=True, isolation_level=None)) as db:
            db.row_factory = sqlite3.Row
            db.execute("BEGIN")  # one snapshot for all queries
            yield db

    def read_page(self, query: JobQuery, before: int | None, limit: int) -> Page:
        """Return the newest jobs of a query, of those older than the cursor `before` if there is one."""
        with self.connect() as db:
            tags, values = _select_tags(db, query, "AND seq < ? ORDER BY seq DESC LIMIT ?")
            end = before if before is not None else (1 << 63) - 1
            parts = [value for part in values for value in (*part, end, limit + 1)]
            found = f"SELECT seq FROM ({' UNION ALL '.join(tags)}) ORDER BY seq DESC LIMIT ?"
            rows = db.execute(
                f"SELECT * FROM jobs WHERE seq IN ({found}) ORDER BY seq DESC",
                [*parts, limit + 1],
            ).fetchall()
            jobs = [read_job(row) for row in rows[:limit]]
            cursor = rows[limit - 1]["seq"] if len(rows) > limit else None
            started = db.execute(f"SELECT count(*) FROM jobs WHERE {schema.STARTED}").fetchone()[0]
            return Page(jobs, cursor, _find_places(db, jobs), started)

    @contextmanager
    def walk(self, bucket: BucketRow) -> Iterator[Walk]:
        """Give a function that yields the files whose path begins with a text and sorts after another, by path."""
        query = "SELECT * FROM files WHERE bucket=? AND path > ? AND path >= ? AND path < ? ORDER BY path"
        with self.connect() as db:

            def walk(prefix: str, after: str) -> Iterator[FileRow]:
                yield from map(read_file, db.execute(query, (bucket.id, after, prefix, f"{prefix}\U0010ffff")))

            yield walk

    def count(self, query: JobQuery) -> int:
        """Return how many jobs a query is about."""
        with self.connect() as db:
            if len(query.labels) > 1:
                tags, values = _select_tags(db, query, "")
                total = f"SELECT count(*) FROM ({' UNION ALL '.join(tags)})"
                return int(db.execute(total, [value for part in values for value in part]).fetchone()[0])
            label = next(iter(query.labels), "")
            return sum(jobs for stage, jobs in _count_stages(db, label).items() if query.wants(stage))

    def read_used_since(self, moment: float) -> list[JobRow]:
        """Return the jobs that ran at or after a time in Unix seconds, the newest first."""
        with self.connect() as db:
            rows = db.execute(
                f"SELECT * FROM jobs WHERE finished >= ? AND started IS NOT NULL "
                f"UNION ALL SELECT * FROM jobs WHERE {schema.STARTED} AND started IS NOT NULL ORDER BY seq DESC",
                (moment,),
            )
            return [read_job(row) for row in rows]

    def find_expired(self, keep_jobs: int | None, finished_before: float, latest: float) -> list[str]:
        """Return jobs that are over and need not be kept, the longest over first.

        The last job of a schedule is kept, because the schedule names it.

        Parameters
        ----------
        keep_jobs
            How many of the jobs that are over are kept; all of them if None.
        finished_before
            Jobs that ended before this time, in Unix seconds, are not kept either.
        latest
            Jobs that ended after this time, in Unix seconds, are kept in any case.
        """
        with self.connect() as db:
            over = db.execute("SELECT count(*) FROM jobs WHERE finished IS NOT NULL").fetchone()[0]
            surplus = 0 if keep_jobs is None else max(0, over - keep_jobs)
            rows = db.execute(
                f"SELECT id, finished FROM jobs WHERE finished < ? AND NOT {schema.OPEN} "
                "AND id NOT IN (SELECT last_job FROM scheduled WHERE last_job IS NOT NULL) ORDER BY finished",
                (latest,),
            )
            expired = takewhile(
                lambda item: item[0] < surplus or item[1]["finished"] < finished_before, enumerate(rows)
            )
            return [row["id"] for _, row in expired]


def _count_stages(db: sqlite3.Connection, label: str) -> dict[str, int]:
    """Return the number of jobs with a label in each stage."""
    return dict(db.execute("SELECT stage, jobs FROM counts WHERE label = ?", (label,)).fetchall())


def _select_tags(db: sqlite3.Connection, query: JobQuery, tail: str) -> tuple[list[str], list[list[object]]]:
    """Return SQL for the numbers of a query's jobs, one part per stage, and the values that each part needs.

    The rarest label leads, and each of its jobs is looked up under the other labels.
    """
    counts = {label: _count_stages(db, label) for label in query.labels or {""}}
    lead, *others = sorted(counts, key=lambda label: sum(counts[label].values()))
    has_other = " AND EXISTS (SELECT 1 FROM tags o WHERE o.label = ? AND o.stage = t.stage AND o.seq = t.seq)"
    part = f"SELECT * FROM (SELECT seq FROM tags t WHERE label = ? AND stage = ?{has_other * len(others)} {tail})"
    stages = [stage for stage in counts[lead] if query.wants(stage)] or [""]
    return [part] * len(stages), [[lead, stage, *others] for stage in stages]


def _find_places(db: sqlite3.Connection, jobs: list[JobRow]) -> dict[str, int]:
    if not any(job.is_waiting for job in jobs):
        return {}
    wanted = {job.id for job in jobs}
    waiting = db.execute(f"SELECT id FROM jobs WHERE {schema.WAITING} ORDER BY seq")
    return {row["id"]: place for place, row in enumerate(waiting, 1) if row["id"] in wanted}
