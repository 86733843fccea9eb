"""What a sweep does next: pure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.api.sweep_steps import WAITING, Limits, count_stages, next_step
from hfjobs_magic.views.sweep import group_failures

STAGES = st.lists(st.sampled_from([WAITING, "SCHEDULING", "RUNNING", "COMPLETED", "ERROR", "CANCELED"]), min_size=1)


def test_runs_start_in_order_and_no_more_than_so_many_at_a_time():
    limits = Limits(max_parallel=2)
    assert next_step([WAITING] * 3, limits, 0.0).start == 0
    assert next_step(["RUNNING", WAITING, WAITING], limits, 0.0).start == 1
    waits = next_step(["RUNNING", "SCHEDULING", WAITING], limits, 0.0)
    assert (waits.start, waits.stopped, waits.is_over) == (None, "", False)
    assert next_step(["COMPLETED", "RUNNING", WAITING], limits, 0.0).start == 2
    assert next_step(["COMPLETED", "ERROR", "CANCELED"], limits, 0.0).is_over


def test_so_many_failures_start_no_more_and_what_runs_goes_on():
    limits = Limits(stop_on_fail=2)
    assert next_step(["ERROR", "CANCELED", WAITING], limits, 0.0).start == 2
    stops = next_step(["ERROR", "ERROR", "RUNNING", WAITING], limits, 0.0)
    assert stops.stopped == "2 runs failed (--stop-on-fail 2), so 1 was not started."
    assert not stops.is_over
    assert next_step(["ERROR", "ERROR", "COMPLETED", WAITING], limits, 0.0, stops.stopped).is_over


def test_a_cap_waits_for_what_may_end_sooner_and_then_says_that_it_is_used_up():
    limits = Limits(max_parallel=9, cap_usd=1.0, each_usd=0.4)
    assert next_step(["RUNNING", WAITING, WAITING], limits, 0.4).start == 1
    assert next_step(["RUNNING", "RUNNING", WAITING], limits, 0.8).start is None
    # One has ended sooner than it could.
    assert next_step(["COMPLETED", "RUNNING", WAITING], limits, 0.5).start == 2
    stops = next_step(["COMPLETED", "COMPLETED", WAITING], limits, 0.7)
    assert stops.is_over
    assert stops.stopped == "$0.70 of --max-cost $1.00 is spent, and another run can cost $0.40, so 1 was not started."


def test_a_budget_holds_while_the_sweep_runs_and_who_goes_on_is_forgiven_what_failed():
    limits = Limits(max_parallel=9, cap_usd=5.0, each_usd=0.4)
    assert next_step(["RUNNING", WAITING], limits, 0.4, room_usd=0.3).start is None
    stops = next_step(["COMPLETED", WAITING], limits, 0.4, room_usd=0.3)
    assert stops.is_over
    assert stops.stopped == (
        "This session's budget leaves $0.30, and another run can cost $0.40, so 1 was not started. "
        "Raise it, %hfjobs config budget=…, and continue with resume()."
    )
    assert next_step(["COMPLETED", WAITING], limits, 0.4, room_usd=0.5).start == 1
    # Of one whose price is not known a budget allows none.
    assert next_step([WAITING], Limits(), 0.0, room_usd=9.0).stopped.startswith("This session's budget leaves $9.00")
    assert next_step(["ERROR", WAITING], Limits(stop_on_fail=1), 0.0).start is None
    assert next_step(["ERROR", WAITING], Limits(stop_on_fail=1), 0.0, forgiven=1).start == 1


@given(STAGES, st.integers(1, 5), st.none() | st.integers(1, 3), st.none() | st.floats(0.1, 5), st.floats(0, 5))
def test_whatever_is_known_a_step_keeps_the_limits_and_a_sweep_ends(
    stages: list[str], parallel: int, fail: int | None, cap: float | None, spent: float
):
    step = next_step(stages, Limits(parallel, fail, cap, 0.5), spent)
    active = sum(stage in {"RUNNING", "SCHEDULING"} for stage in stages)
    if step.start is not None:
        assert stages[step.start] == WAITING
        assert active < parallel
        assert fail is None or stages.count("ERROR") < fail
        assert cap is None or spent + 0.5 <= cap + 1e-6
    else:
        # It waits for something, or is over.
        assert step.is_over == (active == 0)
    assert not (step.stopped and WAITING not in stages)


def test_equal_failures_are_grouped_and_stages_counted():
    why = ["", "CUDA out of memory at line 31", "", "killed", "CUDA out of memory at line 31"]
    assert group_failures(why) == ["2 of 5: CUDA out of memory at line 31 (runs 2, 5)", "1 of 5: killed (run 4)"]
    assert count_stages(["COMPLETED", WAITING, "ERROR", WAITING]) == "1 completed, 1 failed, 2 not started"
