"""`%%hfjob --schedule` and the commands that make jobs, on a real service and beside the installed `hf`."""

from __future__ import annotations

import functools
import http.server
import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from huggingface_hub import HfApi

import hfjobs_magic
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.scheduled_job import ScheduledJob
from hfjobs_magic.errors import BudgetError, HfJobsError, HubError, OptionError
from hfjobs_magic.hub.client import JobsClient
from hfjobs_magic.local import daemon
from tests.counting import counted
from tests.http_server import serve
from tests.magics.test_hfjob import run_cell
from tests.magics.test_hfjobs import shown
from tests.magics.test_verbs import hf
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.local.daemon import Service


@pytest.fixture(autouse=True)
def _no_schedule_is_left(local: Service) -> Iterator[None]:
    yield
    api = HfApi(endpoint=local.endpoint, token=local.token)
    for job in api.list_scheduled_jobs(namespace=local.namespace):
        api.delete_scheduled_job(scheduled_job_id=job.id, namespace=local.namespace)


def told(service: Service, job_id: str) -> dict[str, Any]:
    """The scheduled job as the service tells it."""
    address = f"{service.endpoint}/api/scheduled-jobs/{service.namespace}/{job_id}"
    answer: dict[str, Any] = httpx2.get(address, headers={"Authorization": f"Bearer {service.token}"}).json()
    return answer


def test_every_option_arrives(shell: InteractiveShell, local: Service, monkeypatch, tmp_path: Path):
    monkeypatch.setenv("MY_SECRET", "s3cr3t")
    HfApi(endpoint=local.endpoint, token=local.token).create_bucket("local/scheduled-options", exist_ok=True)
    (output,) = run_cell(
        shell,
        '--local --schedule "0 9 * * 1" --suspend --concurrency --as weekly --flavor t4-small --with cowsay -p 3.11 '
        "--image ghcr.io/astral-sh/uv:debian -e PLAIN=x -s MY_SECRET --name report -l team=nlp "
        "-v hf://buckets/local/scheduled-options:/out:ro --timeout 90s --attempts 2 --expose 8000 "
        "--expose-public 8001 --resource-group-id 0123456789abcdef01234567 -- --lr 0.1",
        "import cowsay\n",
    )
    weekly = shell.user_ns.pop("weekly")
    assert isinstance(weekly, ScheduledJob)
    found = told(local, weekly.id)
    spec = found["jobSpec"]
    assert (found["schedule"], found["suspend"], found["concurrency"]) == ("0 9 * * 1", True, True)
    assert spec["command"][:2] == ["uv", "run"]
    assert spec["command"][spec["command"].index("--python") + 1] == "3.11"
    assert spec["command"][-2:] == ["--lr", "0.1"]
    assert (spec["flavor"], spec["dockerImage"]) == ("t4-small", "ghcr.io/astral-sh/uv:debian")
    assert spec["environment"] == {"PLAIN": "x"}
    assert spec["secrets"] == ["MY_SECRET"]
    assert {"name": "report", "team": "nlp", "tool": "hfjobs-magic"}.items() <= spec["labels"].items()
    mounts = {volume["mountPath"]: volume for volume in spec["volumes"]}
    assert mounts["/out"]["readOnly"] is True
    assert (spec["timeout"], spec["retry"]) == (90, 1)
    assert spec["expose"] == {"ports": [8000, 8001], "portsPublic": [8001]}
    assert spec["resourceGroupId"] == "0123456789abcdef01234567"
    assert "application/vnd.jupyter.widget-view+json" in output.data
    assert output.data["text/plain"] == "Scheduled job report, every Monday at 09:00 UTC (0 9 * * 1), local service"
    assert "Suspended" in output.data["text/html"]
    assert "s3cr3t" not in json.dumps(output.data)


@pytest.mark.lowest
def test_a_scheduled_cell_runs_as_its_cell_would(shell: InteractiveShell, local: Service):
    run_cell(shell, "--local --schedule @yearly --as yearly --with iniconfig -- a", "import sys\nprint(sys.argv[1:])\n")
    yearly: ScheduledJob = shell.user_ns.pop("yearly")
    job = yearly.trigger()
    assert job.wait(timeout=180).stage == "COMPLETED"
    assert "['a']" in list(job.logs())
    assert job.labels["cell"] == yearly.labels["cell"]


