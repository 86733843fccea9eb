"""Cells through real submissions: whatever a job is asked to be, IPython runs the cell on the editor's lines."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest
from IPython.utils.capture import capture_output

from hfjobs_magic import attach
from hfjobs_magic.errors import CellError, JobFailedError, OptionError, RemoteError
from tests.magics.test_hfjob import run_cell

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.local.daemon import Service

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def end(job: Job) -> tuple[str, list[str]]:
    """Wait for a job; its log, and its outputs as text."""
    job.wait(timeout=120)
    return "\n".join(job.logs()), [output.data["text/plain"] for output in job.outputs]


def test_lines_arguments_packages_and_paths(shell: InteractiveShell, local: Service, tmp_path: Path):
    (tmp_path / "beside.py").write_text("WHERE = 'on the path'\n")
    options = f"-p {PYTHON} --image python:{PYTHON} -e PYTHONPATH={tmp_path} -v {tmp_path}:/beside --timeout 5m"
    with pytest.raises(OptionError, match=r"beside was not found.*If it lies on PYTHONPATH, add --deps none"):
        run_cell(shell, f"--local {options}", "import beside\n")
    cell = """\
import inspect, sys, warnings
!pip install -q cowsay
%pip install -q cowsay
!uv pip install cowsay
from beside import WHERE
import cowsay

def here():
    return inspect.currentframe().f_lineno
warnings.warn("look")
print(sys.argv[1:], sys.version.split()[0], WHERE, here())
await __import__("asyncio").sleep(0)
cowsay.__name__
"""
    run_cell(shell, f"--local --as job --deps none {options} -- --lr 3e-4 'two words'", cell)
    log, shown = end(shell.user_ns["job"])
    assert f"['--lr', '3e-4', 'two words'] {PYTHON}." in log
    assert "on the path 10\n" in log
    assert "py:11: UserWarning: look" in log
    assert log.count("cowsay: installed with the job's other packages, before it began.") == 3
    assert shown == ["'cowsay'"]


def test_a_job_has_the_outputs_of_its_last_attempt(shell: InteractiveShell, local: Service):
    cell = """\
import pathlib
marker = pathlib.Path(__file__).parent / "tried"
tried = marker.exists()
marker.touch()
display(f"tried before: {tried}")
assert tried
"""
    run_cell(shell, "--local --as job --attempts 2 --timeout 5m", cell)
    _, shown = end(shell.user_ns["job"])
    assert shown == ["'tried before: True'"]


def test_a_job_that_runs_again_shows_its_own_outputs(shell: InteractiveShell, local: Service):
    run_cell(shell, "--local --as job --timeout 5m", "import os\nprint(os.environ['JOB_ID'])\nos.environ['JOB_ID']\n")
    job: Job = shell.user_ns["job"]
    again = job.rerun()
    with capture_output():
        shell.run_line_magic("hfjobs", f"rerun {job.id} --local")
    third = attach("@latest", local=True)
    for one in (job, again, third):
        log, shown = end(one)
        assert (log.splitlines()[0], shown) == (one.id, [f"'{one.id}'"])
    assert len({job.id, again.id, third.id}) == 3


def test_a_schedule_runs_the_cell(shell: InteractiveShell, local: Service):
    shell.user_ns["factor"] = 21
    run_cell(shell, "--local --as nightly --schedule @yearly --timeout 5m", "print('it runs')\n2 * factor\n")
    nightly = shell.user_ns["nightly"]
    try:
        log, shown = end(nightly.trigger())
    finally:
        nightly.delete()
    assert "it runs" in log
    assert shown == ["42"]


@pytest.mark.parametrize(("line", "block"), [("--script", ""), ("", "# /// script\n# dependencies = []\n# ///\n")])
def test_a_plain_script_is_run_by_python(shell: InteractiveShell, local: Service, line: str, block: str):
    cell = f"{block}import sys\nprint('get_ipython' in globals(), 'IPython' in sys.modules)\n'nothing is shown'\n"
    run_cell(shell, f"--local --as job --timeout 5m {line}", cell)
    log, shown = end(shell.user_ns["job"])
    assert (log, shown) == ("False False", [])


def test_an_error_below_continued_lines_names_the_editors_line(shell: InteractiveShell, local: Service):
    run_cell(shell, "--local --as job \\", "    --timeout 5m\ndef f():\n    raise KeyError('k')\n\nf()\n")
    with pytest.raises(RemoteError, match=r"KeyError: 'k' \(line 4\)") as caught:
        shell.user_ns["job"].wait(timeout=120)
    assert [frame["line"] for frame in caught.value.frames] == [6, 4]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "but the cell does not name it where that is seen; write factor on a line of its own, or send it with -i"),
        ("--names none", "but --names none left its names out"),
        ("--script", "but a plain script gets none of its names"),
    ],
)
def test_a_name_that_the_notebook_has_and_the_job_has_not(shell: InteractiveShell, local: Service, line: str, why: str):
    shell.user_ns["factor"] = 21
    run_cell(shell, f"--local --as job --timeout 5m {line}", "2 * eval('factor')\n")
    with pytest.raises(
        JobFailedError, match=r"NameError: name 'factor' is not defined.*the notebook has factor, " + why
    ):
        shell.user_ns["job"].wait(timeout=120)


def test_a_name_that_only_the_job_of_an_earlier_cell_has(shell: InteractiveShell, local: Service):
    with capture_output():
        shell.run_cell("%%hfjob --local --as job \\\n    --timeout 5m\nmade_there = 1\n", store_history=True)
    cell = len(shell.user_ns["In"]) - 1
    way = "Add -o made_there to the %%hfjob line of that cell, and run it again."
    with pytest.raises(CellError, match=rf"made_there, which only the job of cell \[{cell}\] has\. {re.escape(way)}"):
        run_cell(shell, "--local", "print(made_there)\n")
    with capture_output() as captured:
        shell.run_cell("made_there", store_history=True)
    assert captured.outputs[-1].data["text/plain"] == f"Only the job of cell [{cell}] has made_there. {way}"
    run_cell(shell, "--local --as job --names none", "print(made_there)\n")
    with pytest.raises(JobFailedError, match=rf"only the job of cell \[{cell}\] has it; add -o made_there to"):
        shell.user_ns["job"].wait(timeout=120)


def test_a_cell_that_was_refused_has_no_job_and_one_that_asks_for_a_name_is_not_told_to(
    shell: InteractiveShell, local: Service
):
    with capture_output():
        refused = shell.run_cell("%%hfjob --local --flavor nosuch -o never_made\nnever_made = 1\n", store_history=True)
    assert isinstance(refused.error_in_exec, OptionError)
    with capture_output() as captured:
        shell.run_cell("never_made", store_history=True)
    assert captured.outputs == []
    with pytest.raises(CellError, match="neither the cell nor the notebook defines"):
        run_cell(shell, "--local", "print(never_made)\n")
    with capture_output():  # nor is the cell itself one of whose job it could be
        itself = shell.run_cell("%%hfjob --local\nprint(late)\nlate = 1\n", store_history=True)
    assert "only the job of cell" not in str(itself.error_in_exec)
    with capture_output():
        shell.run_cell("%%hfjob --local --wait -o left,was_made\nleft = was_made = 1\n", store_history=True)
        cell = len(shell.user_ns["In"]) - 1
        del shell.user_ns["was_made"]
    with capture_output() as captured:
        shell.run_cell("was_made", store_history=True)
    way = "Run that cell again, whose line has -o was_made."
    assert captured.outputs[-1].data["text/plain"] == f"Only the job of cell [{cell}] has was_made. {way}"


def test_results_of_earlier_cells_are_there_and_the_jobs_own_comes_back(shell: InteractiveShell, local: Service):
    shell.run_cell("[5]", store_history=True).raise_error()
    number = len(shell.user_ns["In"]) - 1
    run_cell(
        shell,
        "--local --as job --timeout 5m -o last=_",
        f"print(_, _{number}, Out[{number}])\ndisplay(1)\n_ + [6]\n",
    )
    log, shown = end(shell.user_ns["job"])
    assert "[5] [5] [5]" in log
    assert shown == ["1", "[5, 6]"]
    assert shell.user_ns["job"].values["last"].get(timeout=60) == [5, 6]


def test_a_call_sees_the_names_that_its_function_has(shell: InteractiveShell, local: Service):
    cell = """\
