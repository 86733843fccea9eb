"""Every way to start a job is held by the session's budget and its cap, and is remembered in the same places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from huggingface_hub import constants
from IPython.utils.capture import capture_output

from hfjobs_magic import BudgetError, JobFailedError, run, schedule, sweep
from hfjobs_magic.api.attach import attach
from hfjobs_magic.api.connect import connect
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.magics.hfjobs import parse
from hfjobs_magic.records import notebooks
from hfjobs_magic.records.jobs import record_of
from hfjobs_magic.widgets.display import make_table
from hfjobs_magic.widgets.rerun_server import RerunServer
from tests.conftest import isolate
from tests.magics.test_hfjob import count_jobs, run_cell
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.api.scheduled_job import ScheduledJob
    from hfjobs_magic.local.daemon import Service

DEAR = {"flavor": "a100-large", "timeout": "10h"}
LINE = "--flavor a100-large --timeout 10h"
NOTEBOOK = "/home/ada/train.ipynb"


def set_hub(monkeypatch: pytest.MonkeyPatch, service: Service) -> None:
    """Put `service` in the Hub's place: what a client finds without ``--local``, with prices."""
    monkeypatch.setattr(constants, "ENDPOINT", service.endpoint)
    monkeypatch.setenv("HF_TOKEN", service.token)
    monkeypatch.setenv("JPY_SESSION_NAME", NOTEBOOK)


@pytest.fixture
def hub(local: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    set_hub(monkeypatch, local)
    monkeypatch.setattr("builtins.input", lambda _: "n")
    RUNTIME.session.reset()
    RUNTIME.session.commitments.clear()
    yield local
    RUNTIME.session.reset()
    RUNTIME.session.commitments.clear()


@pytest.fixture(scope="module")
def repeated(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Job, ScheduledJob]]:
    """A job of this session that has ended, and a schedule: to be started again, which leaves both as they are."""
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, tmp_path_factory.getbasetemp())
        set_hub(patch, service)
        RUNTIME.session.reset()
        job = run("print('earlier')", **DEAR).wait(timeout=120)
        nightly = schedule("print('nightly')", "0 3 1 1 *", **DEAR)
        yield job, nightly
        nightly.delete()


@pytest.fixture
def earlier(repeated: tuple[Job, ScheduledJob], hub: Service) -> Job:
    return repeated[0]


@pytest.fixture
def nightly(repeated: tuple[Job, ScheduledJob], hub: Service) -> ScheduledJob:
    return repeated[1]


class Ways:
    """The ways, each a method that starts a job or raises; `earlier` and `nightly` are there to be repeated."""

    def __init__(self, shell: InteractiveShell, folder: Path, earlier: Job, nightly: ScheduledJob) -> None:
        self.shell, self.earlier, self.nightly = shell, earlier, nightly
        self.script = folder / "train.py"
        self.script.write_text("print('file')\n")

    def line(self, text: str) -> None:
        with capture_output():
            self.shell.run_line_magic("hfjobs", text)

    def run(self) -> None:
        run("print('run')", **DEAR)

    def cell(self) -> None:
        run_cell(self.shell, LINE, "print('cell')\n")

    def image(self) -> None:
        self.line(f"run {LINE} python:3.12 python -V")

    def uv_run(self) -> None:
        self.line(f"uv run {LINE} {self.script}")

    def rerun(self) -> None:
        self.earlier.rerun()

    def rerun_of_another_kernel(self) -> None:
        attach(self.earlier.id).rerun()

    def rerun_with_changes(self) -> None:
        self.earlier.rerun(timeout="9h")

    def rerun_with_changes_of_another_kernel(self) -> None:
        attach(self.earlier.id).rerun(timeout="9h")

    def rerun_in_the_card(self) -> None:
        answers: list[dict[str, Any]] = []
        shown: list[Job] = []
        server = RerunServer(self.earlier, lambda: None, answers.append, shown.append)
        server.answer({"type": "rerun", "id": 1, "change": {"timeout": "9h"}, "send": True, "anyway": False})
        wait_until(lambda: answers)
        server.stop()
        (answer,) = answers
        if answer["sent"] is None:
            raise BudgetError(answer["question"] or answer["wrong"])
        assert [job.id for job in shown] == [answer["sent"]]

    def rerun_line(self) -> None:
        self.line(f"rerun {self.earlier.id}")

    def rerun_line_with_changes(self) -> None:
        self.line(f"rerun {self.earlier.id} --timeout 9h")

    def run_again_in_the_table(self) -> None:
        client, asked = connect(), parse(["ls", "-a"])
        assert not isinstance(asked, str)
        before = len(list(client.jobs()))
        table = make_table(asked.run_live(client, asked).shown)
        say = table._handle_custom_msg  # as a page does
        say({"type": "watch", "view": "page", "visible": True, "seq": 0}, [])
        say({"type": "rerun", "id": self.earlier.id}, [])
        try:
            wait_until(lambda: table.status["notice"] or len(list(client.jobs())) > before)
            if table.status["notice"]:
                raise BudgetError(table.status["notice"])
        finally:
            table.close()

    def trigger(self) -> None:
        self.nightly.trigger()

    def trigger_line(self) -> None:
        self.line(f"scheduled trigger {self.nightly.id}")


CHANGED = {
    "rerun_with_changes",
    "rerun_with_changes_of_another_kernel",
    "rerun_in_the_card",
    "rerun_line_with_changes",
}
WAYS = [name for name in vars(Ways) if not name.startswith("_") and name != "line"]


@pytest.fixture
def start(shell: InteractiveShell, tmp_path: Path, earlier: Job, nightly: ScheduledJob) -> Callable[[str], None]:
    ways = Ways(shell, tmp_path, earlier, nightly)
    return lambda name: getattr(ways, name)()


