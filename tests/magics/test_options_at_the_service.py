"""Each option is proved by the job that comes out at the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from huggingface_hub import HfApi

from hfjobs_magic.errors import JobFailedError
from hfjobs_magic.options.table import OPTIONS
from tests.magics.test_hfjob import run_cell

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.local.daemon import Service

pytestmark = pytest.mark.lowest

SEEN_ELSEWHERE = {
    *("--local", "--wait", "--as", "--detach", "--dry-run", "--reuse", "--max-cost", "--deps", "--no-log-metrics"),
    *("--no-mask", "--cancel-if-idle"),
    *("--map", "--map-file", "--sample", "--seed", "--max-parallel", "--stop-on-fail", "--metric"),
    *("--namespace", "--schedule", "--suspend", "--concurrency", "--script", "--names", "--output"),
    *("--input", "--max-input", "--yes", "--out-dir"),
}
"""What a job does not carry: proved in the tests of the magic, caps, script, values and schedules."""


def sent(service: Service, job: Job) -> dict[str, Any]:
    """The job as the service tells it."""
    address = f"{service.endpoint}/api/jobs/{service.namespace}/{job.id}"
    answer: dict[str, Any] = httpx2.get(address, headers={"Authorization": f"Bearer {service.token}"}).json()
    return answer


def test_every_option_arrives(shell: InteractiveShell, local: Service, monkeypatch, tmp_path: Path):
    monkeypatch.setenv("MY_SECRET", "s3cr3t")
    HfApi(endpoint=local.endpoint, token=local.token).create_bucket("local/options", exist_ok=True)
    (tmp_path / "variables").write_text("FROM_FILE=1\n")
    (tmp_path / "secret").write_text("FILE_SECRET=2\n")
    line = (
        "--local --as job --detach --flavor t4-small --with cowsay -p 3.11 --image ghcr.io/astral-sh/uv:debian "
        f"-e PLAIN=x --env-file {tmp_path}/variables -s MY_SECRET --secrets-file {tmp_path}/secret "
        "--name my-job -l team=nlp -v hf://buckets/local/options:/out:ro --timeout 90s --attempts 2 "
        "--expose 8000 --expose-public 8001 --ssh --network-group ring --network-alias left "
        "--resource-group-id 0123456789abcdef01234567 -- --lr 0.1"
    )
    named = {word.partition("=")[0] for word in line.split(" -- ", maxsplit=1)[0].split() if word.startswith("-")}
    assert all(named & set(option.flags) or SEEN_ELSEWHERE & set(option.flags) for option in OPTIONS)

    run_cell(shell, line, "import cowsay\n")
    job: Job = shell.user_ns["job"]
    found = sent(local, job)
    job.cancel()
    command = found["command"]
    assert command[:2] == ["uv", "run"]
    assert command[command.index("--python") + 1] == "3.11"
    assert command[-2:] == ["--lr", "0.1"]
    assert found["flavor"] == "t4-small"
    assert found["dockerImage"] == "ghcr.io/astral-sh/uv:debian"
    assert found["environment"] == {"FROM_FILE": "1", "PLAIN": "x"}
    assert sorted(found["secrets"]) == ["FILE_SECRET", "MY_SECRET"]
    assert {"name": "my-job", "team": "nlp"}.items() <= found["labels"].items()
    mounts = {volume["mountPath"]: volume for volume in found["volumes"]}
    assert mounts["/out"]["source"] == "local/options"
    assert mounts["/out"]["readOnly"] is True
    assert (found["timeout"], found["retry"]) == (90, 1)
    assert found["expose"] == {"ports": [8000, 8001], "portsPublic": [8001]}
    assert found["network"] == {"group": "ring", "aliases": ["left"]}
    assert found["resourceGroupId"] == "0123456789abcdef01234567"
    assert "SSH" in (found["status"]["message"] or "") or "ssh" in (found["status"]["message"] or "")


def test_a_cell_runs_with_what_it_imports_awaits_and_asks_for_in_its_header(shell: InteractiveShell, local: Service):
    cell = (
        "import asyncio, cowsay, sys\n"
        "%pip install iniconfig\n"
        "await asyncio.sleep(0)\n"
        "import iniconfig\n"
        "print(cowsay.get_output_string('cow', 'moo').splitlines()[1].strip(), sys._getframe().f_lineno)\n"
        "raise ValueError('here')\n"
    )
    run_cell(shell, "--local --as job --deps infer", cell)
    job: Job = shell.user_ns["job"]
    assert job.script is not None
    assert [item.requirement for item in job.script.inferred] == ["iniconfig", "cowsay"]
    with pytest.raises(JobFailedError):
        job.wait(timeout=180)
    lines = list(job.logs())
    assert "| moo | 6" in lines
    assert "The cell, line 7" in lines

    header = "# /// script\n# [tool.hf-jobs]\n# flavor = 'l4x1'\n# timeout = '2h'\n# env = {SEED = '1'}\n# ///\n"
    run_cell(shell, "--local --as job --detach --timeout 90s -e OTHER=2", f"print(1)\n{header}")
    found = sent(local, shell.user_ns["job"])
    assert (found["flavor"], found["timeout"]) == ("l4x1", 90)
    assert found["environment"] == {"SEED": "1", "OTHER": "2"}
