"""Cell to script: line numbers kept, headers in the right place, bad cells refused."""

from __future__ import annotations

import traceback

import pytest

from hfjobs_magic.errors import CellError, OptionError
from hfjobs_magic.script import CELL, check_requirements, from_cell, from_source, has_header

LINE = "%%hfjob --with rich"


def test_line_one_is_the_magic_line_and_the_header_is_below_the_code():
    script = from_cell("import rich\nprint(1)", magic_line=LINE, dependencies=["rich>=13", 'a; python_version<"4"'])
    assert script.text == (
        "# %%hfjob --with rich\n"
        "import rich\n"
        "print(1)\n"
        "\n"
        "# /// script\n"
        "# dependencies = [\n"
        '#   "rich>=13",\n'
        '#   "a; python_version<\\"4\\"",\n'
        "# ]\n"
        "# ///\n"
    )
    assert script.extra == ()
    assert has_header(script.text)


def test_a_raised_error_names_the_line_the_editor_shows():
    script = from_cell("x = 1\n\nraise ValueError(x)\n", magic_line=LINE, dependencies=["rich"])
    with pytest.raises(ValueError, match="1") as caught:
        exec(compile(script.text, CELL, "exec"), {})  # noqa: S102 - the point of the test
    # The magic is line 1 of the cell, so the raise stands on line 4.
    assert traceback.extract_tb(caught.value.__traceback__)[-1].lineno == 4


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_cell_with_its_own_header_keeps_it_and_the_rest_goes_to_uv(newline: str):
    cell = newline.join(["# /// script", '# dependencies = ["torch"]', "# ///", "import torch", ""])
    script = from_cell(cell, magic_line=LINE, dependencies=["rich"])
    assert script.text == f"# {LINE}\n{cell}"
    assert script.extra == ("rich",)


def test_a_future_import_still_works():
    from_cell("from __future__ import annotations\n", magic_line=LINE, dependencies=["rich"])


def test_an_empty_cell_is_refused():
    with pytest.raises(CellError, match="The cell is empty"):
        from_cell("  \n", magic_line=LINE)


def test_a_syntax_error_shows_as_python_shows_it():
    with pytest.raises(CellError) as caught:
        from_cell("x = 1\nx = = 2\n", magic_line=LINE)
    shown = "\n".join(caught.value._render_traceback_())
    assert "line 3" in shown
    assert "x = = 2" in shown
    assert "SyntaxError" in shown
    assert "Nothing was submitted." in shown


@pytest.mark.parametrize("line", ["!pip install x", "%pip install x", "x = !ls", "torch?"])
def test_ipython_syntax_is_named_for_what_it_is(line: str):
    with pytest.raises(CellError, match="Line 3 is IPython syntax"):
        from_cell(f"x = 1\n{line}\n", magic_line=LINE)


def test_a_null_character_is_refused():
    with pytest.raises(CellError):
        from_cell("x = '\0'\n", magic_line=LINE)


def test_a_bad_requirement_is_refused_with_an_example():
    with pytest.raises(OptionError, match="--with torch== is not a requirement"):
        from_cell("x = 1", magic_line=LINE, dependencies=["torch=="])
    check_requirements(["git+https://example.org/x.git", "./local", "torch[gpu]>=2"])


def test_the_same_cell_has_the_same_digest():
    one, two = (from_source("print(1)") for _ in range(2))
    assert one.digest == two.digest != from_source("print(2)").digest
