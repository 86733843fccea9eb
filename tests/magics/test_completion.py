"""Tab in a real IPython: on our lines ours alone, on all others what IPython always offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from IPython.core.completer import provisionalcompleter

import hfjobs_magic
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.magics.completion.matcher import IDENTIFIER
from hfjobs_magic.options.table import OPTIONS
from tests.waiting import wait_until

if TYPE_CHECKING:
    from IPython.core.completer import Completion
    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.local.daemon import Service


@pytest.fixture(autouse=True)
def _nothing_submitted_yet() -> None:
    RUNTIME.recent_jobs._jobs.clear()


def at_cursor(shell: InteractiveShell, text: str) -> list[Completion]:
    """What Tab offers where ``|`` stands."""
    before, after = text.split("|")
    with provisionalcompleter():
        return list(shell.Completer.completions(before + after, len(before)))


def texts(shell: InteractiveShell, text: str) -> list[str]:
    return [item.text for item in at_cursor(shell, text)]


def offered(shell: InteractiveShell, text: str) -> dict[str, str]:
    """What is offered, with its note, once an answer has arrived."""
    wait_until(lambda: at_cursor(shell, text) != [])
    return {item.text: item.type for item in at_cursor(shell, text)}


def test_options_are_those_of_the_table(shell: InteractiveShell):
    found = offered(shell, "%%hfjob |")
    for option in OPTIONS:
        assert option.help.startswith(found[option.flags[-1]].removesuffix("…").rstrip())
    assert texts(shell, "%%hfjob --fla|\nimport torch") == ["--flavor"]
    assert texts(shell, "%%hfjob --wait \\\n  --time|") == ["--timeout"]


@pytest.mark.lowest
@pytest.mark.parametrize(("line", "replaced"), [("%%hfjob --local --flavor |", ""), ("%%hfjob --local --flavor=|", "")])
def test_flavors_come_with_price_and_hardware(shell: InteractiveShell, local: Service, line: str, replaced: str):
    found = offered(shell, f"{line}\nprint(1)\n")
    assert found["t4-small"] == "$0.40/h · 4 vCPU · 15 GB · 1x T4 16 GB"
    assert next(iter(found)) == "cpu-basic"
    assert texts(shell, f"{line.replace('|', 'a10g-s|')}\n") == ["a10g-small"]
    (item,) = at_cursor(shell, line.replace("|", "a10g-s|"))
    assert (item.start, item.end) == (len(line) - 1, len(line) + 5)


def test_secrets_are_names_and_never_values(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_TOKEN", "hf_verysecret")
    monkeypatch.setenv("WANDB_API_KEY", "wandb-verysecret")
    found = at_cursor(shell, "%%hfjob --secrets |")
    assert [item.text for item in found][:1] == ["HF_TOKEN"]
    assert "WANDB_API_KEY" in [item.text for item in found]
    assert "verysecret" not in repr(found)
    assert "WANDB_API_KEY" not in texts(shell, "%%hfjob -e |")


@pytest.mark.lowest
def test_jobs_of_the_session_and_of_the_service_are_offered_by_id(shell: InteractiveShell, local: Service):
    job = hfjobs_magic.run("print(1)", local=True, name="tab-job", labels={"team": "nlp"}, image="python:3.12")
    job.wait(timeout=120)
    wait_until(lambda: offered(shell, "%hfjobs logs --local |").get(job.id) == "completed · tab-job")
    assert texts(shell, f"%hfjobs cancel --local {job.id[:-1]}|") == [job.id]
    assert job.id not in texts(shell, f"%hfjobs cancel --local {job.id} |")
    assert "python:3.12" in texts(shell, "%%hfjob --image |")
    assert "team=" in texts(shell, "%%hfjob -l |")
    assert local.namespace in texts(shell, "%%hfjob --namespace |")


def test_commands_are_offered_with_what_they_do(shell: InteractiveShell):
    assert {"ls", "logs", "inspect", "cancel", "hardware"} <= set(texts(shell, "%hfjobs |"))
    assert texts(shell, "print(1)\nfound = %hfjobs hard|") == ["hardware"]
    assert "--all" in texts(shell, "%hfjobs ls --|")


def test_commands_that_make_jobs_take_options_and_defaults(shell: InteractiveShell, local: Service):
    assert "--flavor" in texts(shell, "%hfjobs run --|")
    assert "--python" not in texts(shell, "%hfjobs run --|")
    assert {"flavor=", "budget="} <= set(texts(shell, "%hfjobs config |"))
    assert "name=" not in texts(shell, "%hfjobs config |")
    assert texts(shell, "%hfjobs config deps=p|") == ["deps=pin"]
    assert texts(shell, "%%hfjob --deps |") == ["infer", "pin", "none"]


@pytest.mark.parametrize("line", ["%%hfjob -- |", "%%hfjob -- --fl|", "%%hfjob --name |", "%%hfjob --detach --det|"])
def test_where_nothing_of_ours_fits_nothing_is_offered(shell: InteractiveShell, line: str):
    assert at_cursor(shell, line) == []


@pytest.mark.slow
@pytest.mark.lowest
def test_the_rest_of_ipython_is_left_alone(shell: InteractiveShell):
    shell.user_ns["some_variable"] = 1
    elsewhere = ["some_vari|", "%%hfjob --flavor t4-small\nsome_vari|", "hfjobs = some_vari|", "import o|", "%tim|"]
    with_us = [texts(shell, text) for text in elsewhere]
    assert "some_variable" in with_us[0]
    assert "some_variable" in with_us[1]
    assert "%%hfjob" in texts(shell, "%%hfj|")
    shell.run_line_magic("unload_ext", "hfjobs_magic")
    assert [texts(shell, text) for text in elsewhere] == with_us
    assert "--flavor" not in texts(shell, "%%hfjob |")
    shell.run_line_magic("load_ext", "hfjobs_magic")


@pytest.mark.lowest
def test_the_older_interface_of_completion_works_too(shell: InteractiveShell):
    with pytest.warns(PendingDeprecationWarning):
        assert shell.complete("", "%%hfjob --fla", 13) == ("--fla", ["--flavor"])
    with pytest.warns(PendingDeprecationWarning):
        assert shell.complete("", "%%hfjob -- ", 11)[1] == []


@pytest.mark.lowest
def test_loading_again_registers_once(shell: InteractiveShell):
    shell.run_line_magic("reload_ext", "hfjobs_magic")
    names = [getattr(matcher, "matcher_identifier", "") for matcher in shell.Completer.custom_matchers]
    assert names.count(IDENTIFIER) == 1
