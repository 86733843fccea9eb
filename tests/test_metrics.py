"""Samples in, a bounded picture out, whose points stay where they were."""

from __future__ import annotations

from hfjobs_magic.metrics import GAP_S, MetricsBuffer


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
        "gpus": [{"id": "a1", "util": [90.0], "memory": [5.0], "memory_total": 9}],
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
