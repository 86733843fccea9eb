"""Databases of earlier versions, and what triggers keep."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.local.errors import LocalServiceError
from hfjobs_magic.local.storage import schema
from hfjobs_magic.local.storage.lists import JobQuery, Lists
from hfjobs_magic.local.storage.store import BucketRow, FileRow, Store
from tests.local.storage.making import SPEC

if TYPE_CHECKING:
    from pathlib import Path


def test_a_database_of_version_1_keeps_its_jobs_and_buckets(tmp_path: Path):
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(f"{schema._TABLES} CREATE INDEX jobs_stage ON jobs (stage); PRAGMA user_version=1;")
        for number, stage in enumerate(("COMPLETED", "ERROR", "COMPLETED")):
            db.execute(
                "INSERT INTO jobs (id, created, stage, spec, labels, initiator) VALUES (?,?,?,?,?,?)",
                (str(number), 1.0, stage, json.dumps(SPEC.record()), json.dumps({"team": "nlp"}), "null"),
            )
        db.execute("INSERT INTO buckets VALUES ('b', 'local/b', 1, 1.0, 1.0)")
        db.execute("INSERT INTO buckets VALUES ('e', 'local/empty', 1, 1.0, 1.0)")
        db.executemany("INSERT INTO files VALUES ('b',?,'h',?,NULL,NULL,1.0)", [("x", 3), ("y", 4)])
        db.commit()
    for _ in range(2):
        with closing(Store(path)) as store:
            assert (store.bucket("local/b").size, store.bucket("local/b").files) == (7, 2)
            assert (store.bucket("local/empty").size, store.bucket("local/empty").files) == (0, 0)
            history = Lists(path)
            assert [job.id for job in history.read_page(JobQuery(), None, 10).jobs] == ["2", "1", "0"]
            assert history.count(JobQuery(frozenset({"COMPLETED"}), frozenset({"team=nlp"}))) == 2


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path):
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version={schema.VERSION + 1}")
    with pytest.raises(LocalServiceError, match=r"written by a newer version of hfjobs-magic\. Update the package"):
        Store(path)


def test_the_size_of_a_bucket_is_that_of_its_files_after_any_change(tmp_path: Path):
    with closing(Store(tmp_path / "store.db")) as store:
        bucket, other = (BucketRow(name, f"local/{name}", False, 1.0, 1.0) for name in ("one", "two"))
        store.add_bucket(bucket)
        store.add_bucket(other)

        def size(name: str = "one") -> tuple[int, int]:
            row = store.bucket(f"local/{name}")
            return row.size, row.files

        store.change_files(bucket, [FileRow("a", "h", 5), FileRow("b/c", "h", 7)], [])
        store.change_files(other, [FileRow("a", "h", 100)], [])
        assert (size(), size("two")) == ((12, 2), (100, 1))
        store.change_files(bucket, [FileRow("a", "i", 1), FileRow("a", "j", 2)], ["b/c", "never there"])
        assert size() == (2, 1)
        store.rename_bucket(bucket, "local/three")
        assert size("three") == (2, 1)
        assert store.bucket_by_id("one").name == "local/three"
        store.delete_bucket(bucket)
        assert size("two") == (100, 1)
        assert store.files(bucket) == []
