"""The tables of the database, and what brings an older one up to date.

`tags` and `counts` exist so that a list of jobs costs its page and a count costs nothing, however long the history is.
Triggers keep them, so no code that changes a job can forget to::

    tags      label, stage, seq      a row per job with the label '', and one per label of a job, as 'key=value'
    counts    label, stage, jobs     how many tags there are of each
    buckets   size, files            what the files of a bucket add up to
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.local.errors import LocalServiceError

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

VERSION = 2
"""Of the tables; stored in the database as its user_version."""

OPEN = "stage IN ('SCHEDULING', 'RUNNING')"
"""SQL that holds for jobs that are not over. SQLite uses an index on it only if a query repeats it to the letter."""

WAITING = f"{OPEN} AND supervisor = 0"
"""The same for those that no supervisor has taken yet."""

STARTED = f"{OPEN} AND supervisor != 0"
"""The same for those that have a supervisor."""

_TABLES = """
CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, created REAL NOT NULL, stage TEXT NOT NULL,
  message TEXT, spec TEXT NOT NULL, labels TEXT NOT NULL, initiator TEXT, started REAL, finished REAL,
  failures INTEGER NOT NULL DEFAULT 0, canceling INTEGER NOT NULL DEFAULT 0,
  supervisor INTEGER NOT NULL DEFAULT 0, identity TEXT NOT NULL DEFAULT '');
CREATE TABLE buckets (
  id TEXT PRIMARY KEY, name TEXT UNIQUE NOT NULL, private INTEGER NOT NULL,
  created REAL NOT NULL, updated REAL NOT NULL);
CREATE TABLE files (
  bucket TEXT NOT NULL REFERENCES buckets (id) ON DELETE CASCADE, path TEXT NOT NULL, hash TEXT NOT NULL,
  size INTEGER NOT NULL, mtime INTEGER, content_type TEXT, uploaded REAL NOT NULL, PRIMARY KEY (bucket, path));
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
"""Version 1."""

_FROM_1 = f"""
DROP INDEX IF EXISTS jobs_stage;
CREATE INDEX jobs_waiting ON jobs (seq) WHERE {WAITING};
CREATE INDEX jobs_started ON jobs (seq) WHERE {STARTED};
CREATE INDEX jobs_finished ON jobs (finished) WHERE finished IS NOT NULL;
CREATE TABLE tags (
  label TEXT NOT NULL, stage TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (label, stage, seq)) WITHOUT ROWID;
CREATE TABLE counts (
  label TEXT NOT NULL, stage TEXT NOT NULL, jobs INTEGER NOT NULL, PRIMARY KEY (label, stage)) WITHOUT ROWID;
CREATE TRIGGER tag_added AFTER INSERT ON tags BEGIN
  INSERT INTO counts VALUES (NEW.label, NEW.stage, 1) ON CONFLICT (label, stage) DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER tag_removed AFTER DELETE ON tags BEGIN
  UPDATE counts SET jobs = jobs - 1 WHERE label = OLD.label AND stage = OLD.stage;
  DELETE FROM counts WHERE label = OLD.label AND stage = OLD.stage AND jobs = 0;
END;
CREATE TRIGGER job_added AFTER INSERT ON jobs BEGIN
  INSERT INTO tags VALUES ('', NEW.stage, NEW.seq);
  INSERT INTO tags SELECT key || '=' || value, NEW.stage, NEW.seq FROM json_each(NEW.labels);
END;
CREATE TRIGGER job_changed AFTER UPDATE OF stage, labels ON jobs
WHEN NEW.stage != OLD.stage OR NEW.labels != OLD.labels BEGIN
  DELETE FROM tags WHERE stage = OLD.stage AND seq = OLD.seq
    AND label IN (SELECT '' UNION ALL SELECT key || '=' || value FROM json_each(OLD.labels));
  INSERT INTO tags VALUES ('', NEW.stage, NEW.seq);
  INSERT INTO tags SELECT key || '=' || value, NEW.stage, NEW.seq FROM json_each(NEW.labels);
END;
CREATE TRIGGER job_removed AFTER DELETE ON jobs BEGIN
  DELETE FROM tags WHERE stage = OLD.stage AND seq = OLD.seq
    AND label IN (SELECT '' UNION ALL SELECT key || '=' || value FROM json_each(OLD.labels));
END;
INSERT INTO tags SELECT '', stage, seq FROM jobs;
INSERT INTO tags SELECT key || '=' || value, stage, seq FROM jobs, json_each(jobs.labels);
ALTER TABLE buckets ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE buckets ADD COLUMN files INTEGER NOT NULL DEFAULT 0;
UPDATE buckets SET (size, files) = (SELECT coalesce(sum(size), 0), count(*) FROM files WHERE bucket = buckets.id);
CREATE TRIGGER file_added AFTER INSERT ON files BEGIN
  UPDATE buckets SET size = size + NEW.size, files = files + 1 WHERE id = NEW.bucket;
END;
CREATE TRIGGER file_changed AFTER UPDATE OF size ON files BEGIN
  UPDATE buckets SET size = size + NEW.size - OLD.size WHERE id = NEW.bucket;
END;
CREATE TRIGGER file_removed AFTER DELETE ON files BEGIN
  UPDATE buckets SET size = size - OLD.size, files = files - 1 WHERE id = OLD.bucket;
END;
"""
"""What version 2 adds to version 1."""


def prepare(db: sqlite3.Connection, path: Path) -> None:
    """Create the tables of an empty database, or bring those of an older one up to date.

    Raises
    ------
    LocalServiceError
        If a newer version of this package wrote the database.
    """
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise LocalServiceError(
            f"{path} was written by a newer version of hfjobs-magic. Update the package, or move the file away."
        )
    steps = [_TABLES, _FROM_1][version:]
    if steps:
        db.executescript(f"BEGIN; {''.join(steps)} PRAGMA user_version={VERSION}; COMMIT;")
