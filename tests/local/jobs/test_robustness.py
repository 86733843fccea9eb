"""What is heavy, and what goes wrong: many jobs, many readers, endless logs, a full disk, a service that is killed."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx2
import psutil
import pytest
from huggingface_hub import close_session

from hfjobs_magic.local.jobs import sandbox
from tests.local.serving import Server, environment, eventually, processes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MB = 1 << 20


class Gauge:
    """What a service holds on to."""

    def __init__(self, server: Server) -> None:
        self.process = psutil.Process(server.process.pid)
        self.before = self.now()

    def now(self) -> tuple[int, int, int]:
        """Descriptors, threads, children (zombies, too)."""
        return self.process.num_fds(), self.process.num_threads(), len(self.process.children())

    def settles(self) -> None:
        """It holds as much as before; the pool of threads may have grown to its bound, connections linger a moment."""
        close_session()
        allowed = (self.before[0] + 4, self.before[1] + 8, self.before[2])
        eventually(lambda: all(now <= most for now, most in zip(self.now(), allowed, strict=True)), "the release")


@pytest.fixture(scope="module")
def strong(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("strong") / "data", {"HFJOBS_LOCAL_SLOTS": "8"})
    yield made
    made.stop()


def test_two_hundred_jobs_wait_their_turn_and_leave_nothing_behind(strong: Server):
    strong.wait(strong.run("true"))
    gauge = Gauge(strong)
    # Long enough to be seen while it runs.
    jobs = [strong.run("sleep", "0.1") for _ in range(200)]
    most = 0

    def over() -> bool:
        nonlocal most
        found = list(strong.api.list_jobs(namespace="local", status=["RUNNING", "SCHEDULING"]))
        most = max(most, sum(job.status.stage == "RUNNING" for job in found))
        return not found

    deadline = time.monotonic() + 240
    while not over():
        assert time.monotonic() < deadline, "the queue never ran empty"
        time.sleep(0.1)
    infos = {info.id: info for info in strong.api.list_jobs(namespace="local")}
    assert {infos[job].status.stage for job in jobs} == {"COMPLETED"}
    starts = [infos[job].started_at for job in jobs]
    # In order, up to those that were started together.
    assert all(starts[at] >= starts[at - 8] for at in range(8, 200))
    assert 1 <= most <= 8
    gauge.settles()


def test_fifty_followers_see_every_line_and_let_go(strong: Server):
    code = (
        "import os, time\nprint('begin', flush=True)\nwhile not os.path.exists('go'): time.sleep(0.01)\n"
        "for n in range(3000): print(n, flush=n % 100 == 0)"
    )
    job = strong.python(code)
    strong.saw(job, "begin")
    gauge = Gauge(strong)
    with ThreadPoolExecutor(50) as pool:
        readers = [pool.submit(strong.logs, job) for _ in range(50)]
        eventually(lambda: gauge.now()[0] >= gauge.before[0] + 50, "the followers")
        (strong.folder(job) / "work" / "go").touch()
        expected = ["begin", *map(str, range(3000))]
        assert all(reader.result() == expected for reader in readers)
    gauge.settles()


def read_raw(server: Server, job: str) -> Iterator[bytes]:
    """The stream as it comes, without the client's own costs."""
    headers = {"Authorization": f"Bearer {server.token}"}
    url = f"{server.endpoint}/api/jobs/local/{job}/logs"
    with httpx2.stream("GET", url, headers=headers, timeout=120) as answer:
        yield from answer.iter_bytes()


def peak(process: psutil.Process, base: int, seen: list[int]) -> None:
    seen.append(process.memory_info().rss - base)


