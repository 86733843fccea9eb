"""When a job is idle: the rule of ``--cancel-if-idle`` over samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hfjobs_magic.metrics.idle import Idle, IdleRule

if TYPE_CHECKING:
    from collections.abc import Iterable

AFTER_S = 1200
NOTHING: dict[str, Any] = {
    "cpu_usage_pct": 0.1,
    "cpu_millicores": 8000,
    "memory_used_bytes": 3 * 2**30,
    "rx_bps": 900,
    "tx_bps": 4000,
    "gpus": {},
}


def gpu(utilization: object = 0, memory: float = 2**30) -> dict[str, Any]:
    return {"gpus": {"0": {"utilization": 0}, "1": {"utilization": utilization, "memory_used_bytes": memory}}}


def judge(samples: Iterable[tuple[float, dict[str, Any]]], **rule: Any) -> Idle | None:
    """Return what is said at the last of some samples, given by their time and what is not `NOTHING` in them."""
    made = IdleRule(AFTER_S, **{"has_own_network": True, **rule})
    for at, changes in samples:
        made.take(at, {**NOTHING, **changes})
        state = made.state()
    return state


def quiet(seconds: int, *, until: float = 0, every: int = 10, **changes: Any) -> list[tuple[float, dict[str, Any]]]:
    """Samples that say nothing but `changes`, up to a time."""
    return [(until - seconds + at, changes) for at in range(0, seconds + 1, every)]


def test_it_is_said_before_it_is_done():
    assert judge(quiet(899, every=1)) is None
    assert judge(quiet(900)) == Idle(-900, 300)
    assert judge(quiet(1199, every=1)) == Idle(-1199, 1)
    over = judge(quiet(1200))
    assert over == Idle(-1200, 0, is_over=True)
    assert over.ending == "It had been idle for 20:00, so it was cancelled (--cancel-if-idle)."
    assert Idle(-900, 300).ending == ""


@pytest.mark.parametrize(
    "busy",
    [
        {"cpu_usage_pct": 0.7},
        {"rx_bps": 200_000},
        {"tx_bps": 200_000},
        {"memory_used_bytes": 3.2 * 2**30},
        {"cpu_usage_pct": None},
        {"cpu_usage_pct": float("nan")},
        gpu(1),
        gpu(None),
    ],
)
def test_a_moment_of_work_begins_the_time_anew(busy: dict[str, Any]):
    assert judge([*quiet(1000), (1, busy), *quiet(880, until=891)]) is None
    assert judge([*quiet(1000), (1, busy), *quiet(900, until=901)]) == Idle(1, 1201)


@pytest.mark.parametrize("busy", [gpu(3), gpu(0, 2 * 2**30) | {"memory_used_bytes": 2**31}])
def test_a_gpu_that_works_or_is_filled_is_not_idle(busy: dict[str, Any]):
    still = gpu(0) | {"memory_used_bytes": 2**31}
    assert judge([*quiet(1000, **still), (1, busy), *quiet(880, until=891, **still)]) is None


def test_what_the_processor_does_beside_an_idle_gpu_is_no_work():
    assert judge(quiet(1200, **gpu(0), cpu_usage_pct=100)) == Idle(-1200, 0, is_over=True)
    assert judge(quiet(5000, cpu_usage_pct=0.1), has_gpu=True) is None


def test_loading_may_be_slow():
    slowly = [(float(at), {"memory_used_bytes": 2**30 + at * 2**18}) for at in range(0, 3000, 10)]
    assert judge(slowly) is None
    # What goes up and down stays where it is.
    breathing = [(float(at), {"memory_used_bytes": 2**30 + (at % 20) * 2**20}) for at in range(0, 1201, 10)]
    assert judge(breathing) == Idle(0, 1200, is_over=True)


def test_what_nobody_saw_is_not_idle():
    assert judge([*quiet(1000), *quiet(880, until=2000)]) is None
    # A replica that works is work, whatever the others do.
    both = [(at, {"replica": name}) for at, _ in quiet(1000) for name in "ab"]
    assert judge([*both, (1, {"replica": "b", "cpu_usage_pct": 50})]) is None


def test_the_traffic_of_a_whole_machine_is_not_the_jobs():
    assert judge(quiet(1200, rx_bps=10**7)) is None
    assert judge(quiet(1200, rx_bps=10**7), has_own_network=False) == Idle(-1200, 0, is_over=True)


def test_one_of_many_processors_that_is_rounded_away_may_work():
    assert judge(quiet(1200, cpu_usage_pct=0, cpu_millicores=256_000)) is None
    assert judge(quiet(1200, cpu_usage_pct=0, cpu_millicores=64_000)) is not None


def test_samples_that_come_late_all_at_once_leave_the_time_in_which_it_is_said():
    rule = IdleRule(AFTER_S, has_own_network=True)
    for at, _ in quiet(1400):
        rule.take(at, NOTHING)
    assert rule.state() == Idle(-1400, 300)
    for at, _ in quiet(290, until=300):
        rule.take(at, NOTHING)
    assert rule.state() == Idle(-1400, 300, is_over=True)
