"""The folder of `--out-dir`: what is copied of it, when, and what is said of the rest."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest

from hfjobs_magic.hub import run_arguments
from hfjobs_magic.runner import job
from hfjobs_magic.runner.out_dir import SAID, OutDir, explain
from tests.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OutDir:
    monkeypatch.chdir(tmp_path)
    made = OutDir("results", tmp_path / "files", tmp_path / "files.json")
    made.make()
    return made


def entries(tmp_path: Path) -> dict[str, dict[str, Any]]:
    return {entry["path"]: entry for entry in json.loads((tmp_path / "files.json").read_text())["files"]}


def read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


@pytest.mark.slow  # it waits
def test_a_file_is_copied_once_it_has_settled_and_again_when_it_has_changed(out: OutDir, tmp_path: Path):
    out.hurry()  # as if the job were about to end: nothing takes seconds then
    source, copy = tmp_path / "results/deep/model.bin", tmp_path / "files/deep/model.bin"
    source.parent.mkdir()
    source.write_bytes(b"one")
    out.look()
    assert read(copy) is None, "it may still be written to"

    def is_copied(content: bytes) -> bool:
        out.look()
        return read(copy) == content and entries(tmp_path)["deep/model.bin"]["size"] == len(content)

    wait_until(lambda: is_copied(b"one"))
    source.write_bytes(b"three")
    wait_until(lambda: is_copied(b"three"))
    source.unlink()
    out.finish()
    assert read(copy) == b"three", "what is deleted stays"
    entry = entries(tmp_path)["deep/model.bin"]
    assert entry["sha256"] == hashlib.sha256(b"three").hexdigest()
    assert json.loads((tmp_path / "files.json").read_text())["complete"] is True


def test_what_leads_out_of_the_folder_is_not_followed_and_said(out: OutDir, tmp_path: Path, capsys):
    results = tmp_path / "results"
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (results / "file").symlink_to(outside / "secret")
    (results / "folder").symlink_to(outside)
    (results / "broken").symlink_to("nowhere")
    os.mkfifo(results / "pipe")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(results / "socket"))
    (results / "new\nline").write_text("x")
    (results / "fine").write_text("fine")
    out.finish()
    assert [path.name for path in (tmp_path / "files").rglob("*")] == ["fine"]
    said = capsys.readouterr().err.splitlines()
    assert "[files] results/file is a link, which is not followed." in said
    assert "[files] results/pipe is not a file." in said
    assert said[-1] == "[files] 1 more of results were not copied."
    assert len(said) == SAID + 1
    assert list(entries(tmp_path)) == ["fine"]


def test_a_folder_that_is_a_link_is_not_followed(tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").write_text("x")
    (tmp_path / "results").symlink_to("elsewhere")
    out = OutDir("results", tmp_path / "files", tmp_path / "files.json")
    out.make()
    out.finish()
    assert not (tmp_path / "files").exists()
    assert "results is a link, which is not followed" in capsys.readouterr().err


def test_a_copy_that_fails_is_said_and_the_others_go_on(out: OutDir, tmp_path: Path, capsys):
    (tmp_path / "results/a").mkdir()
    (tmp_path / "results/a/file").write_text("x")
    (tmp_path / "results/b").write_text("y")
    (tmp_path / "files").mkdir()
    (tmp_path / "files/a").write_text("a file where a folder has to be")
    out.finish()
    assert list(entries(tmp_path)) == ["b"]
    assert "[files] results/a/file could not be copied: File exists." in capsys.readouterr().err


def test_a_full_disk_is_said_in_words():
    assert explain(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))) == "the disk is full"
    assert explain(OSError(errno.EACCES, os.strerror(errno.EACCES))) == "Permission denied"


CELL = """\
import os, pathlib, time
results = pathlib.Path("results")
(results / "checkpoints").mkdir(exist_ok=True)
(results / "checkpoints" / "one").write_text("1")
display("up")
"""


def started(run_cell, end: str, before: str = ""):
    process = run_cell.start(before + CELL + end, own=["--out-dir=results"])
    for line in process.stdout or ():
        if line.startswith("[output ") and not line.endswith("] cleared\n"):
            return process
    raise AssertionError("it has shown nothing")


def test_files_of_a_cell_that_is_killed_or_ended(run_cell):
    process = started(run_cell, "(results / 'late').write_text('2')\nos.kill(os.getpid(), 9)\n")
    ran = run_cell.ended(process)
    assert ran.exit["signal"] == "SIGKILL"
    assert set(entries(ran.folder)) == {"checkpoints/one", "late"}
    assert (ran.folder / "files/late").read_text() == "2"

    # The next attempt of the same job, which saves when it is told to end.
    late = "open('results/late', 'w').write('3')"
    save = f"import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: ({late}, sys.exit(0)))"
    process = started(run_cell, "while True: time.sleep(0.02)\n", before=f"{save}\n")
    os.kill(process.pid, signal.SIGTERM)
    ran = run_cell.ended(process)
    assert (ran.code, ran.log.count("[files]")) == (0, 0)
    assert (ran.folder / "files/late").read_text() == "3"
    again = json.loads((ran.folder / "files-2.json").read_text())
    assert {entry["path"] for entry in again["files"]} == {"checkpoints/one", "late"}
    assert again["complete"] is True


def test_files_that_have_settled_are_there_while_the_cell_runs(run_cell):
    process = started(run_cell, "while True: time.sleep(0.02)\n")
    folder = run_cell.folder / "run" / "j1"

    def is_there() -> bool:
        try:
            return "checkpoints/one" in entries(folder)
        except (OSError, ValueError):  # it is written in place, as a bucket wants it
            return False

    wait_until(is_there)
    os.killpg(process.pid, signal.SIGKILL)  # as the end of a container: nobody copies anything any more
    run_cell.ended(process)
    assert (folder / "files/checkpoints/one").read_text() == "1"
    assert not (folder / "exit.json").exists()


def test_both_sides_write_the_word_alike():
    assert run_arguments.OUT_DIR == job.OUT_DIR
