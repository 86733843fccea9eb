"""Buckets that running jobs have mounted: what a job has closed is in the bucket at once."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from huggingface_hub import Volume

from hfjobs_magic.local.jobs import sandbox
from tests.local.serving import HUB, Server, environment, eventually, write_faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BOTH = ["bwrap", "none"] if sandbox.find_bwrap() else ["none"]


class FaultyServer(Server):
    """A service whose faults the test sets."""

    def __init__(self, data_dir: Path, **variables: str) -> None:
        self.faults = data_dir.with_suffix(".faults.json")
        super().__init__(data_dir, {"HFJOBS_LOCAL_FAULTS": str(self.faults), "HFJOBS_LOCAL_SLOTS": "4", **variables})

    def inject(self, **rule: Any) -> None:
        write_faults(self.faults, [rule] if rule else [])


@pytest.fixture(scope="module", params=BOTH)
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyServer]:
    made = FaultyServer(tmp_path_factory.mktemp(f"mounts-{request.param}") / "data", HFJOBS_LOCAL_SANDBOX=request.param)
    yield made
    made.stop()


@pytest.fixture
def either(shared: FaultyServer) -> Iterator[FaultyServer]:
    shared.inject()
    yield shared
    shared.inject()


def paths(server: Server, bucket: str) -> list[str]:
    return sorted(entry.path for entry in server.api.list_bucket_tree(bucket, recursive=True) if entry.type == "file")


def read(server: Server, bucket: str, path: str, tmp_path: Path) -> bytes:
    target = tmp_path / "downloaded"
    target.unlink(missing_ok=True)
    server.api.download_bucket_files(bucket, [(path, target)])
    return target.read_bytes()


class Steps:
    """A job that goes on when it is told to."""

    def __init__(self, server: Server, *steps: str, **options: Any) -> None:
        wait = "while not os.path.exists(f'go{n}'): time.sleep(0.01)"
        code = ["import os, sys, time"]
        for number, step in enumerate(steps):
            code += [step, f"n = {number}; print('did', n, flush=True)", wait]
        self._server = server
        self._number = 0
        self.id = server.python("\n".join(code), **options)
        server.saw(self.id, "did 0")

    def go(self, *, last: bool = False) -> None:
        (self._server.folder(self.id) / "work" / f"go{self._number}").touch()
        self._number += 1
        if not last:
            self._server.saw(self.id, f"did {self._number}")


def test_a_file_is_in_the_bucket_once_it_is_closed(either: FaultyServer, tmp_path: Path):
    name = either.make_bucket("closed", {"old": b"old", "gone": b"gone"})
    job = Steps(
        either,
        "file = open('/out/log', 'w'); file.write('one'); file.flush(); open('/out/done', 'w').write('first')",
        "file.close(); open('/out/done', 'w').write('again'); os.remove('/out/gone')",
        "os.makedirs('/out/a/b'); open('/out/a/b/deep', 'w').write('deep'); os.rename('/out/old', '/out/a/old')",
        "file = open('/out/log', 'a'); file.write(' and two'); file.flush()",
        volumes=[Volume(type="bucket", source=name, mount_path="/out")],
    )
    assert paths(either, name) == ["done", "gone", "old"]
    assert read(either, name, "done", tmp_path) == b"first"
    job.go()
    # Asked for by its name alone, before anybody has listed the bucket.
    assert [info.size for info in either.api.get_bucket_paths_info(name, ["log", "nothing"])] == [3]
    assert read(either, name, "done", tmp_path) == b"again"
    assert paths(either, name) == ["done", "log", "old"]
    job.go()
    assert paths(either, name) == ["a/b/deep", "a/old", "done", "log"]
    assert read(either, name, "a/old", tmp_path) == b"old"
    assert either.api.bucket_info(name).total_files == 4
    job.go()
    assert read(either, name, "log", tmp_path) == b"one"
    assert either.stage(job.id) == "RUNNING"
    job.go(last=True)
    assert "kept" not in either.wait(job.id).status.message
    assert read(either, name, "log", tmp_path) == b"one and two"


def test_the_hf_command_sees_what_a_running_job_has_written(either: FaultyServer, tmp_path: Path):
    name = either.make_bucket("command")
    job = Steps(
        either,
        "open('/out/figure.png', 'wb').write(b'picture')",
        volumes=[Volume(type="bucket", source=name, mount_path="/out", path="run")],
    )
    variables = environment(HF_ENDPOINT=either.endpoint, HF_TOKEN=either.token, HF_HOME=str(tmp_path / "hf"))
    source = f"hf://buckets/{name}/run/figure.png"
    listed = subprocess.run([HUB, "buckets", "list", name, "-R"], env=variables, capture_output=True, check=True)
    assert b"run/figure.png" in listed.stdout
    subprocess.run(
        [HUB, "buckets", "cp", source, str(tmp_path / "got.png")], env=variables, capture_output=True, check=True
    )
    assert (tmp_path / "got.png").read_bytes() == b"picture"
    job.go(last=True)
    either.wait(job.id)


def test_a_job_that_starts_finds_what_another_one_has_closed(either: FaultyServer):
    name = either.make_bucket("relay")
    volume = Volume(type="bucket", source=name, mount_path="/out")
    first = Steps(either, "open('/out/baton', 'w').write('here')", volumes=[volume])
    assert either.logs(either.run("cat", "/out/baton", volumes=[volume])) == ["here"]
    first.go(last=True)
    either.wait(first.id)


def test_what_somebody_else_does_to_a_bucket_meanwhile_stays(either: FaultyServer, tmp_path: Path):
    name = either.make_bucket("others", {"a": b"a", "b": b"b", "c": b"c", "d": b"d"})
    job = Steps(
        either,
        "open('/out/a', 'w').write('of the job'); os.remove('/out/b')",
        "os.remove('/out/c')",
        volumes=[Volume(type="bucket", source=name, mount_path="/out")],
    )
    # It came after what the job wrote, whether anybody has looked at that or not.
    either.api.batch_bucket_files(name, add=[(b"newer", "a"), (b"another", "c"), (b"new", "e")], delete=["d"])
    job.go(last=False)
    job.go(last=True)
    assert "kept" not in either.wait(job.id).status.message
    # The job deleted the `c` that it saw, not the one that came later.
    assert {path: read(either, name, path, tmp_path) for path in paths(either, name)} == {
        "a": b"newer",
        "c": b"another",
        "e": b"new",
    }


def test_what_a_job_writes_right_after_an_upload_of_the_same_file_counts(either: FaultyServer, tmp_path: Path):
    name = either.make_bucket("right-after")
    code = (
        "from huggingface_hub import HfApi\n"
        "for n in range(20):\n"
        "    HfApi().batch_bucket_files('local/right-after', add=[(b'uploaded', f'{n}')])\n"
        "    open(f'/out/{n}', 'w').write('written')\n"
    )
    job = either.python(
        code,
        env={"HF_ENDPOINT": either.endpoint},
        secrets={"HF_TOKEN": either.token},
        volumes=[Volume(type="bucket", source=name, mount_path="/out")],
    )
    assert either.wait(job).status.stage == "COMPLETED"
    assert {read(either, name, path, tmp_path) for path in paths(either, name)} == {b"written"}


def test_a_service_that_was_killed_goes_on_looking(make_server: Callable[..., Server], tmp_path: Path):
    server = make_server()
    name = server.make_bucket("killed", {"gone": b"gone", "same": b"same"})
    job = Steps(
        server,
        "open('/out/first', 'w').write('1'); os.remove('/out/gone')",
        "open('/out/second', 'w').write('2'); os.remove('/out/first')",
        volumes=[Volume(type="bucket", source=name, mount_path="/out")],
    )
    assert paths(server, name) == ["first", "same"]
    server.kill()
    job.go()
    server.start()
    assert paths(server, name) == ["same", "second"]
    server.kill()
    job.go(last=True)
    server.start()
    server.wait(job.id)
    assert {path: read(server, name, path, tmp_path) for path in paths(server, name)} == {
        "same": b"same",
        "second": b"2",
    }


@pytest.mark.parametrize("ending", ["cancel", "timeout", "kill"])
def test_what_a_job_has_written_outlives_it(either: FaultyServer, tmp_path: Path, ending: str):
    name = either.make_bucket(f"end-{ending}")
    code = (
        "import os, signal, time\n"
        "open('/out/closed', 'w').write('closed')\n"
        "file = open('/out/open', 'w'); file.write('op'); file.flush(); file.write('en')\n"
        "print('ready', flush=True)\n"
        f"if {ending == 'kill'}: os.kill(os.getpid(), signal.SIGKILL)\n"
        "while True: time.sleep(0.1)"
    )
    options = {"timeout": 1} if ending == "timeout" else {}
    job = either.python(code, volumes=[Volume(type="bucket", source=name, mount_path="/out")], **options)
    either.saw(job, "ready")
    if ending == "cancel":
        either.cancel(job)
    assert either.wait(job).status.stage == ("CANCELED" if ending == "cancel" else "ERROR")
    assert {path: read(either, name, path, tmp_path) for path in paths(either, name)} == {
        "closed": b"closed",
        "open": b"op",
    }


def test_files_can_be_late_while_the_job_runs_and_when_it_has_ended(either: FaultyServer, tmp_path: Path):
    name = either.make_bucket("late")
    either.inject(late=3600)
    job = Steps(
        either,
        "open('/out/one', 'w').write('1')",
        "open('/out/two', 'w').write('2')",
        volumes=[Volume(type="bucket", source=name, mount_path="/out")],
    )
    assert paths(either, name) == []
    either.inject()
    assert paths(either, name) == ["one"]
    either.inject(late=3600)
    job.go()
    assert paths(either, name) == ["one"]
    either.inject(late=2)
    job.go(last=True)
    either.wait(job.id)
    assert paths(either, name) == ["one"]
    eventually(lambda: paths(either, name) == ["one", "two"])
    assert read(either, name, "two", tmp_path) == b"2"
    eventually(lambda: not (either.folder(job.id) / "volumes").exists())


@pytest.mark.slow
def test_files_that_are_late_survive_the_service(tmp_path: Path):
    server = FaultyServer(tmp_path / "data")
    name = server.make_bucket("late")
    server.inject(late=3600)
    volume = Volume(type="bucket", source=name, mount_path="/out")
    job = server.run("sh", "-c", "echo 1 > /out/one; mkfifo /out/pipe; exit 3", volumes=[volume])
    assert server.wait(job).status.stage == "ERROR"
    server.kill()
    server.start()
    assert paths(server, name) == []
    server.kill()
    server.inject()
    server.start()
    eventually(lambda: paths(server, name) == ["one"])
    message = eventually(lambda: "'pipe' (a named pipe)" in (m := server.inspect(job).status.message) and m)
    assert "Job failed with exit code: 3." in message
    server.stop()


WRITES = """
import errno, os, sys, zipfile
def attempt(what, action):
    try: action()
    except OSError as error: print(what, errno.errorcode[error.errno], flush=True)
    else: print(what, 'ok', flush=True)
