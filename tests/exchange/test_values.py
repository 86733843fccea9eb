"""Manifests of values: a job may claim anything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfjobs_magic.exchange.values import MAX_FILES, MAX_WORDS, NAMED, read_manifests, say_refused
from hfjobs_magic.values.format import ValueFile

DIGEST = "0" * 64


def manifest(**fields: Any) -> dict[str, Any]:
    files = [{"path": "value.json", "size": 3, "sha256": DIGEST}]
    return {"version": 1, "name": "acc", "expression": "acc", "format": "plain", "files": files, "extra": {}, **fields}


def with_file(**fields: Any) -> dict[str, Any]:
    return manifest(files=[{"path": "value.json", "size": 3, "sha256": DIGEST, **fields}])


def test_a_manifest_says_what_there_is():
    (made,) = read_manifests([manifest(type="float", repr="0.5", attempt="2")]).values()
    assert (made.type, made.repr, made.size, made.attempt) == ("float", "0.5", 3, "2")
    assert made.files == (ValueFile("value.json", 3, DIGEST),)
    assert not made.refused


def test_of_several_attempts_the_newest_counts():
    found = read_manifests([manifest(repr="new", created=2), manifest(repr="old", created=1)])
    assert found["acc"].repr == "new"


def test_what_did_not_come_back_is_said_in_a_bounded_sentence():
    assert say_refused({"acc": "is of type object.", "other": ""}) == "`acc` did not come back: it is of type object."
    many = say_refused({f"x{number}": "y" * 10**6 for number in range(9)})
    assert len(many.splitlines()) == NAMED + 1, "a line each"
    assert many.endswith(f"\n`%hfjobs values` of the job has {9 - NAMED} more.")
    assert len(many) < (NAMED + 1) * (MAX_WORDS + 100)


@pytest.mark.parametrize("claim", [None, [], "acc", {"<b>": "x"}, {7: "x"}, {"acc": None}])
def test_a_report_may_claim_anything(claim: Any):
    assert not say_refused(claim)


@pytest.mark.parametrize(
    "record",
    [
        with_file(path="../acc"),
        with_file(path="/etc/passwd"),
        with_file(path="a//b"),
        with_file(path="a/./b"),
        with_file(path="a\\..\\b"),
        with_file(path="a\0b"),
        with_file(path="a/" * 200 + "b"),
        with_file(path=7),
        with_file(size=-1),
        with_file(size=True),
        with_file(size="3"),
        with_file(sha256="../../x"),
        manifest(files=[{"path": "a", "size": 1, "sha256": DIGEST}] * 2),
        manifest(files=None),
        manifest(version="1"),
        manifest(version=None),
        manifest(files="abc"),
        manifest(extra=[]),
        {key: value for key, value in manifest().items() if key != "files"},
    ],
)
def test_a_manifest_that_makes_no_sense_is_a_value_that_was_refused(record: dict[str, Any]):
    (made,) = read_manifests([record]).values()
    assert made.refused == "is damaged: its manifest makes no sense"
    assert made.files == ()


def test_a_manifest_of_a_newer_version_says_so():
    (made,) = read_manifests([manifest(version=99, files="of its own")]).values()
    assert (made.is_known, made.is_damaged) == (False, False)
    assert made.refused.startswith("was written by a newer version of hfjobs-magic; upgrade it here: %pip install")


def test_what_is_too_large_is_refused_before_anything_is_fetched():
    assert "is 10.0 GB" in read_manifests([with_file(size=10**10)])["acc"].refused
    many = [{"path": f"{n}", "size": 1, "sha256": DIGEST} for n in range(MAX_FILES + 1)]
    assert "has 10,001 files" in read_manifests([manifest(files=many)])["acc"].refused


@pytest.mark.parametrize("name", ["../acc", "a b", "", 7, None])
def test_a_name_is_a_name(name: Any):
    assert not read_manifests([manifest(name=name)])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["files", "extra", "created", "type", "format", "refused", "attempt"]), JSON))
def test_nothing_is_raised_whatever_it_says(fields: dict[str, Any]):
    for made in read_manifests([manifest(**fields)]).values():
        assert all(".." not in file.path.split("/") for file in made.files)