def same(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Hold two scheduled jobs against each other, but for what each has of its own."""
    for found in (one, other):
        for key in ("id", "createdAt", "status"):
            found.pop(key)
        for volume in found["jobSpec"].get("volumes", []):
            volume.pop("path", None)
            volume.pop("source", None)
    assert one == other


@pytest.mark.lowest
def test_scheduled_run_makes_what_the_cli_makes(shell: InteractiveShell, local: Service):
    line = (
        "scheduled run --suspend --no-concurrency -e WORD=tick --name ticker -l a=b --timeout 2m --attempts 2 "
        "--expose 8000 @daily python:3.12 sh -c 'echo $WORD -x'"
    )
    words = [*line.split(" sh ", maxsplit=1)[0].split(), "sh", "-c", "echo $WORD -x"]
    ours = shown(shell, f"{line} --local -q")["text/plain"]
    theirs = hf(*words, "-q", service=local).strip()
    same(told(local, ours), told(local, theirs))
    as_json = json.loads(shown(shell, f"{line} --local --json")["text/plain"])
    assert as_json.keys() == json.loads(hf(*words, "--json", service=local)).keys()


@pytest.mark.lowest
def test_a_script_is_scheduled_and_run_as_the_cli_does(shell: InteractiveShell, local: Service, tmp_path: Path):
    script = tmp_path / "report.py"
    script.write_text(
        "# /// script\n# dependencies = ['iniconfig']\n# [tool.hf-jobs]\n# timeout = '3m'\n"
        "# env = {SEED = '1'}\n# ///\n"
        "import iniconfig, os, sys\nprint(os.environ['SEED'], sys.argv[1:])\n"
    )
    own = ["--name", "report", str(script), "--lr", "3e-4", "-e", "WORD=x"]
    ours = shown(shell, f"scheduled uv run --local -q @daily {' '.join(own)}")["text/plain"]
    # The CLI also says where the script goes.
    theirs = hf("scheduled", "uv", "run", "-q", "@daily", *own, service=local).split()[-1]
    mine, cli = told(local, ours), told(local, theirs)
    assert mine["jobSpec"]["command"][-2:] == cli["jobSpec"]["command"][-2:] == ["--lr", "3e-4"]
    mine["jobSpec"]["command"] = cli["jobSpec"]["command"] = []
    same(mine, cli)

    job_id = shown(shell, f"uv run --local -q --as job {' '.join(own)}")["text/plain"]
    assert shell.user_ns["job"].id == job_id
    their_id = hf("uv", "run", "--detach", "-q", *own, service=local).split()[-1]
    logs = []
    for one in (job_id, their_id):
        job = hfjobs_magic.attach(one, local=True)
        assert job.wait(timeout=180).stage == "COMPLETED"
        logs.append(list(job.logs())[-1])
    assert logs == ["1 ['--lr', '3e-4']"] * 2


def test_a_file_names_its_job_and_an_address_is_fetched_once(shell: InteractiveShell, local: Service, tmp_path: Path):
    (tmp_path / "from web.py").write_text("print('from the web')\n")
    asked: list[str] = []

    class Files(http.server.SimpleHTTPRequestHandler):
        def log_message(self, _format: str, *args: object) -> None:
            asked.append(str(args[0]))

    handler = functools.partial(Files, directory=str(tmp_path))
    with serve(handler) as server:
        address = f"{server}/from%20web.py?raw=1"
        shown(shell, f"uv run --local -q --as job {address}")
        with pytest.raises(OptionError, match=r"There is no script at http.*it answers with status 404"):
            shown(shell, f"uv run --local {address.replace('web', 'wab')}")
    job = shell.user_ns["job"]
    assert asked[0].startswith("GET")
    assert len([line for line in asked if "web" in line]) == 1
    assert job.name == f"from-20web-{job.script.digest}"
    assert list(job.wait(timeout=120).logs()) == ["from the web"]


def test_a_dry_run_shows_the_schedule_and_sends_nothing(shell: InteractiveShell, local: Service, tmp_path: Path):
    (output,) = run_cell(shell, "--local --dry-run --schedule '*/15 * * * *' --concurrency")
    text = output.data["text/plain"]
    assert "Schedule          */15 * * * *, every 15 minutes" in text
    assert "Runs may overlap  yes" in text
    assert "Each run costs    nothing" in text
    text = shown(shell, "scheduled run --local --dry-run @daily python:3.12 python -c 'print(1)'")["text/plain"]
    assert "Command         python -c 'print(1)'" in text
    (tmp_path / "x.py").write_text("print(1)\n")
    assert "print(1)" in shown(shell, f"uv run --local --dry-run {tmp_path}/x.py")["text/plain"]
    assert "Costs" in shown(shell, "run --local --dry-run python:3.12 ls")["text/plain"]
    assert hfjobs_magic.scheduled_jobs(local=True) == []


@pytest.fixture
def asked(local: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """What the local service was asked, in order."""
    monkeypatch.chdir(tmp_path)
    with counted(local) as (service, requests):
        monkeypatch.setattr(daemon, "ensure", lambda: service)
        yield requests


REFUSED_CELLS = [
    ("--schedule tomorrow", "--schedule 'tomorrow' is not a valid schedule. Write five fields in UTC"),
    ("--schedule '0 9 * * MON'", "--schedule '0 9 * * MON' has a name in it; the Hub accepts numbers only"),
    ("--schedule @daily --wait", "--wait and --schedule do not go together"),
    ("--schedule @daily --reuse", "--reuse and --schedule do not go together"),
    ("--schedule @daily --ssh", "The Hub takes no --ssh for a scheduled job."),
    ("--suspend", "--suspend describes a schedule."),
    ("--schedule @daily --flavor nope", "There is no flavor 'nope'."),
    ("--schedule @daily -v ./nowhere:/in", "--volume ./nowhere: there is no such folder here"),
    ("--schedule @daily -s NOT_SET_ANYWHERE", "The secret NOT_SET_ANYWHERE is not set here;"),
]
REFUSED_LINES = [
    ("scheduled run @daily", "%hfjobs scheduled run needs a schedule, an image and a command, as in:"),
    ("scheduled run never python:3.12 ls", "--schedule 'never' is not a valid schedule."),
    ("scheduled run --wait @daily python:3.12 ls", "--wait is for jobs that start now; %hfjobs scheduled run makes"),
    ("scheduled run --with x @daily python:3.12 ls", "--with belongs to %%hfjob; %hfjobs scheduled run takes an image"),
    ("scheduled uv run @daily", "%hfjobs scheduled uv run needs a schedule and a script, as in:"),
    ("scheduled uv run @daily none.py", "There is no file none.py. Paths are relative to the kernel's folder."),
    ("uv run", "%hfjobs uv run needs a script, as in: %hfjobs uv run train.py --lr 3e-4"),
    ("uv run --schedule @daily x.py", "--schedule belongs to %%hfjob; use %hfjobs scheduled uv run here."),
    ("uv runn x.py", "There is no command 'runn'. Did you mean run?"),
    ("run --token hf_abc python:3.12 ls", "--token would save the token in the notebook."),
    ("run --format yaml python:3.12 ls", "--format yaml: choose one of auto, human, agent, json, quiet."),
]


@pytest.mark.parametrize(("line", "message"), REFUSED_CELLS)
def test_a_refused_cell_sends_nothing(shell: InteractiveShell, asked: list[str], line: str, message: str):
    with pytest.raises(HfJobsError) as caught:
        run_cell(shell, f"--local {line}", "print(1)\n")
    assert str(caught.value).startswith(message)
    assert [request for request in asked if not request.startswith("GET ")] == []


@pytest.mark.parametrize(("line", "message"), REFUSED_LINES)
def test_a_refused_line_sends_nothing(shell: InteractiveShell, asked: list[str], line: str, message: str):
    with pytest.raises(HfJobsError) as caught:
        shell.run_line_magic("hfjobs", f"{line} --local")
    assert str(caught.value).startswith(message)
    assert [request for request in asked if not request.startswith("GET ")] == []


def test_what_only_the_service_can_know_is_passed_on(shell: InteractiveShell, local: Service):
    with pytest.raises(HubError, match=r"The Hub refused: schedule: '0 0 30-31 2 \*' never comes"):
        run_cell(shell, "--local --schedule '0 0 30-31 2 *'")


def test_a_schedule_cannot_keep_a_budget_and_max_cost_holds_for_each_run(shell: InteractiveShell, local, monkeypatch):
    from hfjobs_magic.api import submit  # noqa: PLC0415 - patched at its seam

    def hub(*, service: Service = local, **_: Any) -> JobsClient:
        return JobsClient(endpoint=service.endpoint, token=service.token, namespace="local")

    monkeypatch.setattr(submit, "connect", hub)
    with pytest.raises(BudgetError, match=r"--timeout 10h can cost \$10\.00, more than --max-cost 2"):
        run_cell(shell, "--schedule @daily --flavor a10g-small --timeout 10h --max-cost 2")
    (output,) = run_cell(shell, "--schedule @daily --flavor a10g-small --max-cost 0.5 --as capped")
    capped: ScheduledJob = shell.user_ns.pop("capped")
    assert capped.most_usd_per_run == pytest.approx(0.5, abs=0.01)
    assert "so that it cannot cost more than $0.50 (--max-cost)" in output.data["text/html"]
    RUNTIME.session.configure(["budget=1"])
    try:
        monkeypatch.setattr("builtins.input", lambda _: "n")
        with pytest.raises(
            BudgetError, match=r"up to \$0\.50 and a schedule has no end, so it may exceed this session's"
        ):
            run_cell(shell, "--schedule @daily --flavor a10g-small --timeout 30m")
        monkeypatch.setattr("builtins.input", lambda _: "y")
        run_cell(shell, "--schedule @daily --flavor a10g-small --timeout 30m --detach")
        with pytest.raises(BudgetError, match="Clear the budget first"):
            hfjobs_magic.schedule("print(1)", "@daily", flavor="a10g-small")
    finally:
        RUNTIME.session.reset()
    assert len(hfjobs_magic.scheduled_jobs(local=True)) == 2


def test_tab_offers_scheduled_jobs_presets_and_the_options_of_the_commands(shell: InteractiveShell, local: Service):
    from tests.magics.test_completion import offered, texts  # noqa: PLC0415 - its helpers

    job = hfjobs_magic.schedule("print(1)", "0 9 * * 1", local=True, name="tab-me")
    wait_until(lambda: job.id in offered(shell, "%hfjobs scheduled trigger --local |"))
    assert offered(shell, "%hfjobs scheduled trigger --local |")[job.id].endswith("tab-me")
    assert "@daily" in texts(shell, "%%hfjob --schedule |")
    assert "@hourly" in texts(shell, "%hfjobs scheduled run |")
    assert texts(shell, "%hfjobs uv |") == ["run"]
    assert "--suspend" in texts(shell, "%hfjobs scheduled uv run --|")
    assert "--wait" not in texts(shell, "%hfjobs scheduled uv run --|")


def test_a_selector_means_one_scheduled_job_or_says_why_not(shell: InteractiveShell, local: Service):
    one, two = (hfjobs_magic.schedule("print(1)", "@daily", local=True, name="twin") for _ in range(2))
    with pytest.raises(OptionError, match=r"'twin' matches 2 scheduled jobs: .* Write the id of one\."):
        shown(shell, "scheduled suspend twin --local")
    shown(shell, f"scheduled suspend local/{one.id} --local")
    assert (one.suspended, two.suspended) == (True, False)
    with pytest.raises(OptionError, match=r"is in another namespace\. Add --namespace other\."):
        shown(shell, f"scheduled suspend other/{one.id} --local")
    with pytest.raises(OptionError, match="No scheduled job matches 'nobody'"):
        shown(shell, "scheduled delete nobody --local")
    with pytest.raises(HubError, match=r"There is no scheduled job 0{24} here\. `%hfjobs scheduled ls -a` lists"):
        shown(shell, f"scheduled delete {'0' * 24} --local")
    card = shown(shell, f"scheduled attach {two.id} --local")
    assert "application/vnd.jupyter.widget-view+json" in card
    assert card["text/plain"] == "Scheduled job twin, every day at 00:00 UTC (@daily), local service"


def test_a_terminal_and_detach_get_lines(shell: InteractiveShell, local: Service, monkeypatch):
    (output,) = run_cell(shell, "--local --schedule @daily --name lines --detach")
    monkeypatch.setattr(shell.display_formatter, "active_types", ["text/plain"])
    for text in (output.data["text/plain"], shown(shell, "scheduled attach lines --local")["text/plain"]):
        assert text.startswith("Scheduled job lines: ")
        assert "\nStarts every day at 00:00 UTC (@daily), next at " in text
