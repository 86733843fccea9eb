"""Sweeps, over real HTTP to the local service."""

from __future__ import annotations

import subprocess
import sys
import uuid
from typing import TYPE_CHECKING, Any

import pytest

import hfjobs_magic
from hfjobs_magic.api.connect import connect
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.source import read_source
from hfjobs_magic.api.submit import submit
from hfjobs_magic.api.sweep import Sweep
from hfjobs_magic.api.sweep_plan import plan_sweep
from hfjobs_magic.errors import (
    HubError,
    HubUnreachableError,
    JobFailedError,
    OptionError,
    RemoteError,
    ValueUnavailableError,
)
from hfjobs_magic.follow.training_reader import scan_log
from hfjobs_magic.hub.client import JobsClient
from hfjobs_magic.options.layers import Layer
from hfjobs_magic.widgets.job_list import list_runs, make_table
from hfjobs_magic.widgets.sweep_part import TURN_S, SweepPart
from hfjobs_magic.widgets.table import NONE_STARTED
from tests.waiting import UNTIL_TOLD, tell, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.local.daemon import Service

CODE = """
import os, pathlib
pathlib.Path("results").mkdir(exist_ok=True)
pathlib.Path("results/lr.txt").write_text(f"{lr} {seed}")
score = lr + seed
if (lr, seed) == (0.1, 2):
    raise ValueError(f"diverged with {lr}")
print({"loss": lr * seed, "step": 1})
print({"loss": lr, "step": 2})
acc = (type(lr).__name__, type(seed).__name__, opt, os.environ["HFJOB_MAP_LR"], lr + seed)
part = slice(seed)
"""


def test_runs_have_their_values_typed_and_give_theirs_back_whatever_becomes_of_the_others(
    local: Service, tmp_path: Path
):
    grid = {"lr": [0.1, 0.2], "seed": range(1, 4), ("opt", "k"): [("a,d'am", None)]}
    back = ["acc", "score", "part:pickle"]
    options = {"outputs": back, "out_dir": "results", "max_parallel": 3, "name": "grid", "metric": "loss:max"}
    made = hfjobs_magic.sweep(CODE, grid, local=True, **options)
    assert made.parameters[1] == {"lr": 0.1, "seed": 2, "opt": "a,d'am", "k": None}
    made.wait(timeout=240)
    assert made.stages == ["COMPLETED", "ERROR", *["COMPLETED"] * 4]
    values = made.values["acc"]
    assert values[0] == ("float", "int", "a,d'am", "0.1", 1.1)
    assert [value[-1] for value in values if isinstance(value, tuple)] == [1.1, 3.1, 1.2, 2.2, 3.2]
    assert isinstance(values[1], ValueError)
    assert isinstance(values[1], RemoteError)
    # What it gave before it failed is the job's, and no result.
    assert isinstance(made.values["score"][1], ValueError)
    assert made.jobs[1].values["score"].get() == 2.1
    # Signed for each run's name.
    assert made.values["part"][3] == slice(1)
    assert set(made.errors) == {1}
    assert len(made.pull(tmp_path)) == 6
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.txt")) == [
        f"{number}/lr.txt" for number in range(1, 7)
    ]
    assert (tmp_path / "5" / "lr.txt").read_text() == "0.2 2"
    assert repr(made).splitlines() == [
        f"Sweep {made.id}: 6 runs, 5 completed, 1 failed",
        f"1 of 6: {made._driver.headline(1)} (run 2)",
    ]
    assert "ValueError" in made._driver.headline(1)
    assert made.best("score") is made.jobs[5]
    # The metric of the line says which value is best, and is the one that is meant.
    assert made.best("loss", "min") is made.jobs[0]
    assert made.best() is made.best("loss") is made.jobs[3]
    part = SweepPart(made)
    assert (part.write_place()["metric"], part.modes) == ("loss", {"loss": "max"})
    saved = made.summarize().table
    assert saved.columns[5:9] == ("acc", "score", "part", "loss")
    assert [row[8] for row in saved.rows] == ["0.1", "", "0.1", "0.2", "0.2", "0.2"]
    frame = made.to_pandas()
    assert list(frame.columns[:4]) == ["lr", "seed", "opt", "k"]
    assert list(frame["stage"]) == made.stages
    assert frame["loss"].tolist()[3:] == [0.2] * 3
    assert "diverged with 0.1" in frame["error"][2]
    assert {job.id for job in made.as_completed()} == {job.id for job in made.jobs if job}
    # Of one upload, and found by their labels.
    jobs = list(connect(local=True).jobs(labels={"sweep": made.id}))
    assert sorted(job.labels["sweep-run"] for job in jobs) == ["1", "2", "3", "4", "5", "6"]
    assert {job.folder.rpartition("/run/")[0] for job in jobs} == {jobs[0].folder.rpartition("/run/")[0]}
    assert {job.name for job in jobs} == {f"grid-{number}" for number in range(1, 7)}
    html = made._repr_html_()
    assert "<th" in html
    assert "opt" in html


