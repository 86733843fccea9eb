"""A cell as its job is sent it: as it was written, its packages named, its lines kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml as anything

from hfjobs_magic.errors import CellError
from hfjobs_magic.script.cell import RUNNER_NEEDS, from_cell
from hfjobs_magic.script.names import Notebook
from hfjobs_magic.script.requirements import Kernel

if TYPE_CHECKING:
    from hfjobs_magic.script.script import Script


def make(cell: str, **options) -> Script:
    return from_cell(cell, magic_line="%%hfjob --local", **options)


def test_the_text_stays_as_it_was_written():
    cell = "!echo one \\\n  two\nx = await thing()\n%time x\n"
    script = make(cell)
    assert script.text == f"# %%hfjob --local\n{cell}"
    assert script.is_cell
    assert script.extra == (RUNNER_NEEDS,)


@pytest.mark.parametrize(
    ("line", "packages"),
    [
        ("!pip -q install cowsay", ["cowsay"]),
        ("!pip install -q 'rich>=13' polars", ["rich>=13", "polars"]),
        ("%pip install cowsay", ["cowsay"]),
        ("!uv pip install cowsay > /dev/null 2>&1", ["cowsay"]),
        ("!python -m pip install cowsay", ["cowsay"]),
        ("!{sys.executable} -m pip install cowsay", ["cowsay"]),
        ("out = !pip install cowsay", ["cowsay"]),
        ("if True:\n    !pip install cowsay", ["cowsay"]),
        ("!sudo pip3 install cowsay", ["cowsay"]),
        ("!uv add cowsay", ["cowsay"]),
    ],
)
def test_lines_that_install_become_packages(line: str, packages: list[str]):
    script = make(f"{line}\nprint(1)\n")
    assert list(script.extra) == [RUNNER_NEEDS, *packages]
    assert f'#   "{packages[0]}",' in script.text
    assert script.text.startswith(f"# %%hfjob --local\n{line}\n")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("!conda install -y cowsay", "the job has no conda. Delete the line and name the package, as PyPI calls it"),
        ("%conda install cowsay", "the job has no conda."),
        ("!pip uninstall -y torch", "made anew, so there is nothing to uninstall. Delete the line."),
        ("!pip install -r requirements.txt", "pip's -r has no place in a script."),
        ("!pip install {package}", "only `pip install` with names can be moved"),
    ],
)
def test_lines_that_would_fail_in_the_job_are_refused_with_the_way(line: str, said: str):
    with pytest.raises(CellError, match="Line 3: ") as raised:
        make(f"x = 1\n{line}\n")
    assert said in str(raised.value)
    assert "Nothing was submitted." in str(raised.value)


def test_pip_in_a_subprocess_gets_a_note():
    script = make("import subprocess, sys\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'cowsay'])\n")
    assert any(note.startswith("Line 3 runs pip, which the job's environment does not have") for note in script.notes)


def test_ipython_syntax_of_every_kind_goes_along():
    for cell in ("%%time\nx = 1\n", "%%bash\nls\n", "files = !ls\n", "x = 3\nx?\n", "%matplotlib inline\n1\n"):
        assert make(cell).is_cell
    with pytest.raises(CellError, match="Line 2 is a %%hfjob in a %%hfjob"):
        make("%%hfjob\n1\n")


@pytest.mark.parametrize("cell", ["print(\n", "!ls\nprint('\n", "%%time\nx = = 1\n", "  \n", "# only words\n"])
def test_what_cannot_run_is_refused(cell: str):
    with pytest.raises(CellError):
        make(cell)


def test_syntax_errors_have_the_lines_of_the_editor():
    with pytest.raises(CellError) as raised:
        make("!echo \\\n a\nx = = 1\n")
    assert raised.value.syntax_error is not None
    assert raised.value.syntax_error.lineno == 4


def test_a_script_block_or_script_makes_a_plain_script():
    block = "# /// script\n# dependencies = []\n# ///\nprint(1)\n"
    assert not make(block).is_cell
    assert not make("print(1)\n", as_script=True).is_cell
    assert make("print(1)\n", as_script=True).extra == ()
    with pytest.raises(CellError, match="IPython syntax"):
        make("!ls\n", as_script=True)


def test_names_come_along_with_their_packages():
    notebook = Notebook({"json": json, "anything": anything, "__name__": "__main__"})
    script = make("anything.dump(json.loads('1'))\n", notebook=notebook, kernel=lambda: Kernel({"yaml": ["PyYAML"]}))
    assert script.brought == ("anything", "json")
    assert "import yaml as anything\n" in script.notebook
    assert script.extra == (RUNNER_NEEDS, "PyYAML")
    assert "anything" not in script.text.partition("# /// script")[2]


def test_what_plotly_needs_in_a_notebook():
    assert set(make("import plotly.express as px\npx.line()\n").extra) == {RUNNER_NEEDS, "plotly", "nbformat"}


def test_code_that_is_in_no_cell_begins_on_line_1():
    assert from_cell("print(1)\n").text == "print(1)\n"
