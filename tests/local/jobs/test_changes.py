"""What a job wrote to a volume, compared byte by byte with what the bucket holds afterwards."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import Volume

from tests.local.serving import Server, eventually
from tests.local.users import SANDBOXES, USERS, serve_as

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERYTHING = r"""
import mmap, os, socket, stat, subprocess, sys

os.chdir(sys.argv[1])

def write(path, data, mode=None):
    os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
    with open(path, 'wb') as file: file.write(data)
    if mode is not None: os.chmod(path, mode)

# Plain files and their names
write('plain', b'plain')
write('empty', b'')
write('a b/\xfc/n\u0303.txt', b'unicode')
write('-rf', b'a dash')
write('line\nbreak', b'a line break')
write('l' * 255, b'a long name')
write('deep/' * 40 + 'file', b'deep')
write('large', os.urandom(1) * 5_000_000)

# Contents written in unusual ways
with open('sparse', 'wb') as file:
    file.seek(300_000_000); file.write(b'end'); file.truncate(300_001_000)
with open('mapped', 'w+b') as file:
    file.truncate(10_000)
    with mmap.mmap(file.fileno(), 10_000) as memory: memory[5000:5004] = b'here'
for n in range(50):
    with open('grown', 'ab') as file: file.write(b'%d\n' % n)
write('temporary', b'renamed'); os.replace('temporary', 'renamed')
write('linked', b'two names'); os.link('linked', 'linked too')
descriptor = os.open('unlinked', os.O_RDWR | os.O_CREAT); os.unlink('unlinked'); os.write(descriptor, b'gone')
kept_open = open('left open', 'wb'); kept_open.write(b'flushed'); kept_open.flush()

# Changes of what was there before
then = os.stat('same size').st_mtime_ns
write('same size', b'after'); os.utime('same size', ns=(then, then))
write('changed', b'changed')
os.remove('removed')
os.remove('removed folder/file'); os.rmdir('removed folder')
os.remove('becomes a folder'); write('becomes a folder/file', b'below')
os.remove('becomes a file/file'); os.rmdir('becomes a file'); write('becomes a file', b'above')
os.remove('becomes a link'); os.symlink('plain', 'becomes a link')

# Permissions
write('unreadable', b'unreadable', 0o000)
write('read-only', b'read-only', 0o444)
write('program', b'#!/bin/sh', 0o755)
os.chmod('old unreadable', 0o000)
write('closed/new', b'new'); write('closed/deeper/new', b'new', 0o000)
os.chmod('closed/deeper', 0o000); os.chmod('closed', 0o000)
write('listed/new', b'new'); os.chmod('listed', 0o444)

# What is not a file, or has no name in a bucket
os.mkdir('empty folder')
os.symlink('/etc/passwd', 'to a file'); os.symlink('/etc', 'to a folder'); os.symlink('nowhere', 'to nothing')
os.symlink('.', 'to itself')
os.mkfifo('pipe')
here = os.getcwd(); server = socket.socket(socket.AF_UNIX); server.bind('socket')
write(b'not \xff UTF-8'.decode(errors='surrogateescape'), b'bytes')
at = os.open('.', os.O_RDONLY)
for n in range(6):
    os.mkdir('f' * 200, dir_fd=at); at = os.open('f' * 200, os.O_RDONLY, dir_fd=at)
with open(os.open('far', os.O_WRONLY | os.O_CREAT, dir_fd=at), 'wb') as file: file.write(b'far')