@pytest.mark.parametrize("way", WAYS)
def test_the_budget_holds(way: str, start: Callable[[str], None], hub: Service):
    before = count_jobs(hub)
    RUNTIME.session.configure(["budget=1"])
    with pytest.raises(BudgetError, match=r"may exceed the budget of \$1\.00"):
        start(way)
    assert count_jobs(hub) == before
    assert RUNTIME.session.commitments == []


@pytest.mark.parametrize("way", WAYS)
def test_the_cap_holds(way: str, start: Callable[[str], None], hub: Service):
    before = count_jobs(hub)
    RUNTIME.session.configure(["max-cost=2"])
    with pytest.raises(BudgetError, match=r"--max-cost|max_cost"):
        start(way)
    assert count_jobs(hub) == before


@pytest.mark.parametrize("way", WAYS)
def test_the_job_is_counted_and_remembered(way: str, start: Callable[[str], None], hub: Service):
    start(way)
    wait_until(lambda: RUNTIME.session.commitments)
    (commitment,) = RUNTIME.session.commitments
    job = commitment.entry.facts.id
    assert commitment.most_usd == pytest.approx(22.5 if way in CHANGED else 25.0, abs=0.01)
    wait_until(lambda: job in [note.job_id for note in notebooks.notes().of(NOTEBOOK)])
    assert job in [item.facts.id for item in RUNTIME.recent_jobs]
    wait_until(lambda: record_of(job).timeout_s() is not None)


SCHEDULES: dict[str, Callable[[InteractiveShell, Path], object]] = {
    "cell": lambda shell, _: run_cell(shell, f"{LINE} --schedule @yearly", "print(1)\n"),
    "schedule": lambda *_: schedule("print(1)", "@yearly", **DEAR),
    "image": lambda shell, _: shell.run_line_magic("hfjobs", f"scheduled run {LINE} @yearly python:3.12 python -V"),
    "uv run": lambda shell, script: shell.run_line_magic("hfjobs", f"scheduled uv run {LINE} @yearly {script}"),
}


@pytest.mark.parametrize("way", SCHEDULES)
def test_a_budget_asks_about_every_schedule(way: str, shell: InteractiveShell, hub: Service, tmp_path: Path):
    script = tmp_path / "train.py"
    script.write_text("print(1)\n")
    RUNTIME.session.configure(["budget=100"])
    client = connect()
    before = len(client.scheduled.jobs())
    with pytest.raises(BudgetError, match="a schedule has no end"):
        SCHEDULES[way](shell, script)
    assert len(client.scheduled.jobs()) == before


SWEEPS: dict[str, Callable[[InteractiveShell], object]] = {
    "cell": lambda shell: run_cell(shell, f"{LINE} --map x=1,2 --yes", "print(x)\n"),
    "sweep": lambda _: sweep("print(x)", {"x": [1, 2]}, **DEAR),
}


@pytest.mark.parametrize("way", SWEEPS)
@pytest.mark.parametrize("limit", ["budget=30", "max-cost=2"])
def test_a_sweep_as_a_whole_is_held_to_the_budget_and_each_of_its_runs_to_the_cap(
    way: str, limit: str, shell: InteractiveShell, hub: Service
):
    before = count_jobs(hub)
    RUNTIME.session.configure([limit])
    with pytest.raises(BudgetError, match=r"\$50\.00|Nothing was submitted|--max-cost|max_cost"), capture_output():
        SWEEPS[way](shell)
    assert count_jobs(hub) == before
    assert RUNTIME.session.commitments == []


@pytest.mark.parametrize("way", SWEEPS)
def test_runs_of_a_sweep_are_counted_and_remembered(way: str, shell: InteractiveShell, hub: Service):
    with capture_output():
        SWEEPS[way](shell)
    wait_until(lambda: len(RUNTIME.session.commitments) == 2)
    assert [one.most_usd for one in RUNTIME.session.commitments] == pytest.approx([25.0, 25.0], abs=0.01)
    jobs = {one.entry.facts.id for one in RUNTIME.session.commitments}
    wait_until(lambda: jobs <= {note.job_id for note in notebooks.notes().of(NOTEBOOK)})
    assert jobs <= {item.facts.id for item in RUNTIME.recent_jobs}


def test_a_job_that_has_ended_counts_what_it_cost(earlier: Job, hub: Service):
    again = earlier.rerun()
    assert RUNTIME.session.sum_committed_usd() == pytest.approx(25.0, abs=0.01)
    again.wait(timeout=120)
    assert RUNTIME.session.sum_committed_usd() < 0.5


def test_a_rerun_whose_timeout_only_the_hub_knows_is_priced_by_that(
    earlier: Job, hub: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))  # another machine, which has no record of the job
    RUNTIME.session.configure(["budget=24"])
    with pytest.raises(BudgetError, match=r"can cost up to \$25\.00"):
        attach(earlier.id, namespace="local").rerun()
    RUNTIME.session.configure(["budget=26"])
    attach(earlier.id, namespace="local").rerun()
    (commitment,) = RUNTIME.session.commitments
    assert commitment.most_usd == pytest.approx(25.0, abs=0.01)


@pytest.mark.parametrize("command", ["run --local --wait python:3.12 sh -c 'exit 3'", "uv run --local --wait SCRIPT"])
def test_wait_raises_what_the_job_ended_in(command: str, shell: InteractiveShell, local: Service, tmp_path: Path):
    script = tmp_path / "fails.py"
    script.write_text("raise SystemExit(3)\n")
    with pytest.raises(JobFailedError, match="ERROR"), capture_output():
        shell.run_line_magic("hfjobs", command.replace("SCRIPT", str(script)))