def test_a_metric_that_is_printed_once_counts_where_it_is_named(local: Service):
    code = "print({'loss': 1 / n, 'epoch': 1})\nprint(f'accuracy: {n / 4}')\nprint(f'eval_loss: {n / 8}')\n"
    made = hfjobs_magic.sweep(code, {"n": [1, 2, 3]}, local=True, metric="accuracy:max").wait(timeout=240)
    jobs = made.jobs
    # Without reading twice, and with whoever follows a run, the same.
    for job in jobs:
        assert job
        job.follow()
    assert made.best() is made.best("accuracy") is jobs[2]
    assert made.best("eval_loss") is made.best("loss", "max") is jobs[0]
    assert made.to_pandas()["accuracy"].tolist() == [0.25, 0.5, 0.75]
    assert "eval_loss" not in made.to_pandas()
    saved = made.summarize().table
    assert saved.columns[:3] == ("#", "n", "accuracy")
    assert [row[2] for row in saved.rows] == ["0.25", "0.5", "0.75"]
    # The page gets the value, and nothing to draw.
    part = SweepPart(made)
    (curve,) = read_printed_curves(jobs[1], part.modes)
    assert (curve["key"], curve["best"], curve["step"], curve["epoch"]) == ("accuracy", 0.5, None, None)
    plain = hfjobs_magic.attach_sweep(made.id, local=True)
    assert plain.best().id == (jobs[2] and jobs[2].id)
    with pytest.raises(
        ValueUnavailableError, match=r"Did you mean eval_loss\? They printed loss, accuracy, eval_loss\. Print"
    ):
        made.best("eval_los")
    other = hfjobs_magic.sweep(code, {"n": [1]}, local=True, reuse=True).wait(timeout=240)
    with pytest.raises(
        OptionError, match=r'best\("loss"\): the runs printed loss, accuracy, eval_loss\. Or write --metric NAME'
    ):
        other.best()


def test_best_without_a_name_lists_what_was_printed_once_and_best_finds_it(local: Service):
    code = "print('Reading 3 files')\nprint('n:', n)\nprint('score:', n / 7)\nprint('epoch: 3')\n"
    made = hfjobs_magic.sweep(code, {"n": [2, 4]}, local=True).wait(timeout=240)
    # A parameter is not among them.
    with pytest.raises(OptionError, match=r'^Say of what, as in best\("score"\): the runs printed score\. Or write'):
        made.best()
    assert made.best("score") is made.jobs[1]


def test_reused_runs_are_said_in_the_rows_and_above_them(local: Service):
    code = f"print(n)  # {uuid.uuid4().hex}"
    hfjobs_magic.sweep(code, {"n": [1, 2]}, local=True).wait(timeout=240)
    again = hfjobs_magic.sweep(code, {"n": [1, 2, 3]}, local=True, reuse=True)
    assert str(again.plan).startswith("3 runs, those that completed before are reused and free; else 3 jobs on this")
    again.wait(timeout=240)
    assert [row[2] for row in again.table().rows] == ["reused", "reused", "COMPLETED"]
    assert repr(again).splitlines() == [f"Sweep {again.id}: 3 runs, 3 completed, 2 of them reused"]
    assert [row[2] for row in again.summarize().table.rows] == ["reused", "reused", "COMPLETED"]


