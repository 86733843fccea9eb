"""Files of `--out-dir`: of real jobs of the local service, however they end, and of jobs that mean no good."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

import hfjobs_magic
from hfjobs_magic.api import pull as pulling
from hfjobs_magic.errors import FilesError, JobFailedError, OptionError
from tests.waiting import UNTIL_TOLD, tell, wait_until

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT_S = 120


def run(code: str, **options) -> hfjobs_magic.Job:
    return hfjobs_magic.run(code, local=True, out_dir="results", **options)


WRITES = """\
import os, pathlib, signal, time
results = pathlib.Path("results")
(results / "deep").mkdir()
(results / "deep" / "model.bin").write_bytes(bytes(range(256)) * 1000)
(results / "log.txt").write_text("one")
(results / "copy.txt").write_text("one")
(results / "empty").touch()
(results / "link").symlink_to("/etc/hostname")
"""
NAMES = ["copy.txt", "deep/model.bin", "empty", "log.txt"]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_comes_back_and_nothing_of_the_readers_is_written_over(local, tmp_path: Path):
    job = run(WRITES).wait(timeout=TIMEOUT_S)
    files = job.files
    assert [file.path for file in files] == NAMES
    assert (files.size, files.folder, files.listed.complete) == (256_006, "results", True)
    assert "results/link is a link, which is not followed." in repr(files)
    target = tmp_path / "here"
    done = files.pull(target)
    assert (sorted(done.fetched), done.trouble) == (NAMES, "")
    assert sorted(contents(target)) == NAMES, "nothing else is left behind"
    assert contents(target)["deep/model.bin"] == bytes(range(256)) * 1000
    assert (target / "log.txt").stat().st_mtime == pytest.approx(files[3].modified)

    (target / "log.txt").unlink()
    (target / "deep/model.bin").write_text("mine")
    done = files.pull(target)
    assert (done.fetched, done.kept) == (("log.txt",), ("deep/model.bin",))
    assert "deep/model.bin in" in done.trouble
    assert (target / "deep/model.bin").read_text() == "mine"
    files.pull(target, overwrite=True)
    assert contents(target)["deep/model.bin"] == bytes(range(256)) * 1000

    # A later job's files take the place of an earlier one's, as a cell's do that is run again.
    again = run(WRITES.replace('"one"', '"two"')).wait(timeout=TIMEOUT_S)
    (target / "copy.txt").write_text("mine")
    done = again.files.pull(target)
    assert (done.fetched, done.kept) == (("log.txt",), ("copy.txt",))
    assert (target / "log.txt").read_text() == "two"


def test_a_pull_goes_on_where_it_was_and_throws_away_what_is_wrong(local, tmp_path: Path):
    job = run(WRITES).wait(timeout=TIMEOUT_S)
    model = job.files[1]
    stage = tmp_path / "here" / pulling.STAGE
    stage.mkdir(parents=True)
    (stage / model.sha256).write_bytes(bytes(range(256)) * 1000)
    (stage / job.files[3].sha256).write_text("half")
    whole = (stage / model.sha256).stat().st_ino
    done = job.files.pull(tmp_path / "here")
    assert sorted(done.fetched) == NAMES
    assert (tmp_path / "here/deep/model.bin").stat().st_ino == whole, "it is not fetched again"
    assert (tmp_path / "here/log.txt").read_text() == "one"
    assert not stage.exists()
    (tmp_path / "file").touch()
    with pytest.raises(FilesError, match="cannot be made a folder"):
        job.files.pull(tmp_path / "file")


ENDS = {
    "a kill": "os.kill(os.getpid(), signal.SIGKILL)",
    "too little memory": "bytearray(1 << 60)",
    "a timeout": "time.sleep(600)",
    "a cancel": "signal.signal(signal.SIGTERM, lambda *_: (results / 'saved').write_text('in time'))\n"
    "(results / 'ready').touch()\nwhile not (results / 'saved').exists(): time.sleep(0.02)",
}


def test_files_of_jobs_that_end_badly(local, tmp_path: Path):
    failed = run(f"{WRITES}raise KeyError('gone')\n")
    with pytest.raises(KeyError):
        failed.wait(timeout=TIMEOUT_S)
    took = failed.facts.finished_at - failed.facts.started_at
    # As long as a job takes to write its files on this machine, and some more.
    timeouts = {"a timeout": f"{int(3 + 3 * took)}s"}
    jobs = {how: run(f"{WRITES}{end}\n", timeout=timeouts.get(how, "5m")) for how, end in ENDS.items()}
    jobs["an error"] = failed
    work = local.data_dir / "jobs" / jobs["a cancel"].id / "work"
    wait_until((work / "results/ready").exists)
    jobs["a cancel"].cancel()
    for how, job in jobs.items():
        with pytest.raises(JobFailedError):
            job.wait(timeout=TIMEOUT_S)
        extra = ["ready", "saved"] if how == "a cancel" else []
        assert sorted(file.path for file in job.files) == sorted([*NAMES, *extra]), how
        assert job.files.listed.complete, how
        assert job.files.pull(tmp_path / job.name).missing == (), how


def test_files_of_a_running_job_and_of_one_whose_container_is_killed(local, tmp_path: Path):
    job = run(f"{WRITES}{UNTIL_TOLD}(results / 'late').write_text('late')\ntime.sleep(600)\n")
    wait_until(lambda: len(job.files) == len(NAMES))
    assert not job.files.listed.complete
    assert sorted(job.files.pull(tmp_path / "running").fetched) == NAMES
    tell(local, job.id)
    status = json.loads((local.data_dir / "jobs" / job.id / "status.json").read_text())
    os.kill(status["child"], 9)  # the sandbox, or the job's first process: all of it goes
    with pytest.raises(JobFailedError):
        job.wait(timeout=TIMEOUT_S)
    done = job.files.pull(tmp_path / "killed")
    assert set(done.fetched) >= set(NAMES)
    assert "before it could copy everything" in repr(job.files)


def test_a_job_that_lies_never_writes_outside_of_the_folder(local, tmp_path: Path):
    entry = {"size": 4, "sha256": "0" * 64, "modified": 1e300}
    lies = [
        {**entry, "path": "../outside"},
        {**entry, "path": str(tmp_path / "outside")},
        {**entry, "path": "wrong-hash"},
        {**entry, "path": "wrong-size", "size": 10_000_000_000},
        {**entry, "path": "missing"},
    ]
    code = f"""\
