"""Every verb of `hf jobs`, beside the installed `hf` on the same jobs."""

from __future__ import annotations

import json
import os
import re
import sys
import uuid
from typing import TYPE_CHECKING

import pytest

import hfjobs_magic
from hfjobs_magic.api.job import Job
from hfjobs_magic.api.right_size import usage_of
from hfjobs_magic.api.submit import connect
from hfjobs_magic.errors import JobFailedError, OptionError
from hfjobs_magic.magics.hfjobs import parser_of, parsers
from tests import hf as hf_command
from tests.magics.test_hfjobs import shown
from tests.waiting import wait_until

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.local.daemon import Service

SLEEP = "import time; time.sleep(600)"


def hf(*words: str, service: Service | None = None, code: int = 0) -> str:
    """What the installed command line prints; where it fails as it should, with `code`, what it says of it."""
    env = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}
    if service:
        env |= {"HF_ENDPOINT": service.endpoint, "HF_TOKEN": service.token}
    done = hf_command.run("jobs", *words, env=env)
    assert done.returncode == code, done.stderr
    return done.stderr if code else done.stdout


def verbs_of(text: str) -> set[str]:
    commands = text.split("Main commands:")[1].split("\n\n", maxsplit=1)[0]
    found = set(re.findall(r"^  (\w+)  ", commands, re.MULTILINE))
    return found | {name for names in re.findall(r"\[alias: ([^\]]+)\]", commands) for name in names.split(", ")}


def flags_of(text: str) -> set[str]:
    declared = re.findall(r"^  ((?:-\w, )?--[\w-]+(?:, -\w)?(?: / --[\w-]+)?)", text, re.MULTILINE)
    return {flag for item in declared for flag in re.split(r", | / ", item)}


GROUPS = {
    (): {"list", "ls", "ps", "inspect", "labels", "run"},
    ("uv",): {"run"},
    ("scheduled",): {"list", "ls", "ps", "inspect", "labels", "run"},
    ("scheduled", "uv"): {"run"},
}
"""Groups of verbs, and some that each must have for the test to mean something."""


@pytest.mark.slow
@pytest.mark.lowest
@pytest.mark.parametrize("group", GROUPS, ids=" ".join)
def test_every_verb_has_the_names_and_options_of_the_installed_cli(group: tuple[str, ...]):
    made, _ = parsers()
    theirs = verbs_of(hf(*group, "--help"))
    assert GROUPS[group] <= theirs
    for verb in sorted(theirs):
        if (*group, verb) in GROUPS:
            continue  # a group of its own
        ours = set(parser_of(made, [*group, verb])._option_string_actions)
        missing = flags_of(hf(*group, verb, "--help")) - ours
        assert not missing, f"{' '.join(group)} {verb} lacks {missing}"


@pytest.mark.lowest
def test_lists_agree_with_the_cli(shell: InteractiveShell, local: Service):
    hfjobs_magic.run("print(1)", local=True, name="verbs-done", labels={"team": "verbs"}).wait(timeout=120)
    bad = hfjobs_magic.run("1 / 0", local=True, name="verbs-bad", labels={"team": "verbs"})
    wait_until(lambda: bad.stage == "ERROR")
    for words in (
        "ls -a --label team=verbs",
        "ps --status error --name verbs-bad",
        "list -a --limit 1",
        "ls -a --name nobody",
    ):
        theirs = hf(*words.split(), "-q", service=local).split()
        assert shown(shell, f"{words} -q --local")["text/plain"].split() == theirs, words
    ours = json.loads(shown(shell, "inspect verbs-bad --json --local")["text/plain"])
    theirs = json.loads(hf("inspect", ours[0]["id"], "--json", service=local))
    assert ours[0]["labels"] == theirs[0]["labels"]
    assert ours[0]["status"].items() >= theirs[0]["status"].items()
    assert ours[0]["created_at"][:19] == theirs[0]["created_at"][:19]
    assert ours[0]["failure"] == "ZeroDivisionError: division by zero (line 1)"
    listed = shown(shell, "ls -a --label team=verbs --format agent --local")["text/plain"]
    (line,) = [line for line in listed.splitlines() if bad.id in line]
    assert "Error" in line
    assert line.split()[-4:] == ["ZeroDivisionError", "at", "line", "1"]


