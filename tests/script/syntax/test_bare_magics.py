"""Magics without their sign: taken where IPython takes them, and refused with what to write elsewhere."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell

from hfjobs_magic.errors import CellError
from hfjobs_magic.script.cell import from_cell
from hfjobs_magic.script.names.cell_names import Notebook
from hfjobs_magic.script.syntax.bare_magics import line_magics, with_signs


def make(cell: str, **names):
    return from_cell(cell, magic_line="%%hfjob", notebook=Notebook({"__name__": "__main__", **names}))


def test_the_magics_are_those_that_ipython_has():
    # What a system or a kernel adds besides, such as pagers, is not in every job.
    assert line_magics() <= set(InteractiveShell().magics_manager.magics["line"])
    assert {"ls", "cd", "pwd", "pip", "conda", "time", "matplotlib", "cat"} <= line_magics()


@pytest.mark.parametrize("line", ["ls", "ls -la", "cd /tmp", "pwd", "pip list", "  time sum([1])", "# first\n\npwd"])
def test_a_cell_of_one_magic_is_sent_as_it_is(line: str):
    assert make(line).text == f"# %%hfjob\n{line}\n"


def test_what_a_bare_pip_installs_becomes_a_package():
    assert make("pip install -q rich").requirements == ("rich",)
    with pytest.raises(CellError, match=r"Line 2: the job has no conda\. Delete the line\. "):
        make("conda list")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("x = 1\nls -la", "Line 3 is a magic without its sign, .* Write `%ls -la`"),
        ("x = 1\npip install rich", "Line 3 .* Write `%pip install rich`"),
        ("x = 1\nif x:\n    cd /tmp", "Line 4 .* Write `%cd /tmp`"),
        ("!echo\nmatplotlib inline", "Line 3 .* Write `%matplotlib inline`"),
        ("pwd\nls", "Line 2 .* Write `%pwd`"),
        ("def f():\n    ls\nf()", "Line 3 .* Write `%ls`"),
    ],
)
def test_among_other_lines_it_is_refused_with_what_to_write(cell: str, said: str):
    with pytest.raises(CellError, match=said):
        make(cell)


@pytest.mark.parametrize(
    "cell",
    ["ls = 1", "cp = 3\ncp", "def f(ls):\n    ls\nf(1)", "import time\ntime", "for ls in [1]:\n    ls", "print(1)"],
)
def test_a_name_of_the_cell_is_no_magic(cell: str):
    assert make(cell).text.endswith(f"{cell}\n")


def test_a_name_of_the_notebook_is_no_magic():
    assert make("ls", ls=[1]).brought == ("ls",)
    assert with_signs(["# line\n", "ls -l\n"], 2, {"ls"}) == ["# line\n", "ls -l\n"]
    assert with_signs(["# line\n", "ls -l\n"], 2, ()) == ["# line\n", "%ls -l\n"]
    assert make("nothing", nothing=1).brought == ("nothing",)


def test_what_is_no_magic_is_a_name_that_is_missing():
    with pytest.raises(CellError, match="uses nope, which neither"):
        make("nope")
    with pytest.raises(CellError, match="SyntaxError"):
        make("nope x\n")
