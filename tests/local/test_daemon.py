"""Starting, finding and stopping the service: once, whoever asks, and whatever an earlier one left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psutil
import pytest

from hfjobs_magic.local import daemon, tools
from tests.local.serving import environment, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data directory whose service is stopped afterwards."""
    yield tmp_path / "data"
    daemon.stop(tmp_path / "data")


def runs(pid: int) -> bool:
    """Whether the process does more than wait for us, its parent, to take note of its end."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hfjobs_magic.local", *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_is_started_once_found_again_and_stopped(folder: Path):
    assert daemon.find(folder) is None
    started = daemon.ensure(folder)
    assert daemon.ensure(folder) == started == daemon.find(folder)
    assert os.getsid(started.pid) != os.getsid(0)
    assert started.token not in repr(started)
    assert daemon.stop(folder)
    assert not psutil.pid_exists(started.pid), "not even as a zombie, though we are its parent"
    assert not daemon.stop(folder)
    assert daemon.find(folder) is None


def test_a_restart_keeps_address_and_token(folder: Path):
    first = daemon.ensure(folder)
    daemon.stop(folder)
    again = daemon.ensure(folder)
    assert (again.endpoint, again.token) == (first.endpoint, first.token)


def test_many_who_start_it_at_once_get_the_same_one(folder: Path):
    code = f"from hfjobs_magic.local import daemon; print(daemon.ensure({str(folder)!r}).pid)"

    def start(_: int) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout.strip()

    with ThreadPoolExecutor(6) as pool:
        pids = set(pool.map(start, range(6)))
    assert len(pids) == 1


@pytest.mark.parametrize("left", ["", "{", "[]", '{"pid": 1}'])
def test_a_state_file_that_cannot_be_read_is_no_service(folder: Path, left: str):
    folder.mkdir()
    (folder / "service.json").write_text(left)
    assert daemon.find(folder) is None
    assert daemon.ensure(folder).pid


def test_a_service_whose_environment_was_deleted_makes_room_for_ours(folder: Path):
    first = daemon.ensure(folder)
    file = daemon.locate(folder).state
    state = json.loads(file.read_text())
    assert state["installation"][0] == sys.executable
    file.write_text(json.dumps({**state, "installation": [str(folder / ".venv" / "bin" / "python")]}))
    second = daemon.ensure(folder)
    assert second.pid != first.pid
    assert not runs(first.pid)
    assert daemon.ensure(folder) == second


def test_a_state_file_of_a_killed_service_is_stale(folder: Path):
    first = daemon.ensure(folder)
    psutil.Process(first.pid).kill()
    eventually(lambda: not runs(first.pid))
    assert (folder / "service.json").exists()
    assert daemon.find(folder) is None
    second = daemon.ensure(folder)
    assert second.pid != first.pid
    assert second.endpoint == first.endpoint


def test_a_state_file_whose_process_id_now_belongs_to_another_is_stale_and_that_one_is_left_alone(folder: Path):
    first = daemon.ensure(folder)
    state = json.loads((folder / "service.json").read_text())
    daemon.stop(folder)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        (folder / "service.json").write_text(json.dumps({**state, "pid": other.pid}))
        assert daemon.find(folder) is None
        assert not daemon.stop(folder)
        assert other.poll() is None
        other.communicate(b"\n")
    assert daemon.ensure(folder).token == first.token


def test_a_service_that_hangs_is_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(daemon, "ANSWER_TIMEOUT", 0.5)
    monkeypatch.setattr(daemon, "STOP_GRACE", 0.5)
    first = daemon.ensure(folder)
    os.kill(first.pid, signal.SIGSTOP)
    second = daemon.ensure(folder)
    assert second.pid != first.pid
    eventually(lambda: not runs(first.pid))


def test_the_last_port_taken_by_another_program_means_another_port(folder: Path):
    first = daemon.ensure(folder)
    port = int(first.endpoint.rpartition(":")[2])
    daemon.stop(folder)
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", port))
        squatter.listen()
        assert daemon.ensure(folder).endpoint != first.endpoint


def test_a_port_that_was_asked_for_and_is_taken_is_an_error_in_words(folder: Path):
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        done = command("serve", "--data-dir", str(folder), "--port", str(port))
    assert done.returncode == 1
    said = f"Port {port} is taken by another program. Choose another --port, or leave the option out.\n"
    assert done.stderr == said


def test_it_binds_to_loopback_only(folder: Path):
    done = command("serve", "--data-dir", str(folder), "--host", "0.0.0.0")  # noqa: S104 - that it is refused is the test
    assert done.returncode == 1
    assert done.stderr.startswith("0.0.0.0 is not a loopback address")


def test_status_and_stop_say_what_they_found(folder: Path):
    assert command("status", "--data-dir", str(folder)).stdout == f"No local service is running on {folder}.\n"
    started = daemon.ensure(folder)
    shown = command("status", "--data-dir", str(folder))
    assert json.loads(shown.stdout)["endpoint"] == started.endpoint
    assert started.token not in shown.stdout
    stopped = command("stop", "--data-dir", str(folder))
    assert stopped.stdout == f"Stopped the local service on {folder}. Its jobs keep running.\n"


def test_a_second_one_on_the_same_directory_is_refused(folder: Path):
    daemon.ensure(folder)
    done = command("serve", "--data-dir", str(folder))
    assert done.returncode == 1
    assert done.stderr.startswith(f"A local service is already running on {folder}")


def test_no_uv_anywhere_is_said_before_anything_is_started(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tools, "find_uv", lambda: None)
    with pytest.raises(daemon.LocalServiceError, match=r"uv was not found.*pip install uv"):
        daemon.ensure(folder)
    assert not folder.exists()


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(daemon.LocalServiceError, match=r"Cannot use .*HFJOBS_LOCAL_DIR"):
        daemon.ensure(tmp_path / "file" / "data")


def test_the_service_starts_without_the_callers_tokens(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_TOKEN", "hf_callers")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "callers")
    started = daemon.ensure(folder)
    given = psutil.Process(started.pid).environ()
    assert "HF_TOKEN" not in given
    assert "AWS_SECRET_ACCESS_KEY" not in given