forever = "import time; f = open('left running', 'wb'); f.write(b'x'); f.flush(); time.sleep(600)"
subprocess.Popen([sys.executable, '-c', forever])
while not os.path.exists('left running') or not os.path.getsize('left running'): pass
os.kill(os.getpid(), 9)
"""

BEFORE = {
    "same": b"same",
    "same size": b"befor",
    "changed": b"before",
    "removed": b"removed",
    "removed folder/file": b"removed",
    "becomes a folder": b"file",
    "becomes a file/file": b"file",
    "becomes a link": b"file",
    "old unreadable": b"old unreadable",
    "closed/old": b"old",
    "closed/deeper/old": b"old",
}

AFTER = {
    "same": b"same",
    "same size": b"after",
    "changed": b"changed",
    "becomes a folder/file": b"below",
    "becomes a file": b"above",
    "old unreadable": b"old unreadable",
    "closed/old": b"old",
    "closed/deeper/old": b"old",
    "closed/new": b"new",
    "closed/deeper/new": b"new",
    "listed/new": b"new",
    "plain": b"plain",
    "empty": b"",
    "a b/ü/n\u0303.txt": b"unicode",
    "-rf": b"a dash",
    "line\nbreak": b"a line break",
    "l" * 255: b"a long name",
    "deep/" * 40 + "file": b"deep",
    "mapped": bytes(5000) + b"here" + bytes(4996),
    "grown": b"".join(b"%d\n" % n for n in range(50)),
    "renamed": b"renamed",
    "linked": b"two names",
    "linked too": b"two names",
    "left open": b"flushed",
    "left running": b"x",
    "unreadable": b"unreadable",
    "read-only": b"read-only",
    "program": b"#!/bin/sh",
}


@pytest.fixture(scope="module", params=[f"{user}-{kind}" for user in USERS for kind in SANDBOXES])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    user, kind = request.param.split("-")
    with serve_as(user, HFJOBS_LOCAL_SANDBOX=kind, HFJOBS_LOCAL_SLOTS="2") as made:
        yield made


def read(server: Server, bucket: str, tmp_path: Path) -> dict[str, bytes]:
    names = [entry.path for entry in server.api.list_bucket_tree(bucket, recursive=True) if entry.type == "file"]
    server.api.download_bucket_files(bucket, [(path, tmp_path / str(n)) for n, path in enumerate(names)])
    return {path: (tmp_path / str(n)).read_bytes() for n, path in enumerate(names)}


def wait_for_a_later_time_than(path: Path, tmp_path: Path) -> None:
    """Of two files that are written within a tick of the clock that stamps them, neither is the later one."""
    clock = tmp_path / "clock"

    def is_later() -> bool:
        clock.touch()
        return clock.stat().st_ctime_ns > path.stat().st_ctime_ns

    eventually(is_later, "a later time")


def mount(bucket: str, path: str = "/out") -> Volume:
    return Volume(type="bucket", source=bucket, mount_path=path)


def test_every_kind_of_file_is_in_the_bucket_afterwards_or_named_in_the_message(server: Server, tmp_path: Path):
    name = server.make_bucket("everything", BEFORE)
    job = server.run(sys.executable, "-c", EVERYTHING, "/out", volumes=[mount(name)])
    info = server.wait(job)
    assert server.logs(job) == []
    assert info.status.stage == "ERROR"
    assert "exit code: 137" in info.status.message
    files = read(server, name, tmp_path)
    sparse = bytes(300_000_000) + b"end" + bytes(997)
    assert hashlib.sha256(files.pop("sparse")).digest() == hashlib.sha256(sparse).digest()
    large = files.pop("large")
    assert large == large[:1] * 5_000_000
    assert files == AFTER
    message = info.status.message
    assert "Not kept in the bucket local/everything: " in message
    for part in (r"'not \\xff UTF-8' (its path is not Unicode)", "(its path is too long)", "'becomes a link' (a link)"):
        assert part in message
    assert "and 4 more. A bucket holds files only." in message
    # What has content but no name in a bucket is where the message says.
    place = message.rpartition("The volume is still in ")[2].rstrip(".")
    assert (server.inside(server.folder(job)) / "volumes/0").samefile(place)
    left = {entry.name for entry in os.scandir(os.fsencode(place))}
    assert b"not \xff UTF-8" in left


def test_files_that_nothing_keeps_from_the_bucket_leave_neither_copies_nor_words(server: Server, tmp_path: Path):
    name = server.make_bucket("plain", {"old": b"old", "closed/old": b"old"})
    script = "echo new > /out/new; chmod 000 /out/closed /out/old /out/new"
    job = server.run("sh", "-c", script, volumes=[mount(name)])
    info = server.wait(job)
    assert info.status.stage == "COMPLETED"
    assert "kept" not in info.status.message
    assert read(server, name, tmp_path) == {"old": b"old", "closed/old": b"old", "new": b"new\n"}
    eventually(lambda: not (server.folder(job) / "volumes").exists())


def test_a_folder_closed_while_the_job_runs_is_not_taken_for_deleted(server: Server, tmp_path: Path):
    name = server.make_bucket("closing", {"folder/old": b"old", "other": b"other"})
    script = "chmod 000 /out/folder /out/other; echo ready; while ! [ -e go ]; do sleep 0.02; done"
    job = server.run("sh", "-c", script, volumes=[mount(name)])
    server.saw(job, "ready")
    assert read(server, name, tmp_path) == {"folder/old": b"old", "other": b"other"}
    (server.folder(job) / "work" / "go").touch()
    server.wait(job)
    assert read(server, name, tmp_path) == {"folder/old": b"old", "other": b"other"}


def test_a_volume_that_the_job_has_closed_is_opened_at_its_end(server: Server, tmp_path: Path):
    name = server.make_bucket("shut", {"old": b"old"})
    script = "echo new > /out/new; chmod 000 /out; echo ready; while ! [ -e go ]; do sleep 0.02; done"
    job = server.run("sh", "-c", script, volumes=[mount(name)])
    server.saw(job, "ready")
    assert read(server, name, tmp_path)["old"] == b"old"
    server.tell(job, "go")
    assert "kept" not in server.wait(job).status.message
    assert read(server, name, tmp_path) == {"old": b"old", "new": b"new\n"}


@pytest.mark.parametrize("first", ["earlier", "later"])
def test_of_two_jobs_that_write_the_same_file_the_later_one_counts(server: Server, tmp_path: Path, first: str):
    name = server.make_bucket(f"both-{first}", {"file": b"old"})
    script = (
        "echo started; while ! [ -e go ]; do sleep 0.02; done; echo $WORD > /out/file; echo wrote; "
        "while ! [ -e end ]; do sleep 0.02; done"
    )
    jobs = {
        word: server.run("sh", "-c", script, env={"WORD": word}, volumes=[mount(name)]) for word in ("earlier", "later")
    }
    # Nobody asks for the bucket's files meanwhile.
    for job in jobs.values():
        server.saw(job, "started")
    for job in jobs.values():
        server.tell(job, "go")
        server.saw(job, "wrote")
        wait_for_a_later_time_than(server.inside(server.folder(job)) / "volumes/0/file", tmp_path)
    for word in sorted(jobs, key=lambda word: word != first):
        server.tell(jobs[word], "end")
        server.wait(jobs[word])
    assert read(server, name, tmp_path) == {"file": b"later\n"}


def test_a_bucket_that_is_mounted_twice_is_one_folder(server: Server, tmp_path: Path):
    name = server.make_bucket("twice", {"gone": b"gone", "sub/old": b"old"})
    volumes = [
        Volume(type="bucket", source=name, mount_path="/sub", path="sub"),
        mount(name, "/one"),
        mount(name, "/two"),
        Volume(type="bucket", source=name, mount_path="/new", path="a/new"),
    ]
    script = (
        "echo 2 > /two/file; echo 1 > /one/file; rm /two/gone; ls /one; cat /one/sub/old; echo; "
        "echo 3 > /sub/old; cat /two/sub/old; echo 4 > /new/file; cat /one/a/new/file; echo 5 > /two/sub/5"
    )
    job = server.run("sh", "-c", script, volumes=volumes)
    assert server.logs(job) == ["a", "file", "sub", "old", "3", "4"]
    assert server.wait(job).status.stage == "COMPLETED"
    files = {"file": b"1\n", "sub/old": b"3\n", "sub/5": b"5\n", "a/new/file": b"4\n"}
    assert read(server, name, tmp_path) == files


WAITING = (
    "cat /out/old; echo new > /out/new; rm -f /out/gone; echo ready; "
    "while ! [ -e go ]; do sleep 0.02; done; echo last > /out/last"
)


def test_a_bucket_may_be_renamed_while_a_job_waits_and_while_it_runs(server: Server, tmp_path: Path):
    for later in ("local/second", "local/third"):
        server.api.delete_bucket(later, missing_ok=True)
    name = server.make_bucket("first", {"old": b"old\n", "gone": b"gone"})
    blockers = [server.run("sleep", "600") for _ in range(2)]
    job = server.run("sh", "-c", WAITING, volumes=[mount(name)])
    server.api.move_bucket(name, "local/second")
    for blocker in blockers:
        server.cancel(blocker)
    server.saw(job, "ready")
    server.api.move_bucket("local/second", "local/third")
    (server.folder(job) / "work" / "go").touch()
    info = server.wait(job)
    assert info.status.stage == "COMPLETED"
    assert server.logs(job)[0] == "old"
    assert read(server, "local/third", tmp_path) == {"old": b"old\n", "new": b"new\n", "last": b"last\n"}
    # The same again, though its bucket is called otherwise by now.
    again = server.http("POST", f"/api/jobs/local/{job}/duplicate").json()["id"]
    (server.folder(again) / "work").mkdir(parents=True, exist_ok=True)
    server.saw(again, "ready")
    server.cancel(again)
    assert server.logs(again, follow=False)[0] == "old"


def test_a_bucket_that_is_deleted_while_a_job_waits_fails_the_job(server: Server):
    name = server.make_bucket("short", {"old": b"old\n"})
    blockers = [server.run("sleep", "600") for _ in range(2)]
    job = server.run("sh", "-c", WAITING, volumes=[mount(name)])
    server.api.delete_bucket(name)
    for blocker in blockers:
        server.cancel(blocker)
    info = server.wait(job)
    assert info.status.stage == "ERROR"
    assert "the bucket local/short was deleted before the job could start" in info.status.message


@pytest.mark.parametrize("again", [False, True])
def test_a_bucket_that_is_deleted_while_a_job_runs_takes_nothing_of_it_along(
    server: Server, tmp_path: Path, again: bool
):
    name = server.make_bucket(f"deleted{again}", {"old": b"old\n", "gone": b"gone"})
    job = server.run("sh", "-c", WAITING, volumes=[mount(name)])
    server.saw(job, "ready")
    server.api.delete_bucket(name)
    if again:
        # The same name, and a file as the one that the job has deleted from the bucket before.
        server.make_bucket(f"deleted{again}", {"gone": b"gone"})
    (server.folder(job) / "work" / "go").touch()
    info = server.wait(job)
    assert info.status.stage == "COMPLETED"
    if again:
        assert read(server, name, tmp_path) == {"gone": b"gone", "new": b"new\n", "last": b"last\n"}
        assert "kept" not in info.status.message
    else:
        assert f"The bucket {name} was deleted while the job ran" in info.status.message
        assert f"is still in {server.folder(job) / 'volumes/0'}." in info.status.message
        assert (server.folder(job) / "volumes/0/last").read_text() == "last\n"


def test_a_job_that_wrote_nothing_to_a_deleted_bucket_says_nothing(server: Server):
    name = server.make_bucket("untouched", {"old": b"old\n"})
    job = server.run("sh", "-c", "echo ready; while ! [ -e go ]; do sleep 0.02; done", volumes=[mount(name)])
    server.saw(job, "ready")
    server.api.delete_bucket(name)
    (server.folder(job) / "work" / "go").touch()
    assert "deleted" not in server.wait(job).status.message
    eventually(lambda: not (server.folder(job) / "volumes").exists())


def test_what_cannot_be_compared_with_a_bucket_any_more_stays_where_the_message_says(server: Server):
    name = server.make_bucket("garbled", {"old": b"old"})
    script = "echo new > /out/new; echo ready; while ! [ -e go ]; do sleep 0.02; done"
    job = server.run("sh", "-c", script, volumes=[mount(name)])
    server.saw(job, "ready")
    (server.folder(job) / "volumes.json").write_text("[")
    server.tell(job, "go")
    message = server.wait(job).status.message
    assert "What the job wrote to its volumes could not be kept" in message
    place = Path(message.rpartition("The volume is still in ")[2].rstrip("."))
    assert (place / "0/new").read_text() == "new\n"


def test_one_volume_that_cannot_be_kept_does_not_take_another_along(server: Server, tmp_path: Path):
    first, second = server.make_bucket("lost"), server.make_bucket("found")
    script = "echo 1 > /one/file; echo 2 > /two/file; echo ready; while ! [ -e go ]; do sleep 0.02; done"
    job = server.run("sh", "-c", script, volumes=[mount(first, "/one"), mount(second, "/two")])
    server.saw(job, "ready")
    server.api.delete_bucket(first)
    (server.folder(job) / "work" / "go").touch()
    assert "The bucket local/lost was deleted" in server.wait(job).status.message
    assert read(server, second, tmp_path) == {"file": b"2\n"}


def test_a_tree_deeper_than_any_stack_is_named_and_removed(server: Server):
    name = server.make_bucket("abyss")
    code = (
        "import os\nos.chdir('/out')\n"
        "for _ in range(3000): os.mkdir('d'); os.chdir('d')\n"
        "open('bottom', 'w').write('x')"
    )
    job = server.run(sys.executable, "-c", code, volumes=[mount(name)])
    info = server.wait(job)
    assert info.status.stage == "COMPLETED"
    assert "(its path is too long)" in info.status.message
    # In the temporary folder, which nobody keeps, it is no trouble either.
    code = "import os\nos.chdir(os.environ['TMPDIR'])\nfor _ in range(3000): os.mkdir('d'); os.chdir('d')\n"
    job = server.run(sys.executable, "-c", code)
    assert server.wait(job).status.stage == "COMPLETED"
    eventually(lambda: not (server.folder(job) / "tmp").exists())
