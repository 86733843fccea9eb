"""What the compiler's word is worth when the job's Python is another one."""

from __future__ import annotations

from typing import Any

import pytest

from hfjobs_magic.errors import CellError
from hfjobs_magic.script.cell import from_cell
from hfjobs_magic.script.draft import Draft
from hfjobs_magic.script.syntax.python_syntax import (
    RUNNING,
    find_newer_syntax,
    find_syntax_error,
    may_compile,
    newer_python,
    parse_leniently,
)

NEXT = (RUNNING[0], RUNNING[1] + 1)


@pytest.mark.parametrize(
    "text", ["3.{}", ">=3.{}", ">=3.10,<=3.{}", "cpython@3.{}", "/usr/bin/python3.{}", "3.{}t", "3.{}.1"]
)
def test_a_newer_python_is_recognised_however_it_is_written(text: str):
    assert newer_python(text.format(NEXT[1])) == NEXT
    assert newer_python(text.format(RUNNING[1])) is None


@pytest.mark.parametrize("text", [None, "", "pypy", "/opt/2.3.99/python", "3"])
def test_other_words_ask_for_nothing_newer(text: str | None):
    assert newer_python(text) is None


@pytest.mark.parametrize(
    ("code", "since"),
    [
        ("lazy import json", 15),
        ("lazy from a import b", 15),
        ("x = [*a for a in b]", 15),
        ("x = t'{a}'", 14),
        ("try:\n    1\nexcept A, B:\n    2", 14),
        ("def f[T = int](): pass", 13),
        ("type X = int", 12),
        ("class A[T]: pass", 12),
        ("async def f[T](): pass", 12),
        ("x = f'{a['b']}'", 12),
        ("try:\n    1\nexcept* A:\n    2", 11),
    ],
)
def test_new_syntax_is_left_to_the_python_that_has_it(code: str, since: int):
    if (3, since) > RUNNING:
        assert may_compile(code, (3, since))
        assert find_syntax_error(code) is not None
    else:
        assert find_syntax_error(code) is None


def test_of_a_python_that_is_not_out_nothing_is_known():
    assert may_compile("x = = 2", (3, 99))
    assert not may_compile("x = = 2", (3, 15))


def test_only_a_cell_may_await_at_its_top():
    assert find_syntax_error("await x", awaiting=True) is None
    assert find_syntax_error("await x") is not None


def test_import_lines_are_read_where_the_rest_is_not():
    tree = parse_leniently("import a\nx = = 2\nif x:\n    from b import c\nimport = 3\n")
    assert [(type(node).__name__, node.lineno) for node in tree.body] == [("Import", 1), ("ImportFrom", 4)]


@pytest.mark.parametrize(
    ("text", "minor", "is_newer"),
    [
        ("match x:\n    case 1: pass\n", 9, True),
        ("match x:\n    case 1: pass\n", 10, False),
        ("if (n := 3): pass\n", 7, True),
        ("await f()\nx = 1\n", 8, False),
        ("match x:\n    case 1: pass\n", 2, False),
    ],
)
def test_an_older_python_cannot_read_newer_syntax(text: str, minor: int, is_newer: bool):
    assert (find_newer_syntax(text, minor) is not None) is is_newer


def test_a_cell_for_an_older_python_is_refused_with_the_line():
    with pytest.raises(CellError, match=r"^Line \d: Pattern matching .* and the job has Python 3\.9\. Leave -p out"):
        Draft("match 1:\n    case 1: pass\n", "3.9", awaiting=True)
    assert Draft("match 1:\n    case 1: pass\n", ">=3.9", awaiting=True).error is None


def test_a_secret_in_the_text_is_said_without_repeating_it():
    draft = Draft("x = 1\nlogin(token='hf_abcdefgh1234567890')\ny = 'hf_xxxxxxxxxxxxxxxxxxxx'\n", None, awaiting=True)
    (note,) = draft.notes()
    assert note.startswith("Line 2 has a text that looks like a secret")
    assert "hf_" not in note


@pytest.mark.parametrize("options", [{}, {"magic_line": "%%hfjob"}, {"magic_line": "%%hfjob", "as_script": True}])
@pytest.mark.parametrize("code", ["login(token='{}')", "!curl -H 'Bearer {}'", "1  # {}"])
def test_a_token_in_a_cell_is_refused_before_anything_is_sent(code: str, options: dict[str, Any]):
    if code[0] == "!" and options != {"magic_line": "%%hfjob"}:
        code = "print('{}')"
    with pytest.raises(CellError, match=r"Line \d has a text that looks like a secret.*--secrets NAME") as refused:
        from_cell(f"x = 1\n{code.format('hf_abcdefgh1234567890')}\n", **options)
    assert "hf_" not in str(refused.value)
