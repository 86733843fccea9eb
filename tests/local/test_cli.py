"""The real `hf jobs` command against the service: every verb."""

from __future__ import annotations

import re
import socket
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests import hf as hf_command
from tests.local.serving import environment, eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.local.serving import Server

pytestmark = pytest.mark.lowest

ID = re.compile(r"\b[0-9a-f]{24}\b")


@pytest.fixture
def hf(server: Server, tmp_path: Path) -> Callable[..., str]:
    """Runs `hf jobs ...`; returns what it says."""
    variables = environment(
        HF_ENDPOINT=server.endpoint,
        HF_TOKEN=server.token,
        HF_HOME=str(tmp_path / "hf"),
        HOME=str(tmp_path),
        COLUMNS="200",
    )

    def run(*words: str, code: int = 0) -> str:
        done = hf_command.run("jobs", *words, env=variables, cwd=tmp_path)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


@pytest.fixture
def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def an_id(text: str) -> str:
    found = ID.search(text)
    assert found, text
    return found.group()


def test_jobs_are_run_listed_shown_labelled_and_run_again(server: Server, hf: Callable[..., str]):
    said = hf(
        "run",
        "--name",
        "greeting",
        "--label",
        "team=nlp",
        "--env",
        "WORD=hello",
        "python:3.12",
        "sh",
        "-c",
        "echo $WORD",
    )
    assert "hello" in said
    assert "completed" in said
    job = an_id(said)
    assert server.inspect(job).labels == {"name": "greeting", "team": "nlp"}
    assert hf("logs", job).splitlines()[0] == "hello"
    assert job in hf("ls", "-a", "-l", "team=nlp")
    assert '"COMPLETED"' in hf("inspect", "--format", "json", f"local/{job}")
    hf("labels", job, "--name", "other")
    assert server.inspect(job).labels == {"name": "other", "team": "nlp"}
    hf("labels", job, "--clear")
    assert not server.inspect(job).labels
    assert "hello" in hf("rerun", job)
    assert "COMPLETED" in hf("wait", job)
    assert "0.01" in hf("hardware")


def test_a_running_job_is_followed_exposed_measured_and_cancelled(
    server: Server, hf: Callable[..., str], free_port: int
):
    said = hf(
        "run",
        "--detach",
        "--expose",
        str(free_port),
        "--ssh",
        "--network-group",
        "workers",
        "python:3.12",
        "python3",
        "-u",
        "-m",
        "http.server",
        str(free_port),
        "--bind",
        "127.0.0.1",
    )
    job = an_id(said)
    url = f"http://127.0.0.1:{free_port}"
    assert url in said
    eventually(lambda: server.stage(job) == "RUNNING")
    assert server.inspect(job).status.expose_urls == [url]
    assert b"Directory listing" in eventually(lambda: answer_of(url), "the exposed port")
    assert "no SSH, no network group of its own (workers)" in server.inspect(job).status.message
    assert "SSH is not enabled on this job" in hf("ssh", job, code=1)
    assert job in hf("stats", job)
    assert job in hf("ls")
    hf("expose", job, "--clear")
    assert server.inspect(job).status.expose_urls is None
    hf("cancel", job)
    assert server.wait(job).status.stage == "CANCELED"


def answer_of(url: str) -> bytes | None:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own loopback address
            return answer.read()
    except OSError:
        return None


def test_what_fails_says_so_and_exits_with_an_error(hf: Callable[..., str]):
    said = hf("run", "--attempts", "2", "python:3.12", "sh", "-c", "echo try; exit 3", code=1)
    assert said.count("try") >= 2
    assert "Job failed with exit code: 3. Reason: Error" in said
    assert "Job timeout" in hf("run", "--timeout", "1", "python:3.12", "sleep", "60", code=1)
    assert "not found" in hf("inspect", "0" * 24, code=1).lower()


def test_a_uv_script_runs_with_the_options_of_its_header(server: Server, hf: Callable[..., str], tmp_path: Path):
    script = tmp_path / "hello.py"
    script.write_text(
        "# /// script\n# dependencies = []\n# [tool.hf-jobs]\n# flavor = 't4-small'\n# ///\n"
        "import sys\nprint('args', sys.argv[1:])\n"
    )
    said = hf("uv", "run", str(script), "--x", "y z")
    assert "args ['--x', 'y z']" in said
    assert "t4-small" in hf("inspect", an_id(said.partition("args")[2] or said))


def test_scheduled_jobs_are_made_changed_triggered_and_deleted(server: Server, hf: Callable[..., str], tmp_path: Path):
    made = an_id(hf("scheduled", "run", "@yearly", "--name", "nightly", "python:3.12", "echo", "scheduled"))
    assert made in hf("scheduled", "ls")
    assert '"@yearly"' in hf("scheduled", "inspect", "--format", "json", made).replace("'", '"')
    hf("scheduled", "suspend", made)
    assert made in hf("scheduled", "ls", "-a")
    assert server.api.inspect_scheduled_job(scheduled_job_id=made, namespace="local").suspend
    hf("scheduled", "resume", made)
    assert "0 9 * * 1" in hf("scheduled", "reschedule", made, "0 9 * * 1")
    hf("scheduled", "labels", made, "--label", "a=b")
    triggered = hf("scheduled", "trigger", made)
    job = next(found for found in ID.findall(triggered) if found != made)
    assert server.logs(job) == ["scheduled"]
    assert server.inspect(job).labels == {"a": "b"}
    script = tmp_path / "tick.py"
    script.write_text("print('tick')\n")
    second = an_id(hf("scheduled", "uv", "run", "@daily", str(script)))
    for one in (made, second):
        hf("scheduled", "delete", one)
    assert not {made, second} & {job.id for job in server.api.list_scheduled_jobs(namespace="local")}
