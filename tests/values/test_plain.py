"""Plain values: what goes in comes out, in the same types, or is refused."""

from __future__ import annotations

import datetime
import enum
import json
import sys
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfjobs_magic.values import plain
from hfjobs_magic.values.format import RefusedError

SECONDS = st.integers(-86_000, 86_000)
ZONES = st.none() | st.builds(lambda s: datetime.timezone(datetime.timedelta(seconds=s)), SECONDS)
ZONES |= st.just(datetime.timezone(datetime.timedelta(hours=1), "CET"))
ZONES |= st.sampled_from(["Europe/Berlin", "Asia/Kathmandu"]).map(ZoneInfo)

ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters(exclude_categories=()))
    | st.binary()
    | st.dates()
    | st.timedeltas()
    | st.datetimes(timezones=ZONES)
    | st.times(timezones=st.none() | st.just(datetime.timezone.utc))
    | st.decimals()
    | st.fractions()
    | st.uuids()
    | st.builds(range, st.integers(), st.integers(), st.integers(1))
    | st.sampled_from([pd.NaT, pd.NA, pd.Timedelta(1, "s"), pd.Timedelta("1 days 00:00:00.000000001")])
    | st.builds(pd.Timestamp, st.datetimes(pd.Timestamp.min, pd.Timestamp.max))
    | st.sampled_from([ZoneInfo("Europe/Berlin"), datetime.timezone.utc]).map(
        lambda zone: pd.Timestamp("2026-10-25 01:30:00.000000001", tz="UTC").tz_convert(zone)
    )
    | st.sampled_from([np.float32(0.1), np.int8(-3), np.bool_(True), np.datetime64("2026-01-01"), np.str_("a")])
)
KEYS = st.integers() | st.text() | st.booleans() | st.tuples(st.integers(), st.text()) | st.just("$tuple")
VALUES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(KEYS, inner)
        | st.dictionaries(st.text(), inner)
        | st.frozensets(st.integers() | st.text())
        | st.sets(st.floats(allow_nan=False))
        | st.binary().map(bytearray)
        | st.dictionaries(KEYS, inner).map(OrderedDict)
        | st.dictionaries(KEYS, inner).map(lambda items: defaultdict(list, items))
        | st.dictionaries(KEYS, inner).map(Counter)
        | st.builds(deque, st.lists(inner, max_size=3), st.none() | st.just(3))
    ),
    max_leaves=20,
)


MARKS = ("unit", "maxlen", "default_factory")
"""What neither repr nor equality tells of a Timestamp, a deque or a defaultdict."""


def is_same(one: Any, other: Any) -> bool:
    """The same value, of the same type, all the way down."""
    if type(one) is not type(other) or any(getattr(one, name, 0) != getattr(other, name, 0) for name in MARKS):
        return False
    if isinstance(one, (list, tuple, deque)):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, dict):
        return list(map(repr, one)) == list(map(repr, other)) and all(map(is_same, one.values(), other.values()))
    if isinstance(one, (set, frozenset)):
        return one == other and {type(item) for item in one} == {type(item) for item in other}
    # Of floats, complex numbers, decimals and times, repr tells more than equality: -0.0, NaN, the fold.
    return repr(one) == repr(other)


def travel(value: Any, folder: Path) -> Any:
    return plain.read(folder, plain.write(value, folder, "v").files, {})


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES)
def test_every_plain_value_comes_back_the_same(tmp_path: Path, value: Any):
    assert is_same(travel(value, tmp_path), value)


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_moments_and_spans_beyond_what_nanoseconds_hold_come_back_the_same(tmp_path: Path, unit: str):
    for text in ("1500-01-01", "3000-01-01", "1500-06-01T12:00Z"):
        value = pd.Timestamp(np.datetime64("2026-01-01", unit)).replace(year=int(text[:4]))
        value = value.tz_localize("UTC") if text.endswith("Z") else value
        again = travel(value, tmp_path)
        assert (again, again.unit, again.tzinfo) == (value, unit, value.tzinfo)
    span = pd.Timedelta(np.timedelta64(400_000, "D").astype(f"m8[{unit}]"))
    assert (travel(span, tmp_path), travel(span, tmp_path).unit) == (span, unit)


