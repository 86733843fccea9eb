"""Samples come back as they went in, in little memory, and as a frame."""

from __future__ import annotations

import sys

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfjobs_magic.metrics.samples import MAX_TEXTS, Samples, SampleStore
from tests.memory import measure_memory

NUMBERS = st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False))
USE = st.dictionaries(st.sampled_from(["utilization", "memory_used_bytes"]), st.integers(0, 2**40), min_size=1)
SAMPLE = st.fixed_dictionaries(
    {"gpus": st.dictionaries(st.sampled_from(["a1", "b2"]), USE)},
    optional={
        "cpu_usage_pct": st.floats(0, 100),
        "memory_used_bytes": st.integers(0, 2**40),
        "replica": st.sampled_from(["r1", "r2", ""]),
        "note": st.one_of(st.none(), st.text(max_size=3), st.booleans(), st.lists(st.integers(), max_size=2)),
    },
)


@settings(deadline=None, max_examples=50)
@given(st.lists(SAMPLE, max_size=30))
def test_what_was_kept_comes_back_as_it_was(samples: list[dict[str, object]]):
    store = SampleStore()
    for at, sample in enumerate(samples):
        store.add(float(at), sample)
    assert store.records() == [{**sample, "time": float(at)} for at, sample in enumerate(samples)]


def test_the_oldest_give_way():
    store = SampleStore(max_values=1_000)
    for at in range(5_000):
        store.add(float(at), {"cpu_usage_pct": at})
    times = [sample["time"] for sample in store.records()]
    assert 400 < len(times) <= 500
    assert times == [float(at) for at in range(5_000 - len(times), 5_000)]


def test_a_frame_has_a_row_a_sample_and_a_column_for_each_gpu():
    gpu = {"utilization": 90, "memory_used_bytes": 5, "memory_total_bytes": 9}
    frame = Samples(
        [
            {"time": 1_790_000_000.5, "cpu_usage_pct": 1.5, "gpus": {"a1": gpu}, "replica": "r1"},
            {"time": 1_790_000_001, "cpu_usage_pct": 2, "gpus": {}, "replica": "r2"},
        ]
    ).to_pandas()
    assert frame["time"].tolist() == [
        pd.Timestamp(1_790_000_000.5, unit="s", tz="UTC"),
        pd.Timestamp(1_790_000_001, unit="s", tz="UTC"),
    ]
    assert list(frame.columns) == [
        *("time", "cpu_usage_pct"),
        *("gpus.a1.utilization", "gpus.a1.memory_used_bytes", "gpus.a1.memory_total_bytes"),
        "replica",
    ]
    assert frame["gpus.a1.utilization"].isna().tolist() == [False, True]
    assert frame.groupby("replica")["cpu_usage_pct"].mean().to_dict() == {"r1": 1.5, "r2": 2.0}


def test_samples_take_the_memory_that_is_promised():
    prepare = """
from hfjobs_magic.metrics.samples import SampleStore
gpu = {"utilization": 1, "memory_used_bytes": 2, "memory_total_bytes": 3}
sample = {"cpu_usage_pct": 1.5, "gpus": {f"a{number}": gpu for number in range(8)}, "replica": "r"}
"""
    taken, _ = measure_memory(prepare, "store = SampleStore()\nfor at in range(2_000): store.add(float(at), sample)")
    # An array has some room to grow.
    assert taken < 1.25 * 2_000 * 8 * 27


def test_a_text_that_is_another_in_each_sample_is_left_out_when_there_are_many():
    store = SampleStore()
    for at in range(MAX_TEXTS + 500):
        store.add(float(at), {"cpu_usage_pct": 1, "date": f"day {at}", "replica": "r"})
    records = store.records()
    assert records[MAX_TEXTS - 1]["date"] == f"day {MAX_TEXTS - 1}"
    assert records[MAX_TEXTS] == {"time": float(MAX_TEXTS), "cpu_usage_pct": 1, "replica": "r"}


def test_a_frame_of_nothing_is_empty():
    frame = Samples().to_pandas()
    assert (len(frame), list(frame.columns)) == (0, ["time"])


def test_without_pandas_the_way_to_get_it_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="%pip install pandas"):
        Samples().to_pandas()
