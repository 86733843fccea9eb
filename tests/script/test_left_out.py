"""Names of a notebook that did not come along, and what an error that asks for one is told with."""

from __future__ import annotations

import math

import pytest

from hfjobs_magic.script.left_out import LeftOut, find_left_out

UNSEEN = "the notebook has x, but the cell does not name it where that is seen; write x on a line of its own"


def errors(text: str) -> tuple[str, str]:
    """The error that Python raises."""
    with pytest.raises((NameError, KeyError, AttributeError)) as raised:
        exec(text, {"__name__": "elsewhere"})  # noqa: S102 - its words are what we go by
    return type(raised.value).__name__, str(raised.value)


@pytest.mark.parametrize("text", ["eval('x')", "globals()['x']", "exec('print(x)')", "(lambda: eval('x'))()"])
def test_a_name_of_the_notebook_is_known_by_its_error(text):
    left_out = find_left_out(text, {"x": 1, "_": 2}, (), "unseen")
    assert left_out.hint(*errors(text)) == f"{UNSEEN}, or send it with -i x"


def test_code_is_not_to_be_sent_as_a_value():
    left_out = find_left_out("eval('x')", {"x": errors, "math": math}, (), "unseen")
    assert left_out.hint("NameError", "name 'x' is not defined") == UNSEEN
    assert "-i" not in left_out.hint("NameError", "name 'math' is not defined")


def test_the_line_may_be_why():
    error = errors("x")
    assert LeftOut({"x": False}, "none").hint(*error) == "the notebook has x, but --names none left its names out"
    assert "leave out --script" in LeftOut({"x": False}, "script").hint(*error)


def test_other_errors_are_left_alone():
    left_out = find_left_out("d['x']", {"x": 1, "y": 1}, ("y",), "unseen")
    assert left_out.hint("KeyError", "'x'") == ""  # of a dict of the cell's own
    assert left_out.hint("NameError", "name 'y' is not defined") == ""  # the job had it
    assert left_out.hint("NameError", "name 'z' is not defined") == ""
    assert left_out.hint("ValueError", "name 'x' is not defined") == ""
