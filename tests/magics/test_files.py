"""``%%hfjob --out-dir``, ``%hfjobs files`` and ``clean``: in a real IPython with real jobs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from IPython.utils.capture import capture_output

from hfjobs_magic.api.connect import connect
from hfjobs_magic.errors import OptionError
from hfjobs_magic.hub import input_folders, sweep_files
from hfjobs_magic.hub.input_folder import FOLDER
from tests.waiting import UNTIL_TOLD, tell, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.api.job import Job


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def submit(shell: InteractiveShell, line: str, cell: str) -> Job:
    with capture_output():
        shell.run_cell_magic("hfjob", f"--local --as job {line}", cell)
    job: Job = shell.user_ns["job"]
    return job.follow()


def said_by(shell: InteractiveShell, cell: str) -> str:
    """What a cell displays as text."""
    with capture_output() as captured:
        shell.run_cell(cell).raise_error()
    return "\n".join(output.data["text/plain"] for output in captured.outputs)


def test_a_folder_comes_between_two_cells_and_before_a_waiting_one_ends(shell, local, tmp_path: Path):
    job = submit(shell, "--out-dir ./results/", "open('results/a', 'w').write('1')\n1 / 0\n")
    wait_until(lambda: job.facts.is_terminal)
    assert said_by(shell, "import pathlib; here = pathlib.Path('results/a').read_text()") == ""
    assert shell.user_ns["here"] == "1"
    (tmp_path / "results/a").write_text("mine")
    with capture_output() as captured:
        shell.run_cell_magic("hfjob", "--local --wait --out-dir results", "for n in 'ab': open(f'results/{n}', 'w')\n")
    said = [output.data["text/plain"] for output in captured.outputs]
    kept = f"a in {tmp_path.resolve()}/results differs from the job's and was kept"
    assert any(text.startswith(kept) for text in said)
    assert (tmp_path / "results/a").read_text() == "mine"
    assert (tmp_path / "results/b").exists()


def test_a_large_folder_waits_for_whoever_wants_it(shell, local, tmp_path: Path):
    job = submit(shell, "--out-dir big", "open('big/a', 'wb').write(bytes(20_000_001))\n")
    wait_until(lambda: job.facts.is_terminal)
    said = said_by(shell, "pass")
    assert said.startswith(f"big of job {job.name} has 1 file (20.0 MB), too large to download by itself.")
    command = said.split("`")[1]
    assert not (tmp_path / "big").exists()
    assert "1 file fetched into" in said_by(shell, command)
    assert (tmp_path / "big/a").stat().st_size == 20_000_001


def test_the_plan_and_completion_know_the_folder(shell, local):
    with capture_output() as captured:
        shell.run_cell_magic("hfjob", "--local --dry-run --out-dir results", "pass\n")
    rows = captured.outputs[0].data["text/plain"].splitlines()
    assert [line.split() for line in rows if line.startswith("Folder back")] == [["Folder", "back", "results"]]
    for wrong in ("..", "/tmp", "a/../..", "~/x", ".", "a\\b"):
        with pytest.raises(OptionError, match="write a folder below"):
            shell.run_cell_magic("hfjob", f"--local --dry-run --out-dir '{wrong}'", "pass\n")


def test_what_jobs_have_left_is_shown_and_deleted_but_not_of_running_ones(shell, local, monkeypatch):
    shell.user_ns["late"] = [2] * 500
    done = submit(shell, "--out-dir results -o n", "n = 1\nopen('results/a', 'w').write('abc')\n")
    wait_until(lambda: done.facts.is_terminal)
    running = submit(shell, "--out-dir results -i late", f"display(1)\n{UNTIL_TOLD}")
    wait_until(lambda: len(running.outputs) == 1)
    mounts = running.client.details(running.id)["volumes"]
    [sent] = [mount["path"] for mount in mounts if mount["path"].startswith(FOLDER)]

    def is_idle() -> bool:
        # Other tests' jobs have had values sent along too.
        return sent in {folder.path for folder in done.client.input_folders.find_idle()}

    listed = json.loads(said_by(shell, f"%hfjobs files {done.id} --local --json"))
    assert [(file["path"], file["size"]) for file in listed] == [("a", 3)]

    def refuse(question: str) -> str:
        raise EOFError(question)

    monkeypatch.setattr("builtins.input", refuse)
    with pytest.raises(OptionError, match="No one can answer a prompt here") as refused:
        shell.run_line_magic("hfjobs", f"clean --local {done.id} {running.id}")
    row = next(line.split() for line in str(refused.value).splitlines() if line.startswith(done.id))
    assert " ".join(row).partition(" UTC ")[2].startswith("3 B ")
    assert len(done.files) == 1
    assert said_by(shell, f"%hfjobs clean --local {done.id} {running.id} --yes").endswith("of 1 job.")
    assert (len(done.files), len(done.outputs), len(running.outputs)) == (0, 0, 1)
    assert said_by(shell, f"%hfjobs clean --local {done.id}") == "There is nothing to delete."
    monkeypatch.setattr(input_folders, "YOUNG_S", 0)
    assert not is_idle()
    assert "running jobs are left alone" in said_by(shell, f"%hfjobs clean --local {running.id}")
    tell(local, running.id)
    wait_until(lambda: running.facts.is_terminal)
    # What a cell sent along is left alone for a day, and as long as a job uses it.
    with monkeypatch.context() as a_day:
        a_day.setattr(input_folders, "YOUNG_S", 24 * 3600)
        assert not is_idle()
    assert is_idle()
    with pytest.raises(
        OptionError, match=r"B that \d+ cells? sent along and no job uses.*\? A job that had them can be run"
    ):
        shell.run_line_magic("hfjobs", "clean --local")
    said = said_by(shell, "%hfjobs clean --local --yes")
    assert re.fullmatch(r"Deleted .+B of \d+ jobs? and .+B that \d+ cells? sent along and no job uses.*\.", said), said
    assert not is_idle()
    again = done.rerun().wait(timeout=120)
    assert [file.path for file in again.files] == ["a"], "its script is there"


def test_what_was_kept_of_a_sweep_goes_when_its_jobs_are_gone(shell, local, monkeypatch):
    files = connect(local=True).sweep_files
    kept, gone = "0123abcd", "4567cdef"
    for sweep in (kept, gone):
        files.write(sweep, "{}")
    own = {kept, gone}
    assert own.isdisjoint(files.find_idle(()))
    monkeypatch.setattr(sweep_files, "YOUNG_S", 0)
    assert own & {*files.find_idle({kept})} == {gone}
    files.delete([gone])
    assert (files.read(gone), files.read(kept)) == (None, "{}")
    assert re.search(r"what was kept of \d+ sweeps? without a job\.$", said_by(shell, "%hfjobs clean --local --yes"))
    assert files.read(kept) is None
