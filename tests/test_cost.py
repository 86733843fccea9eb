"""`--max-cost`: the cap cannot be passed, and a price that is not known is never counted as free."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.cost import larger_flavor, most_usd, within_cap
from hfjobs_magic.errors import BudgetError
from hfjobs_magic.options.run_options import RunOptions
from tests.fakes import HARDWARE


def test_the_default_timeout_is_shortened_and_it_is_said():
    options, told = within_cap(RunOptions(max_cost="0.10", flavor="a10g-small"), 1 / 60)
    assert options.timeout == "360s"
    assert options.origins["timeout"] == "--max-cost"
    assert told == "The timeout is 6:00, so that it cannot cost more than $0.10 (--max-cost)."


def test_attempts_share_the_cap():
    options, _ = within_cap(RunOptions(max_cost="1", attempts=3), 0.1)
    assert options.timeout_s == 200


def test_what_costs_less_is_left_alone():
    asked = RunOptions(max_cost="2", timeout="30m")
    assert within_cap(asked, 0.01) == (asked, "")
    assert within_cap(RunOptions(), None) == (RunOptions(), "")
    local = RunOptions(max_cost="1", local=True)
    assert within_cap(local, None) == (local, "")


@pytest.mark.parametrize(
    ("options", "price", "message"),
    [
        (
            RunOptions(max_cost="2", timeout="10h", flavor="a10g-small"),
            1 / 60,
            "--timeout 10h can cost $10.00, more than --max-cost 2. Write --timeout 7200s, or raise --max-cost.",
        ),
        (
            RunOptions(max_cost="2", flavor="sprx8"),
            None,
            "The price of sprx8 is not known, so --max-cost 2 cannot be guaranteed. "
            "Take a flavor with a price (%hfjobs hardware), or leave --max-cost out.",
        ),
        (
            RunOptions(max_cost="0.01", flavor="h200x8"),
            40 / 60,
            "--max-cost 0.01 buys 0 s of h200x8, too little to run anything. Raise it, or take a smaller flavor.",
        ),
    ],
)
def test_what_cannot_be_kept_is_refused(options: RunOptions, price: float | None, message: str):
    with pytest.raises(BudgetError) as caught:
        within_cap(options, price)
    assert str(caught.value) == message


@given(
    cap=st.floats(0.01, 1000),
    price=st.floats(1e-4, 1),
    attempts=st.integers(1, 5),
)
def test_the_cap_is_never_passed(cap: float, price: float, attempts: int):
    try:
        options, _ = within_cap(RunOptions(max_cost=f"{cap:.2f}", attempts=attempts), price)
    except BudgetError:
        return
    most = most_usd(price, options.timeout_s, attempts)
    assert most is not None
    assert most <= float(f"{cap:.2f}") + 1e-9


@pytest.mark.parametrize(
    ("flavor", "gpu", "larger"),
    [
        ("cpu-basic", False, "cpu-upgrade"),
        # A job that uses no GPU is not helped by one, nor one with a GPU by an Inferentia.
        ("cpu-upgrade", False, None),
        ("t4-small", False, "l4x1"),
        ("t4-small", True, "l4x1"),
        # Four small GPUs are not one large one; the machine has as much memory as before at least.
        ("l4x1", True, "l40sx1"),
        ("a10g-small", False, "l4x1"),
        ("l40sx1", True, None),
        ("unknown", True, None),
    ],
)
def test_the_larger_flavor_is_the_cheapest_with_more_of_what_ran_out(flavor: str, gpu: bool, larger: str | None):
    found = larger_flavor(flavor, HARDWARE, gpu=gpu)
    assert (found and found.flavor) == larger