def test_arrays_inside_of_other_values_come_back(tmp_path: Path):
    value = {"loss": np.arange(6.0).reshape(2, 3), "labels": [np.array(["a", "bc"])], "nothing": np.zeros((0, 3), "i2")}
    again = travel(value, tmp_path)
    np.testing.assert_array_equal(again["loss"], value["loss"], strict=True)
    np.testing.assert_array_equal(again["labels"][0], value["labels"][0], strict=True)
    np.testing.assert_array_equal(again["nothing"], value["nothing"], strict=True)


def test_what_stands_in_two_places_is_one_thing_on_the_other_side(tmp_path: Path):
    row, cell, array = [0], {"x": [1]}, np.zeros(2)
    value = {"rows": [row, row], "both": (cell, [cell["x"], row]), 3: deque([cell, array]), "array": array, "own": [0]}
    again = travel(value, tmp_path)
    assert (again["rows"], again["both"], again["own"]) == (value["rows"], value["both"], value["own"])
    again["rows"][0].append(7)
    assert (again["rows"][1], again["both"][1][1], again["own"]) == ([0, 7], [0, 7], [0])
    assert again["both"][0] is again[3][0]
    assert again["both"][0]["x"] is again["both"][1][0]
    again["array"][0] = 5
    assert again[3][1][0] == 5


def test_shared_parts_are_sent_once_and_no_more_than_a_program_can_walk_through(tmp_path: Path):
    deep: Any = ["x"]
    for _ in range(15):
        deep = [deep, deep]
    again = travel(deep, tmp_path)
    assert again == deep
    assert (tmp_path / "v.json").stat().st_size < 1000
    for _ in range(15):
        deep = [deep, deep]
    with pytest.raises(RefusedError, match="has more than 100,000,000 parts"):
        travel(deep, tmp_path)
    made: Any = ["x"]
    for number in range(30):
        made = [{"$shared": [number, made]}, {"$same": number}]
    with pytest.raises(RefusedError, match="has more than 100,000,000 parts"):
        plain.decode(made)


class Colour(enum.IntEnum):
    RED = 1


Point = namedtuple("Point", "x y")

LOOP: list[Any] = [1]
LOOP.append({"again": LOOP})
DEEP: list[Any] = []
for _ in range(sys.getrecursionlimit() + 100):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (object(), "is of type object, which has no format"),
        ([1, object()], "holds a value of type object, which JSON cannot hold; send it under a name of its own"),
        (Colour.RED, r"is of type tests\.Colour, a kind of int, which has no format"),
        ([Point(1, 2)], r"a kind of tuple"),
        (defaultdict(lambda: 1), "a defaultdict that fills itself with code"),
        ([pd.Timestamp.now("UTC").tz_convert("dateutil/Europe/Berlin")], "has a time zone of type dateutil"),
        (lambda: None, "is of type function"),
        ({"out": Path("x")}, "holds a path; a path to a file travels as a value of its own"),
        (LOOP, "contains itself"),
        (DEEP, "is nested too deeply for JSON"),
        ([np.array([object()])], r"holds a value of type numpy\.ndarray"),
        ([np.array([1], np.dtype("i4", metadata={"unit": "m"}))], r"holds a value of type numpy\.ndarray"),
        (np.void(b"ab"), r"is of type numpy\.void"),
        (datetime.datetime(2026, 1, 1, tzinfo=type("Mine", (datetime.tzinfo,), {})()), "has a time zone of type"),
    ],
)
def test_what_would_change_is_refused_with_a_sentence(tmp_path: Path, value: Any, sentence: str):
    with pytest.raises(RefusedError, match=sentence):
        plain.write(value, tmp_path, "v")


TAGS = ["$tuple", "$array", "$number", "$dict", "$datetime", "$range", "$set", "$int", "$what", "a"]
TAGS += ["$pandas", "$OrderedDict", "$Counter", "$defaultdict", "$deque", "Timestamp"]
LIES = st.recursive(
    st.none() | st.text() | st.floats() | st.sampled_from(TAGS),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(TAGS), inner),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LIES)
def test_nothing_but_a_refusal_comes_of_a_file_that_lies(tmp_path: Path, value: Any):
    (tmp_path / "v.json").write_text(json.dumps(value))
    with suppress(RefusedError):
        plain.read(tmp_path, ["v.json"], {})


def test_ids_are_ids(tmp_path: Path):
    value = uuid4()
    assert travel(value, tmp_path) == value
