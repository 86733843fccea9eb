"""`%%hfjob` in a real IPython, on a real local service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import HfApi, get_session
from IPython.utils.capture import capture_output

import hfjobs_magic
from hfjobs_magic.api.submit import connect
from hfjobs_magic.errors import (
    CellError,
    HfJobsError,
    HubUnreachableError,
    JobFailedError,
    NotLoggedInError,
    OptionError,
    WaitInterruptedError,
)
from hfjobs_magic.hub.client import JobsClient
from hfjobs_magic.widgets.traits import write_names
from tests.waiting import ctrl_c

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import RichOutput

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.local.daemon import Service


def run_cell(shell: InteractiveShell, line: str, cell: str = "print('hi')\n") -> list[RichOutput]:
    """Run one `%%hfjob` cell, its errors raised; what it displayed."""
    with capture_output() as captured:
        shell.run_cell_magic("hfjob", line, cell)
    assert captured.stdout == ""
    assert captured.stderr == ""
    return list(captured.outputs)


def count_jobs(service: Service) -> int:
    """Return how many jobs a service has had."""
    headers = {"Authorization": f"Bearer {service.token}"}
    answer = get_session().get(f"{service.endpoint}/api/jobs/{service.namespace}/count", headers=headers)
    return int(answer.raise_for_status().json()["count"])


@pytest.mark.lowest
def test_a_cell_becomes_a_job_with_a_card(shell: InteractiveShell, local: Service):
    outputs = run_cell(shell, "--local --as job --timeout 2m -- a 'b c'", "import sys\nprint(*sys.argv[1:], sep='|')\n")
    job: Job = shell.user_ns["job"]
    job.wait(timeout=120)
    assert list(job.logs()) == ["a|b c"]
    assert job.stage == "COMPLETED"
    assert job.url == f"{local.endpoint}/jobs/{local.namespace}/{job.id}"
    (card,) = outputs
    assert "application/vnd.jupyter.widget-view+json" in card.data
    assert card.data["text/plain"] == f"Job {job.name} on cpu-basic, local service"
    assert job.name in card.data["text/html"]
    assert local.token not in json.dumps(card.data)


def test_the_same_cell_has_the_same_name(shell: InteractiveShell, local: Service):
    run_cell(shell, "--local --as job --detach")
    first = shell.user_ns["job"].name
    run_cell(shell, "--local --as job --detach")
    assert shell.user_ns["job"].name == first


@pytest.mark.lowest
def test_options_arrive_at_the_service(shell: InteractiveShell, local: Service, monkeypatch, tmp_path):
    monkeypatch.setenv("MY_SECRET", "s3cr3t")
    (tmp_path / "vars").write_text("FROM_FILE=1\nBOTH=file\n")
    run_cell(
        shell,
        f"--local --detach --as job --flavor t4-small --name my-job -l team=nlp -e BOTH=line -s MY_SECRET "
        f"--env-file {tmp_path}/vars --timeout 90s --attempts 2",
        "import os\nprint(os.environ['FROM_FILE'], os.environ['BOTH'], os.environ['MY_SECRET'] == 's3cr3t')\n",
    )
    job: Job = shell.user_ns["job"]
    job.wait(timeout=120)
    assert list(job.logs()) == ["1 line True"]
    info = HfApi(endpoint=local.endpoint, token=local.token).inspect_job(job_id=job.id, namespace=local.namespace)
    assert info.flavor == "t4-small"
    assert info.labels.pop("hfjobs-hash")
    assert info.labels == {"name": "my-job", "team": "nlp", "tool": "hfjobs-magic", "cell": job.script.digest}
    assert info.environment == {"FROM_FILE": "1", "BOTH": "line"}
    assert info.secrets == ["MY_SECRET"]
    assert info.retry == 1


@pytest.mark.lowest
def test_dependencies_are_installed(shell: InteractiveShell, local: Service):
    run_cell(shell, "--local --with cowsay --as job --detach", "import cowsay\ncowsay.cow('hello')\n")
    job: Job = shell.user_ns["job"]
    job.wait(timeout=300)
    assert any("hello" in line for line in job.logs())


@pytest.mark.lowest
def test_wait_raises_when_the_job_fails_and_names_the_cells_line(shell: InteractiveShell, local: Service):
    with pytest.raises(JobFailedError) as caught:
        run_cell(shell, "--local --wait", "x = 1\nraise ValueError('boom')\n")
    message = str(caught.value)
    assert "ended in ERROR: ValueError: boom (line 3)." in message
    assert isinstance(caught.value, ValueError)
    assert "The cell, line 3" in list(caught.value.job.logs())


def test_wait_shows_outputs_below_the_card(shell: InteractiveShell, local: Service, capsys):
    shell.run_cell("def half(x):\n    return x / 2\nstart = 84\n", store_history=True).raise_error()
    run_cell(shell, "--local --as job --detach", "print('line')\nhalf(start)\n")
    job: Job = shell.user_ns["job"]
    assert job.script is not None
    assert job.script.brought == ("half", "start")
    job.wait(timeout=120)
    assert [item.data["text/plain"] for item in job.outputs] == ["42.0"]
    for which in (job.id, ""):  # by default the newest job
        shell.run_line_magic("hfjobs", f"outputs {which} --local")
        assert "42.0" in capsys.readouterr().out


@pytest.mark.parametrize("elsewhere", [False, True])
def test_an_attached_card_shows_what_came_along(
    shell: InteractiveShell, local: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, elsewhere: bool
):
    shell.run_cell("def half(x):\n    return x / 2\nstart = 84\n", store_history=True).raise_error()
    run_cell(shell, "--local --as job --detach", "print('line')\nhalf(start)\n")
    job: Job = shell.user_ns["job"]
    if elsewhere:  # a machine that remembers nothing of it
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    script = hfjobs_magic.attach(job.id, local=True).script
    assert job.script is not None
    assert script is not None
    assert (script.text, script.notebook) == (job.script.text, job.script.notebook)
    assert set(script.brought) == {"half", "start"}
    assert write_names(script) == {"names": list(script.brought), "code": job.script.notebook}


@pytest.mark.lowest
def test_an_interrupt_stops_waiting_and_leaves_the_job_alone(shell: InteractiveShell, local: Service):
    api = HfApi(endpoint=local.endpoint, token=local.token)
    said = r"keeps running\. `%hfjobs cancel [0-9a-f]{24} --local` ends it"

    def runs() -> bool:
        return any(api.list_jobs(namespace=local.namespace, status=["RUNNING"]))

    with pytest.raises(WaitInterruptedError, match=said) as caught, ctrl_c(runs):
        run_cell(shell, "--local --wait --as job", "import time\ntime.sleep(600)\n")
    job: Job = shell.user_ns["job"]
    assert job.stage in {"SCHEDULING", "RUNNING"}
    assert job.id in str(caught.value)
    job.cancel()
    with pytest.raises(JobFailedError, match="CANCELED"):
        job.wait(timeout=60)


@pytest.mark.lowest
def test_detach_shows_the_id_and_no_card(shell: InteractiveShell, local: Service):
    (output,) = run_cell(shell, "--local --detach --as job")
    assert shell.user_ns["job"].id in output.data["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" not in output.data


@pytest.mark.lowest
def test_dry_run_shows_the_plan_and_sends_nothing(shell: InteractiveShell, local: Service):
    before = count_jobs(local)
    (output,) = run_cell(shell, "--local --dry-run --with rich --timeout 15m -e ONE=1", "import rich\n")
    text = output.data["text/plain"]
    assert "15:00" in text
    assert "ONE=1" in text
    assert '#   "rich",' in text
    assert count_jobs(local) == before


def test_dry_run_shows_what_comes_along_in_the_order_in_which_it_runs(shell: InteractiveShell, local: Service):
    above = "from math import sqrt as root\nRATE = 0.5\ndef halve(x):\n    return root(x) * RATE  # half\n"
    shell.run_cell(above, store_history=True).raise_error()
    (output,) = run_cell(shell, "--local --dry-run", "halve(4)\n")
    assert output.data["text/plain"].endswith(
        "# %% from the notebook: root\nfrom math import sqrt as root\n\n"
        "# %% from the notebook: RATE\nRATE = 0.5\n\n"
        "# %% from the notebook: halve, line 3\ndef halve(x):\n    return root(x) * RATE  # half\n\n"
        "# %%hfjob --local --dry-run\nhalve(4)"
    )


@pytest.mark.lowest
def test_help_shows_the_options(shell: InteractiveShell):
    (output,) = run_cell(shell, "--help")
    assert "--flavor FLAVOR" in output.data["text/plain"]


@pytest.mark.parametrize(
    ("line", "cell", "error", "message"),
    [
        ("--local", "x = = 1\n", CellError, "Nothing was submitted."),
        ("--local", "\n", CellError, "The cell is empty."),
        (
            "--local --flavor t4-smal",
            "x = 1\n",
            OptionError,
            "There is no flavor 't4-smal'. Did you mean t4-small",
        ),
        ("--local --secrets NOT_SET", "x = 1\n", OptionError, "The secret NOT_SET is not set here"),
        ("--local --env-file nowhere", "x = 1\n", OptionError, "there is no such file"),
        ("--local -v ./nowhere:/in", "x = 1\n", OptionError, "there is no such folder here"),
        ("--local --nonsense", "x = 1\n", OptionError, "There is no option --nonsense."),
    ],
)
def test_what_cannot_work_is_refused_and_nothing_is_sent(
    shell: InteractiveShell, local: Service, line: str, cell: str, error: type[HfJobsError], message: str
):
    before = count_jobs(local)
    with pytest.raises(error) as caught:
        run_cell(shell, line, cell)
    assert message in str(caught.value)
    assert count_jobs(local) == before


@pytest.mark.lowest
def test_without_a_token_it_names_the_login_and_local(shell: InteractiveShell, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "none"))
    with pytest.raises(NotLoggedInError, match=r"hf auth login.*--local"):
        run_cell(shell, "")


@pytest.mark.lowest
def test_an_unreachable_service_is_one_clear_sentence():
    client = JobsClient(endpoint="http://127.0.0.1:9", token="t", namespace="me")
    with pytest.raises(HubUnreachableError, match=r"Nothing answers at http://127\.0\.0\.1:9"):
        client.inspect("6" * 24)


@pytest.mark.lowest
def test_an_error_shows_as_its_sentence_without_frames(shell: InteractiveShell, local: Service):
    with capture_output() as captured:
        result = shell.run_cell("%%hfjob --local --nonsense\nx = 1")
    assert isinstance(result.error_in_exec, OptionError)
    assert "There is no option --nonsense" in captured.stdout
    assert "Traceback" not in captured.stdout
    assert "hfjobs_magic/" not in captured.stdout


@pytest.mark.lowest
def test_python_sees_the_same_job(local: Service):
    job = hfjobs_magic.run("print(6 * 7)\n", local=True, timeout="2m")
    assert job.wait(timeout=120) is job
    assert list(job.logs()) == ["42"]
    again = job.rerun().wait(timeout=120)
    assert again.id != job.id
    assert list(again.logs()) == ["42"]
    assert connect(local=True).inspect(job.id).stage == "COMPLETED"


def test_a_file_runs_as_it_is(local: Service, tmp_path):
    (tmp_path / "train.py").write_text("import sys\nprint(sys.argv[1])\n")
    job = hfjobs_magic.run(tmp_path / "train.py", local=True, script_args=["x"], wait=True)
    assert list(job.logs()) == ["x"]
    with pytest.raises(OptionError, match="There is no file"):
        hfjobs_magic.run("nowhere.py", local=True)
    (tmp_path / "train.ipynb").write_text("{}")
    with pytest.raises(OptionError, match="is a notebook, which Python cannot run"):
        hfjobs_magic.run(tmp_path / "train.ipynb", local=True)


@pytest.mark.lowest
def test_the_line_alone_asks_for_help_and_a_line_being_typed_is_not_finished(shell: InteractiveShell):
    with capture_output() as captured:
        result = shell.run_cell("%%hfjob --help")
    result.raise_error()
    (output,) = captured.outputs
    assert output.data["text/plain"].startswith("usage: %%hfjob [options]")
    assert shell.check_complete("%%hfjob --local")[0] == "incomplete"
    assert shell.input_transformer_manager.transform_cell("%%time\n").endswith("'')\n")