@pytest.mark.lowest
def test_labels_follow_the_rules_of_the_cli(shell: InteractiveShell, local: Service):
    job = hfjobs_magic.run("print(1)", local=True, name="labelled", detach=True).wait(timeout=120)
    client = connect(local=True)
    shown(shell, f"labels {job.id} -l a=1 -l b=2 --name other --local")
    assert client.inspect(job.id).labels == {"a": "1", "b": "2", "name": "other"}
    shown(shell, f"labels {job.id} --name third --local")
    assert client.inspect(job.id).labels == {"a": "1", "b": "2", "name": "third"}
    shown(shell, f"labels {job.id} --clear --local")
    assert client.inspect(job.id).labels == {}
    with pytest.raises(OptionError, match="Say --name"):
        shown(shell, f"labels {job.id} --local")


@pytest.mark.lowest
def test_selectors_work_wherever_a_job_is_asked_for(shell: InteractiveShell, local: Service):
    name = f"select-{uuid.uuid4().hex}"
    job = hfjobs_magic.run("print('found me')", local=True, name=name).wait(timeout=120)
    for selector in (job.id, job.id[:20], name, "@latest", f"@label=name={name}"):
        assert shown(shell, f"logs {selector} --local")["text/plain"] == "found me"
    assert shown(shell, f"wait {name} --local")["text/plain"] == f"Completed: {name}."
    assert hfjobs_magic.attach(name, local=True).id == job.id
    assert job.id in [found.id for found in hfjobs_magic.jobs(status="COMPLETED", local=True)]
    card = shown(shell, f"attach {name} --local")
    assert "application/vnd.jupyter.widget-view+json" in card


