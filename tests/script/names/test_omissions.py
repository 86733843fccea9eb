"""Names of a notebook that did not come along, and what an error that asks for one is told with."""

from __future__ import annotations

import math

import pytest

from hfjobs_magic.script.names.omissions import Omissions, find_omissions

UNSEEN = "the notebook has x, but the cell does not name it where that is seen; write x on a line of its own"


def errors(text: str) -> tuple[str, str]:
    """The error that Python raises."""
    with pytest.raises((NameError, KeyError, AttributeError)) as raised:
        exec(text, {"__name__": "elsewhere"})  # noqa: S102 - its words are what we go by
    return type(raised.value).__name__, str(raised.value)


@pytest.mark.parametrize("text", ["eval('x')", "globals()['x']", "exec('print(x)')", "(lambda: eval('x'))()"])
def test_a_name_of_the_notebook_is_known_by_its_error(text):
    omissions = find_omissions(text, {"x": 1, "_": 2}, (), "unseen")
    assert omissions.hint(*errors(text)) == f"{UNSEEN}, or send it with -i x"


def test_code_is_not_to_be_sent_as_a_value():
    omissions = find_omissions("eval('x')", {"x": errors, "math": math}, (), "unseen")
    assert omissions.hint("NameError", "name 'x' is not defined") == UNSEEN
    assert "-i" not in omissions.hint("NameError", "name 'math' is not defined")


def test_the_line_may_be_why():
    error = errors("x")
    assert Omissions({"x": False}, "none").hint(*error) == "the notebook has x, but --names none left its names out"
    assert "leave out --script" in Omissions({"x": False}, "script").hint(*error)


def test_other_errors_are_left_alone():
    omissions = find_omissions("d['x']", {"x": 1, "y": 1}, ("y",), "unseen")
    assert omissions.hint("KeyError", "'x'") == ""  # of a dict of the cell's own
    assert omissions.hint("NameError", "name 'y' is not defined") == ""  # the job had it
    assert omissions.hint("NameError", "name 'z' is not defined") == ""
    assert omissions.hint("ValueError", "name 'x' is not defined") == ""
