"""``%%hfjob -o``: names of the notebook, in a real IPython with real jobs."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pytest
from IPython.utils.capture import capture_output

from hfjobs_magic.api.values import JobValue
from hfjobs_magic.errors import JobFailedError
from hfjobs_magic.widgets.card import JobCard
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.api.job import Job

NAMES = ("acc", "other", "large", "lists")


@pytest.fixture(autouse=True)
def _own_names(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield
    for name in NAMES:
        shell.user_ns.pop(name, None)


def submit(shell: InteractiveShell, line: str, cell: str) -> Job:
    """Run a cell as a job, to its end; as a notebook would be between two cells then."""
    with capture_output():
        shell.run_cell_magic("hfjob", f"--local --as job {line}", cell)
    job: Job = shell.user_ns["job"]
    job.follow()
    wait_until(lambda: job.facts.is_terminal)
    return job


def run_next_cell(shell: InteractiveShell, cell: str = "pass") -> None:
    shell.run_cell(cell).raise_error()


def test_a_name_is_a_handle_and_then_the_value(shell: InteractiveShell, local):
    submit(shell, "-o acc", "acc = 0.5\n")
    assert isinstance(shell.user_ns["acc"], JobValue)
    run_next_cell(shell, "assert acc == 0.5")
    assert shell.user_ns["acc"] == 0.5


def test_a_job_without_a_card_binds_its_values_too(shell: InteractiveShell, local):
    with capture_output():
        shell.run_cell_magic("hfjob", "--local --detach -o acc", "acc = 0.5\n")
    assert repr(shell.user_ns["acc"]).startswith("<acc of job cell-")

    def is_bound() -> bool:
        run_next_cell(shell)
        return not isinstance(shell.user_ns["acc"], JobValue)

    wait_until(is_bound)
    assert shell.user_ns["acc"] == 0.5


def test_a_name_that_was_used_for_something_else_is_left_alone(shell: InteractiveShell, local):
    submit(shell, "-o acc,other", "acc, other = 1, 2\n")
    shell.user_ns["acc"] = "mine"
    run_next_cell(shell)
    assert (shell.user_ns["acc"], shell.user_ns["other"]) == ("mine", 2)


def test_what_could_not_come_back_stays_a_handle_that_says_why(shell: InteractiveShell, local):
    submit(shell, "-o acc,other", "acc, other = 1, object()\n")
    with capture_output() as captured:
        run_next_cell(shell)
    (said,) = (item.data["text/plain"] for item in captured.outputs)
    assert said.startswith("`other` did not come back: it is of type object, which has no format; ")
    assert shell.user_ns["acc"] == 1
    assert isinstance(shell.user_ns["other"], JobValue)


def test_the_card_says_what_did_not_come_back(shell: InteractiveShell, local):
    job = submit(shell, "-o acc,other", "acc, other = 1, object()\n")
    card = JobCard(job)
    try:
        wait_until(lambda: bool(card.notice))
        assert card.notice.startswith("`other` did not come back: it is of type object, which has no format; ")
        assert html.escape(card.notice) in card.twin().html
    finally:
        card.close()


def test_a_process_that_left_early_with_code_0_is_told_of(shell: InteractiveShell, local):
    with capture_output() as captured:
        cell = "import os\nacc, other = 1, 2\nos._exit(0)\n"
        shell.run_cell_magic("hfjob", "--local --wait -o acc,other --as job", cell)
    said = [item.data.get("text/plain", "") for item in captured.outputs]
    assert any("sent no acc, other. Values are sent when the cell ends; its process" in text for text in said), said
    card = JobCard(shell.user_ns["job"])
    try:
        wait_until(lambda: card.notice)
        assert card.notice.startswith("`acc` did not come back: it is sent when the cell ends, and its process was")
    finally:
        card.close()


def test_small_values_are_bound_and_the_large_one_gets_a_line(shell: InteractiveShell, local):
    submit(shell, "-o large,lists,acc", "acc, lists, large = 1, [[] for _ in range(400_000)], bytes(20_000_000)\n")
    with capture_output() as captured:
        run_next_cell(shell)
    assert shell.user_ns["acc"] == 1
    (said,) = (item.data["text/plain"] for item in captured.outputs)
    sizes = "`lists` (1.6 MB, 49.6 MB in memory), `large` (26.7 MB)"
    assert said == f"{sizes} are in the job's folder; `.get()` brings each."
    assert shell.user_ns["large"].get() == bytes(20_000_000)


def test_wait_binds_before_the_cell_ends(shell: InteractiveShell, local):
    with capture_output():
        shell.run_cell_magic("hfjob", "--local --wait -o acc", "acc = 1\n")
    assert shell.user_ns["acc"] == 1


def test_values_of_a_job_that_failed_are_those_that_were_there(shell: InteractiveShell, local):
    submit(shell, "-o acc,other", "acc = 1\n1 / 0\nother = 2\n")
    run_next_cell(shell)
    assert shell.user_ns["acc"] == 1
    with pytest.raises(JobFailedError, match="ZeroDivisionError"):
        shell.user_ns["other"].get()


def test_the_values_of_a_job_as_a_table(shell: InteractiveShell, local):
    job = submit(shell, "-o acc,other", "acc, other = 0.5, object()\n")
    with capture_output() as captured:
        shell.run_line_magic("hfjobs", f"values {job.id} --local")
    text = captured.outputs[0].data["text/plain"]
    assert ["acc", "float", "3", "B", "0.5"] in [line.split() for line in text.splitlines()]
    assert "is of type object, which has no format" in text
    job = submit(shell, "", "acc = 1\n")
    with capture_output() as captured:
        shell.run_line_magic("hfjobs", f"values {job.id} --local")
    assert "has given no values. -o NAME asks for some." in captured.outputs[0].data["text/plain"]


def test_the_plan_says_what_comes_back(shell: InteractiveShell, local):
    with capture_output() as captured:
        shell.run_cell_magic("hfjob", "--local --dry-run -o acc -o best=max(h)", "acc, h = 1, [2]\n")
    plan = captured.outputs[0].data["text/plain"].splitlines()
    (row,) = (line.split() for line in plan if line.startswith("Values back"))
    assert row == ["Values", "back", "acc,", "best=max(h)"]


def test_unloading_leaves_handles_as_they_are(shell: InteractiveShell, local):
    submit(shell, "-o acc", "acc = 1\n")
    shell.run_line_magic("unload_ext", "hfjobs_magic")
    run_next_cell(shell)
    assert isinstance(shell.user_ns["acc"], JobValue)
    shell.run_line_magic("load_ext", "hfjobs_magic")
