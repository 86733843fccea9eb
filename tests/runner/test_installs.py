"""``!pip install`` in a job: answered, whatever else is on the line."""

from __future__ import annotations

import pytest

from hfjobs_magic.runner.installs import answer, answer_parts


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("pip install -q rich 'x>1'", "rich x>1"),
        ("pip install rich && pip install x", "rich x"),
        ("pip install rich; pip install x", "rich x"),
        ("pip install rich > /dev/null 2>&1", "rich"),
        ("pip install rich 2>&1 | tail -n 1 && uv pip install x", "rich x"),
        ("CMAKE_ARGS='-DA=on -DB' A=1 pip install rich", "rich"),
        ("sudo -H /usr/bin/python3 -m pip install rich", "rich"),
        ("pip -q install rich", "rich"),
    ],
)
def test_lines_that_only_install_do_nothing(line: str, names: str):
    assert answer(line) == f"{names}: installed with the job's other packages, before it began."


@pytest.mark.parametrize(
    "line", ["ls", "pip list", "apt-get install x && pip install y", "pip install x & ls", "ls; pip"]
)
def test_others_are_run(line: str):
    assert answer(line) is None


@pytest.mark.parametrize(
    ("line", "run"),
    [
        ("cd /tmp && pip install rich", "cd /tmp && echo 'rich{said}'"),
        ("pip install -q rich | tail -n 1; ls", "echo 'rich{said}' ; ls"),
        ("apt-get install x && pip install y || exit 1", "apt-get install x && echo 'y{said}' || exit 1"),
        ("ls && pip list", "ls && pip list"),
        ("echo 'a && pip install b'", "echo 'a && pip install b'"),
        ("pip install x & ls", "pip install x & ls"),
    ],
)
def test_what_else_is_on_a_line_is_run(line: str, run: str):
    # As `shlex.quote` has the apostrophe.
    said = """: installed with the job'"'"'s other packages, before it began."""
    assert answer_parts(line) == run.format(said=said)


def test_pip_says_what_the_job_has(run_cell):
    """There is no pip beside the cell; what uv's own says is of another environment."""
    cell = "%pip list\n!pip freeze | grep rich && echo found\nshown = !python -m pip show rich\n"
    ran = run_cell(f"{cell}shown[0], len(shown) > 5\n", packages=["rich"])
    assert ran.code == 0, ran.log
    assert "found\n" in ran.log
    assert any(line.split()[:1] == ["ipython"] for line in ran.log.splitlines())
    assert ran.shown[0].data["text/plain"] == "('Name: rich', True)"


def test_a_pip_of_the_jobs_own_is_the_one_that_runs(run_cell):
    ran = run_cell("lines = !pip list\nprint('pip' in [line.split()[0] for line in lines])\n", packages=["pip"])
    assert "True\n" in ran.log, ran.log


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("pwd", ["'/"]),
        ("# here\n\ntime 6 * 7", ["42"]),
        ("pip install rich", []),
        ("echo = 1", []),
        ("mkdir made", []),
    ],
)
def test_a_cell_of_one_magic_needs_no_sign(run_cell, cell: str, shown: list[str]):
    ran = run_cell(cell)
    assert ran.code == 0, ran.log
    texts = [item.data["text/plain"] for item in ran.shown]
    assert len(texts) == len(shown)
    assert all(text.startswith(beginning) for text, beginning in zip(texts, shown, strict=True))


def test_a_name_of_the_job_comes_before_a_magic(run_cell):
    ran = run_cell("ls", names="# %% from the notebook: ls\nls = [1]\n")
    assert [item.data["text/plain"] for item in ran.shown] == ["[1]"]


def test_the_traceback_of_a_magic_without_its_sign_has_its_line(run_cell):
    ran = run_cell("time 1 / 0")
    assert ran.code == 1
    assert "----> 2 time 1 / 0\n" in ran.log
    assert "The cell, line 2" in ran.log
