"""The card without a kernel: what its traits hold and what it answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hfjobs_magic.job import Job
from hfjobs_magic.script import from_source
from hfjobs_magic.widgets.card import BLOCK_LINES, LINE_CHARS, TAIL_CHARS, TAIL_LINES, JobCard
from tests.fakes import FACTS, FakeHub
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def hub() -> FakeHub:
    return FakeHub()


@pytest.fixture
def card(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> Iterator[JobCard]:
    made = JobCard(Job(hub, FACTS, script=from_source("print(1)")))  # type: ignore[arg-type]
    sent: list[Any] = []
    monkeypatch.setattr(made, "send", sent.append)
    made.sent = sent
    yield made
    hub.say(stage="COMPLETED")
    assert made._handle.follower.done.wait(20)
    made._handle.follower.log.close()
    made.close()


def test_traits_are_plain_json_and_follow_the_job(hub: FakeHub, card: JobCard):
    hub.say("one", "two", stage="RUNNING")
    wait_until(lambda: card.log["total"] == 2 and card.job["stage"] == "RUNNING")
    assert card.log == {"first": 0, "lines": ["one", "two"], "total": 2}
    assert card.script == "print(1)\n"
    assert ["Flavor", "cpu-basic"] in card.details
    json.dumps(card.get_state(["job", "log", "metrics", "details", "notice", "cancelling", "stream"]))


def test_the_log_trait_is_bounded_in_lines_and_characters(hub: FakeHub, card: JobCard):
    hub.say(*(f"line {number}" for number in range(2000)))
    wait_until(lambda: card.log["total"] == 2000)
    assert card.log["first"] == 2000 - TAIL_LINES
    assert card.log["lines"][-1] == "line 1999"
    hub.say(*("x" * LINE_CHARS * 2 for _ in range(50)))
    wait_until(lambda: card.log["total"] == 2050)
    assert sum(map(len, card.log["lines"])) <= TAIL_CHARS
    assert card.log["first"] + len(card.log["lines"]) == 2050


def test_a_page_that_asks_for_older_lines_gets_them(hub: FakeHub, card: JobCard):
    hub.say(*(f"line {number}" for number in range(2000)))
    wait_until(lambda: card.log["total"] == 2000)
    card._handle_custom_msg({"type": "lines", "first": 10, "count": 3}, [])
    wait_until(lambda: len(card.sent) == 1)
    assert card.sent == [{"type": "lines", "first": 10, "lines": ["line 10", "line 11", "line 12"]}]
    card._handle_custom_msg({"type": "lines", "first": 0, "count": 10**9}, [])
    wait_until(lambda: len(card.sent) == 2)
    assert len(card.sent[1]["lines"]) == BLOCK_LINES


def test_older_lines_are_still_there_after_the_end(hub: FakeHub, card: JobCard):
    hub.say("one", "two", stage="COMPLETED")
    assert card._handle.follower.done.wait(20)
    wait_until(lambda: card.stream == "complete")
    card._handle_custom_msg({"type": "lines", "first": 0, "count": 2}, [])
    wait_until(lambda: len(card.sent) == 1)
    assert card.sent[0]["lines"] == ["one", "two"]


def test_a_search_covers_the_whole_log_and_sees_through_colours(hub: FakeHub, card: JobCard):
    hub.say("one", "\x1b[31mER\x1b[0mROR", "two", *("line" for _ in range(1500)), "error")
    wait_until(lambda: card.log["total"] == 1504)
    card._handle_custom_msg({"type": "search", "id": 1, "query": "error", "from": 2}, [])
    card._handle_custom_msg({"type": "search", "id": 2, "query": "(", "regex": True}, [])
    card._handle_custom_msg({"type": "search", "id": 3, "query": "line"}, [])
    wait_until(lambda: len(card.sent) == 3)
    found, wrong, many = card.sent
    assert (found["total"], found["lines"], found["complete"]) == (2, [1503], True)
    assert "no regular expression" in wrong["error"]
    assert (many["total"], len(many["lines"]), many["complete"]) == (1500, 1000, False)


def test_cancel_from_the_page_cancels(hub: FakeHub, card: JobCard):
    hub.say(stage="RUNNING")
    card._handle_custom_msg({"type": "cancel"}, [])
    wait_until(lambda: card.job["stage"] == "CANCELED")
    assert hub.cancelled == [FACTS.id]


@pytest.mark.parametrize("message", [None, [], {}, {"type": "nonsense"}, {"type": "lines", "first": "x"}])
def test_a_message_that_makes_no_sense_is_ignored(card: JobCard, message: Any):
    card._handle_custom_msg(message, [])
    assert card.sent == []


def test_the_repr_is_constant_and_escaped(card: JobCard):
    data, _ = card._repr_mimebundle_()
    assert repr(card) == data["text/plain"] == "Job cell-1 on cpu-basic, local service"


def test_its_saved_twin_is_brought_up_to_date_once_at_the_end(hub: FakeHub, card: JobCard):
    sent: list[str] = []
    card.when_ended(lambda: sent.append(card._repr_mimebundle_()[0]["text/html"]))
    hub.say("one", "\x1b[31mlast\x1b[0m", stage="RUNNING")
    wait_until(lambda: card.job["stage"] == "RUNNING")
    assert sent == []
    assert "As it was at" in card._repr_mimebundle_()[0]["text/html"]
    hub.say(stage="COMPLETED")
    wait_until(lambda: len(sent) == 1)
    assert card._handle.follower.done.wait(20)
    assert "Completed" in sent[0]
    assert '<span style="color: #d1404a">last</span>' in sent[0]
    assert "As it was at" not in sent[0]
    assert len(sent) == 1
