"""The way back to the jobs of a notebook after its kernel was restarted."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from IPython.utils.capture import capture_output

import hfjobs_magic
from hfjobs_magic.options.identifiers import is_label
from hfjobs_magic.records.notebooks import MAX_NOTES, Note, Notes, labels, name_of
from tests.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.local.daemon import Service


def test_labels_say_where_a_job_came_from_and_nothing_private():
    assert labels("/home/ada/secret project/My nb.v2.ipynb", "ab12") == (
        "tool=hfjobs-magic",
        "notebook=My-nb-v2",
        "cell=ab12",
    )
    assert labels(None, "ab12") == ("tool=hfjobs-magic", "cell=ab12")


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Übung", "Ubung"),
        ("Straße", "Strasse"),
        ("résumé 2", "resume-2"),
        ("分析", "notebook-2af437d3"),
        ("分析 v2", "v2-"),
        ("...", "notebook-"),
        ("中" * 200, "notebook-"),
        ("a" * 300 + "中", "a" * 91 + "-"),
    ],
)
def test_a_notebook_whose_name_no_label_spells_has_one_that_tells_it_from_others(name: str, label: str):
    found = name_of(f"/home/ada/{name}.ipynb")
    assert found.startswith(label)
    assert is_label(found)
    assert found != name_of(f"/home/ada/{name}中.ipynb")


def test_notes_are_bounded_and_survive_a_broken_file(tmp_path: Path):
    kept = Notes(tmp_path / "state" / "jobs.json")
    for number in range(MAX_NOTES + 5):
        kept.add(Note(f"{number:024x}", "n", "/a.ipynb", local=True, namespace="me"))
    assert len(kept.of("/a.ipynb")) == MAX_NOTES
    assert kept.of("/b.ipynb") == []
    kept.end([f"{MAX_NOTES:024x}"])
    assert [note.job_id for note in kept.of("/a.ipynb") if note.ended] == [f"{MAX_NOTES:024x}"]
    (tmp_path / "state" / "jobs.json").write_text("{broken")
    assert kept.of("/a.ipynb") == []


def load(shell: InteractiveShell) -> list[str]:
    """Load the extension as after a restart; what it said."""
    shell.run_line_magic("unload_ext", "hfjobs_magic")
    with capture_output() as captured:
        shell.run_line_magic("load_ext", "hfjobs_magic")
    assert captured.stdout == ""
    return [output.data["text/plain"] for output in captured.outputs]


@pytest.mark.lowest
def test_after_a_restart_one_line_says_what_still_runs_and_attach_goes_on(
    shell: InteractiveShell, local: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ada/train.ipynb")
    with capture_output():
        shell.run_cell_magic(
            "hfjob", "--local --as job --name long-one", "print('begun', flush=True)\nimport time; time.sleep(600)\n"
        )
    job = shell.user_ns["job"]
    assert job.labels["notebook"] == "train"
    wait_until(lambda: job.stage == "RUNNING")
    (said,) = load(shell)
    assert re.fullmatch(
        rf"One job of this notebook still runs: long-one \(\d+:\d\d, free(, cell \[\d+\])?\)\. "
        rf"%hfjobs attach {job.id} --local shows it\.",
        said,
    ), said
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ada/other.ipynb")
    hfjobs_magic.run("print('another notebook, later')", local=True, name="later").wait(timeout=60)
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ada/train.ipynb")
    # No --local and no login: the note says where the job is. Alone, attach means the newest of this notebook.
    for line in ("attach @label=notebook=train --local", "attach", "attach long-one", f"attach {job.id[:12]}"):
        with capture_output() as captured:
            shell.run_line_magic("hfjobs", line)
        assert "application/vnd.jupyter.widget-view+json" in captured.outputs[0].data
        assert job.id in captured.outputs[0].data["text/html"]
    with capture_output() as captured:
        shell.run_line_magic("hfjobs", f"logs {job.id}")
    assert captured.outputs[0].data["text/plain"] == "begun"
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ada/other.ipynb")
    assert load(shell) == []
    with capture_output() as captured:
        shell.run_line_magic("hfjobs", "attach")
    assert "Job later on" in captured.outputs[0].data["text/plain"], "the newest of all: nobody is logged in to the Hub"
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ada/train.ipynb")
    job.cancel()
    wait_until(lambda: job.stage == "CANCELED")
    assert load(shell) == []
    (file,) = tmp_path.rglob("jobs.json")
    assert [note["ended"] for note in json.loads(file.read_text())] == [True, True]
    assert local.token not in "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
