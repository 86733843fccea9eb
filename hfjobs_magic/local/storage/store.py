"""Jobs and buckets in SQLite; neither the values of secrets nor log lines are ever stored here.

One connection, used by the service's event loop only: a call takes between some microseconds and a millisecond. What
goes through the history has connections of its own, see `lists`.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from hfjobs_magic.local.spec import JobSpec
from hfjobs_magic.local.storage import schema
from hfjobs_magic.local.storage.scheduled import ScheduledTable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TERMINAL = frozenset({"COMPLETED", "ERROR", "CANCELED", "DELETED"})
"""Stages after which nothing happens to a job any more; the Hub's."""


_FILE_CLOCK = 5 if sys.platform == "linux" else time.CLOCK_REALTIME
"""The clock that stamps files, so that a file which a job writes after an upload is not older than that: Linux's is up
to 10 ms behind. CLOCK_REALTIME_COARSE, which Python does not name; from Linux's time.h."""

_REPLACE_FILE = ", ".join(
    f"{column} = excluded.{column}" for column in ("hash", "size", "mtime", "content_type", "uploaded")
)
"""What changes in a row of the table of files when a file is put over an older one."""


@dataclass
class JobRow:
    """One job as it is stored."""

    id: str
    """24 hexadecimal digits."""
    created: float
    """Unix seconds."""
    spec: JobSpec
    """What was asked for."""
    labels: dict[str, str] = field(default_factory=dict)
    """Its labels."""
    stage: str = "SCHEDULING"
    """SCHEDULING, RUNNING, COMPLETED, ERROR or CANCELED."""
    message: str | None = None
    """Why it is in this stage."""
    initiator: dict[str, str] | None = None
    """What it was duplicated from or started by; None if it was submitted."""
    started: float | None = None
    """Unix seconds."""
    finished: float | None = None
    """Unix seconds."""
    failures: int = 0
    """Attempts that failed."""
    canceling: bool = False
    """Whether it is being cancelled."""
    supervisor: int = 0
    """Process id of its supervisor, 0 before that starts."""
    identity: str = ""
    """Which process that is, see `processes.identify`."""

    @property
    def is_over(self) -> bool:
        """Whether its stage is final."""
        return self.stage in TERMINAL

    @property
    def is_waiting(self) -> bool:
        """Whether it is still in the queue."""
        return self.stage == "SCHEDULING" and not self.supervisor


@dataclass(frozen=True)
class BucketRow:
    """One bucket."""

    id: str
    """24 hexadecimal digits."""
    name: str
    """`namespace/name`."""
    private: bool
    """Only recorded: nobody else can reach it anyway."""
    created: float
    """Unix seconds."""
    updated: float
    """Unix seconds."""
    size: int = 0
    """Bytes of all its files."""
    files: int = 0
    """Number of its files."""


@dataclass(frozen=True)
class FileRow:
    """One file of a bucket."""

    path: str
    """Relative, with `/`."""
    hash: str
    """Xet hash of the content, 64 hexadecimal digits."""
    size: int
    """Bytes."""
    mtime: int | None = None
    """Milliseconds, as the client said."""
    content_type: str | None = None
    """As the client said."""
    uploaded: float = 0.0
    """When it came to have this content; Unix seconds."""


_JSON = ("spec", "labels", "initiator")
"""Columns that hold JSON."""

_COLUMNS = [column.name for column in fields(JobRow)]
"""Columns of a job, all but its number."""


