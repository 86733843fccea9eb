"""Scheduled jobs in SQLite, beside the jobs they start."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from hfjobs_magic.local.spec import JobSpec

if TYPE_CHECKING:
    import sqlite3

_SCHEMA = """
CREATE TABLE IF NOT EXISTS scheduled (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, created REAL NOT NULL, schedule TEXT NOT NULL,
  spec TEXT NOT NULL, labels TEXT NOT NULL, next_run REAL NOT NULL, suspend INTEGER NOT NULL DEFAULT 0,
  suspend_reason TEXT, concurrency INTEGER NOT NULL DEFAULT 0, last_job TEXT, last_run REAL)
"""


@dataclass
class ScheduledRow:
    """One scheduled job as it is stored."""

    id: str
    """24 hexadecimal digits."""
    created: float
    """Unix seconds."""
    schedule: str
    """A preset or a cron expression, see `cron`."""
    spec: JobSpec
    """What each of its jobs is asked to be."""
    next_run: float
    """Unix seconds."""
    labels: dict[str, str] = field(default_factory=dict)
    """Labels of it and of its jobs."""
    suspend: bool = False
    """Whether it is paused."""
    suspend_reason: str | None = None
    """Why the service itself paused it."""
    concurrency: bool = False
    """Whether it starts a job while its previous one is still running."""
    last_job: str | None = None
    """Id of its latest job."""
    last_run: float | None = None
    """When that was, Unix seconds."""


_JSON = ("spec", "labels")
_FLAGS = ("suspend", "concurrency")
_COLUMNS = [column.name for column in fields(ScheduledRow)]


class ScheduledTable:
    """The scheduled jobs of one database."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        # A database from before scheduled jobs existed lacks it.
        self._db.execute(_SCHEMA)

    def add(self, row: ScheduledRow) -> None:
        """Store a new one."""
        marks = ",".join("?" * len(_COLUMNS))
        self._db.execute(f"INSERT INTO scheduled ({','.join(_COLUMNS)}) VALUES ({marks})", _values(row))

    def save(self, row: ScheduledRow) -> None:
        """Store one that has changed."""
        sets = ",".join(f"{column}=?" for column in _COLUMNS)
        self._db.execute(f"UPDATE scheduled SET {sets} WHERE id=?", [*_values(row), row.id])

    def delete(self, row_id: str) -> None:
        """Delete one; its jobs stay."""
        self._db.execute("DELETE FROM scheduled WHERE id=?", (row_id,))

    def get(self, row_id: str) -> ScheduledRow | None:
        """Return one."""
        row = self._db.execute("SELECT * FROM scheduled WHERE id=?", (row_id,)).fetchone()
        return None if row is None else _row(row)

    def all(self) -> list[ScheduledRow]:
        """Return all of them, the newest first."""
        return [_row(row) for row in self._db.execute("SELECT * FROM scheduled ORDER BY seq DESC")]


def _values(row: ScheduledRow) -> list[Any]:
    record: dict[str, Any] = {column: getattr(row, column) for column in _COLUMNS}
    record["spec"] = row.spec.record()
    return [json.dumps(record[column]) if column in _JSON else record[column] for column in _COLUMNS]


def _row(row: sqlite3.Row) -> ScheduledRow:
    record = {column: json.loads(row[column]) if column in _JSON else row[column] for column in _COLUMNS}
    record["spec"] = JobSpec.restore(record["spec"])
    for flag in _FLAGS:
        record[flag] = bool(record[flag])
    return ScheduledRow(**record)
