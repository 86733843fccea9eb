"""The way back to a sweep: its kernel is killed, the service restarts, another kernel goes on with it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.api.connect import connect
from hfjobs_magic.errors import RemoteError
from hfjobs_magic.local import daemon
from tests.conftest import SLOTS, end_jobs
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.api.sweep import Sweep

RUNS = 24
FIRST_KERNEL = """
import hfjobs_magic
code = '''
if n in (3, 20):
    raise ValueError("diverged")
if n == 11:
    raise KeyError("missing")
out = base + n * n
'''
made = hfjobs_magic.sweep(code, {"n": range(1, 25)}, local=True, inputs={"base": 1000}, outputs="out", max_parallel=4)
print(made.id, flush=True)
while sum(stage in ("COMPLETED", "ERROR") for stage in made.stages) < 6: pass
print("in the middle", flush=True)
made.wait()
"""


@pytest.fixture
def own_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[daemon.Service]:
    """A local service that may be stopped in the middle of a test."""
    monkeypatch.setenv("HFJOBS_LOCAL_SLOTS", SLOTS)
    monkeypatch.setenv("HFJOBS_LOCAL_DIR", str(tmp_path / "service"))
    service = daemon.ensure()
    yield service
    end_jobs(daemon.ensure())
    daemon.stop()


def start_and_kill(env: dict[str, str]) -> str:
    """Start a sweep in a process that is killed when some of its runs have ended; its id."""
    first = subprocess.Popen(
        [sys.executable, "-c", FIRST_KERNEL], env={**os.environ, **env}, stdout=subprocess.PIPE, text=True
    )
    assert first.stdout is not None
    sweep = first.stdout.readline().strip()
    assert first.stdout.readline() == "in the middle\n"
    first.kill()
    first.wait(timeout=30)
    first.stdout.close()
    return sweep


@pytest.mark.slow
def test_a_sweep_outlives_its_kernel_and_a_restart_of_the_service(
    shell: InteractiveShell, own_service: daemon.Service, tmp_path: Path
):
    # Of another machine: it shares nothing with this kernel but the service.
    sweep = start_and_kill({"XDG_STATE_HOME": str(tmp_path / "elsewhere")})
    daemon.stop()
    assert daemon.ensure().endpoint == own_service.endpoint
    shell.run_line_magic("hfjobs", f"attach @sweep={sweep} --yes --local")
    made: Sweep = shell.user_ns["sweep"]
    assert made.parameters == [{"n": n} for n in range(1, RUNS + 1)]
    wait_until(lambda: made.stages.count("COMPLETED") >= 12)
    daemon.stop()
    daemon.ensure()
    made.wait(timeout=240)
    assert Counter(made.stages) == {"COMPLETED": 21, "ERROR": 3}
    values = made.values["out"]
    assert [value for value in values if not isinstance(value, RemoteError)] == [
        1000 + n * n for n in range(1, RUNS + 1) if n not in {3, 11, 20}
    ]
    assert {place: type(error).__bases__[-1] for place, error in made.errors.items()} == {
        2: ValueError,
        10: KeyError,
        19: ValueError,
    }
    assert [line.partition(":")[0] for line in repr(made).splitlines()[1:]] == ["2 of 24", "1 of 24"]
    jobs = list(connect(local=True).jobs(labels={"sweep": sweep}))
    assert sorted(int(job.labels["sweep-run"]) for job in jobs) == list(range(1, RUNS + 1))
    assert {job.id for job in jobs} == {job.id for job in made.jobs if job}
    # Both kernels had their share, of one upload.
    assert len({job.labels["sweep-by"] for job in jobs}) == 2
    assert len({job.folder.rpartition("/run/")[0] for job in jobs}) == 1