class Store:
    """The database file."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)
        self._db.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=5000"):
            self._db.execute(f"PRAGMA {pragma}")
        schema.prepare(self._db, path)
        self.scheduled = ScheduledTable(self._db)
        """The scheduled jobs."""

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def meta(self, name: str, default: str) -> str:
        """Return a stored setting; store `default` if there is none yet."""
        self._db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (name, default))
        return str(self._db.execute("SELECT value FROM meta WHERE name=?", (name,)).fetchone()[0])

    # Jobs

    def add_job(self, job: JobRow) -> None:
        """Store a new job."""
        marks = ",".join("?" * len(_COLUMNS))
        self._db.execute(f"INSERT INTO jobs ({','.join(_COLUMNS)}) VALUES ({marks})", _make_values(job))

    def save_job(self, job: JobRow) -> None:
        """Store a job that has changed."""
        sets = ",".join(f"{column}=?" for column in _COLUMNS)
        self._db.execute(f"UPDATE jobs SET {sets} WHERE id=?", [*_make_values(job), job.id])

    def job(self, job_id: str) -> JobRow | None:
        """Return one job."""
        row = self._db.execute("SELECT * FROM jobs WHERE id=?", (job_id,)).fetchone()
        return None if row is None else read_job(row)

    def open_jobs(self, *, started: bool, limit: int = -1) -> list[JobRow]:
        """Return the jobs that are not over and have a supervisor, or are waiting for one; the oldest first."""
        which = schema.STARTED if started else schema.WAITING
        query = f"SELECT * FROM jobs WHERE {which} ORDER BY seq LIMIT ?"
        return [read_job(row) for row in self._db.execute(query, (limit,))]

    def has_open_job(self, initiator: dict[str, str]) -> bool:
        """Return whether a job that was started by `initiator` is not over."""
        query = " UNION ALL ".join(
            f"SELECT 1 FROM jobs WHERE {which} AND initiator = :initiator" for which in (schema.STARTED, schema.WAITING)
        )
        return self._db.execute(query, {"initiator": json.dumps(initiator)}).fetchone() is not None

    def count_started(self) -> int:
        """Return how many jobs have a supervisor and are not over."""
        return int(self._db.execute(f"SELECT count(*) FROM jobs WHERE {schema.STARTED}").fetchone()[0])

    def find_place(self, job_id: str) -> int:
        """Return how many jobs wait for a supervisor up to and including this one, 0 if it does not wait."""
        query = (
            f"SELECT count(*) FROM jobs WHERE {schema.WAITING} "
            f"AND seq <= (SELECT seq FROM jobs WHERE id = ? AND {schema.WAITING})"
        )
        return int(self._db.execute(query, (job_id,)).fetchone()[0])

    def delete_jobs(self, job_ids: Sequence[str]) -> None:
        """Delete jobs that are over."""
        marks = ",".join("?" * len(job_ids))
        self._db.execute(f"DELETE FROM jobs WHERE id IN ({marks}) AND NOT {schema.OPEN}", job_ids)

    # Buckets

    def add_bucket(self, bucket: BucketRow) -> None:
        """Store a new bucket."""
        self._db.execute(
            "INSERT INTO buckets (id, name, private, created, updated) VALUES (?,?,?,?,?)",
            (bucket.id, bucket.name, bucket.private, bucket.created, bucket.updated),
        )

    def bucket(self, name: str) -> BucketRow | None:
        """Return one bucket."""
        row = self._db.execute("SELECT * FROM buckets WHERE name=?", (name,)).fetchone()
        return None if row is None else _read_bucket(row)

    def bucket_by_id(self, bucket_id: str) -> BucketRow | None:
        """Return one bucket, whatever its name is by now."""
        row = self._db.execute("SELECT * FROM buckets WHERE id=?", (bucket_id,)).fetchone()
        return None if row is None else _read_bucket(row)

    def buckets(self, namespace: str) -> list[BucketRow]:
        """Return the buckets of a namespace by name."""
        rows = self._db.execute("SELECT * FROM buckets WHERE name LIKE ? ORDER BY name", (f"{namespace}/%",))
        return [_read_bucket(row) for row in rows]

    def set_private(self, bucket: BucketRow, private: bool) -> None:
        """Record whether a bucket is private."""
        self._db.execute("UPDATE buckets SET private=? WHERE id=?", (private, bucket.id))

    def rename_bucket(self, bucket: BucketRow, name: str) -> None:
        """Give a bucket another name."""
        self._db.execute("UPDATE buckets SET name=?, updated=? WHERE id=?", (name, time.time(), bucket.id))

    def delete_bucket(self, bucket: BucketRow) -> None:
        """Delete a bucket and its files."""
        self._db.execute("DELETE FROM buckets WHERE id=?", (bucket.id,))

    def files(self, bucket: BucketRow, prefix: str = "") -> list[FileRow]:
        """Return the files of a bucket, or of one folder of it, by path."""
        query, values = "SELECT * FROM files WHERE bucket=?", [bucket.id]
        if prefix:
            # A range, not LIKE: a folder's name may hold its wildcards. "0" follows "/".
            query, values = query + " AND path >= ? AND path < ?", [bucket.id, f"{prefix}/", f"{prefix}0"]
        return [read_file(row) for row in self._db.execute(query + " ORDER BY path", values)]

    def has_content(self, bucket: BucketRow, xet_hash: str) -> bool:
        """Return whether a bucket has a file with this content."""
        query = "SELECT 1 FROM files WHERE bucket=? AND hash=? LIMIT 1"
        return self._db.execute(query, (bucket.id, xet_hash)).fetchone() is not None

    def content_hashes(self) -> set[str]:
        """Return the hashes of the contents of all buckets."""
        return {row[0] for row in self._db.execute("SELECT DISTINCT hash FROM files")}

    def file(self, bucket: BucketRow, path: str) -> FileRow | None:
        """Return one file of a bucket."""
        row = self._db.execute("SELECT * FROM files WHERE bucket=? AND path=?", (bucket.id, path)).fetchone()
        return None if row is None else read_file(row)

    def change_files(self, bucket: BucketRow, put: Sequence[FileRow], deleted: Sequence[str]) -> None:
        """Put and delete files in one transaction; files that do not say when they were uploaded are put now."""
        now = time.clock_gettime(_FILE_CLOCK)
        with self._db:
            self._db.execute("BEGIN")
            self._db.executemany(
                # Not INSERT OR REPLACE: that deletes a row without its trigger, and the bucket's size would be wrong.
                f"INSERT INTO files VALUES (?,?,?,?,?,?,?) ON CONFLICT (bucket, path) DO UPDATE SET {_REPLACE_FILE}",
                [(bucket.id, f.path, f.hash, f.size, f.mtime, f.content_type, f.uploaded or now) for f in put],
            )
            self._db.executemany("DELETE FROM files WHERE bucket=? AND path=?", [(bucket.id, path) for path in deleted])
            self._db.execute("UPDATE buckets SET updated=? WHERE id=?", (now, bucket.id))


def _make_values(job: JobRow) -> list[Any]:
    record: dict[str, Any] = {column: getattr(job, column) for column in _COLUMNS}
    record["spec"] = job.spec.record()
    return [json.dumps(record[column]) if column in _JSON else record[column] for column in _COLUMNS]


def read_job(row: sqlite3.Row) -> JobRow:
    """Return the job of a row of the table."""
    record = {column: json.loads(row[column]) if column in _JSON else row[column] for column in _COLUMNS}
    record["spec"] = JobSpec.restore(record["spec"])
    record["canceling"] = bool(record["canceling"])
    return JobRow(**record)


def _read_bucket(row: sqlite3.Row) -> BucketRow:
    return BucketRow(**{**dict(row), "private": bool(row["private"])})


def read_file(row: sqlite3.Row) -> FileRow:
    """Return the file of a row of the table."""
    return FileRow(row["path"], row["hash"], row["size"], row["mtime"], row["content_type"], row["uploaded"])
