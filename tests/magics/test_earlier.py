"""A cell that is run again while its job runs: the new card says so, or the earlier job ends, as the reader chose."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from IPython.utils.capture import capture_output

from hfjobs_magic.api.earlier import (
    before,
    cancel_earlier,
    describe,
    find_earlier,
    names_of_notebooks,
    of_cell,
    of_notebook,
)
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.errors import OptionError
from hfjobs_magic.magics.commands.config import config
from hfjobs_magic.records import notebooks
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.local.daemon import Service

CELL = "import time; time.sleep(600)\n"


@pytest.fixture(autouse=True)
def _notebook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ada/train.ipynb")
    yield
    RUNTIME.session.reset()


def start(shell: InteractiveShell, cell: str = CELL, options: str = "") -> Any:
    with capture_output():
        shell.run_cell(f"%%hfjob --local --as job {options}\n{cell}", store_history=True).raise_error()
    job = shell.user_ns["job"]
    wait_until(lambda: job.stage == "RUNNING")
    return job


def test_the_new_card_says_that_the_earlier_job_of_the_cell_still_runs(shell: InteractiveShell, local: Service):
    config(["replace=ask"])
    first, other = start(shell), start(shell, f"{CELL}# another cell\n")
    second = start(shell)
    try:
        line = (
            rf"The earlier job of this cell still runs \(\d+:\d\d, free\)\. %hfjobs cancel {first.id} --local ends it"
        )
        assert re.match(line, describe(second.earlier))
        assert other.earlier == ()
        assert first.stage == "RUNNING"
    finally:
        for job in (first, other, second):
            job.cancel()


def test_cancel_ends_it_and_keep_says_nothing(shell: InteractiveShell, local: Service):
    first = start(shell)
    config(["replace=keep"])
    second = start(shell)
    assert second.earlier == ()
    config(["replace=cancel"])
    third = start(shell)
    try:
        assert third.notice.count("was cancelled") == 2
        wait_until(lambda: {first.stage, second.stage} == {"CANCELED"})
    finally:
        third.cancel()


def test_a_card_that_is_taken_up_again_says_it_too_after_a_kernel_in_which_the_cell_had_the_same_number(
    shell: InteractiveShell, local: Service, monkeypatch: pytest.MonkeyPatch
):
    config(["replace=ask"])
    first = start(shell)
    # As after Restart & Run All: another kernel, in which the numbers of cells begin anew.
    monkeypatch.setattr(notebooks, "_KERNEL", "another")
    monkeypatch.setattr(notebooks, "current_prompt", lambda: of_notebook()[0].prompt)
    second, again = start(shell), start(shell)
    try:
        assert [one.note.job_id for one in second.earlier] == [first.id]
        assert [[note.job_id for note in before(job.id)] for job in (first, second)] == [[], [first.id]]
        # One run of a cell has started both.
        assert second.id not in {note.job_id for note in before(again.id)}
        notebooks.notes().link(second.id, first.id)
        assert before(second.id) == []
        assert before("0" * 24) == []
    finally:
        for job in (first, second, again):
            job.cancel()


@pytest.mark.parametrize("choice", ["ask", "cancel"])
def test_a_job_that_is_reused_is_no_earlier_one(shell: InteractiveShell, local: Service, choice: str):
    config([f"replace={choice}"])
    # The same line both times: where no front end names the cell it is known by its text.
    first = start(shell, options="--reuse")
    again = start(shell, options="--reuse")
    try:
        assert again.id == first.id
        assert again.earlier == ()
        assert "earlier job" not in again.notice
        assert again.stage == "RUNNING"
    finally:
        first.cancel()


def test_attach_notebook_shows_all_of_them_and_ls_has_the_filter_and_the_cell(shell: InteractiveShell, local: Service):
    jobs = [start(shell), start(shell)]
    try:
        with capture_output() as captured:
            shell.run_line_magic("hfjobs", "attach @notebook")
        shown = [output.data["text/html"] for output in captured.outputs]
        assert [job.id in html for job, html in zip(jobs, shown, strict=True)] == [True, True]
        with capture_output() as captured:
            shell.run_line_magic("hfjobs", "ls --local --notebook")
        text = captured.outputs[0].data["text/plain"]
        assert all(job.id in text for job in jobs)
        assert "Cell" in text
        with capture_output():
            shell.run_line_magic("hfjobs", "cancel --yes @notebook")
        wait_until(lambda: {job.stage for job in jobs} == {"CANCELED"})
    finally:
        for job in jobs:
            job.cancel()
    with pytest.raises(OptionError, match="No job matches '@notebook'"):
        shell.run_line_magic("hfjobs", "cancel --yes @notebook")
    with pytest.raises(OptionError, match="No job of this notebook runs"):
        shell.run_line_magic("hfjobs", "attach @notebook")


def test_a_notebook_whose_name_no_label_spells_lists_its_jobs_and_keeps_its_name(
    shell: InteractiveShell, local: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "Straße 分析.ipynb"
    path.write_text("{}")
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    job = start(shell)
    try:
        with capture_output() as captured:
            shell.run_line_magic("hfjobs", "ls --local --notebook")
        assert job.id in captured.outputs[0].data["text/plain"]
        assert names_of_notebooks()[job.id] == "Straße 分析"
    finally:
        job.cancel()


def test_ls_says_where_the_jobs_are_from_before_the_notebook_was_renamed(
    shell: InteractiveShell, local: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    old, new = tmp_path / "Untitled.ipynb", tmp_path / "training.ipynb"
    old.write_text("{}")
    monkeypatch.setenv("JPY_SESSION_NAME", str(old))
    job = start(shell)
    try:
        old.rename(new)
        monkeypatch.setenv("JPY_SESSION_NAME", str(new))
        with capture_output() as captured:
            shell.run_line_magic("hfjobs", "ls --local --notebook")
        (output,) = captured.outputs
        assert "before it was renamed: `%hfjobs ls --label notebook=Untitled --local`." in output.data["text/plain"]
        with capture_output() as captured:
            shell.run_line_magic("hfjobs", "ls --local --label notebook=Untitled")
        assert job.id in captured.outputs[0].data["text/plain"]
        with capture_output() as captured:
            shell.run_line_magic("hfjobs", "attach @notebook")
        assert job.id in captured.outputs[0].data["text/html"]
    finally:
        job.cancel()


def test_the_number_of_a_cell_is_the_one_beside_it(shell: InteractiveShell, local: Service):
    with capture_output():
        result = shell.run_cell("%%hfjob --local --as job --detach\npass", store_history=True)
    assert of_notebook()[-1].prompt == result.execution_count


def test_a_choice_that_is_none_is_refused_and_changes_nothing():
    config(["replace=keep"])
    with pytest.raises(OptionError, match="replace=maybe is not one of ask, cancel, keep"):
        config(["replace=maybe"])
    assert RUNTIME.session.replace == "keep"
    assert "replace" in repr(config([]))


def test_a_notebook_that_nobody_names_has_no_earlier_jobs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert of_notebook() == []
    assert of_cell("ab12") == []
    assert find_earlier([]) == []
    assert cancel_earlier([]) == ("", ())
    assert describe([]) == ""
    assert notebooks.current_cell() == ""


class Kernel:
    """The part of ipykernel that says which cell runs."""

    def get_parent(self, _channel: str) -> dict[str, Any]:
        return {"metadata": {"cellId": "9f3c"}}


@pytest.mark.parametrize(
    "line", ["%hfjobs uv run --local --detach --as job sleepy.py", "%hfjobs run --local --detach --as job x sleep 600"]
)
def test_a_line_of_a_cell_that_is_run_again_has_an_earlier_job_too(
    shell: InteractiveShell, local: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sleepy.py").write_text(CELL)
    monkeypatch.setattr(shell, "kernel", Kernel(), raising=False)
    config(["replace=ask"])

    def run(cell: str) -> Any:
        with capture_output():
            shell.run_cell(cell, store_history=True).raise_error()
        return shell.user_ns["job"]

    jobs = [run(line)]
    try:
        assert jobs[0].earlier == ()
        jobs.append(run(line))
        assert [one.note.job_id for one in jobs[1].earlier] == [jobs[0].id]
        config(["replace=cancel"])
        # Both lines of one run belong together; what an earlier run has started gives way.
        jobs.append(run(f"{line}\n{line.replace('--as job', '--as second')}"))
        jobs.append(shell.user_ns["second"])
        wait_until(lambda: {job.stage for job in jobs[:2]} == {"CANCELED"})
        assert not {"CANCELED", "ERROR"} & {job.stage for job in jobs[2:]}
        assert jobs[2].notice.count("was cancelled") == 2
        assert jobs[2].id not in [one.note.job_id for one in jobs[3].earlier]
    finally:
        for job in jobs:
            job.cancel()


def test_jobs_that_one_run_of_a_cell_starts_in_a_loop_do_not_end_each_other(shell: InteractiveShell, local: Service):
    config(["replace=cancel"])
    start_one = f"get_ipython().run_cell_magic('hfjob', '--local --detach --as one', {CELL!r})"
    loop = f"jobs = []\nfor n in range(2):\n    {start_one}\n"
    with capture_output():
        shell.run_cell(f"{loop}    jobs.append(one)", store_history=True).raise_error()
    first, second = shell.user_ns["jobs"]
    try:
        assert (first.earlier, second.earlier) == ((), ())
        assert "was cancelled" not in second.notice
    finally:
        first.cancel()
        second.cancel()