def test_a_sweep_that_is_taken_up_says_why_runs_failed_and_that_it_starts_the_others(local: Service):
    # In another process: this one knows nothing of its jobs.
    call = "print(hfjobs_magic.sweep(CODE, {'n': [1, 2, 3, 4]}, local=True, max_parallel=1, stop_on_fail=1).wait().id)"
    code = "import time\nif n == 1:\n    raise RuntimeError('boom')\ntime.sleep(600)\n"
    first = [sys.executable, "-c", f"import hfjobs_magic\nCODE = {code!r}\n{call}"]
    sweep_id = subprocess.run(first, check=True, capture_output=True, text=True, timeout=240).stdout.strip()
    other = hfjobs_magic.attach_sweep(sweep_id, local=True)
    assert "1 of 4: RuntimeError at line 3 (run 1)" in repr(other).splitlines()
    assert other.stopped == "Runs that were not started are left alone until resume() starts them here."
    other.resume()
    wait_until(lambda: other.stages[1] == "RUNNING")
    assert repr(other).splitlines()[-1] == "Starting 2 runs."
    other.cancel()
    other.wait(timeout=120)


def read_printed_curves(job: Job | None, modes: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what the page would be told of a job's log."""
    assert job
    return scan_log(job.logs(), named=modes).curves(modes)


def test_failed_runs_are_started_anew_and_those_that_completed_are_not(local: Service, tmp_path: Path):
    flag = tmp_path / "fixed"
    test = f"n == 2 and not pathlib.Path({str(flag)!r}).exists()"
    code = f"import pathlib\nif {test}:\n    raise KeyError(n)\nout = n * 10\n"
    made = hfjobs_magic.sweep(code, {"n": [1, 2, 3]}, local=True, outputs="out", max_parallel=1, stop_on_fail=1)
    made.wait(timeout=240)
    assert made.stages == ["COMPLETED", "ERROR", "WAITING"]
    assert made.stopped == "1 run failed (--stop-on-fail 1), so 1 was not started."
    # Beside its table, wherever that is shown, and in its rows.
    assert [row[2] for row in made.table().rows] == ["COMPLETED", "ERROR", "not started"]
    assert made.table().note == made.stopped
    assert made.stopped in repr(make_table(list_runs(made)).twin())
    assert repr(made.summarize()).count(made.stopped) == made._repr_html_().count(made.stopped) == 1
    assert made.jobs[2] is None
    assert isinstance(made.values["out"][2], ValueUnavailableError)
    first = made.jobs[0]
    flag.touch()
    assert made.retry_failed().wait(timeout=240).values["out"] == [10, 20, 30]
    assert (made.stopped, made.jobs[0]) == ("", first)
    again = hfjobs_magic.sweep(code, {"n": [3, 1]}, local=True, outputs="out", reuse=True).wait(timeout=240)
    assert [job.id for job in again.jobs if job] == [job.id for job in (made.jobs[2], first) if job]


def test_a_sweep_of_which_every_run_failed_says_so_in_groups_and_has_a_row_for_each(local: Service):
    code = "if cost < 3:\n    raise ValueError(f'no {cost}')\nraise KeyError('missing')\n"
    made = hfjobs_magic.sweep(code, {"cost": [1, 2, 3]}, local=True, outputs="acc,loss").wait(timeout=240)
    groups = ["2 of 3: ValueError at line 2 (runs 1, 2)", "1 of 3: KeyError at line 3 (run 3)"]
    # Whoever has waited sees why, without asking for the errors.
    assert repr(made).splitlines()[1:] == groups
    assert repr(made.errors) == "\n".join(groups)
    assert made.errors.groups == groups
    assert [isinstance(error, (ValueError, KeyError)) for error in made.errors.values()] == [True] * 3
    assert all(isinstance(value, RemoteError) for value in made.values["acc"])
    # Said once, and not in the place of each run's value.
    said = r"not asked for lossy: it gives back acc, loss\. Did you mean loss\?"
    with pytest.raises(ValueUnavailableError, match=said):
        made.values["lossy"]
    assert "lossy" not in made.values
    # It is over: nothing will come.
    with pytest.raises(ValueUnavailableError, match=r"has given back a number as acc\. `sweep.errors` says"):
        made.best("acc")
    with pytest.raises(ValueUnavailableError, match=r"has printed a number as f1\. Print it in the cell"):
        made.best("f1")
    with pytest.raises(OptionError, match=r'Say of what, as in best\("acc"\): the runs give back acc, loss\.'):
        made.best()
    frame = made.to_pandas()
    # A parameter keeps its name.
    assert frame["cost"].tolist() == [1, 2, 3]
    assert frame["stage"].tolist() == ["ERROR"] * 3
    assert frame["run_cost"].notna().all()
    assert all(isinstance(value, RemoteError) for value in frame["acc"])
    assert ["ValueError" in frame["error"][1], "KeyError" in frame["error"][3]] == [True, True]
    first = [job.id for job in made.jobs if job]
    made.retry_failed().wait(timeout=240)
    assert not {job.id for job in made.jobs if job} & set(first)
    assert repr(made.errors) == "\n".join(groups)


def test_a_sweep_none_of_whose_runs_was_started_or_has_ended_has_a_row_for_each(local: Service):
    code = "import time\ntime.sleep(600)\n"
    made = hfjobs_magic.sweep(code, {"n": [1, 2]}, local=True, outputs="acc", max_parallel=1)
    wait_until(lambda: made.stages[0] == "RUNNING")
    assert repr(made.errors) == "No run has failed."
    assert made.to_pandas()["stage"].tolist() == ["RUNNING", "WAITING"]
    assert [type(value) for value in made.values["acc"]] == [ValueUnavailableError] * 2
    with pytest.raises(ValueUnavailableError, match="has given back a number as acc yet"):
        made.best("acc")
    with pytest.raises(ValueUnavailableError, match="has printed a number as f1 yet"):
        made.best("f1")
    assert "was not started, so it has no acc." in str(made.values["acc"][1])
    made.cancel()
    made.wait(timeout=120)
    assert repr(made.errors) == "1 of 2: canceled (run 1)"
    assert made.to_pandas()["stage"].tolist() == ["CANCELED", "WAITING"]


def test_cancel_starts_no_more_and_ends_those_that_run(local: Service):
    made = hfjobs_magic.sweep("import time; time.sleep(600)", {"n": [1, 2, 3]}, local=True, max_parallel=1)
    wait_until(lambda: made.stages[0] == "RUNNING")
    assert made.stages[1:] == ["WAITING", "WAITING"]
    made.cancel()
    made.wait(timeout=120)
    assert made.stages == ["CANCELED", "WAITING", "WAITING"]
    assert isinstance(made.errors[0], JobFailedError)


def test_one_run_at_a_time_is_sampled_where_nobody_else_does(local: Service):
    made = hfjobs_magic.sweep(UNTIL_TOLD, {"n": [1, 2]}, endpoint=local.endpoint, token=local.token, script=True)
    wait_until(lambda: any(job and job.metrics() for job in made.jobs))
    first, other = sorted((job for job in made.jobs if job), key=lambda job: not job.metrics())
    assert not other.metrics()
    tell(local, first.id)
    wait_until(lambda: bool(other.metrics()))
    tell(local, other.id)
    made.wait(timeout=120)
    assert len(made.usage.unread(made.jobs)) == 2
    assert made.right_size is None  # too short to be worth a sentence
    assert made.usage.unread(made.jobs) == []


def test_a_budget_that_is_used_up_in_the_middle_starts_no_more(local: Service, monkeypatch: pytest.MonkeyPatch):
    # To a client that takes the local service for the Hub prices count.
    made = hfjobs_magic.sweep(
        UNTIL_TOLD, {"n": [1, 2]}, endpoint=local.endpoint, token=local.token, script=True, max_parallel=1
    )
    wait_until(lambda: made.jobs[0] is not None)
    monkeypatch.setattr(RUNTIME.session, "budget_usd", 0.0001)
    tell(local, made.jobs[0].id if made.jobs[0] else "")
    made.wait(timeout=60)
    assert made.stages == ["COMPLETED", "WAITING"]
    assert made.stopped.startswith("This session's budget leaves $0.00")
    assert 0 < made.cost < 0.01
    monkeypatch.setattr(RUNTIME.session, "budget_usd", None)
    made.resume()
    wait_until(lambda: made.jobs[1] is not None)
    made.cancel()
    assert made.wait(timeout=60).stages == ["COMPLETED", "CANCELED"]
    # Its card reads why runs failed in turns, so that the Hub is asked little.
    part = SweepPart(made)
    assert [part.is_due(now) for now in (100.0, 99.0 + TURN_S, 100.0 + TURN_S)] == [True, False, True]
    # What was paid for a run that is started anew stays paid, and one that is reused costs nothing.
    before = [job for job in made.jobs if job]
    made.retry_failed()
    wait_until(lambda: made.jobs[1] not in {None, before[1]})
    made.cancel()
    made.cancel()
    paid = [*before, *(job for job in made.wait(timeout=60).jobs if job and job is not before[0])]
    assert len(paid) == 3
    assert made.cost == pytest.approx(sum(job.cost or 0.0 for job in paid))
    again = hfjobs_magic.sweep(
        UNTIL_TOLD, {"n": [1]}, endpoint=local.endpoint, token=local.token, script=True, reuse=True
    ).wait(timeout=60)
    assert (again.reused, again.cost) == ([0], 0.0)
    assert again.summarize().table.rows[0][-2] == "$0.00"


def test_a_budget_holds_for_runs_that_are_started_later_unless_somebody_says_yes(local: Service, monkeypatch):
    made = hfjobs_magic.sweep(
        UNTIL_TOLD, {"n": [1, 2]}, endpoint=local.endpoint, token=local.token, script=True, max_parallel=1
    )
    wait_until(lambda: made.jobs[0] is not None)
    monkeypatch.setattr(RUNTIME.session, "budget_usd", 0.0001)
    tell(local, made.jobs[0].id if made.jobs[0] else "")

    def has_stopped() -> bool:
        why = made.wait(timeout=60).stopped.startswith("This session's budget leaves $0.00")
        return why and made.stages == ["COMPLETED", "WAITING"]

    assert has_stopped()
    made.resume()
    assert has_stopped()
    assert made.resume(over_budget=True) is made
    wait_until(lambda: made.jobs[1] is not None)
    made.cancel()
    assert made.wait(timeout=60).stages == ["COMPLETED", "CANCELED"]
    # The yes was to what is over now: the button of the card asks for no other.
    SweepPart(made).do("retry")
    assert has_stopped()


class Deaf(JobsClient):
    """A client whose answers to some submissions are lost on the way."""

    lost = 0

    def submit(self, *args: Any, **kwargs: Any) -> Any:
        facts = super().submit(*args, **kwargs)
        if self.lost:
            self.lost -= 1
            raise HubUnreachableError("Nothing answers.")
        return facts


def test_a_submission_whose_answer_is_lost_is_found_and_not_sent_again(local: Service):
    client = Deaf(endpoint=local.endpoint, token=local.token, namespace=local.namespace, local=True)
    client.lost = 2
    request = read_source("print(n)", [Layer("keyword", {"map": ("n=1..3",), "local": True})])
    made = Sweep(plan_sweep(request, client)).wait(timeout=240)
    assert made.stages == ["COMPLETED"] * 3
    jobs = list(client.jobs(labels={"sweep": made.id}))
    assert sorted(job.labels["sweep-run"] for job in jobs) == ["1", "2", "3"]
    assert {job.id for job in jobs} == {job.id for job in made.jobs if job}


def test_what_the_hub_refuses_is_not_sent_again_and_again(local: Service):
    class Poor(JobsClient):
        def submit(self, *args: Any, **kwargs: Any) -> Any:
            error = HubError("The account needs credit first.")
            error.is_final = True
            raise error

    client = Poor(endpoint=local.endpoint, token=local.token, namespace=local.namespace, local=True)
    request = read_source("print(n)", [Layer("keyword", {"map": ("n=1..3",), "local": True})])
    made = Sweep(plan_sweep(request, client)).wait(timeout=60)
    assert made.stages == ["WAITING"] * 3
    assert made.stopped == "The account needs credit first. The runs that are left were not started."
    # No run has a job: the table says why.
    shown = make_table(list_runs(made))
    assert made.stopped in repr(shown.twin())
    assert "not started" in repr(shown.twin())
    assert (shown.status["empty"], shown.status["sweep"]["stopped"]) == (NONE_STARTED, made.stopped)


def test_a_plain_script_is_told_by_variables(local: Service):
    code = "import os\nprint(os.environ['HFJOB_MAP'], os.environ['HFJOB_MAP_LR'])\n"
    made = hfjobs_magic.sweep(code, {"lr": [0.5, 0.25]}, local=True, script=True, attempts=2).wait(timeout=240)
    assert [list(job.logs())[-1] for job in made.jobs if job] == ["1 0.5", "2 0.25"]
    assert [job.facts.attempts for job in made.jobs if job] == [2, 2]


def test_where_one_job_is_asked_for_a_map_is_refused():
    with pytest.raises(OptionError, match=r"hfjobs_magic\.sweep\(code"):
        hfjobs_magic.run("print(1)", map="n=1,2", local=True)
    with pytest.raises(OptionError, match="A sweep needs parameters"):
        hfjobs_magic.sweep("print(1)", local=True)


def test_another_kernel_that_takes_it_up_has_it_and_what_both_start_runs_once(local: Service):
    code = "import time\ntime.sleep(600)\n"
    made = hfjobs_magic.sweep(code, {"n": [1, 2, 3]}, local=True, script=True, max_parallel=1)
    wait_until(lambda: made.stages[0] == "RUNNING")
    client = connect(local=True)
    # What two other kernels would do that take it up at the same moment.
    first = made.jobs[0].id if made.jobs[0] else ""
    two = [submit(made.plan.of_run(1, first, by=f"{turn}-0a0a0a0a"), client=client).job for turn in (2, 3)]
    wait_until(lambda: client.inspect(two[1].id).stage == "CANCELED")
    assert [job and job.id for job in made.jobs] == [first, two[0].id, None]
    assert made.stopped.startswith("Another kernel has taken over this sweep")
    made.cancel()
    made.wait(timeout=120)
    assert made.stages == ["CANCELED", "CANCELED", "WAITING"]
    # The others are told by the newest job's label.
    assert client.inspect(two[0].id).labels["sweep-by"] == "4-canceled"
    again = hfjobs_magic.attach_sweep(made.id, local=True)
    assert again.wait(timeout=60).stages == made.stages
    assert again.jobs[2] is None
    assert again.parameters == made.parameters
    # Whoever has mistyped an id sees those there are, the newest first.
    known = (
        rf"There is no sweep 0badcafe on this machine\. There (is|are) @sweep={made.id} \(2 runs · \d{{4}}-\d\d-\d\d"
    )
    with pytest.raises(OptionError, match=known):
        hfjobs_magic.attach_sweep("0badcafe", local=True)


def test_a_sweep_that_is_taken_up_and_cancelled_at_once_is_started_on_by_nobody(local: Service):
    code = "import time\ntime.sleep(600)\n"
    made = hfjobs_magic.sweep(code, {"n": [1, 2, 3]}, local=True, script=True, max_parallel=1)
    wait_until(lambda: made.stages[0] == "RUNNING")
    # The other has submitted nothing, so no job says that it has the turn.
    other = hfjobs_magic.attach_sweep(made.id, local=True).resume()
    other.cancel()
    for one in (made, other):
        one.wait(timeout=120)
        assert one.stages == ["CANCELED", "WAITING", "WAITING"]
    jobs = list(connect(local=True).jobs(labels={"sweep": made.id}))
    assert [job.stage for job in jobs] == ["CANCELED"]
