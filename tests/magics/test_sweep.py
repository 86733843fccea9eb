"""`%%hfjob --map` in a real IPython, at the local service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.api.connect import choose_hardware
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.source import read_source
from hfjobs_magic.api.sweep_plan import ask_for_all, plan_sweep
from hfjobs_magic.cost import format_usd
from hfjobs_magic.errors import BudgetError, CellError, OptionError
from hfjobs_magic.hub.client import JobsClient
from hfjobs_magic.options.layers import Layer
from hfjobs_magic.options.line import read_line
from tests.magics.test_hfjob import count_jobs, run_cell

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.api.sweep import Sweep
    from hfjobs_magic.api.sweep_plan import SweepPlan
    from hfjobs_magic.local.daemon import Service


def test_a_cell_runs_with_lists_and_functions_of_the_notebook(shell: InteractiveShell, local: Service):
    shell.run_cell("rates, base = [0.5, 0.25], {'a': (1, 2)}\nlr = object()\ndef double(lr):\n    return 2 * lr\n")
    outputs = run_cell(shell, "--local --wait --as runs --map lr={rates} -i base -o out", "out = double(lr), base\n")
    made: Sweep = shell.user_ns["runs"]
    assert made.values["out"] == [(1.0, {"a": (1, 2)}), (0.5, {"a": (1, 2)})]
    text = outputs[0].data["text/plain"]
    said = r"Sweep [0-9a-f]{8}: 2 jobs on this machine x 30:00 at most, 2 at a time\. It is `runs` here\."
    assert re.fullmatch(said, text)
    assert outputs[-1].data["text/plain"] == f"Sweep {made.id}: 2 runs, 2 completed"
    shell.user_ns.pop("lr")


def test_a_dry_run_lists_the_runs_and_submits_nothing(shell: InteractiveShell, local: Service, tmp_path: Path):
    (tmp_path / "runs.csv").write_text("opt,batch\nadam,32\nsgd,64\n")
    before = count_jobs(local)
    line = f"--local --dry-run --map lr=1e-3,1e-4 --map-file {tmp_path}/runs.csv --max-parallel 3"
    (shown,) = run_cell(shell, line, "print(lr, opt, batch)\n")
    text = shown.data["text/plain"]
    assert text.startswith("A sweep of 4 runs, 3 at a time; all together cost nothing.\n")
    assert "2  lr=0.001, opt='sgd', batch=64\n" in text
    assert "print(lr, opt, batch)" in text
    assert count_jobs(local) == before


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--map lr={train}", "a sweep takes numbers"),
        ("--map lr=1,1", "has 1 twice"),
        ("--map lr=1,2 --map lr=3", "lr is mapped twice"),
        ("--map-file nowhere.csv", "There is no file nowhere.csv"),
        ("--sample 3", "--sample is about the runs of a sweep"),
        ("--map lr=1,2 --schedule @daily", "A schedule starts one job at a time"),
        ("--map lr=1..9999", "at most 1,000. Draw some"),
        ("--map lr=1,2 --seed x", "--seed x is not a whole number"),
    ],
)
def test_what_cannot_be_a_sweep_is_refused(shell: InteractiveShell, local: Service, line: str, said: str):
    shell.user_ns["train"] = [object()]
    before = count_jobs(local)
    with pytest.raises(OptionError) as caught:
        run_cell(shell, f"--local {line}", "print(1)\n")
    assert said.replace("a sweep takes numbers", "a sweep carries numbers") in str(caught.value)
    assert count_jobs(local) == before


def test_a_name_that_no_map_gives_is_still_refused(shell: InteractiveShell, local: Service):
    with pytest.raises(CellError, match="momentum"):
        run_cell(shell, "--local --map lr=1,2", "print(lr, momentum)\n")


def test_one_question_for_all_with_the_most_that_they_can_cost(local: Service):
    # The local service has the Hub's flavors and prices; to a client that takes it for the Hub they count.
    client = JobsClient(endpoint=local.endpoint, token=local.token, namespace=local.namespace)
    price = choose_hardware("t4-small", client.hardware()).usd_per_minute
    assert price

    def planned(line: str) -> SweepPlan:
        given = read_line(f"--flavor t4-small --timeout 30m --map n=1..6 {line}")
        return plan_sweep(read_source("print(n)", [Layer("line", given)]), client)

    asked: list[str] = []
    with pytest.raises(BudgetError, match="Nothing was submitted"):
        ask_for_all(planned(""), lambda question: bool(asked.append(question)))
    assert asked == [f"6 jobs x t4-small x 30:00 at most: up to {format_usd(6 * 30 * price)}, 4 at a time. Start?"]
    ask_for_all(planned("--yes"), lambda question: bool(pytest.fail(question)))
    capped = planned(f"--max-cost {40 * price:.4f}")
    assert capped.most_usd == capped.limits.cap_usd == pytest.approx(40 * price, abs=1e-4)
    with pytest.raises(BudgetError, match="more than --max-cost"):
        planned(f"--max-cost {20 * price:.4f}")
    RUNTIME.session.budget_usd = 30 * price
    try:
        with pytest.raises(BudgetError, match="exceed the budget"):
            ask_for_all(planned("--yes"), None)
    finally:
        RUNTIME.session.budget_usd = None
