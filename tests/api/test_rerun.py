"""A job once more with something changed: what is suggested, what it costs, and that it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import hfjobs_magic
from hfjobs_magic.api.job import Job
from hfjobs_magic.api.repeat import Changes
from hfjobs_magic.api.rerun_offer import make_offer, suggest
from hfjobs_magic.api.reuse import LABEL
from hfjobs_magic.api.submit import submit
from hfjobs_magic.errors import OptionError
from hfjobs_magic.exchange.ending import Ending
from hfjobs_magic.hub.request import ImageCommand, Request
from hfjobs_magic.options.run_options import RunOptions
from hfjobs_magic.widgets.rerun_server import RerunServer
from tests.fakes import FACTS, HARDWARE, FakeHub
from tests.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from hfjobs_magic.local.daemon import Service


@pytest.mark.parametrize(
    ("ending", "change"),
    [
        (Ending("memory"), {"flavor": "cpu-upgrade"}),
        (Ending("killed"), {"flavor": "cpu-upgrade"}),
        (Ending("gpu-memory"), {}),
        (Ending("timeout", change={"timeout": "1h"}), {"timeout": "1h"}),
        (Ending("memory", change={"flavor": "l4x1"}), {"flavor": "l4x1"}),
        (Ending("error", change={"dependencies": "einops"}), {"dependencies": "einops"}),
        (Ending("error", "ModuleNotFoundError", "No module named 'sklearn.svm'"), {"dependencies": "scikit-learn"}),
        (Ending("error", "ModuleNotFoundError", "No module named 'cowsay'"), {"dependencies": "cowsay"}),
        (Ending("error", "ModuleNotFoundError", "No module named 'own_module'"), {}),
        (Ending("error", "ImportError", "cannot import name 'x' from 'y'"), {}),
        (Ending("error"), {}),
        (None, {}),
    ],
)
def test_what_may_help_is_suggested(
    ending: Ending | None, change: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "own_module.py").touch()
    monkeypatch.chdir(tmp_path)
    assert suggest(ending, "cpu-basic", HARDWARE) == change


def offer(asked: dict[str, str], **options: Any) -> Any:
    hub = FakeHub()
    hub.local = False
    return make_offer(hub, FACTS, RunOptions(**options), hub.spec(FACTS.id), asked)  # type: ignore[arg-type]


def test_what_is_as_it_was_is_no_change():
    same = offer({"flavor": "cpu-basic", "timeout": " 30m", "dependencies": ""})
    assert same == offer({})
    assert same.changes == Changes()
    assert (same.flavor, same.timeout, same.packages, same.wrong) == ("cpu-basic", "30m", "", "")
    assert same.cost == "at most $0.0050"


def test_a_change_is_priced():
    changed = offer({"flavor": "a10g-small", "timeout": "2h", "dependencies": "einops  torch>=2,<3"})
    assert changed.changes == Changes("a10g-small", "2h", ("einops", "torch>=2,<3"))
    assert changed.cost == "at most $2.00"


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"timeout": "soon"}, "--timeout soon is not a time"),
        ({"flavor": "a10g-smal"}, "There is no flavor 'a10g-smal'. Did you mean a10g-small"),
        ({"dependencies": "==2"}, "--with ==2 is not a requirement"),
        ({"timeout": "10h", "flavor": "l40sx1"}, "more than --max-cost"),
    ],
)
def test_what_would_be_refused_is_said_before(asked: dict[str, str], wrong: str):
    assert wrong in offer(asked, max_cost="1").wrong


def test_a_job_of_another_kernel_runs_again_with_a_package_and_another_timeout(local: Service):
    code = "import os, iniconfig; print('iniconfig' in iniconfig.__file__, os.environ['MODE'])"
    job = hfjobs_magic.run(code, local=True, deps="none", labels={"team": "nlp"}, env={"MODE": "b"})
    with pytest.raises(ModuleNotFoundError, match="iniconfig"):
        job.wait(timeout=120)
    there = hfjobs_magic.attach(job.id, local=True)
    again = there.rerun(dependencies=["iniconfig"], timeout="7m").wait(timeout=120)
    assert list(again.logs())[-1] == "True b", "behind what uv says of its packages"
    spec = again.client.spec(again.id)
    assert spec.timeout_s == 420
    assert (spec.info.command or [])[:4] == ["uv", "run", "--with", "iniconfig"]
    assert again.labels["team"] == "nlp"
    # It is found by no `--reuse` of the job that it was.
    assert LABEL in job.labels
    assert LABEL not in again.labels
    assert again.script is not None


def test_a_change_sends_secrets_anew(local: Service, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WANDB_KEY", "correct-horse")
    code = "import os; print(len(os.environ['WANDB_KEY']))"
    job = hfjobs_magic.run(code, local=True, secrets=["WANDB_KEY"]).wait(timeout=120)
    there = hfjobs_magic.attach(job.id, local=True)
    # The local service keeps no values, so even a rerun without a change sends them.
    assert list(there.rerun().wait(timeout=120).logs()) == ["13"]
    monkeypatch.delenv("WANDB_KEY")
    with pytest.raises(OptionError, match="The secret WANDB_KEY is not set here"):
        there.rerun(timeout="7m")


def test_a_command_takes_no_packages(local: Service):
    made = submit(Request(ImageCommand("python:3.12", ("sh", "-c", "echo hi")), RunOptions(local=True)))
    job = Job.from_submission(made)
    with pytest.raises(OptionError, match="not run by uv"):
        hfjobs_magic.attach(job.id, local=True).rerun(dependencies=["einops"])
    job.cancel()


def test_one_message_starts_one_job_however_often_it_comes():
    hub, answers, started = FakeHub(), [], []

    class Handle(Job):
        def repeat(self, changes: Changes = Changes(), *, ask: Any = None) -> Job:  # noqa: B008 - as in Job
            started.append(changes)
            return self

    handle = Handle(hub, FACTS)  # type: ignore[arg-type]
    server = RerunServer(handle, lambda: None, answers.append, lambda _: None)
    asked = {"type": "rerun", "id": 7, "change": {"timeout": "1h"}, "send": True, "anyway": False}
    for _ in range(2):
        server.answer(asked)
        wait_until(lambda: server._worker.is_idle)
    assert started == [Changes(timeout="1h")]
    assert [answer["sent"] for answer in answers] == [FACTS.id, None]
    server.stop()


def test_a_job_of_another_kernel_that_timed_out_is_offered_twice_the_time_that_the_hub_knows():
    hub, answers = FakeHub(), list[dict[str, Any]]()
    handle = Job(hub, FACTS)  # type: ignore[arg-type]
    server = RerunServer(handle, lambda: Ending("timeout"), answers.append, lambda _: None)
    server.answer({"type": "rerun", "id": 1, "change": None, "send": False, "anyway": False})
    wait_until(lambda: answers)
    server.stop()
    assert answers[0]["change"]["timeout"] == "1h"