import json, os, pathlib
folder = pathlib.Path("/data/run") / os.environ["JOB_ID"]
(folder / "files").mkdir(parents=True)
for name in ("wrong-hash", "wrong-size"): (folder / "files" / name).write_text("evil")
(folder / "files.json").write_text(json.dumps({{"version": 1, "folder": "../..", "files": {json.dumps(lies)}}}))
os.makedirs("through"), (pathlib.Path("through") / "link").mkdir()
(pathlib.Path("through/link/file")).write_text("evil")
"""
    job = hfjobs_magic.run(code, local=True).wait(timeout=TIMEOUT_S)
    target = tmp_path / "here"
    target.mkdir()
    done = job.files.pull(target)
    assert (done.fetched, sorted(done.missing)) == ((), ["missing", "wrong-hash", "wrong-size"])
    assert "did not arrive whole; pull again." in done.trouble
    assert contents(tmp_path) == {}
    assert job.files.folder == "files"


def test_a_link_that_is_here_is_not_followed(local, tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    target = tmp_path / "here"
    target.mkdir()
    (target / "deep").symlink_to(outside)
    (target / "log.txt").symlink_to(outside / "new")
    job = run(WRITES).wait(timeout=TIMEOUT_S)
    done = job.files.pull(target, overwrite=True)
    assert sorted(done.kept) == ["deep/model.bin", "log.txt"]
    assert list(outside.iterdir()) == []


def test_a_job_that_runs_again_and_that_of_a_schedule_have_files_of_their_own(local, tmp_path: Path):
    code = "import os\nopen('results/id', 'w').write(os.environ['JOB_ID'])\n"
    job = run(code).wait(timeout=TIMEOUT_S)
    again = job.rerun().wait(timeout=TIMEOUT_S)
    yearly = hfjobs_magic.schedule(code, "@yearly", local=True, out_dir="results", suspend=True)
    triggered = yearly.trigger().wait(timeout=TIMEOUT_S)
    for one in (again, triggered):
        assert one.files.folder == "results"
        one.files.pull(tmp_path / one.id)
        assert (tmp_path / one.id / "id").read_text() == one.id
    yearly.delete()


def test_only_cells_bring_folders_back(local):
    with pytest.raises(OptionError, match="out_dir brings back a folder of a cell"):
        run("# /// script\n# dependencies = []\n# ///\nacc = 1\n")
    with pytest.raises(OptionError, match="out_dir needs IPython in the job"):
        run("acc = 1\n", script=True)
    job = hfjobs_magic.run("pass", local=True).wait(timeout=TIMEOUT_S)
    assert repr(job.files).startswith(f"Job {job.name} has no files. --out-dir DIR brings")
    with pytest.raises(FilesError, match="Ask for one"):
        job.files.pull()
