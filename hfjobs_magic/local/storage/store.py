"""Jobs and buckets in SQLite; the values of secrets never come here, nor do log lines.

One connection, used by the service's event loop alone: every call is a few microseconds to a millisecond.
"""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from hfjobs_magic.local.spec import JobSpec
from hfjobs_magic.local.storage.scheduled import ScheduledTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

SCHEMA_VERSION = 1
TERMINAL = frozenset({"COMPLETED", "ERROR", "CANCELED", "DELETED"})

_SCHEMA = """
CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, created REAL NOT NULL, stage TEXT NOT NULL,
  message TEXT, spec TEXT NOT NULL, labels TEXT NOT NULL, initiator TEXT, started REAL, finished REAL,
  failures INTEGER NOT NULL DEFAULT 0, canceling INTEGER NOT NULL DEFAULT 0,
  supervisor INTEGER NOT NULL DEFAULT 0, identity TEXT NOT NULL DEFAULT '');
CREATE INDEX jobs_stage ON jobs (stage);
CREATE TABLE buckets (
  id TEXT PRIMARY KEY, name TEXT UNIQUE NOT NULL, private INTEGER NOT NULL,
  created REAL NOT NULL, updated REAL NOT NULL);
CREATE TABLE files (
  bucket TEXT NOT NULL REFERENCES buckets (id) ON DELETE CASCADE, path TEXT NOT NULL, hash TEXT NOT NULL,
  size INTEGER NOT NULL, mtime INTEGER, content_type TEXT, uploaded REAL NOT NULL, PRIMARY KEY (bucket, path));
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


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
    """Why it is where it is."""
    initiator: dict[str, str] | None = None
    """Where it was duplicated from."""
    started: float | None = None
    """Unix seconds."""
    finished: float | None = None
    """Unix seconds."""
    failures: int = 0
    """Attempts that failed."""
    canceling: bool = False
    """Whether somebody asked for its end."""
    supervisor: int = 0
    """Process of its supervisor, 0 before it starts."""
    identity: str = ""
    """Which process that is, see `processes.identify`."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to it."""
        return self.stage in TERMINAL


@dataclass(frozen=True)
class BucketRow:
    """One bucket."""

    id: str
    """24 hexadecimal digits."""
    name: str
    """`namespace/name`."""
    private: bool
    """As it was created; nobody else can reach it anyway."""
    created: float
    """Unix seconds."""
    updated: float
    """Unix seconds."""


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
    """Unix seconds."""


_JSON = ("spec", "labels", "initiator")
_COLUMNS = [column.name for column in fields(JobRow)]


