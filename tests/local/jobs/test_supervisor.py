"""How jobs end, and that nothing of them is left; with and without bubblewrap."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from hfjobs_magic.local.jobs import sandbox
from tests.local.serving import Server, eventually, processes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# Ignores TERM, and has a child that left the process group and the session and is nobody's child any more.
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
escape = (
    "import os,signal,time\\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\\nif os.fork(): os._exit(0)\\n"
    "os.setsid()\\nprint('escaped', flush=True)\\ntime.sleep(600)"
)
subprocess.Popen([sys.executable, "-c", escape]).wait()
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("ready", flush=True)
while True: time.sleep(0.1)
"""

BOTH = ["bwrap", "none"] if sandbox.find_bwrap() else ["none"]


once = pytest.mark.parametrize("either", BOTH[:1], indirect=True, scope="module")
"""For what the sandbox has no part in."""


@pytest.fixture(scope="module", params=BOTH)
def either(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(
        tmp_path_factory.mktemp(request.param) / "data",
        {"HFJOBS_LOCAL_SANDBOX": request.param, "HFJOBS_LOCAL_SLOTS": "4"},
    )
    yield made
    made.stop()


def test_a_cancel_and_a_timeout_end_a_tree_that_ignores_term_forks_and_leaves_its_session(either: Server):
    # Beside each other: each is given some seconds to end by itself.
    late = either.python(STUBBORN, timeout=1)
    job = either.python(STUBBORN)
    either.saw(job, "escaped")
    either.saw(job, "ready")
    assert len(processes_of(job)) >= 4
    either.cancel(job)
    assert either.wait(job).status.stage == "CANCELED"
    eventually(lambda: processes_of(job) == [], "the end of its processes")
    info = either.wait(late)
    assert (info.status.stage, info.status.message) == ("ERROR", "Job timeout")
    eventually(lambda: processes_of(late) == [], "the end of its processes")


def test_cancel_lets_a_job_say_goodbye(either: Server):
    code = (
        "import signal, sys, time\n"
        "def bye(*_): print('saved', flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, bye)\n"
        "print('ready', flush=True)\n"
        "while True: time.sleep(0.05)"
    )
    job = either.python(code)
    either.saw(job, "ready")
    began = time.monotonic()
    either.cancel(job)
    assert either.stage(job) == "CANCELED"
    assert time.monotonic() - began < 2
    assert either.logs(job, follow=False) == ["ready", "saved"]


def test_children_that_are_left_running_end_with_the_job(either: Server):
    job = either.run("sh", "-c", "sleep 600 & echo started")
    assert either.wait(job).status.stage == "COMPLETED"
    eventually(lambda: processes_of(job) == [], "the end of its processes")
    assert either.logs(job, follow=False) == ["started"]


@once
def test_output_that_is_not_utf8_and_a_last_line_without_newline(either: Server):
    job = either.python("import sys; sys.stdout.buffer.write(b'a\\xffb\\nlast')")
    assert either.logs(job) == ["a\ufffdb", "last"]


@once
def test_a_progress_bar_moves_while_the_job_runs(either: Server):
    code = (
        "import sys, time\n"
        "sys.stderr.write('\\r 10%'); sys.stderr.flush()\n"
        "import os\n"
        "while not os.path.exists('go'): time.sleep(0.01)\n"
        "sys.stderr.write('\\r 20%\\ndone\\n')"
    )
    job = either.python(code)
    either.saw(job, '" 10%"')
    assert either.stage(job) == "RUNNING"
    (either.folder(job) / "work" / "go").touch()
    assert either.logs(job) == [" 10%", "\r 20%", "done"]


@once
def test_a_chatty_job_loses_no_line(either: Server):
    job = either.python("import sys\nfor n in range(200_000): sys.stdout.write(f'{n}\\n')")
    assert either.wait(job).status.stage == "COMPLETED"
    lines = either.logs(job)
    assert lines == [str(n) for n in range(200_000)]


def test_each_job_has_a_working_directory_of_its_own(either: Server):
    job = either.run("sh", "-c", "pwd; ls -A; touch mark")
    assert either.logs(job) == [str(either.folder(job) / "work")]


def test_standard_input_is_empty(either: Server):
    assert either.logs(either.python("import sys; print(repr(sys.stdin.read()))")) == ["''"]


@pytest.mark.skipif("bwrap" not in BOTH, reason="bubblewrap does not work here")
def test_a_sandboxed_job_sees_neither_the_services_token_nor_other_processes(make_server):
    server = make_server(HFJOBS_LOCAL_SANDBOX="bwrap")
    job = server.run("sh", "-c", f"ls {server.data_dir}; ls /proc | grep -c '^[0-9]'")
    *names, count = server.logs(job)
    assert set(names) == {"bin", "jobs"}
    assert int(count) < 8


def test_the_supervisor_is_quick_to_start():
    """It is part of the time to the first line; the bound is loose, for a busy machine."""
    began = time.monotonic()
    psutil.Popen([sys.executable, "-s", "-c", "import hfjobs_magic.local.jobs.supervisor"]).wait()
    assert time.monotonic() - began < 2


def test_a_supervisor_that_is_killed_takes_its_job_along(either: Server):
    job = either.run("sleep", "600")
    status = either.folder(job) / "status.json"
    eventually(status.exists)
    eventually(lambda: either.stage(job) == "RUNNING")
    supervisor = next(p for p in processes_of(job) if "hfjobs_magic.local.jobs.supervisor" in p.cmdline())
    supervisor.kill()
    info = either.wait(job)
    assert info.status.stage == "ERROR"
    assert "process was gone" in info.status.message
    eventually(lambda: processes_of(job) == [], "the end of its processes")
