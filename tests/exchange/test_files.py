"""Lists of files: a job may claim anything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.exchange.files import MAX_REASONS, JobFile, read_lists
from hfjobs_magic.exchange.paths import is_inside

DIGEST = "0" * 64


def entry(**fields: Any) -> dict[str, Any]:
    return {"path": "model.bin", "size": 3, "sha256": DIGEST, "modified": 5.0, **fields}


def listing(*files: Any, **fields: Any) -> dict[str, Any]:
    return {"version": 1, "folder": "results", "files": list(files), **fields}


def test_a_list_says_what_there_is():
    waiting = {"files": 2, "bytes": 7}
    made = read_lists([listing(entry(), entry(path="a/b"), waiting=waiting, complete=True, left=[["x", "is a link"]])])
    assert made.files == (JobFile("a/b", 3, 5.0, DIGEST), JobFile("model.bin", 3, 5.0, DIGEST))
    assert (made.folder, made.size, made.waiting_files, made.waiting_bytes) == ("results", 6, 2, 7)
    assert (made.left, made.complete) == ((("x", "is a link"),), True)
    assert read_lists([]).folder == ""


def test_a_later_attempt_takes_the_place_of_an_earlier_one_file_by_file():
    first = listing(entry(), entry(path="old"), complete=True)
    made = read_lists([first, listing(entry(size=9), complete=False)])
    assert [(file.path, file.size) for file in made.files] == [("model.bin", 9), ("old", 3)]
    assert made.complete is False


@pytest.mark.parametrize(
    "item",
    [
        entry(path="../model.bin"),
        entry(path="/etc/passwd"),
        entry(path="a//b"),
        entry(path="a/./b"),
        entry(path="a\\..\\b"),
        entry(path="C:x"),
        entry(path="a\0b"),
        entry(path="a\nb"),
        entry(path="\ud800"),
        entry(path="x" * 300),
        entry(path="a/" * 200 + "b"),
        entry(path=7),
        entry(size=-1),
        entry(size=True),
        entry(size=1e10),
        entry(sha256="../../x"),
        entry(sha256=None),
        "model.bin",
        None,
    ],
)
def test_a_record_that_makes_no_sense_is_counted_and_left_out(item: Any):
    made = read_lists([listing(item, entry(path="fine"))])
    assert [file.path for file in made.files] == ["fine"]
    assert (made.damaged, made.is_damaged, made.left) == (1, True, ())


@pytest.mark.parametrize("version", [None, "1", 0, 1.5])
def test_a_list_that_no_job_writes_is_damaged_and_a_later_one_is_newer(version: Any):
    made = read_lists([listing(entry(), version=version)])
    assert (made.files, made.is_damaged, made.is_newer) == ((), True, False)
    made = read_lists([listing(entry(), version=99)])
    assert (made.files, made.is_damaged, made.is_newer) == ((), False, True)


@pytest.mark.parametrize("modified", [None, "now", float("nan"), float("inf"), -1e300, 1e300])
def test_a_time_that_is_none_does_not_matter(modified: Any):
    (file,) = read_lists([listing(entry(modified=modified))]).files
    assert 0 <= file.modified <= 1 << 40


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({"version": st.just(1)}, optional=dict.fromkeys(
    ("folder", "files", "waiting", "left", "complete"), JSON)))  # fmt: skip
def test_any_list_can_be_read(record: dict[str, Any]):
    made = read_lists([record, record])
    assert all(is_inside(file.path) for file in made.files)
    assert len(made.left) <= MAX_REASONS
