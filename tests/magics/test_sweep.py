"""`%%hfjob --map` in a real IPython, at the local service."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from huggingface_hub import constants
from IPython.utils.capture import RichOutput, capture_output

import hfjobs_magic
from hfjobs_magic.api.connect import choose_hardware, connect
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.source import read_source
from hfjobs_magic.api.sweep_plan import ask_for_all, ask_to_go_on, plan_sweep
from hfjobs_magic.cost import format_usd
from hfjobs_magic.errors import BudgetError, CellError, OptionError
from hfjobs_magic.follow.job_list import write_row
from hfjobs_magic.hub.client import JobsClient
from hfjobs_magic.magics.completion.matcher import completions
from hfjobs_magic.magics.completion.sources import KernelSources
from hfjobs_magic.options.layers import Layer
from hfjobs_magic.options.line import read_line
from hfjobs_magic.options.run_options import RunOptions
from hfjobs_magic.widgets.sweep_part import SweepPart
from tests.magics.test_hfjob import count_jobs, run_cell
from tests.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.api.sweep import Sweep
    from hfjobs_magic.api.sweep_plan import SweepPlan
    from hfjobs_magic.local.daemon import Service


def run_line(shell: InteractiveShell, line: str) -> list[RichOutput]:
    """Run one `%hfjobs` line; what it displayed."""
    with capture_output() as captured:
        shell.run_line_magic("hfjobs", line)
    return list(captured.outputs)


def test_a_cell_runs_with_lists_and_functions_of_the_notebook(shell: InteractiveShell, local: Service):
    shell.run_cell("rates, base = [0.5, 0.25], {'a': (1, 2)}\nlr = object()\ndef double(lr):\n    return 2 * lr\n")
    outputs = run_cell(shell, "--local --wait --as runs --map lr={rates} -i base -o out", "out = double(lr), base\n")
    made: Sweep = shell.user_ns["runs"]
    assert made.values["out"] == [(1.0, {"a": (1, 2)}), (0.5, {"a": (1, 2)})]
    value = shell.user_ns["out"]
    assert repr(value) == f"<out of Sweep {made.id}: 2 runs, 2 completed>"
    assert (len(value), value[-1], value[:1]) == (2, (0.5, {"a": (1, 2)}), [(1.0, {"a": (1, 2)})])
    assert value.get() == list(value) == made.values["out"]
    text = outputs[0].data["text/plain"]
    said = r"Sweep [0-9a-f]{8}: 2 jobs on this machine x 30:00 at most, 2 at a time\. It is `runs` here\."
    assert re.fullmatch(said, text)
    first, second, head, _, *rows = outputs[-1].data["text/plain"].splitlines()
    assert (first, second) == (f"Sweep {made.id}: 2 runs, 2 completed", "")
    assert head.split() == ["#", "lr", "out", "Stage", "Run", "time", "Cost", "ID"]
    assert [row.split()[:2] for row in rows] == [["1", "0.5"], ["2", "0.25"]]
    assert "(0.5, {'a': (1, 2)})" in rows[1]
    assert {row.index("COMPLETED") for row in rows} == {head.index("Stage")}
    assert "<td" in outputs[-1].data["text/html"]
    shell.user_ns.pop("lr")
    # What came back has a column; a run that --reuse finds is a row, though its job is of the other sweep.
    code = f"out = 2 * lr  # {uuid.uuid4().hex}\n"
    again = hfjobs_magic.sweep(code, {"lr": [1]}, local=True, outputs="out").wait(timeout=120)
    more = hfjobs_magic.sweep(code, {"lr": [1, 2]}, local=True, outputs="out", reuse=True)
    assert more.wait(timeout=120).reused == [0]
    part = SweepPart(more)
    assert part.write_place()["outputs"] == ["out"]
    while part.has_unknown:
        part.learn()
    assert part.take_news() == {job.id for job in more.jobs if job}
    (row,) = part.rows()
    assert (row["id"], row["run"], row["values"], row["reused"]) == (again.jobs[0].id, 1, ["1", "2"], True)
    own = part.complete(write_row(more.jobs[1].facts))
    assert (own["run"], own["values"]) == (2, ["2", "4"])
    assert part.take_news() == set()
    assert part.job(row["id"]) == again.jobs[0].facts
    assert part.job(own["id"]) is None
    # The saved table has the same columns and rows.
    saved = more.summarize().table
    assert saved.columns[:3] == ("#", "lr", "out")
    assert [one[:4] for one in saved.rows] == [("1", "1", "2", "reused"), ("2", "2", "4", "COMPLETED")]


def test_a_sweep_of_one_whose_name_is_taken_is_ended_as_a_whole_from_anywhere(shell: InteractiveShell, local: Service):
    shell.user_ns["sweep"] = hfjobs_magic.sweep
    (shown,) = run_cell(shell, "--local --script --detach --map n=1", "import time\ntime.sleep(600)\n")
    text = shown.data["text/plain"]
    found = re.search(r'`hfjobs_magic\.attach_sweep\("([0-9a-f]{8})", local=True\)` returns it', text)
    assert found, text
    assert "1 job on this machine x 30:00 at most, 1 at a time." in text
    wait_until(lambda: bool(list(connect(local=True).jobs(labels={"sweep": found[1]}))))
    made = hfjobs_magic.attach_sweep(found[1], local=True)
    assert repr(made).startswith(f"Sweep {made.id}: 1 run, 1 ")
    made.cancel()
    made.wait(timeout=60)
    shell.user_ns.pop("sweep")
    # One that still runs when its cell is run again is not forgotten, and is ended with all that it would start.
    code = "import time\ntime.sleep(600)\n"
    run_cell(shell, "--local --script --detach --map n=1..3 --max-parallel 1", code)
    first: Sweep = shell.user_ns["sweep"]
    wait_until(lambda: first.stages[0] == "RUNNING")
    (again,) = run_cell(shell, "--local --script --detach --map n=1..3 --max-parallel 1", code)
    assert f"Sweep {first.id}, which had that name, still runs: 1 running, 2 not started." in again.data["text/plain"]
    shell.run_line_magic("hfjobs", f"cancel --yes --local @sweep={first.id}")
    first.wait(timeout=60)
    assert first.stages == ["CANCELED", "WAITING", "WAITING"]
    assert first.stopped == "It was cancelled."
    last: Sweep = shell.user_ns.pop("sweep")
    last.cancel()
    # One that was being submitted is there a moment later.
    last.wait(timeout=60)


def test_the_table_of_a_sweep_knows_its_runs_ends_them_and_starts_the_failed_anew(local: Service):
    code = "import time\nif lr == 2: raise ValueError('too large')\nif lr == 3: time.sleep(600)\n"
    made = hfjobs_magic.sweep(code, {"lr": [1, 2, 3]}, local=True, script=False)
    part = SweepPart(made)
    own = {"parameters": ["lr"], "outputs": [], "widths": [3], "metric": ""}
    assert part.write_place() == {"id": made.id, "runs": 3, **own}
    wait_until(lambda: made.stages == ["COMPLETED", "ERROR", "RUNNING"] and made.failure_groups)
    rows = [part.complete(write_row(job.facts)) for job in made.jobs if job]
    assert [(row["run"], row["values"]) for row in rows] == [(1, ["1"]), (2, ["2"]), (3, ["3"])]
    other = write_row(replace(made.jobs[0].facts, labels={"sweep-run": "4"}))
    assert part.complete(other) == other
    assert part.has_unknown
    part.learn()
    assert not part.has_unknown
    groups = ["1 of 3: ValueError at line 2 (run 2)"]
    status = {"waiting": 0, "stopped": "", "groups": groups, "size": "", "failed": 1, "retry": "", "idle": []}
    assert part.write_status() == status
    before = made.jobs[1].id
    part.do("retry")
    wait_until(lambda: made.jobs[1] and made.jobs[1].id != before)
    part.do("nothing")
    part.do("cancel")
    made.wait(60)
    assert made.stages[2] == "CANCELED"


def test_a_terminal_is_told_how_to_see_the_end(shell: InteractiveShell, local: Service, monkeypatch):
    monkeypatch.setattr(shell.display_formatter, "active_types", ["text/plain"])
    (shown,) = run_cell(shell, "--local --script --as runs --map n=1..2", "print(1)\n")
    assert "It is `runs` here. `runs` says how it is, `runs.wait()` waits for its end." in shown.data["text/plain"]
    assert shell.user_ns["runs"].wait(timeout=120).stages == ["COMPLETED"] * 2
    *_, end = run_cell(shell, "--local --script --wait --as runs --map n=1..2", "print(1)\n")
    assert "2 runs, 2 completed" in end.data["text/plain"]


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
        ("--map lr=1,2 -i lr", "lr is mapped, and -i sends it, too"),
        ("--script --map Δ=1,2", "--map HFJOB_MAP_Δ: a variable's name must start"),
        ("--script --map n=1 --map N=2", "Two of the mapped names are HFJOB_MAP_N in a plain script"),
        ("--map lr=", "has no values. Write NAME=V1,V2"),
        ("--map lr", "has no values. Write NAME=V1,V2"),
        ("--map =1,2", "nothing is not the name of a variable"),
        ("--map lr=1,,2", "has an empty value"),
        ("--map lr={[]}", "has no values. Give it at least one"),
        ("--map class=1,2", "class is not the name of a variable"),
        ("--map lr,batch=1:2,3", "is not a value for each of lr, batch"),
        ("--map lr=0.1..0.5", "say how many values 0.1..0.5 has"),
        ("--max-parallel 2", "--max-parallel is about the runs of a sweep"),
        ("--map lr=1,2 --max-parallel 0", "--max-parallel must be 1 or more"),
        ("--map lr=1,2 --retry-failed", "Write --reuse, and runs that have completed are not started again"),
        ("--metric loss", "--metric is about the runs of a sweep"),
        ("--map lr=1,2 --metric loss:small", "--metric loss:small: write NAME, NAME:min or NAME:max."),
        ("--map lr=1,2 --metric :min", "--metric :min: write NAME"),
        ("--sample 3", "--sample is about the runs of a sweep"),
        ("--map lr=1,2 --schedule @daily", "A schedule starts one job at a time"),
        ("--map lr=1..9999", "at most 1,000. Draw some"),
        ("--map lr=1,2 --seed 3", "--seed 3 is of the draw that --sample N makes"),
        ("--map lr=1,2 --sample 3", "--sample 3: there are only 2. Leave it out to run them all"),
        ("--map print=1,2", "print is a name of Python's own. Call it print_, as in --map print_=…"),
        ("--map lr=1,2 --seed x", "--seed x is not a whole number"),
    ],
)
def test_what_cannot_be_a_sweep_is_refused(shell: InteractiveShell, local: Service, line: str, said: str):
    shell.user_ns |= {"train": [object()], "lr": 5}
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
    asked.clear()
    assert not ask_to_go_on(planned("--secrets WANDB_KEY"), 2, lambda question: bool(asked.append(question)), yes=False)
    assert asked == [
        f"2 of 6 runs were not started: 2 jobs x t4-small x 30:00 at most: up to {format_usd(2 * 30 * price)}, 2 at a "
        "time. They get WANDB_KEY from here. Another kernel that is still starting them will stop. Start them here?"
    ]
    capped = planned(f"--max-cost {40 * price:.4f}")
    assert capped.most_usd == capped.limits.cap_usd == pytest.approx(40 * price, abs=1e-4)
    # As many as the cap leaves room for, and for how long they may do nothing.
    assert str(planned(f"--max-cost {70 * price:.4f}")).endswith(", 2 at a time.")
    assert str(planned("--cancel-if-idle 20m")).endswith(", 4 at a time; one that is idle for 20m is cancelled.")
    with pytest.raises(BudgetError, match=r"One run can cost \S+, more than --max-cost \S+, which is for all runs"):
        planned(f"--max-cost {20 * price:.4f}")


def test_yes_starts_a_sweep_within_the_budget_and_asks_once_where_that_may_be_passed(local: Service, monkeypatch):
    client = JobsClient(endpoint=local.endpoint, token=local.token, namespace=local.namespace)
    given = read_line("--flavor t4-small --timeout 30m --map n=1..6 --yes")
    planned = plan_sweep(read_source("print(n)", [Layer("line", given)]), client)
    budget = (planned.limits.each_usd or 0) * 2
    monkeypatch.setattr(RUNTIME.session, "budget_usd", budget)
    monkeypatch.setattr(RUNTIME.session, "commitments", [])
    excess = f"With $0.00 of this session's jobs that may exceed the budget of {format_usd(budget)}."
    asked: list[str] = []
    with pytest.raises(BudgetError, match=r"Nothing was submitted\.$"):
        ask_for_all(planned, lambda question: bool(asked.append(question)))
    assert asked == [f"{planned} {excess} Start?"]
    assert ask_for_all(planned, lambda _question: True).over_budget
    with pytest.raises(BudgetError, match=r"This sweep can cost up to \S+; with .* exceed .* config budget="):
        ask_for_all(planned, None)
    asked.clear()
    assert not ask_to_go_on(planned, 4, lambda question: bool(asked.append(question)), yes=True)
    assert excess in asked[0]
    # What is left fits: nobody is asked.
    assert ask_to_go_on(planned, 2, lambda question: bool(pytest.fail(question)), yes=True) is planned
    assert not planned.over_budget

    def nobody(question: str) -> bool:
        raise BudgetError(f"{question} No one can answer.")

    with pytest.raises(BudgetError, match="config budget="):
        ask_for_all(planned, nobody)
    monkeypatch.setattr(RUNTIME.session, "budget_usd", None)
    with pytest.raises(BudgetError, match=r"No one can answer\. --yes starts it unasked\."):
        ask_for_all(replace(planned, request=replace(planned.request, options=RunOptions())), nobody)


def test_a_dry_run_asks_for_prices_with_the_account_and_says_the_truth_where_there_are_none(
    local: Service, shell: InteractiveShell, monkeypatch
):
    monkeypatch.setattr(constants, "ENDPOINT", local.endpoint)
    line, code = "--flavor t4-small --timeout 30m --dry-run", "print(1)\n"
    monkeypatch.setenv("HF_TOKEN", local.token)
    (shown,) = run_cell(shell, f"{line} --map n=1..3 --max-cost 0.7", code)
    head, *_ = text = shown.data["text/plain"].splitlines()
    assert head == "A sweep of 3 runs, 3 at a time; all together cost up to $0.60."
    assert text[2].endswith("n=1  up to $0.20")
    (shown,) = run_cell(shell, line, code)
    assert "at most $0.20, an upper bound" in shown.data["text/plain"]
    # One that is not accepted, and none.
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    (shown,) = run_cell(shell, f"{line} --map n=1..3", code)
    assert "all together cost an unknown amount." in shown.data["text/plain"]
    assert "unknown. The Hub does not accept the token" in shown.data["text/plain"]
    (shown,) = run_cell(shell, f"{line} --map n=1..3 --max-cost 0.7", code)
    assert shown.data["text/plain"].splitlines()[0].endswith("all together cost an unknown amount.")
    monkeypatch.delenv("HF_TOKEN")
    (shown,) = run_cell(shell, line, code)
    assert (
        f"unknown. Prices at {local.endpoint} are shown only to those who are logged in. Run `hf auth login`"
        in (shown.data["text/plain"])
    )
    # Python names both.
    said = hfjobs_magic.sweep(
        code, {"n": [1, 2]}, flavor="t4-small", dry_run=True, endpoint=local.endpoint, token=local.token
    )
    assert "all together cost up to $0.40" in str(said)
    said = hfjobs_magic.run(code, flavor="t4-small", dry_run=True, endpoint=local.endpoint, token=local.token)
    assert "at most $0.20" in str(said)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    (shown,) = run_cell(shell, line, code)
    assert "unknown. Nothing answers at http://127.0.0.1:9" in shown.data["text/plain"]


def test_a_sweep_is_called_by_its_selector_its_variable_and_its_id(shell: InteractiveShell, local: Service):
    run_cell(shell, "--local --script --wait --as runs --map n=1..2", "print(1)\n")
    made: Sweep = shell.user_ns["runs"]
    shell.user_ns.pop("sweep", None)
    for word in ("{runs.selector}", "runs", f"@sweep={made.id}"):
        (shown,) = run_line(shell, f"attach {word}")[:1]
        assert shown.data["text/plain"].startswith(f"Sweep {made.id}: 2 runs, 2 completed.")
    known = KernelSources(names=lambda: {"rates": [1, 2], "ramp": range(3), "name": "x", "np": np.arange(2), "_r": [1]})

    def offered(text: str) -> list[str]:
        found = completions(text, known)
        assert found
        return [item.text for item in found.candidates]

    for verb in ("attach", "cancel", "wait", "logs"):
        with pytest.raises(OptionError, match=r"^Which sweep\? There (is|are) @sweep="):
            run_line(shell, f"{verb} --local @sweep=")
        with pytest.raises(OptionError, match=r"There is no sweep 0badcafe on this machine\. There (is|are) @sweep="):
            run_line(shell, f"{verb} --local @sweep=0badcafe")
    assert f"@sweep={made.id}" in offered("%hfjobs attach --local @sweep=")
    assert offered(f"%hfjobs cancel --local @sweep={made.id[:5]}") == [f"@sweep={made.id}"]
    assert "@sweep=" in offered("%hfjobs attach --local @s")
    (note,) = [one.note for one in known.values("job_id", typed=f"@sweep={made.id}", local=True) if made.id in one.text]
    assert re.fullmatch(r"2 runs · \d{4}-\d\d-\d\d \d\d:\d\d · .+", note)
    assert offered("%%hfjob --map lr={ra") == ["lr={ramp}", "lr={rates}"]
    assert offered("%%hfjob --map=lr={") == ["lr={np}", "lr={ramp}", "lr={rates}"]
    assert offered("%%hfjob --map lr=") == ["lr={np}", "lr={ramp}", "lr={rates}"]
    assert offered("%%hfjob --map lr={rates}") == []