def start_to_end():
    with open('/out/new', 'w') as file:
        for _ in range(1000): file.write('x' * 100)
def back():
    with open('/out/back', 'wb', buffering=0) as file:
        file.write(b'12345'); file.seek(0); file.write(b'9')
def hole():
    fd = os.open('/out/hole', os.O_WRONLY | os.O_CREAT)
    os.pwrite(fd, b'a', 0); os.pwrite(fd, b'b', 1); os.pwrite(fd, b'c', 100)
def truncate():
    with open('/out/cut', 'wb', buffering=0) as file:
        file.write(b'12345'); file.truncate(2); file.write(b'6')
def zipped():
    with zipfile.ZipFile('/out/zip', 'w') as file: file.writestr('a', 'a')
def elsewhere():
    with open('scratch', 'wb', buffering=0) as file:
        file.write(b'12345'); file.seek(0); file.write(b'9')
    open('scratch', 'r+').close()
attempt('start to end', start_to_end)
attempt('overwrite', lambda: open('/out/old', 'w').write('overwritten'))
attempt('append', lambda: open('/out/new', 'a').write('more'))
attempt('update', lambda: open('/out/new', 'r+'))
attempt('relative', lambda: (os.chdir('/out'), open('new', 'r+')))
os.chdir(os.environ['HOME'])
attempt('append to none', lambda: open('/out/other', 'a').write('more'))
attempt('back', back); attempt('hole', hole); attempt('truncate', truncate); attempt('zip', zipped)
attempt('elsewhere', elsewhere)
os.system('echo shell > /out/shell; dd if=/dev/zero of=/out/dd bs=1 count=4 2>/dev/null && echo dd ok')
attempt('read', lambda: open('/out/new').read())
sys.exit(7)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's help is needed")
def test_a_mount_can_be_append_only(either: FaultyServer, tmp_path: Path):
    name = either.make_bucket("append", {"old": b"a long text that was there before"})
    either.inject(seek=False)
    job = either.python(WRITES, volumes=[Volume(type="bucket", source=name, mount_path="/out")])
    assert either.logs(job) == [
        "start to end ok",
        "overwrite ok",
        "append EPERM",
        "update EPERM",
        "relative EPERM",
        "append to none ok",
        "back EINVAL",
        "hole EINVAL",
        "truncate ok",
        "zip EINVAL",
        "elsewhere ok",
        "dd ok",
        "read ok",
    ]
    assert "Job failed with exit code: 7. Reason: Error" in either.wait(job).status.message
    for path, data in {
        "new": b"x" * 100_000,
        "old": b"overwritten",
        "other": b"more",
        "back": b"12345",
        "cut": b"123456",
        "shell": b"shell\n",
        "dd": b"\0" * 4,
    }.items():
        assert read(either, name, path, tmp_path) == data, path


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's help is needed")
def test_a_job_on_an_append_only_mount_is_still_ended(either: FaultyServer):
    name = either.make_bucket("append-end")
    either.inject(seek=False)
    code = (
        "import signal, sys, time\n"
        "def bye(*_): open('/out/saved', 'w').write('saved'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, bye)\n"
        "print('ready', flush=True)\n"
        "while True: time.sleep(0.05)"
    )
    job = either.python(code, volumes=[Volume(type="bucket", source=name, mount_path="/out")])
    either.saw(job, "ready")
    either.cancel(job)
    assert either.wait(job).status.stage == "CANCELED"
    assert paths(either, name) == ["saved"]


def test_there_can_be_no_grace(either: FaultyServer):
    either.inject(grace=0)
    code = (
        "import signal, sys, time\n"
        "def bye(*_): time.sleep(60); print('saved', flush=True)\n"
        "signal.signal(signal.SIGTERM, bye)\n"
        "print('ready', flush=True)\n"
        "while True: time.sleep(0.05)"
    )
    job = either.python(code)
    either.saw(job, "ready")
    status = json.loads((either.folder(job) / "spec.json").read_text())
    assert status["grace"] == 0
    either.cancel(job)
    assert either.wait(job).status.stage == "CANCELED"
    assert either.logs(job, follow=False) == ["ready"]
