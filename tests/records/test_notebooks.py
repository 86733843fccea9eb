"""What this machine remembers of notebooks: kernels and threads that write at the same time lose nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from hfjobs_magic.records import live_views
from hfjobs_magic.records.notebooks import Note, Notes, file_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

EACH = 20
WRITER = f"""
import sys
from pathlib import Path
from hfjobs_magic.records.notebooks import Note, Notes
for number in range({EACH}):
    Notes(Path(sys.argv[1])).add(Note(f"{{sys.argv[2]}}-{{number}}", "n", "/a.ipynb", local=True, namespace="me"))
"""


def note(job_id: str) -> Note:
    return Note(job_id, "n", "/a.ipynb", local=True, namespace="me")


def test_two_kernels_and_their_threads_lose_no_note(tmp_path: Path):
    path = tmp_path / "state" / "jobs.json"
    words = [sys.executable, "-c", WRITER, str(path)]
    others = [subprocess.Popen([*words, f"kernel{number}"]) for number in range(2)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: Notes(path).add(note(f"thread-{number}")), range(EACH)))
    assert [other.wait(60) for other in others] == [0, 0]
    found = {one.job_id for one in Notes(path).all()}
    assert found == {f"{who}-{number}" for who in ("kernel0", "kernel1", "thread") for number in range(EACH)}


def test_a_job_is_linked_to_the_one_it_was_started_from_and_other_notes_stay(tmp_path: Path):
    notes = Notes(tmp_path / "jobs.json")
    for job_id in ("a", "b", "c"):
        notes.add(note(job_id))
    notes.link("b", "a")
    notes.link("not there", "a")
    notes.end(["a", "b"])
    assert [(one.job_id, one.started_from, one.ended) for one in notes.all()] == [
        ("a", "", True),
        ("b", "a", True),
        ("c", "", False),
    ]


def test_a_notebook_that_was_renamed_or_moved_keeps_its_jobs(tmp_path: Path):
    notes, old = Notes(tmp_path / "jobs.json"), tmp_path / "Untitled.ipynb"
    old.write_text("{}")
    notes.add(replace(note("a"), notebook=str(old), file=file_of(str(old))))
    copy = tmp_path / "Untitled-Copy1.ipynb"
    shutil.copy(old, copy)
    (tmp_path / "runs").mkdir()
    new = old.rename(tmp_path / "runs" / "training.ipynb")
    assert [one.job_id for one in notes.of(str(new))] == ["a"]
    assert notes.of(str(copy)) == []
    # A kernel that was not restarted goes on with the old name.
    notes.add(replace(note("b"), notebook=str(old), file=file_of(str(old))))
    assert [one.job_id for one in notes.of(str(old))] == ["a", "b"]
    assert [one.job_id for one in notes.of(str(new))] == ["a", "b"]


def test_another_notebook_under_the_old_name_takes_no_jobs_of_the_renamed_one_away(tmp_path: Path):
    notes, old = Notes(tmp_path / "jobs.json"), tmp_path / "a.ipynb"
    old.write_text("{}")
    notes.add(replace(note("a"), notebook=str(old), file=file_of(str(old))))
    new = old.rename(tmp_path / "b.ipynb")
    assert [one.job_id for one in notes.of(str(new))] == ["a"]
    assert notes.of(str(tmp_path / "never.ipynb")) == []


def test_where_nothing_can_be_written_a_job_is_submitted_all_the_same(tmp_path: Path):
    (tmp_path / "file").write_text("")
    notes = Notes(tmp_path / "file" / "jobs.json")
    notes.add(note("a"))
    assert notes.all() == []


def test_what_another_version_wrote_is_none_and_is_written_over(tmp_path: Path):
    path = tmp_path / "jobs.json"
    path.write_text(json.dumps([{"job": "a"}]))
    notes = Notes(path)
    assert notes.all() == []
    notes.add(note("b"))
    assert [one.job_id for one in notes.all()] == ["b"]


def test_of_what_a_newer_version_wrote_all_is_kept_that_this_one_knows(tmp_path: Path):
    path = tmp_path / "jobs.json"
    path.write_text(json.dumps([{**asdict(note("a")), "mood": "good"}, "not a note"]))
    notes = Notes(path)
    notes.add(note("b"))
    assert notes.all() == [note("a"), note("b")]


def test_notebooks_that_show_something_are_remembered_once_and_the_oldest_give_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(live_views, "MAX_NOTEBOOKS", 3)
    live_views.add(None)
    assert not list(tmp_path.iterdir())
    for name in ("a", "b", "a", "c", "d"):
        live_views.add(f"/{name}.ipynb")
    assert [live_views.has(f"/{name}.ipynb") for name in "abcd"] == [False, True, True, True]
    assert not live_views.has(None)
    assert not live_views.has("")
    (tmp_path / "hfjobs-magic" / "live_views.json").write_text("{broken")
    assert not live_views.has("/b.ipynb")
    live_views.add("/b.ipynb")
    assert live_views.has("/b.ipynb")
