"""`%hfjobs`: tables and text of the jobs there are."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from IPython.utils.capture import capture_output

import hfjobs_magic
from hfjobs_magic.api.connect import connect
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.errors import JobMissingError, NotLoggedInError, OptionError
from hfjobs_magic.magics.hfjobs import VERBS
from hfjobs_magic.views.table import Table
from tests.waiting import wait_until

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.local.daemon import Service


def shown(shell: InteractiveShell, line: str) -> dict[str, Any]:
    with capture_output() as captured:
        shell.run_line_magic("hfjobs", line)
    assert captured.stdout == ""
    (output,) = captured.outputs
    return dict(output.data)


def test_ls_lists_running_jobs_and_all_with_a(shell: InteractiveShell, local: Service):
    done = hfjobs_magic.run("print(1)", local=True, name="done-job").wait(timeout=120)
    running = hfjobs_magic.run("import time; time.sleep(600)", local=True, name="running-job")
    text = shown(shell, "ls --local")["text/plain"]
    assert running.id in text
    assert done.id not in text
    assert text.startswith("ID ")
    data = shown(shell, "ps -a --local")
    assert done.id in data["text/plain"]
    assert "<td" in data["text/html"]
    assert "COMPLETED" in data["text/html"]
    assert running.id in shown(shell, f"cancel --local {running.id}")["text/plain"]
    wait_until(lambda: running.stage == "CANCELED")
    assert running.id not in shown(shell, "ls --local")["text/plain"]


def test_logs_and_inspect_show_a_job(shell: InteractiveShell, local: Service):
    job = hfjobs_magic.run("print('<b>one</b>'); print('two')", local=True).wait(timeout=120)
    data = shown(shell, f"logs --local {job.id}")
    assert data["text/plain"] == "<b>one</b>\ntwo"
    assert "&lt;b&gt;one" in data["text/html"]
    assert shown(shell, f"logs --local -n 1 {job.id}")["text/plain"] == "two"
    assert '"stage": "COMPLETED"' in shown(shell, f"inspect --local {job.id}")["text/plain"]


@pytest.mark.parametrize(
    ("code", "options", "said"),
    [
        ("print('on')", {}, "Job fox ended in COMPLETED."),
        ("x = {}\nx['k']", {}, "Job fox ended in ERROR: KeyError: 'k' (line 2)."),
        ("raise SystemExit('no data')", {}, "Job fox ended in ERROR: the cell ended with exit code 1: no data."),
        ("raise ValueError('v')", {"script": True}, "Job fox ended in ERROR: ValueError: v (line 1)."),
        (
            "import time\ntime.sleep(60)",
            {"timeout": "1s"},
            "Job fox ended in ERROR: it reached its timeout of 1s; run it again with --timeout 2s.",
        ),
    ],
)
def test_a_followed_log_ends_with_the_reason(
    shell: InteractiveShell, local: Service, code: str, options: dict[str, Any], said: str
):
    job = hfjobs_magic.run(code, local=True, name="fox", **options)
    with capture_output() as captured:
        shell.run_line_magic("hfjobs", f"logs -f --local {job.id}")
    assert [output.data["text/plain"] for output in captured.outputs] == [said]


def test_without_a_login_every_job_is_one_of_the_local_service(
    shell: InteractiveShell, local: Service, monkeypatch, tmp_path
):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "none"))
    job = hfjobs_magic.run("1 + 1", local=True, name="only-here", outputs=["missing=0"], out_dir="results")
    job.wait(timeout=120)
    assert "only-here" in shown(shell, "ls -a")["text/plain"]
    assert "missing" in shown(shell, "values")["text/plain"]
    assert "only-here has put no file into results" in shown(shell, "files")["text/plain"]
    assert shown(shell, "outputs -q")["text/plain"] == job.id
    assert shown(shell, "logs only-here")["text/plain"]
    for line in ("logs nosuch", "values nosuch", "files nosuch", "cancel nosuch", "attach nosuch", "wait nosuch"):
        with pytest.raises(OptionError, match=r"^No job matches 'nosuch'\. `%hfjobs ls -a --local` lists all\.$"):
            shell.run_line_magic("hfjobs", line)
    with pytest.raises(NotLoggedInError):
        shell.run_line_magic("hfjobs", "hardware")


def test_hardware_is_sorted_by_price(shell: InteractiveShell, local: Service):
    rows = shown(shell, "hardware --local")["text/plain"].splitlines()
    assert rows[0].startswith("Flavor")
    assert rows[2].startswith("cpu-basic")


def test_a_flavor_without_a_price_is_not_the_cheapest(
    shell: InteractiveShell, local: Service, monkeypatch: pytest.MonkeyPatch
):
    first, *others = connect(local=True).hardware()
    seen = (replace(first, usd_per_minute=None), *others)
    monkeypatch.setitem(RUNTIME.hardware._answers, local.endpoint, (time.monotonic(), seen))
    flavors = shown(shell, "hardware --local -q")["text/plain"].split()
    assert flavors[-1] == first.flavor
    assert len(flavors) == len(seen)


def test_an_unknown_job_says_where_to_look(shell: InteractiveShell, local: Service):
    with pytest.raises(JobMissingError, match=r"There is no job 0{24} here. `%hfjobs ls -a` lists those that exist."):
        shell.run_line_magic("hfjobs", f"logs --local {'0' * 24}")


def test_an_unknown_command_names_the_nearest(shell: InteractiveShell):
    with pytest.raises(OptionError, match=r"There is no command 'inspct'. Did you mean inspect\?"):
        shell.run_line_magic("hfjobs", "inspct x")


def test_help_names_every_command(shell: InteractiveShell):
    text = shown(shell, "--help")["text/plain"]
    for command in [*(name for verb in VERBS for name in verb.names), "scheduled", "run", "config"]:
        assert re.search(rf"\b{command}\b", text)


def test_the_commands_that_make_jobs_have_help_of_their_own(shell: InteractiveShell):
    text = shown(shell, "run --help")["text/plain"]
    assert text.startswith("usage: %hfjobs run [options] IMAGE COMMAND…")
    assert "--flavor" in text
    assert "--python" not in text
    assert "budget=20" in shown(shell, "config -h")["text/plain"]


@pytest.mark.lowest
def test_a_question_mark_tells_how_to_use_the_magics(shell: InteractiveShell):
    # A thread puts the real magics in the place of their stand-ins, which say less.
    wait_until(lambda: "--local" in shell.object_inspect_text("%hfjobs"))
    for magic in ("%%hfjob", "%hfjobs"):
        text = shell.object_inspect_text(magic)
        assert f"{magic} --help" in text
        assert "--local" in text


def test_a_table_aligns_and_says_when_it_is_empty():
    table = Table(("Name", "Time"), (("a", "1:00"), ("long name", "12:00")), "Nothing.", frozenset({"Time"}))
    assert repr(table).splitlines()[2:] == ["a            1:00", "long name   12:00"]
    assert repr(Table(("Name",), (), "Nothing.")) == "Nothing."