def test_a_million_lines_cost_no_memory(strong: Server):
    strong.logs(strong.python("print('warm')"))
    process = psutil.Process(strong.process.pid)
    base, grown, supervisor = process.memory_info().rss, [], []
    job = strong.python("import sys\nfor n in range(1_000_000): sys.stdout.write(f'{n}\\n')\nprint('end')")
    count, tail = 0, b""
    for number, data in enumerate(read_raw(strong, job)):
        # An event may end across two pieces of the stream.
        count += (tail[-1:] + data).count(b"\n\n")
        tail = (tail + data)[-200:]
        if number % 50 == 0:
            peak(process, base, grown)
            for child in processes_of(job) if number % 500 == 0 else []:
                with suppress(psutil.NoSuchProcess):  # the job ends while its last lines are read
                    if "hfjobs_magic.local.jobs.supervisor" in child.cmdline():
                        supervisor += [child.memory_info().rss]
    assert count == 1_000_002  # the start line, too
    assert b'"data":"end"' in tail
    assert max(grown) <= 20 * MB
    assert max(supervisor, default=0) <= 60 * MB


def test_one_line_of_fifty_megabytes_comes_in_bounded_pieces(strong: Server):
    strong.logs(strong.python("print('warm')"))
    process = psutil.Process(strong.process.pid)
    base, grown = process.memory_info().rss, []
    job = strong.python("import sys\nfor _ in range(50): sys.stdout.write('x' * 1_000_000)\nprint()\nprint('after')")
    total, kept, event = 0, b"", 0
    for data in read_raw(strong, job):
        peak(process, base, grown)
        *events, kept = (kept + data).split(b"\n\n")
        event = max([event, *map(len, events)])
        total += sum(one.count(b"x") for one in events)
    assert total == 50_000_000
    assert event <= MB + 200
    assert max(grown) <= 40 * MB
    assert strong.wait(job).status.stage == "COMPLETED"
    assert strong.logs(job, tail=1)[-1] == "after"


def test_a_service_that_is_killed_again_and_again_runs_every_job_once(make_server: Callable[..., Server]):
    server = make_server(HFJOBS_LOCAL_SLOTS="3")
    server.api.create_bucket("local/marks")
    chance = random.Random(7)
    jobs = []
    for _ in range(6):
        jobs += [server.run("sh", "-c", "echo start $$; sleep 0.2; echo end") for _ in range(3)]
        # Anywhere between the submission and the last word of the first of them.
        time.sleep(chance.uniform(0, 0.4))
        server.kill()
        server.start()
    for job in jobs:
        assert server.wait(job).status.stage == "COMPLETED"
        start, end = server.logs(job)
        assert start.startswith("start ")
        assert end == "end"
        eventually(lambda job=job: processes_of(job) == [], "the end of its processes")
    assert list(server.data_dir.glob("jobs/*/secrets.json")) == []


def test_secrets_of_a_job_that_never_got_into_the_queue_are_removed(make_server: Callable[..., Server]):
    server = make_server()
    server.kill()
    left = server.data_dir / "jobs" / ("0" * 24)
    left.mkdir()
    (left / "secrets.json").write_text('{"A": "b"}')
    server.start()
    eventually(lambda: not (left / "secrets.json").exists())


@pytest.fixture
def cramped(tmp_path: Path) -> Iterator[Server]:
    """A service whose data directory is a disk of 24 MB."""
    program = sandbox.find_bwrap() or shutil.which("bwrap")
    assert program is not None, "this test needs bubblewrap"
    (tmp_path / "data").mkdir()
    prefix = [program, "--bind", "/", "/", "--dev-bind", "/dev", "/dev", "--proc", "/proc"]
    prefix += ["--size", str(24 * MB), "--tmpfs", str(tmp_path / "data"), "--die-with-parent", "--"]
    made = Server(tmp_path / "data", {"HFJOBS_LOCAL_SANDBOX": "none", "HFJOBS_LOCAL_SLOTS": "2"}, prefix)
    yield made
    made.stop()


