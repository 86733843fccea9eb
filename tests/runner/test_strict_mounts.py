"""Cells on mounts that are stricter than a disk, each as a job of a service that takes them so."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import pytest

import hfjobs_magic
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.errors import JobFailedError
from tests.local.serving import Server, write_faults
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hfjobs_magic.api.job import Job

    Start = Callable[..., Job]

SHOWS = """\
from IPython.display import HTML
handle = display("first", display_id=True)
display(HTML("<b>" + 300_000 * "x" + "</b>"))
handle.update("second")
"""
ALL = ["first", "second", "<IPython.core.display.HTML object>"]


pytestmark = pytest.mark.slow  # real jobs, on services of their own


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a cell under a fault."""
    faults = tmp_path / "faults.json"
    server = Server(tmp_path / "data", {"HFJOBS_LOCAL_FAULTS": str(faults)})

    def start(cell: str, out_dir: str | None = None, **fault: Any) -> Job:
        write_faults(faults, [fault])
        return hfjobs_magic.run(cell, endpoint=server.endpoint, token=server.token, timeout="5m", out_dir=out_dir)

    start.server = server  # type: ignore[attr-defined]
    start.change = lambda **fault: write_faults(faults, [fault])  # type: ignore[attr-defined]
    yield start
    RUNTIME.stop()
    server.stop()


def shown(job: Job) -> list[str]:
    return [output.data["text/plain"].strip("'") for output in job.outputs if output.kind != "error"]


def test_files_that_are_written_from_start_to_end_only(start: Start):
    job = start(SHOWS, seek=False).wait(timeout=120)
    assert shown(job) == ["second", ALL[-1]]
    folder = job.client.run_folder(job.facts)
    assert folder.end()[1]["cell"] == "completed"
    killed = start(f"{SHOWS}import os\nos.kill(os.getpid(), 9)\n", seek=False)
    with pytest.raises(JobFailedError):
        killed.wait(timeout=120)
    assert shown(killed) == ["second", ALL[-1]]
    assert killed.client.run_folder(killed.facts).end()[1]["signal"] == "SIGKILL"


CHECKPOINTS = """\
import pathlib, zipfile
results = pathlib.Path("results")
with zipfile.ZipFile(results / "model.zip", "w") as made:  # seeks
    made.writestr("weights", "1" * 100_000)
(results / "last").write_text("one")
"""


def test_files_of_a_folder_on_a_strict_mount_and_after_a_restart_of_the_service(start: Start, tmp_path: Path):
    go, done = tmp_path / "go", tmp_path / "done"
    code = f"""{CHECKPOINTS}
import time
while not pathlib.Path({str(go)!r}).exists(): time.sleep(0.02)
(results / "last").write_text("two")
while not pathlib.Path({str(done)!r}).exists(): time.sleep(0.02)
"""
    job = start(code, out_dir="results", seek=False)

    def read_last() -> bytes:
        files = {file.path for file in job.files}
        job.files.pull(tmp_path / "here", overwrite=True)
        return (tmp_path / "here/last").read_bytes() if files == {"last", "model.zip"} else b""

    wait_until(lambda: read_last() == b"one")
    server = start.server  # type: ignore[attr-defined]
    server.kill()
    go.touch()
    server.start("--port", server.endpoint.rpartition(":")[2])
    # A file that was copied before is written anew, whole.
    wait_until(lambda: read_last() == b"two")
    assert zipfile.ZipFile(tmp_path / "here/model.zip").read("weights") == b"1" * 100_000
    done.touch()
    job.wait(timeout=120)
    assert job.files.listed.complete


def test_files_that_are_seen_late(start: Start, tmp_path: Path):
    go = tmp_path / "go"
    wait = f"import pathlib, time\nwhile not pathlib.Path({str(go)!r}).exists(): time.sleep(0.02)\n"
    job = start(f"{SHOWS}{wait}raise KeyError('late')\n", late=3600)
    wait_until(lambda: any(line.startswith("[output 3]") for line in job.logs()))
    assert shown(job) == []
    start.change(late=2)  # type: ignore[attr-defined]
    go.touch()
    # Why it failed is waited for, as what it has shown.
    with pytest.raises(KeyError):
        job.wait(timeout=120)
    assert shown(job) == ["second", ALL[-1]]


def test_no_grace_between_the_signals(start: Start):
    job = start(f"{SHOWS}import time\ntime.sleep(600)\n", grace=0)
    wait_until(lambda: shown(job) == ["second", ALL[-1]])
    job.cancel()
    with pytest.raises(JobFailedError, match="CANCELED"):
        job.wait(timeout=120)
    assert shown(job) == ["second", ALL[-1]]
