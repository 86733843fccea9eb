"""The way back: a process that followed a job is killed, another takes the job up again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import hfjobs_magic
from hfjobs_magic.errors import NotLoggedInError, OptionError

if TYPE_CHECKING:
    from pathlib import Path

    from hfjobs_magic.local.daemon import Service

FIRST = """
import sys, hfjobs_magic
job = hfjobs_magic.run(sys.argv[1], local=sys.argv[2] == "local", name="outlives")
print(job.id, flush=True)
while len(job.metrics()) < 2: pass
print("seen", flush=True)
job.wait()
"""
LINES = "import time\nfor n in range(200):\n    print('line', n, flush=True)\n    time.sleep(0.02)\n"


def run_and_kill(code: str, where: str, env: dict[str, str]) -> str:
    """Follow a job in a process that is killed once it has seen two samples; the id."""
    first = subprocess.Popen(
        [sys.executable, "-c", FIRST, code, where], env={**os.environ, **env}, stdout=subprocess.PIPE, text=True
    )
    assert first.stdout is not None
    job_id = first.stdout.readline().strip()
    assert first.stdout.readline() == "seen\n"
    first.kill()
    first.wait(timeout=30)
    first.stdout.close()
    return job_id


def test_after_kill_9_attach_gives_the_same_log_without_a_gap_and_the_script(local: Service):
    job_id = run_and_kill(LINES, "local", {"HFJOBS_LOCAL_DIR": str(local.data_dir)})
    one, two = (hfjobs_magic.attach(name, local=True).follow() for name in (job_id, "outlives"))
    for job in (one, two):
        assert job.wait(timeout=60).stage == "COMPLETED"
        lines = job.open_follower(job).log.lines(0, 1000)
        assert lines[-200:] == [f"line {number}" for number in range(200)]
        assert job.script is not None
        assert job.script.text.startswith(LINES)
        # The service kept what nobody was there to see.
        assert len(job.metrics()) >= 4
        assert job.metrics()[0]["time"] - job.status.started_at < 2  # type: ignore[operator]


def test_metrics_of_a_job_of_the_hub_survive_the_kernel_that_saw_them(
    local: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    # To this process the service is the Hub: it has no history there.
    for name, value in (("HF_ENDPOINT", local.endpoint), ("HF_TOKEN", local.token), ("XDG_STATE_HOME", str(tmp_path))):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("HFJOBS_LOCAL_DIR")
    job_id = run_and_kill("import time; time.sleep(60)", "hub", {})
    answer = subprocess.run(
        [sys.executable, "-c", SECOND, job_id], env=dict(os.environ), capture_output=True, text=True, check=True
    )
    first, second, *later, script = json.loads(answer.stdout)
    assert second - first < 3
    assert later
    assert script.startswith("import time; time.sleep(60)")


SECOND = """
import json, sys, hfjobs_magic
job = hfjobs_magic.attach(sys.argv[1])
assert not job.client.local
before = job.metrics()
job.follow()
while len(job.metrics()) < len(before) + 1: pass
job.cancel()
print(json.dumps([*(item["time"] for item in job.metrics()), job.script.text]))
"""


def test_an_id_of_the_local_service_is_found_without_saying_so(local: Service, tmp_path: Path):
    job = hfjobs_magic.run("print('here')", local=True).wait(timeout=60)
    # No note was taken, so the service is asked; by the beginning of an id too.
    for selector in (job.id, job.id[:20]):
        assert hfjobs_magic.attach(selector).client.local
    with pytest.raises(NotLoggedInError):
        hfjobs_magic.attach("0" * 24)
    with pytest.raises(NotLoggedInError):
        hfjobs_magic.attach("@latest")


def test_the_script_of_a_job_of_another_machine_comes_from_its_bucket(
    local: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    job = hfjobs_magic.run("print('from there')", local=True).wait(timeout=60)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    again = hfjobs_magic.attach(job.id)
    assert again.script is not None
    assert job.script is not None
    assert again.script.text == job.script.text
    with pytest.raises(OptionError, match="is not known here"):
        again.rerun(name="other")
