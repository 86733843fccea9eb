"""Series of training metrics: what is drawn, where, and in how little memory."""

from __future__ import annotations

import itertools
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.metrics.training import MAX_KEYS, MAX_RECORDS, MAX_SERIES, TrainingBuffer
from hfjobs_magic.metrics.training_report import Report
from hfjobs_magic.metrics.training_series import MAX_POINTS

PLACES = st.none() | st.integers(0, 30) | st.floats(0, 5)
REPORTS = st.lists(st.tuples(PLACES, PLACES, st.dictionaries(st.sampled_from("abc"), st.floats(-9, 9), max_size=3)))


def buffer_of(*reports: tuple[float | None, float | None, float], key: str = "loss") -> TrainingBuffer:
    """Give a buffer that was told (step, epoch, value) at a second each."""
    buffer = TrainingBuffer()
    for second, (step, epoch, value) in enumerate(reports):
        buffer.add(float(second), Report({key: value}, step, epoch))
    return buffer


def only(buffer: TrainingBuffer) -> dict[str, Any]:
    (series,) = buffer.trait()["series"]
    return series


def test_a_key_is_drawn_once_it_was_seen_twice_and_further_on():
    assert buffer_of((1, None, 0.5)).trait() == {}
    assert buffer_of((1, None, 0.5), (1, None, 0.4)).trait() == {}
    assert only(buffer_of((1, None, 0.5), (2, None, 0.4)))["step"] == [1, 2]


def test_one_without_step_or_epoch_needs_three_values():
    assert buffer_of((None, None, 0.5), (None, None, 0.4)).trait() == {}
    assert buffer_of(*[(None, None, 0.5)] * 9).trait() == {}
    drawn = buffer_of((None, None, 0.5), (None, None, 0.4), (None, None, 0.3))
    assert (only(drawn)["y"], only(drawn)["time"]) == ([0.5, 0.4, 0.3], [0, 1, 2])


def test_where_no_report_names_a_step_or_an_epoch_they_are_counted():
    reports = [(None, None, float(n)) for n in range(2 * MAX_POINTS)]
    buffer = buffer_of(*reports)
    assert (buffer.trait()["x_label"], only(buffer)["step"][:3], len(only(buffer)["step"])) == (
        "step",
        [1, 3, 5],
        MAX_POINTS,
    )
    buffer.add(9.0, Report({"acc": 0.5}, None, 1))
    buffer.add(9.0, Report({"acc": 0.6}, None, 2))
    # Beside others that do, they stand at their time.
    assert [one["step"] for one in buffer.trait()["series"]] == [None, None]


def test_a_report_at_the_same_place_takes_the_place_of_the_last():
    assert only(buffer_of((1, None, 0.5), (2, None, 0.4), (2, None, 0.3)))["y"] == [0.5, 0.3]


def test_what_came_late_is_left_out():
    assert only(buffer_of((10, None, 0.5), (12, None, 0.4), (11, None, 9.0), (13, None, 0.3)))["step"] == [10, 12, 13]


def test_steps_that_begin_again_with_every_epoch_go_on():
    drawn = only(buffer_of((1, 0, 5), (40, 0, 4), (1, 1, 3), (40, 1, 2), (40, 2, 1)))
    assert (drawn["step"], drawn["epoch"]) == ([1, 40, 41, 80, 120], [0, 0, 1, 1, 2])


def test_a_second_training_of_a_job_goes_on_behind_the_first():
    drawn = only(buffer_of((None, 1, 5), (None, 2, 4), (None, 0, 3), (None, 1, 2)))
    assert (drawn["epoch"], drawn["y"]) == ([1, 2, 2, 3], [5, 4, 3, 2])


def test_of_reports_with_and_without_a_step_those_are_drawn_that_are_more():
    reports = [(None, n / 10, 1.0) for n in range(4)] + [(n, None, 2.0) for n in range(3)]
    assert only(buffer_of(*reports))["epoch"] == [0, 0.1, 0.2, 0.3]
    assert only(buffer_of(*reports, (3, None, 2.0), (4, None, 2.0)))["step"] == [0, 1, 2, 3, 4]


def test_the_axis_to_begin_with_is_that_of_most_series():
    buffer = buffer_of((None, 1, 5), (None, 2, 4))
    assert buffer.trait()["x_choices"] == ["epoch", "time"]
    for step in (1, 2):
        buffer.add(9.0, Report({"a": step, "b": step}, step, None))
    assert (buffer.trait()["x_choices"], buffer.trait()["x_label"]) == (["step", "epoch", "time"], "step")


