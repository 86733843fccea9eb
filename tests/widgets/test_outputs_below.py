"""Ordinary outputs below a cell: each in a place of its own, replaced there, and blank when it was taken away."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hfjobs_magic.exchange.outputs import Output
from hfjobs_magic.widgets.outputs_below import OutputsBelow

ERROR = Output(
    9, "error", {"text/plain": "Traceback\nValueError: boom"}, error={"type": "ValueError", "message": "boom"}
)


def text(number: int, value: str, revision: int | None = None) -> Output:
    return Output(number, "display_data", {"text/plain": value}, revision=revision or number)


class Cell:
    """What a page shows below a cell, by the messages that it gets."""

    def __init__(self, *, errors: bool = True, trusted: bool = True, attempts: int = 1) -> None:
        self.shown: dict[str, str] = {}
        self.errors: list[Any] = []
        self.messages = 0
        self.state = SimpleNamespace(outputs=())
        self.facts = SimpleNamespace(attempts=attempts, is_terminal=False)
        entry = SimpleNamespace(facts=self.facts)
        follower: Any = SimpleNamespace(shown=self.state, job_id="6923b1c7a1f0c2d4e5f60718", entry=entry)
        self.below = OutputsBelow(follower, self.take, errors=errors, trusted=trusted)

    def take(self, kind: str, content: dict[str, Any]) -> None:
        self.messages += 1
        if kind == "error":
            self.errors.append(content)
            return
        place = content["transient"]["display_id"]
        assert (kind == "update_display_data") == (place in self.shown)
        self.shown[place] = content["data"]["text/plain"]
        self.data = content["data"]

    def show(self, *outputs: Output) -> list[str]:
        self.state.outputs = outputs
        self.below.show()
        return list(self.shown.values())


def test_each_is_shown_once_and_in_order():
    cell = Cell()
    assert cell.show(text(1, "one")) == ["one"]
    assert cell.show(text(1, "one"), text(2, "two")) == ["one", "two"]
    assert cell.messages == 2


def test_scripts_of_somebody_elses_job_do_not_run():
    item = Output(1, "display_data", {"text/html": "<script>1</script>", "text/plain": "page"}, revision=1)
    for trusted in (True, False):
        cell = Cell(trusted=trusted)
        cell.show(item)
        assert cell.data["text/html"].startswith("<iframe sandbox") is not trusted


def test_an_update_is_shown_in_its_place():
    cell = Cell()
    cell.show(text(1, "old"), text(2, "two"))
    assert cell.show(text(1, "new", 3), text(2, "two")) == ["new", "two"]
    assert cell.messages == 3


def test_what_is_cleared_leaves_its_place_to_what_comes_next():
    cell = Cell()
    cell.show(text(1, "one"), text(2, "two"))
    assert cell.show(text(3, "frame")) == ["frame", ""]
    assert cell.show() == ["", ""]
    assert cell.show(text(4, "end")) == ["end", ""]


def test_one_that_came_late_stands_where_it_belongs():
    cell = Cell()
    cell.show(text(1, "one"), text(3, "three"))
    assert cell.show(text(1, "one"), text(2, "two"), text(3, "three")) == ["one", "two", "three"]


@pytest.mark.parametrize("errors", [True, False])
def test_an_error_is_an_error_unless_somebody_waits_for_it(errors: bool):
    cell = Cell(errors=errors)
    cell.show(text(1, "one"), ERROR)
    assert cell.show(text(1, "one"), ERROR) == ["one"]
    expected = {"ename": "ValueError", "evalue": "boom", "traceback": ["Traceback", "ValueError: boom"]}
    assert cell.errors == ([expected] if errors else [])


def test_the_error_of_an_attempt_waits_for_the_next_one():
    cell = Cell(attempts=2)
    cell.show(text(1, "one"), ERROR)
    assert cell.show(text(11, "again")) == ["again"]
    assert cell.errors == []
    cell.facts.is_terminal = True
    cell.show(text(11, "again"), ERROR)
    assert len(cell.errors) == 1