@pytest.mark.lowest
def test_cancelling_several_lists_them_and_asks(shell: InteractiveShell, local: Service, monkeypatch):
    jobs = [hfjobs_magic.run(SLEEP, local=True, name="many", detach=True) for _ in range(2)]
    asked: list[str] = []
    monkeypatch.setattr("builtins.input", lambda prompt: asked.append(prompt) or "n")
    assert shown(shell, "cancel many --local")["text/plain"] == "Nothing was cancelled."
    assert all(job.id in asked[0] for job in jobs)
    assert "Cancel these 2 jobs?" in asked[0]

    def nobody(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    with pytest.raises(OptionError, match=r"No one can answer a prompt here\. Add --yes"):
        shown(shell, "cancel many --local")
    shown(shell, "cancel many --yes --local")
    wait_until(lambda: all(job.stage == "CANCELED" for job in jobs))
    with pytest.raises(OptionError, match=r"None of the jobs that match .* is still running"):
        shown(shell, "cancel many --local")


@pytest.mark.lowest
def test_rerun_stats_and_wait(shell: InteractiveShell, local: Service):
    job = hfjobs_magic.run("1 / 0", local=True, name="fails", detach=True)
    with pytest.raises(JobFailedError, match="Job fails ended in ERROR"):
        shown(shell, f"wait {job.id} --timeout 2m --local")
    again = shown(shell, f"rerun {job.id} -d -q --local")["text/plain"]
    assert again != job.id
    running = hfjobs_magic.run(SLEEP, local=True, name="uses", detach=True, cancel_if_idle="1h")
    wait_until(lambda: running.stage == "RUNNING")
    kept = shown(shell, f"keep {running.id} --local")["text/plain"]
    assert kept == "Job uses runs on, however idle it is."
    with pytest.raises(OptionError, match="not to be cancelled when idle by this kernel, so it is kept anyway"):
        shown(shell, f"keep {running.id} --local")
    # The first sample may be of a moment before the job's process is there.
    # `running` is followed, and so knows of samples that the service has not written yet: the lines below ask it.
    wait_until(lambda: bool(usage_of(Job(running.client, running.facts)).memory))
    assert " %" in shown(shell, f"stats {running.id} --local")["text/plain"]
    fits = shown(shell, f"hardware --fits {running.id}")["text/plain"]
    assert "cpu-basic" in fits
    assert "Measured on this machine: elsewhere it may use another amount. What still runs may need more." in fits
    with pytest.raises(OptionError, match="started without SSH"):
        shown(shell, f"ssh {running.id} --local")
    running.cancel()


@pytest.mark.lowest
def test_a_scheduled_job_goes_through_its_life(shell: InteractiveShell, local: Service):
    hf(
        "scheduled",
        "run",
        "@yearly",
        "--name",
        "yearly",
        "python:3.12",
        sys.executable,
        "-c",
        "print(1)",
        service=local,
    )
    (made,) = json.loads(shown(shell, "scheduled ls --json --local")["text/plain"])
    assert shown(shell, "scheduled ls -q --local")["text/plain"] == hf("scheduled", "ls", "-q", service=local).strip()
    assert made["schedule"] == "@yearly"
    shown(shell, "scheduled suspend yearly --local")
    assert "No scheduled jobs are active" in shown(shell, "scheduled ls --local")["text/plain"]
    assert "suspended" in shown(shell, "scheduled ls -a --local")["text/plain"]
    assert "runs next at" in shown(shell, "scheduled resume yearly --local")["text/plain"]
    assert (
        "runs every Monday at 09:00 UTC (0 9 * * 1), next at"
        in shown(shell, 'scheduled reschedule yearly "0 9 * * 1" --local')["text/plain"]
    )
    shown(shell, "scheduled labels yearly -l team=nlp --name weekly --local")
    started = shown(shell, "scheduled trigger weekly -q --local")["text/plain"]
    assert hfjobs_magic.attach(started, local=True).wait(timeout=120).stage == "COMPLETED"
    inspected = json.loads(shown(shell, "scheduled inspect weekly --local")["text/plain"])
    assert inspected["job_spec"]["labels"] == {"team": "nlp", "name": "weekly"}
    shown(shell, f"scheduled delete {made['id'][:12]} --local")
    assert "No scheduled jobs" in shown(shell, "scheduled ls -a --local")["text/plain"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("ls --token hf_abc", "would save the token in the notebook"),
        ("ls -a --status error", "leave one out"),
        ("ls --status done", "There is no stage DONE"),
        ("ls -l x", "is not a filter"),
        ("scheduled lss", "Did you mean ls"),
        ("expose x", "Say which ports"),
        ("expose x -5", "PORT -5 is not a port"),
        ("expose x 70000", "PORT 70000 is not a port"),
        ("logs x -n -5", "--tail -5 is not a number of lines"),
        ("wait x --timeout -5m", "--timeout -5m must be a second or more. Write --timeout 5m"),
        ("wait x --timeout", "--timeout needs a value. See"),
        ("attach @0 @1", "This command does not take @1. See"),
        ("hardware a100 h200", "This command does not take a100 h200. See"),
        ("ps --statuss RUNNING", "There is no option --statuss here. See"),
    ],
)
def test_what_makes_no_sense_is_refused(shell: InteractiveShell, local: Service, line: str, message: str):
    with pytest.raises(OptionError, match=message):
        shell.run_line_magic("hfjobs", f"{line} --local")


def test_each_command_has_its_help(shell: InteractiveShell):
    assert "--identity-file" in shown(shell, "ssh --help")["text/plain"]
    assert "suspend" in shown(shell, "scheduled --help")["text/plain"]
    assert "SCHEDULE" in shown(shell, "scheduled reschedule -h")["text/plain"]


@pytest.mark.lowest
def test_hardware_can_be_filtered_by_gpu_memory(shell: InteractiveShell, local: Service):
    flavors = shown(shell, "hardware --gpu-memory 80 -q --local")["text/plain"].split()
    assert "a100-large" in flavors
    assert "cpu-basic" not in flavors
    assert "t4-small" not in flavors