import hfjobs_magic
rate, base = 1, 100

def start(rate):
    def double(x):
        return 2 * x + base
    return hfjobs_magic.run("print('gives', double(rate))", local=True, timeout="5m")

job = start(21)
"""
    shell.run_cell(cell, store_history=True).raise_error()
    log, _ = end(shell.user_ns["job"])
    assert "gives 142" in log
    inside = (
        "names = {**globals(), **(lambda extra: locals())(5)}\nhfjobs_magic.run('print(extra, missing)', names=names)"
    )
    with pytest.raises(CellError, match=r"uses missing, which neither the code nor names= has"):
        shell.run_cell(inside, store_history=True).raise_error()


def test_a_variable_means_its_job(shell: InteractiveShell, local: Service):
    run_cell(shell, "--local --as mine", "print('said')\n40 + 2\n")
    shell.user_ns["mine"].wait(timeout=120)
    for line, shows in (("outputs mine", "42"), ("logs mine", "said"), ("inspect -q mine", shell.user_ns["mine"].id)):
        with capture_output() as told:
            shell.run_line_magic("hfjobs", line)
        assert shows in f"{told.stdout}{[output.data for output in told.outputs]}", line
    with pytest.raises(OptionError, match="No job matches 'yours'"):
        shell.run_line_magic("hfjobs", "logs yours --local")


def test_an_output_that_is_more_than_is_shown_is_loaded(shell: InteractiveShell, local: Service):
    cell = "display('small')\ndisplay({'text/plain': 'it', 'text/x': 'x' * 6_000_000}, raw=True)\n"
    run_cell(shell, "--local --as job", cell)
    log, shown = end(shell.user_ns["job"])
    assert shown[1].endswith("6 MB are more than is shown here. `job.outputs.load(2)` gets it.")
    assert "6 MB are more than is shown; job.outputs.load(2) gets it" in log
    outputs = shell.user_ns["job"].outputs
    assert outputs.load(2).data == {"text/plain": "it", "text/x": "x" * 6_000_000}
    with pytest.raises(OptionError, match="No output 1 of this job is more than is shown"):
        outputs.load(1)