@pytest.mark.parametrize(
    ("values", "log"), [([100, 1], True), ([99, 1], False), ([100, 0], False), ([-100, -1], False)]
)
def test_a_log_scale_suits_what_is_positive_and_spans_two_decades(values: list[float], log: bool):
    assert only(buffer_of(*((n, None, value) for n, value in enumerate(values))))["log"] is log


def test_what_was_drawn_stays_where_it_was_when_bins_double():
    buffer = TrainingBuffer()
    drawn: list[set[float]] = []
    for step in range(MAX_POINTS * 5):
        buffer.add(float(step), Report({"loss": step % 7}, step, None))
        if step > 1 and step % 100 == 0:
            drawn.append(set(only(buffer)["step"]))
    last = set(only(buffer)["step"])
    assert len(last) <= MAX_POINTS
    for before in drawn:
        # Bins only join: of the places of before every second or fourth is left, and none came between.
        assert {x for x in last if x <= max(before)} <= before
    assert (min(only(buffer)["min"]), max(only(buffer)["max"])) == (0, 6)


def test_a_bin_holds_the_mean_the_least_and_the_most_of_its_values():
    drawn = only(buffer_of(*((n, None, float(n in {1, 2})) for n in range(MAX_POINTS + 1))))
    assert (drawn["step"][:3], drawn["y"][:3]) == ([0, 2, 4], [0.5, 0.5, 0])
    assert (drawn["min"][:3], drawn["max"][:3]) == ([0, 0, 0], [1, 1, 0])


def test_series_and_keys_are_bounded():
    buffer = TrainingBuffer()
    for step in (1, 2):
        for number in range(MAX_KEYS + 50):
            buffer.add(0.0, Report({f"key{number}": 1.0}, step, None))
    assert [series["key"] for series in buffer.trait()["series"]] == [f"key{n}" for n in range(MAX_SERIES)]
    kept = {key for record in buffer.records() for key in record}
    assert len(kept - {"time", "step"}) == MAX_KEYS


def test_records_are_bounded_and_reach_from_the_first_to_the_newest():
    buffer = TrainingBuffer()
    count = MAX_RECORDS * 2 + 500
    for step in range(count):
        buffer.add(float(step), Report({"loss": 0.5, "once" if step == 0 else "lr": 0.1}, step, 1.0))
    records = buffer.records()
    assert MAX_RECORDS // 2 <= len(records) <= MAX_RECORDS
    steps = [-1, *(record["step"] for record in records), count]
    assert max(after - before for before, after in itertools.pairwise(steps)) <= 4
    assert records[-1].keys() == {"time", "step", "epoch", "loss", "lr"}
    assert not any("once" in record for record in records)


@given(REPORTS)
def test_no_series_goes_back(reports: list[tuple[float | None, float | None, dict[str, float]]]):
    buffer = TrainingBuffer()
    for second, (step, epoch, values) in enumerate(reports):
        buffer.add(float(second), Report(values, step, epoch))
    for series in buffer.trait().get("series", []):
        for axis in ("step", "epoch", "time"):
            assert series[axis] is None or series[axis] == sorted(series[axis])
        lows_and_highs = zip(series["min"], series["y"], series["max"], strict=True)
        assert all(low - 1e-9 <= mean <= high + 1e-9 for low, mean, high in lows_and_highs)


READ_WHILE_WRITTEN = """
import sys, threading
from hfjobs_magic.metrics.training import TrainingBuffer
from hfjobs_magic.metrics.training_report import Report
from hfjobs_magic.metrics.training_series import MAX_POINTS

buffer, done = TrainingBuffer(), threading.Event()

def write():
    for step in range(50 * MAX_POINTS):
        buffer.add(float(step), Report({"loss": 1.0 + step % 2}, step, None))
        buffer.add(float(step), Report({"lonely": float(step)}, None, None))
    done.set()

sys.setswitchinterval(1e-6)
threading.Thread(target=write).start()
while not done.is_set():
    for series in buffer.trait().get("series", []):
        lengths = {len(series[column]) for column in ("time", "y", "min", "max")}
        assert len(lengths) == 1, lengths
"""
"""In a process of its own: in this one, such a switch interval would be that of other tests' threads, too."""


def test_whoever_reads_while_more_comes_in_gets_columns_of_one_length():
    subprocess.run([sys.executable, "-c", READ_WHILE_WRITTEN], check=True)
