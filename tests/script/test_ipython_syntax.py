"""IPython syntax: pip lines become requirements in their place, all else is refused with its line."""

from __future__ import annotations

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from hfjobs_magic.errors import CellError
from hfjobs_magic.script.ipython_syntax import Translation, translate
from hfjobs_magic.script.syntax.python_syntax import find_syntax_error

ABOVE = "# %%hfjob\n"


def translated(cell: str) -> Translation:
    return translate(ABOVE + cell, lambda code: find_syntax_error(code, awaiting=True))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%pip install rich", ["rich"]),
        ("!pip install rich", ["rich"]),
        ("!!pip3 install rich", ["rich"]),
        ("! pip install -q -U rich 'torch>=2' x[y]==1", ["rich", "torch>=2", "x[y]==1"]),
        ("!uv pip install --system rich", ["rich"]),
        ("%uv pip install rich", ["rich"]),
        ("!uv add rich", ["rich"]),
        ("!python -m pip install rich", ["rich"]),
        ("!python3 -m pip install rich", ["rich"]),
        ("!{sys.executable} -m pip install rich", ["rich"]),
        ("pip install rich", ["rich"]),
        ("!pip install rich > /dev/null 2>&1", ["rich"]),
        ("!pip install rich &>/dev/null", ["rich"]),
        ("%pip install rich  # it's for tables", ["rich"]),
        ("%pip install --upgrade-strategy eager rich --progress-bar=off", ["rich"]),
        ("%pip install \"x; python_version < '4'\"", ['x; python_version < "4"']),
        ("%pip install git+https://example.org/a.git@main", ["git+https://example.org/a.git@main"]),
        ("%pip install 'a @ git+https://example.org/a.git'", ["a @ git+https://example.org/a.git"]),
    ],
)
def test_a_pip_line_becomes_requirements(line: str, expected: list[str]):
    found = translated(f"x = 1\n{line}\ny = 2\n")
    assert [item.requirement for item in found.requirements] == expected
    assert {(item.line, item.source) for item in found.requirements} == {(3, "pip")}
    assert found.text == f"{ABOVE}x = 1\n# {line}\ny = 2\n"


def test_a_pip_line_in_a_block_leaves_a_statement_in_its_place():
    found = translated("if True:\n    %pip install rich\nprint(1)\n")
    assert found.text == f"{ABOVE}if True:\n    pass  # %pip install rich\nprint(1)\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_pip_line_that_goes_on_keeps_the_numbers(newline: str):
    cell = newline.join(["!pip install a \\", "  'b>1' \\", "  c", "%pip install d", "raise ValueError", ""])
    found = translated(cell)
    assert [(item.requirement, item.line) for item in found.requirements] == [("a", 2), ("b>1", 2), ("c", 2), ("d", 5)]
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its line is the point
        exec(found.text, {})  # noqa: S102 - the point of the test
    assert traceback.extract_tb(caught.tb)[-1].lineno == 6


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("!ls -l", "Line 3 is IPython syntax, and a script is plain Python. Leave out --script, or the"),
        *(
            (line, "IPython runs the cell. Nothing was submitted.")
            for line in (
                *("    !ls it's", "files = !ls", "%matplotlib inline", "x = %time f()", "%env A=1", "%pip list"),
                *("!pip uninstall -y x", "torch.nn?", "torch??", "?torch", "%%time"),
            )
        ),
        ("%pip install -r nowhere.txt", "Line 3: there is no file nowhere.txt here to read."),
        ("%pip install -c a.txt x", "Line 3: pip's -c has no place in a script."),
        ("%pip install -e .", "-e . installs code of this machine"),
        (
            "%pip install --index-url=https://a.org x",
            "--index-url goes on the %%hfjob line, as -e UV_INDEX=https://a.org",
        ),
        ("%pip install .", ". installs code of this machine"),
        ("%pip install a/b", "a/b is not a package's name"),
        ("!pip install x && ls", "only `pip install` with names"),
        ("!pip install x; ls", "only `pip install` with names"),
        ("!pip install {name}", "{name} is only known once the cell runs"),
        ("!pip install $name", "$name is only known once the cell runs"),
        ("%pip install 'x", "the quotes of this line do not close"),
        ("%pip install -q", "names no package"),
    ],
)
def test_the_rest_is_refused_with_the_way_to_do_it(line: str, message: str):
    indent = "if y:" if line.startswith(" ") else "y = 1"
    with pytest.raises(CellError) as caught:
        translated(f"{indent}\n{line}\nz = 1\n")
    assert message in str(caught.value)
    assert "Line 3" in str(caught.value)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%%time\nx = 1", "Line 2 is the cell magic %%time, and a script has none. Leave out --script"),
        ("\n\n%%bash\necho 'it", "Line 4 is the cell magic %%bash, and a script has none."),
        ("%%capture\n%pip install x", "Line 2 is the cell magic %%capture"),
    ],
)
def test_a_cell_magic_of_others_is_refused(cell: str, message: str):
    with pytest.raises(CellError) as caught:
        translated(cell)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "cell",
    [
        'x = """\n%pip install a\n!ls\nwhat?\n"""\n',
        "x = (7\n%pip\n)\n",
        "x = 7 \\\n%pip\n",
        "x = y != z\n# %pip install a\n# really?\n",
        "print('%pip install x?')\n",
        "x: int = 1 if a != b else c % d\n",
    ],
)
def test_python_is_not_mistaken_for_magics(cell: str):
    assert translated(cell) == Translation(ABOVE + cell)


@pytest.mark.parametrize(
    "cell", ["x = = 2\n", "def f(:\n", "print 'a?'\n", "x = 'a\n", "a = b ? c : d\n", "if x:\ny\n"]
)
def test_an_error_of_python_is_left_to_the_compiler(cell: str):
    assert translated(cell) == Translation(ABOVE + cell)


def test_magics_are_found_beside_syntax_this_python_cannot_read():
    found = translated("%pip install a\nx = = 'newer than any'\nif x:\n    %pip install b\n'''\n%pip install c\n'''\n")
    assert [item.requirement for item in found.requirements] == ["a", "b"]


STATEMENTS = [
    "x = 1",
    "%pip install rich",
    "s = '''\n%pip a\n!b\n'''",
    "if x:\n  !pip install a",
    "y = (1\n% 2)",
    "# a?",
]


@given(st.lists(st.sampled_from(STATEMENTS), max_size=8))
def test_what_ipython_sees_as_a_magic_we_take_and_nothing_else(statements: list[str]):
    cell = "\n".join([*statements, ""])
    found = translated(cell)
    theirs = TransformerManager().transform_cell(ABOVE + cell)
    assert len(found.requirements) == theirs.count("run_line_magic('pip'") + theirs.count("get_ipython().system(")
    assert found.text.count("\n") == (ABOVE + cell).count("\n")
    compile(found.text, "cell", "exec")


@given(st.lists(st.sampled_from([*"%!?=\\\n '\"()#;&>-{}", "pip install ", "\n%pip install ", "x", "é"]), max_size=30))
def test_no_cell_crashes_the_translation(pieces: list[str]):
    cell = "".join(pieces)
    try:
        found = translated(cell)
    except CellError:
        return
    assert found.text.count("\n") == (ABOVE + cell).count("\n")