class Store:
    """The database file."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)
        self._db.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=5000"):
            self._db.execute(f"PRAGMA {pragma}")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            self._db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;")
        elif version != SCHEMA_VERSION:
            msg = f"{path} was written by another version of hfjobs-magic; move it away to start afresh."
            raise RuntimeError(msg)
        #: The scheduled jobs, see `scheduled`.
        self.scheduled = ScheduledTable(self._db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def meta(self, name: str, default: str) -> str:
        """Return a stored setting; store `default` when there is none yet."""
        self._db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (name, default))
        return str(self._db.execute("SELECT value FROM meta WHERE name=?", (name,)).fetchone()[0])

    # Jobs

    def add_job(self, job: JobRow) -> None:
        """Store a new job."""
        marks = ",".join("?" * len(_COLUMNS))
        self._db.execute(f"INSERT INTO jobs ({','.join(_COLUMNS)}) VALUES ({marks})", _values(job))  # noqa: S608

    def save_job(self, job: JobRow) -> None:
        """Store a job that has changed."""
        sets = ",".join(f"{column}=?" for column in _COLUMNS)
        self._db.execute(f"UPDATE jobs SET {sets} WHERE id=?", [*_values(job), job.id])  # noqa: S608

    def job(self, job_id: str) -> JobRow | None:
        """Return one job."""
        row = self._db.execute("SELECT * FROM jobs WHERE id=?", (job_id,)).fetchone()
        return None if row is None else _job(row)

    def jobs(self, stages: Iterable[str] = (), *, oldest_first: bool = False) -> list[JobRow]:
        """Return the jobs in these stages (all of them without any), the newest first unless told otherwise."""
        wanted = list(stages)
        where = f"WHERE stage IN ({','.join('?' * len(wanted))})" if wanted else ""
        order = "ASC" if oldest_first else "DESC"
        rows = self._db.execute(f"SELECT * FROM jobs {where} ORDER BY seq {order}", wanted)  # noqa: S608
        return [_job(row) for row in rows]

    def open_jobs(self, *, started: bool, limit: int = -1) -> list[JobRow]:
        """Return the jobs that are not over and have a supervisor, or wait for one; the oldest first."""
        which = "supervisor != 0" if started else "supervisor = 0"
        query = f"SELECT * FROM jobs WHERE stage IN ('SCHEDULING','RUNNING') AND {which} ORDER BY seq LIMIT ?"  # noqa: S608
        return [_job(row) for row in self._db.execute(query, (limit,))]

    # Buckets

    def add_bucket(self, bucket: BucketRow) -> None:
        """Store a new bucket."""
        self._db.execute(
            "INSERT INTO buckets VALUES (?,?,?,?,?)",
            (bucket.id, bucket.name, bucket.private, bucket.created, bucket.updated),
        )

    def bucket(self, name: str) -> BucketRow | None:
        """Return one bucket."""
        row = self._db.execute("SELECT * FROM buckets WHERE name=?", (name,)).fetchone()
        return None if row is None else BucketRow(row[0], row[1], bool(row[2]), row[3], row[4])

    def bucket_by_id(self, bucket_id: str) -> BucketRow | None:
        """Return one bucket, whatever it is called by now."""
        row = self._db.execute("SELECT * FROM buckets WHERE id=?", (bucket_id,)).fetchone()
        return None if row is None else BucketRow(row[0], row[1], bool(row[2]), row[3], row[4])

    def buckets(self, namespace: str) -> list[BucketRow]:
        """Return the buckets of a namespace by name."""
        rows = self._db.execute("SELECT * FROM buckets WHERE name LIKE ? ORDER BY name", (f"{namespace}/%",))
        return [BucketRow(row[0], row[1], bool(row[2]), row[3], row[4]) for row in rows]

    def set_private(self, bucket: BucketRow, private: bool) -> None:
        """Change who might see a bucket, if there were anybody else."""
        self._db.execute("UPDATE buckets SET private=? WHERE id=?", (private, bucket.id))

    def rename_bucket(self, bucket: BucketRow, name: str) -> None:
        """Give a bucket another name."""
        self._db.execute("UPDATE buckets SET name=?, updated=? WHERE id=?", (name, time.time(), bucket.id))

    def delete_bucket(self, bucket: BucketRow) -> None:
        """Forget a bucket and its files."""
        self._db.execute("DELETE FROM buckets WHERE id=?", (bucket.id,))

    def files(self, bucket: BucketRow, prefix: str = "") -> list[FileRow]:
        """Return the files of a bucket, or of one folder of it, by path."""
        query, values = "SELECT * FROM files WHERE bucket=?", [bucket.id]
        if prefix:
            # A range, not LIKE: a folder's name may hold its wildcards. "0" follows "/".
            query, values = query + " AND path >= ? AND path < ?", [bucket.id, f"{prefix}/", f"{prefix}0"]
        return [_file(row) for row in self._db.execute(query + " ORDER BY path", values)]

    def walk(self, bucket: BucketRow, prefix: str, after: str) -> Iterator[FileRow]:
        """Yield the files whose path begins with a text and sorts after another one, by path."""
        query = "SELECT * FROM files WHERE bucket=? AND path > ? AND path >= ? AND path < ? ORDER BY path"
        values = (bucket.id, after, prefix, f"{prefix}\U0010ffff")
        yield from (_file(row) for row in self._db.execute(query, values))

    def has_content(self, bucket: BucketRow, xet_hash: str) -> bool:
        """Tell whether a bucket has a file with this content."""
        query = "SELECT 1 FROM files WHERE bucket=? AND hash=? LIMIT 1"
        return self._db.execute(query, (bucket.id, xet_hash)).fetchone() is not None

    def content_hashes(self) -> set[str]:
        """Return the hashes of everything that a bucket holds."""
        return {row[0] for row in self._db.execute("SELECT DISTINCT hash FROM files")}

    def file(self, bucket: BucketRow, path: str) -> FileRow | None:
        """Return one file of a bucket."""
        row = self._db.execute("SELECT * FROM files WHERE bucket=? AND path=?", (bucket.id, path)).fetchone()
        return None if row is None else _file(row)

    def change_files(self, bucket: BucketRow, put: Sequence[FileRow], deleted: Sequence[str]) -> None:
        """Put and delete files in one go."""
        now = time.time()
        with self._db:
            self._db.execute("BEGIN")
            self._db.executemany(
                "INSERT OR REPLACE INTO files VALUES (?,?,?,?,?,?,?)",
                [(bucket.id, f.path, f.hash, f.size, f.mtime, f.content_type, now) for f in put],
            )
            self._db.executemany("DELETE FROM files WHERE bucket=? AND path=?", [(bucket.id, path) for path in deleted])
            self._db.execute("UPDATE buckets SET updated=? WHERE id=?", (now, bucket.id))


def _values(job: JobRow) -> list[Any]:
    record: dict[str, Any] = {column: getattr(job, column) for column in _COLUMNS}
    record["spec"] = job.spec.record()
    return [json.dumps(record[column]) if column in _JSON else record[column] for column in _COLUMNS]


def _job(row: sqlite3.Row) -> JobRow:
    record = {column: json.loads(row[column]) if column in _JSON else row[column] for column in _COLUMNS}
    record["spec"] = JobSpec.restore(record["spec"])
    record["canceling"] = bool(record["canceling"])
    return JobRow(**record)


def _file(row: sqlite3.Row) -> FileRow:
    return FileRow(row["path"], row["hash"], row["size"], row["mtime"], row["content_type"], row["uploaded"])
