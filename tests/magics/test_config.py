"""`%hfjobs config`, `run`, caps, budget and `--reuse` in a real IPython, on a real local service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from huggingface_hub import HfApi
from IPython.utils.capture import capture_output

from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.errors import BudgetError, OptionError
from hfjobs_magic.facts import Hardware
from hfjobs_magic.views.details import details
from tests.magics.test_hfjob import count_jobs, run_cell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.local.daemon import Service


@pytest.fixture(autouse=True)
def _own_session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield
    RUNTIME.session.reset()
    RUNTIME.session.commitments.clear()


def shown(shell: InteractiveShell, line: str) -> dict[str, Any]:
    with capture_output() as captured:
        shell.run_line_magic("hfjobs", line)
    (output,) = captured.outputs
    return dict(output.data)


def test_settings_are_shown_used_and_cleared(shell: InteractiveShell, local: Service, monkeypatch, tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text('[tool.hfjobs-magic]\nflavor = "l4x1"\nlabels = ["team=nlp"]\n')
    monkeypatch.setenv("HFJOBS_ATTEMPTS", "2")
    text = shown(shell, "config flavor=t4-small local=true")["text/plain"]
    assert [line.split()[:3] for line in text.splitlines()[2:]] == [
        ["flavor", "t4-small", "%hfjobs"],
        ["local", "true", "%hfjobs"],
        ["attempts", "2", "environment"],
        ["labels", "team=nlp", "pyproject.toml"],
    ]
    run_cell(shell, "--as job --timeout 2m", "# /// script\n# [tool.hf-jobs]\n# env = {SEED = '1'}\n# ///\nprint(1)\n")
    job: Job = shell.user_ns["job"]
    info = HfApi(endpoint=local.endpoint, token=local.token).inspect_job(job_id=job.id, namespace=local.namespace)
    assert (info.flavor, info.retry, info.labels["team"]) == ("t4-small", 1, "nlp")
    job.wait(timeout=120)
    rows = dict(details(job.facts, endpoint=local.endpoint, options=job.options))
    assert rows["Flavor"].endswith("· from %hfjobs config")
    assert rows["Attempts"] == "2 · from environment"
    assert "t4-small" not in shown(shell, "config --reset")["text/plain"]
    assert RUNTIME.session.values == {}


def test_the_bell_is_off_until_somebody_wants_it(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch):
    assert not RUNTIME.session.rings
    monkeypatch.setenv("HFJOBS_BELL", "on")
    assert RUNTIME.session.rings
    assert shown(shell, "config bell=off")["text/plain"].splitlines()[2].split() == ["bell", "off", "%hfjobs", "config"]
    assert not RUNTIME.session.rings
    shown(shell, "config --reset")
    assert RUNTIME.session.rings
    monkeypatch.setenv("HFJOBS_BELL", "perhaps")
    assert not RUNTIME.session.rings


def test_an_empty_config_says_how_to_set_one(shell: InteractiveShell):
    assert shown(shell, "config")["text/plain"].startswith("Nothing is set. `%hfjobs config flavor=t4-small")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("config flavour=x", "%hfjobs config has no setting 'flavour'. Did you mean flavor?"),
        ("config timeout=soon flavor=t4-small", "--timeout soon is not a time. Write 90, 90s, 10m, 1.5h or 1d."),
        ("config budget=much", "budget much is not an amount of US dollars. Write 2 or 0.50."),
        ("config bell=maybe", "bell is 'maybe'; write on or off."),
        ("config x --reset", "--reset clears every setting and takes no others: %hfjobs config --reset"),
        ("run python:3.12", "%hfjobs run needs an image and a command, as in: %hfjobs run python:3.12 python -V"),
        ("run --with torch python:3.12 ls", "--with belongs to %%hfjob; %hfjobs run takes an image and a command."),
        ("run --flavr x python:3.12 ls", "There is no option --flavr. Did you mean --flavor? See %%hfjob --help."),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(shell: InteractiveShell, line: str, message: str):
    with pytest.raises(OptionError) as caught:
        shell.run_line_magic("hfjobs", line)
    assert str(caught.value).startswith(message)
    assert RUNTIME.session.values == {}


def test_run_submits_an_image_and_a_command_with_the_commands_own_options(shell: InteractiveShell, local: Service):
    with capture_output():
        shell.run_line_magic("hfjobs", "run --local --as job --name hello -e WHO=me python:3.12 sh -c 'echo $WHO -e'")
    job: Job = shell.user_ns["job"]
    job.wait(timeout=120)
    assert list(job.logs()) == ["me -e"]
    assert job.name == "hello"


def test_a_line_goes_on_behind_a_backslash_and_line_numbers_hold(shell: InteractiveShell, local: Service):
    cell = "    -e WHO=me \\\n    -- a b\nimport os, sys\nprint(os.environ['WHO'], sys.argv[1:], "
    cell += "sys._getframe().f_lineno)\n"
    run_cell(shell, "--local --as job \\", cell)
    job: Job = shell.user_ns["job"]
    job.wait(timeout=120)
    assert list(job.logs()) == ["me ['a', 'b'] 5"]


def test_variables_of_the_notebook_stand_on_the_line(shell: InteractiveShell, local: Service):
    shell.user_ns["who"] = "some one"
    run_cell(shell, "--local --as job -e WHO={who} -- {who}", "import os, sys\nprint(os.environ['WHO'], sys.argv[1])\n")
    job: Job = shell.user_ns["job"]
    job.wait(timeout=120)
    assert list(job.logs()) == ["some one some one"]
    with pytest.raises(OptionError, match="There is no variable 'whom'"):
        run_cell(shell, "--local -e WHO={whom}")


def test_reuse_takes_the_same_job_and_says_so(shell: InteractiveShell, local: Service):
    cell = "print('expensive, once')\n"
    run_cell(shell, "--local --as job --wait", cell)
    first: Job = shell.user_ns["job"]
    before = count_jobs(local)
    run_cell(shell, "--local --as job --reuse --timeout 9m", cell)
    again: Job = shell.user_ns["job"]
    assert again.id == first.id
    assert again.notice.startswith(f"Reused {first.name}, which is COMPLETED")
    assert count_jobs(local) == before
    run_cell(shell, "--local --as job --reuse -e OTHER=1 --detach", cell)
    assert shell.user_ns["job"].id != first.id


def test_a_budget_asks_and_refuses_where_nobody_answers(monkeypatch: pytest.MonkeyPatch):
    RUNTIME.session.configure(["budget=1"])
    RUNTIME.session.check_budget(0.9, None)
    with pytest.raises(BudgetError, match=r"can cost up to \$1\.10; .* budget of \$1\.00\. Nothing was submitted"):
        RUNTIME.session.check_budget(1.1, None)
    with pytest.raises(BudgetError, match="an unknown amount"):
        RUNTIME.session.check_budget(None, None)
    asked: list[str] = []
    RUNTIME.session.check_budget(1.1, lambda question: not asked.append(question))
    assert asked[0].endswith("Submit it anyway?")
    with pytest.raises(BudgetError, match="Nothing was submitted"):
        RUNTIME.session.check_budget(1.1, lambda _: False)


def test_jobs_of_the_hub_count_against_the_budget(local: Service, monkeypatch: pytest.MonkeyPatch, shell):
    # The local service in the Hub's place: found through HF_ENDPOINT's own setting, not through --local.
    from hfjobs_magic.api import submit  # noqa: PLC0415 - patched at its seam
    from hfjobs_magic.hub.client import JobsClient  # noqa: PLC0415

    def hub(*, local_service: Service = local, **_: Any) -> JobsClient:
        return JobsClient(endpoint=local_service.endpoint, token=local_service.token, namespace="local")

    monkeypatch.setattr(submit, "connect", hub)
    before = count_jobs(local)
    RUNTIME.session.configure(["budget=1"])
    monkeypatch.setattr("builtins.input", lambda _: "n")
    with pytest.raises(BudgetError, match=r"can cost up to \$2\.50"):
        run_cell(shell, "--flavor a100-large --timeout 1h")
    assert count_jobs(local) == before
    run_cell(shell, "--flavor a100-large --max-cost 0.5 --as job", "print(1)\n")
    job: Job = shell.user_ns["job"]
    assert isinstance(job.hardware, Hardware)
    info = HfApi(endpoint=local.endpoint, token=local.token).inspect_job(job_id=job.id, namespace="local")
    assert job.options is not None
    assert job.options.timeout == "719s"
    assert job.notice.startswith("The timeout is 11:59, so that it cannot cost more than $0.50")
    assert info.flavor == "a100-large"
    assert RUNTIME.session.sum_committed_usd() == pytest.approx(0.5, abs=0.01)
    job.wait(timeout=120)
    assert RUNTIME.session.sum_committed_usd() < 0.1
