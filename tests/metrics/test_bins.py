"""Samples in, a bounded picture out, whose points stay where they were."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfjobs_magic.metrics.bins import GAP_S, MAX_DRAWN, MAX_POINTS, MetricsBuffer


def make_sample(cpu: float = 50, **gpus: dict[str, float]) -> dict[str, object]:
    return {
        "cpu_usage_pct": cpu,
        "memory_used_bytes": 1_000,
        "memory_total_bytes": 16_000,
        "rx_bps": 1,
        "tx_bps": 2,
        "gpus": gpus,
    }


def test_a_sample_is_a_point():
    metrics = MetricsBuffer()
    metrics.append(10.0, make_sample(cpu=25, a1={"utilization": 90, "memory_used_bytes": 5, "memory_total_bytes": 9}))
    points = metrics.points()
    assert points["cpu_pct_min"] == points["cpu_pct_max"] == [25.0]
    assert points["gpus"][0].pop("util_max") == [90.0]
    without = [
        {key: value for key, value in gpu.items() if "_m" not in key or key == "memory_total"} for gpu in points["gpus"]
    ]
    assert {key: value for key, value in points.items() if not key.endswith(("_min", "_max"))} | {"gpus": without} == {
        "t": [10.0],
        "cpu_pct": [25.0],
        "memory": [1000.0],
        "rx": [1.0],
        "tx": [2.0],
        "memory_total": 16_000,
        "gpus": [{"id": "a1", "replica": "", "util": [90.0], "memory": [5.0], "memory_total": 9}],
        "replicas": [],
    }
    assert metrics.records()[0]["time"] == 10.0


def test_points_are_bounded_and_keep_their_place():
    metrics = MetricsBuffer(max_points=10)
    seen: set[float] = set()
    for second in range(1000):
        metrics.append(float(second), make_sample())
        points = metrics.points()["t"]
        assert len(points) <= 10
        seen |= set(points)
        assert points[0] == 0.0
    # Bins double, so every start that is still drawn is a multiple of the newest size.
    assert all(point % 128 == 0 for point in metrics.points()["t"])
    assert len(metrics.records()) == 1000


def test_a_silence_is_a_gap():
    metrics = MetricsBuffer()
    metrics.append(0.0, make_sample())
    metrics.append(1.0, make_sample())
    metrics.append(2.0 + GAP_S, make_sample())
    points = metrics.points()
    assert points["cpu_pct"] == [50.0, 50.0, None, 50.0]
    assert points["t"] == sorted(points["t"])


def test_an_empty_buffer_has_empty_series():
    assert MetricsBuffer().points()["cpu_pct"] == []


def test_a_spike_survives_in_the_highest_value_of_its_bin():
    metrics = MetricsBuffer(max_points=4)
    for second in range(64):
        metrics.append(float(second), make_sample(cpu=99 if second == 37 else 10))
    points = metrics.points()
    assert max(points["cpu_pct_max"]) == 99
    assert set(points["cpu_pct_min"]) == {10.0}
    assert max(points["cpu_pct"]) < 99


WAITS = st.lists(st.one_of(st.just(1.0), st.floats(0.2, 4), st.floats(GAP_S + 1, 300)), min_size=1, max_size=120)
START = 1_790_000_000.0


@settings(deadline=None)
@given(WAITS)
def test_a_bin_that_is_closed_changes_by_joining_its_neighbour_only(waits: list[float]):
    metrics, at, before, last_width = MetricsBuffer(max_points=12), START, {}, 1
    for number, wait in enumerate(waits):
        at += wait
        metrics.append(at, make_sample(cpu=number))
        points = metrics.points()
        assert len(points["t"]) <= 12
        width = metrics._width
        now = {
            t: (low, high)
            for t, low, high in zip(points["t"], points["cpu_pct_min"], points["cpu_pct_max"], strict=True)
            if low is not None
        }
        # Bins begin at multiples of their width: no two points are of the same one.
        assert len({t // width for t in now}) == len(now)
        newest = max(now)
        for t, (low, high) in before.items():
            if t // width == newest // width:
                continue
            home = [bounds for other, bounds in now.items() if other // width == t // width]
            assert len(home) == 1
            assert home[0][0] <= low
            assert high <= home[0][1]
            if width == last_width:
                assert now[t] == (low, high)
        before, last_width = now, width
    # Nothing is dropped, however many gaps there are.
    assert min(before) == START + waits[0]
    assert max(high for _, high in before.values()) == len(waits) - 1
    assert min(low for low, _ in before.values()) == 0


def test_more_gaps_than_points_join_what_is_old_and_drop_nothing():
    metrics = MetricsBuffer()
    for number in range(2000):
        metrics.append(START + number * (GAP_S + 2), make_sample(cpu=number))
    points = metrics.points()
    assert len(points["t"]) <= MAX_POINTS
    assert points["t"][0] == START
    assert points["cpu_pct_max"][-1] == 1999
    assert points["cpu_pct_min"][0] == 0


@pytest.mark.slow
def test_a_week_costs_what_ten_minutes_cost():
    sizes = []
    for seconds in (600, 7 * 86_400):
        metrics = MetricsBuffer(max_values=1_000)
        step = max(1, seconds // 20_000)
        for second in range(0, seconds, step):
            metrics.append(START + second, {**make_sample(cpu=second % 100), "span": step})
        sizes.append(len(json.dumps(metrics.points())))
        assert MAX_POINTS / 4 < len(metrics.points()["t"]) <= MAX_POINTS
        assert None not in metrics.points()["cpu_pct"]
    assert max(sizes) < 2 * min(sizes)


def test_replicas_beside_each_other_are_drawn_each_and_together():
    metrics = MetricsBuffer()
    for second in range(10):
        for name, cpu in (("r1", 20), ("r2", 60)):
            gpu = {"utilization": cpu + 1, "memory_used_bytes": 3, "memory_total_bytes": 8}
            sample = make_sample(cpu=cpu, **{f"gpu-{name}": gpu})
            metrics.append(START + second + (0.4 if name == "r2" else 0), {**sample, "replica": name})
    points = metrics.points()
    assert points["cpu_pct"][1:] == [40] * 9
    assert (points["cpu_pct_min"][-1], points["cpu_pct_max"][-1]) == (20, 60)
    assert points["memory"][1:] == [2_000] * 9
    assert points["memory_total"] == 32_000
    assert [(each["id"], each["cpu_pct"][-1], each["memory_total"]) for each in points["replicas"]] == [
        ("r1", 20, 16_000),
        ("r2", 60, 16_000),
    ]
    assert [(gpu["id"], gpu["replica"], gpu["util"][-1]) for gpu in points["gpus"]] == [
        ("gpu-r1", "r1", 21),
        ("gpu-r2", "r2", 61),
    ]
    assert [sample["replica"] for sample in metrics.records()] == ["r1", "r2"] * 10


def test_attempts_after_each_other_are_one_machine():
    metrics = MetricsBuffer()
    for second in range(20):
        metrics.append(START + second, {**make_sample(), "replica": "first" if second < 10 else "second"})
    points = metrics.points()
    assert points["replicas"] == []
    assert points["memory"] == [1_000] * 20
    assert points["memory_total"] == 16_000


def test_a_replica_that_ends_is_a_gap_of_its_own():
    metrics = MetricsBuffer()
    for second in range(30):
        for name in ("r1", "r2") if second < 10 else ("r1",):
            metrics.append(START + second, {**make_sample(), "replica": name})
    points = metrics.points()
    assert points["memory"][-1] == 1_000
    assert points["replicas"][1]["memory"][-1] is None
    assert None not in points["replicas"][0]["memory"]


@pytest.mark.slow
def test_the_picture_of_many_machines_is_bounded():
    metrics = MetricsBuffer()
    gpus = {f"{number:08x}": {"utilization": 77.123, "memory_used_bytes": 12_345_678_901} for number in range(8)}
    for second in range(300):
        for replica in range(8):
            own = {f"{key}{replica}": use for key, use in gpus.items()}
            metrics.append(START + second, {**make_sample(**own), "replica": f"r{replica}"})
    points = metrics.points()
    columns = 3 * (4 * 9 + 2 * 64)
    assert len(points["t"]) * columns <= MAX_DRAWN
    assert len(json.dumps(points)) < 400_000


@pytest.mark.parametrize(
    "sample",
    [
        {},
        {"cpu_usage_pct": None, "gpus": None},
        {"cpu_usage_pct": float("nan"), "memory_used_bytes": "many", "gpus": [], "rx_bps": True},
        {"gpus": {"a": None, "b": {"utilization": float("inf")}}, "replica": None, "span": "x"},
    ],
)
def test_a_sample_that_makes_no_sense_is_a_point_without_values(sample: dict[str, object]):
    metrics = MetricsBuffer()
    metrics.append(START, sample)
    assert metrics.points()["cpu_pct"] == [None]
    json.dumps(metrics.points(), allow_nan=False)