def stuff(path: Path) -> None:
    """Fill the disk that `path` is on, to the last byte."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 1024)


@pytest.mark.skipif("sandbox.find_bwrap() is None", reason="bubblewrap does not work here")
def test_a_full_disk_loses_log_lines_but_neither_the_job_nor_the_service(cramped: Server):
    disk = cramped.inside(cramped.data_dir)
    (disk / "ballast").write_bytes(b"x" * (6 * MB))
    cramped.api.create_bucket("local/full", private=True, exist_ok=True)
    code = (
        "import os, time\n"
        "print('first', flush=True)\n"
        "for n in range(400_000): print('filler', n)\n"
        "while not os.path.exists('go'): print('more', flush=True); time.sleep(0.05)\n"
        "print('last', flush=True)\n"
        "raise SystemExit(5)"
    )
    job = cramped.python(code, timeout=120)
    log = cramped.inside(cramped.folder(job)) / "log.sse"
    eventually(lambda: log.exists() and log.stat().st_size > 10 * MB, "a full disk")
    stuff(disk / "rest")
    # What is asked for now is refused in words, if at all, and the service goes on.
    body = {"command": ["true"], "flavor": "cpu-basic", "environment": {"FILLER": "x" * 100_000}}
    answers = [cramped.http("POST", "/api/jobs/local", json=body) for _ in range(20)]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused
    assert {(answer.status_code, "disk" in answer.json()["error"]) for answer in refused} == {(507, True)}
    # A client's uploads end at once: it is told in another status than those after which it asks again for minutes.
    with pytest.raises(ConnectionError, match=r"\(413 "):
        cramped.api.batch_bucket_files("local/full", add=[(random.Random(0).randbytes(1_000_000), "x")])
    assert cramped.stage(job) == "RUNNING"
    (disk / "ballast").unlink()
    (disk / "rest").unlink()
    (cramped.inside(cramped.folder(job)) / "work" / "go").touch()
    assert cramped.wait(job).status.message == "Job failed with exit code: 5. Reason: Error"
    lines = cramped.logs(job, follow=False)
    assert (lines[0], lines[-1]) == ("first", "last")
    assert any("log lines were lost: the disk was full" in line for line in lines)
    assert cramped.logs(cramped.run("echo", "again")) == ["again"]


@pytest.mark.slow
def test_a_supervisor_waits_for_room_to_say_how_the_job_ended(tmp_path: Path):
    """The disk is full at the very end: a directory in the place of the result stands for it."""
    (tmp_path / "work").mkdir()
    plan = {
        "program": "sh",
        "argv": ["sh", "-c", "exit 3"],
        "cwd": str(tmp_path / "work"),
        "environment": {"PATH": "/usr/bin:/bin"},
        "timeout": 60,
        "attempts": 1,
    }
    (tmp_path / "spec.json").write_text(json.dumps(plan))
    in_the_way = tmp_path / "status.json.new"
    in_the_way.mkdir()
    command = [sys.executable, "-m", "hfjobs_magic.local.jobs.supervisor", str(tmp_path)]
    with subprocess.Popen(command, env=environment()) as process:
        eventually((tmp_path / "log.sse").exists)
        time.sleep(0.3)
        assert process.poll() is None
        in_the_way.rmdir()
        assert process.wait(timeout=60) == 0
    status = json.loads((tmp_path / "status.json").read_text())
    assert (status["exit_code"], status["reason"]) == (3, "exit")


@pytest.mark.slow
def test_a_second_supervisor_leaves_the_job_to_the_first(tmp_path: Path):
    (tmp_path / "status.json").write_text('{"pid": 1}')
    (tmp_path / "spec.json").write_text("{}")
    command = [sys.executable, "-m", "hfjobs_magic.local.jobs.supervisor", str(tmp_path)]
    assert subprocess.run(command, env=environment(), check=False, timeout=60).returncode == 0
    assert (tmp_path / "status.json").read_text() == '{"pid": 1}'
    assert not (tmp_path / "log.sse").exists()
