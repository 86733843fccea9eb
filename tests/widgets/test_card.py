"""The card without a kernel: what its traits hold and what it answers."""

from __future__ import annotations

import json
import re
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.session import json_packer

from hfjobs_magic.api.job import Job
from hfjobs_magic.api.runtime import Runtime
from hfjobs_magic.errors import BundleMissingError
from hfjobs_magic.follow.timing import Timing
from hfjobs_magic.script.script import from_source
from hfjobs_magic.widgets.bundle import bundle_file
from hfjobs_magic.widgets.card import TAIL_LINES, JobCard
from hfjobs_magic.widgets.log_server import BLOCK_LINES, LOG_BYTES
from tests.fakes import FACTS, FakeHub
from tests.runtimes import threads
from tests.waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def hub() -> FakeHub:
    return FakeHub()


class Sent(JobCard):
    """A card that keeps what it sends to its pages."""

    def __init__(self, handle: Job) -> None:
        self.sent: list[Any] = []
        super().__init__(handle)

    def send(self, content: Any, buffers: Any = None) -> None:
        if content["type"] != "pulse":
            self.sent.append(content)


@pytest.fixture
def runtime() -> Runtime:
    return Runtime()


@pytest.fixture
def card(hub: FakeHub, runtime: Runtime) -> Iterator[Sent]:
    made = Sent(Job(hub, FACTS, script=from_source("print(1)"), runtime=runtime))  # type: ignore[arg-type]
    yield made
    hub.say(stage="COMPLETED")
    made.close()
    wait_until(lambda: threads() == [])
    made._follower.log.close()


@pytest.mark.lowest
def test_traits_are_plain_json_and_follow_the_job(hub: FakeHub, card: Sent):
    hub.say("one", "two", stage="RUNNING")
    wait_until(lambda: card.log["total"] == 2 and card.job["stage"] == "RUNNING")
    assert card.log == {"first": 0, "lines": ["one", "two"], "total": 2, "times": []}
    assert card.script == "print(1)\n"
    wait_until(lambda: ["Timeout", "30:00 · from the Hub"] in card.details)
    json.dumps(card.get_state(["job", "log", "metrics", "details", "notice", "cancelling", "stream"]))


@pytest.mark.slow
def test_what_is_sent_is_bounded_after_every_push_of_a_flood(hub: FakeHub, card: Sent, monkeypatch: pytest.MonkeyPatch):
    pushes: list[tuple[float, dict[str, Any]]] = []
    monkeypatch.setattr(card, "send_state", lambda key=None: pushes.append((time.monotonic(), card.get_state(key))))
    rude = ["\x1b" * 30_000, "\U0001f642" * 30_000, '"' * 1000, "plain " * 10]
    hub.samples = [{"cpu_usage_pct": 1, "memory_used_bytes": 2, "gpus": {}} for _ in range(1000)]
    hub.say(stage="RUNNING")
    for number in range(20):
        hub.say(*["line"] * 2000, *rude * 10, "x" * 1_500_000, *["\r\x1b[31mbar\x1b[0m"] * 9, rude[number % 4])
        wait_until(lambda: card.log["total"] == (number + 1) * 2042)  # noqa: B023 - waited for at once
    hub.say(stage="COMPLETED")
    assert card._follower.done.wait(PATIENCE_S)
    logs = [state["log"] for _, state in pushes if "log" in state]
    assert len(logs) >= 20
    for log in logs:
        assert len(log["lines"]) <= TAIL_LINES
        assert log["first"] + len(log["lines"]) == log["total"]
        assert sum(len(json.dumps(line, ensure_ascii=False).encode()) for line in log["lines"]) <= LOG_BYTES
    assert max(len(state["metrics"]["t"]) for _, state in pushes if "metrics" in state) <= 600
    for _, state in pushes:
        assert len(json_packer(state)) < 100_000
    # The last push, of the end, waits for nothing.
    assert all(after - before > 0.9 * Timing().tell_every for (before, _), (after, _) in pairwise(pushes[1:-1]))


def test_a_line_that_is_cut_says_how_much_is_missing(hub: FakeHub, card: Sent):
    hub.say("x" * 50_000, "y" * 1_500_000)
    wait_until(lambda: card.log["total"] == 2)
    assert [re.sub(r"^(x+|y+)", "", line) for line in card.log["lines"]] == [
        "… +30,043 characters",
        "… +1,480,043 characters",
    ]
    card._handle_custom_msg({"type": "lines", "first": 0, "count": 9}, [])
    wait_until(lambda: len(card.sent) == 1)
    assert card.sent[0]["lines"] == card.log["lines"]


@pytest.mark.lowest
def test_a_page_that_asks_for_older_lines_gets_them(hub: FakeHub, card: Sent):
    hub.seconds = {"line 3": 1_000, "line 11": 1_002}
    hub.say(*(f"line {number}" for number in range(2000)))
    wait_until(lambda: card.log["total"] == 2000)
    assert [second for _, second in card.log["times"]] == [1_002]
    card._handle_custom_msg({"type": "lines", "first": 10, "count": 3}, [])
    wait_until(lambda: len(card.sent) == 1)
    times = [[10, 1_000], [11, 1_002]]
    assert card.sent == [{"type": "lines", "first": 10, "lines": ["line 10", "line 11", "line 12"], "times": times}]
    card._handle_custom_msg({"type": "lines", "first": 0, "count": 10**9}, [])
    wait_until(lambda: len(card.sent) == 2)
    assert len(card.sent[1]["lines"]) == BLOCK_LINES


def test_the_log_of_a_training_gives_charts_and_a_bar_that_goes_when_it_is_done(hub: FakeHub, card: Sent):
    hub.say(
        "  0%|          | 0/20 [00:00<?, ?it/s]\r 25%|##5       | 5/20 [00:05<00:15,  1.00it/s]",
        "{'loss': 0.5, 'learning_rate': 5e-05, 'epoch': 0.25}",
        "{'loss': 0.4, 'learning_rate': 4e-05, 'epoch': 0.5}",
        stage="RUNNING",
    )
    wait_until(lambda: [series["key"] for series in card.training.get("series", [])] == ["loss", "learning_rate"])
    assert card.training["x_label"] == "epoch"
    assert card.training["series"][0]["epoch"] == [0.25, 0.5]
    assert card.progress.items() >= {"n": 5.0, "total": 20.0, "fraction": 0.25, "rate": 1.0, "eta_s": 15.0}.items()
    assert "loss 0.4, 0.4 to 0.5" in card.twin().html
    hub.say("100%|##########| 20/20 [00:20<00:00,  1.00it/s]")
    wait_until(lambda: card.progress == {})
    json.dumps(card.get_state(["training", "progress"]))


def test_older_lines_are_still_there_after_the_end(hub: FakeHub, card: Sent):
    hub.say("one", "two", stage="COMPLETED")
    assert card._follower.done.wait(20)
    wait_until(lambda: card.stream == "complete")
    card._handle_custom_msg({"type": "lines", "first": 0, "count": 2}, [])
    wait_until(lambda: len(card.sent) == 1)
    assert card.sent[0]["lines"] == ["one", "two"]


def test_a_search_covers_the_whole_log_and_sees_through_colours(hub: FakeHub, card: Sent):
    hub.say("one", "\x1b[31mER\x1b[0mROR", "two", *("line" for _ in range(1500)), "error")
    wait_until(lambda: card.log["total"] == 1504)
    for number, asked in enumerate([{"query": "error", "from": 2}, {"query": "(", "regex": True}, {"query": "line"}]):
        card._handle_custom_msg({"type": "search", "id": number, **asked}, [])
        wait_until(lambda: len(card.sent) > number)  # noqa: B023 - waited for at once
    found, wrong, many = card.sent
    assert (found["total"], found["lines"], found["complete"]) == (2, [1503], True)
    assert "not a regular expression" in wrong["error"]
    assert set(found) == {"type", "id", "total", "lines", "complete", "searched", "error"}
    assert (many["total"], len(many["lines"]), many["complete"]) == (1500, 1000, False)


def test_a_regular_expression_without_end_holds_up_nothing_and_the_next_question_ends_it(hub: FakeHub, card: Sent):
    hub.say("a" * 40 + "b", stage="RUNNING")
    wait_until(lambda: card.log["total"] == 1)
    card._handle_custom_msg({"type": "search", "id": 1, "query": "(a+)+$", "regex": True}, [])
    wait_until(lambda: card._log_server._searcher._process is not None)
    hub.say("two")
    wait_until(lambda: card.log["total"] == 2)
    card._handle_custom_msg({"type": "lines", "first": 1, "count": 1}, [])
    wait_until(lambda: len(card.sent) == 1)
    card._handle_custom_msg({"type": "search", "id": 2, "query": "t.o", "regex": True}, [])
    wait_until(lambda: len(card.sent) == 2)
    assert (card.sent[1]["id"], card.sent[1]["lines"]) == (2, [1])
    wait_until(lambda: not [name for name in threads() if "-search" in name])


def test_a_card_that_is_no_longer_followed_gives_its_search_up(hub: FakeHub, card: Sent, runtime: Runtime):
    hub.say("a" * 40 + "b", stage="RUNNING")
    wait_until(lambda: card.log["total"] == 1)
    card._handle_custom_msg({"type": "search", "id": 1, "query": "(a+)+$", "regex": True}, [])
    wait_until(lambda: card._log_server._searcher._process is not None)
    runtime.stop()
    wait_until(lambda: not [name for name in threads() if "-search" in name])
    assert card.sent == []


@pytest.mark.lowest
def test_cancel_from_the_page_cancels(hub: FakeHub, card: Sent):
    hub.say(stage="RUNNING")
    card._handle_custom_msg({"type": "cancel"}, [])
    wait_until(lambda: card.job["stage"] == "CANCELED")
    assert hub.cancelled == [FACTS.id]


@pytest.mark.parametrize("message", [None, [], {}, {"type": "nonsense"}, {"type": "lines", "first": "x"}])
def test_a_message_that_makes_no_sense_is_ignored(card: Sent, message: Any):
    card._handle_custom_msg(message, [])
    assert card.sent == []


@pytest.mark.lowest
def test_the_repr_is_constant_and_escaped(card: Sent):
    data, _ = card._repr_mimebundle_()
    assert repr(card) == data["text/plain"] == "Job cell-1 on cpu-basic, local service"


@pytest.mark.lowest
def test_its_saved_twin_is_brought_up_to_date_once_at_the_end(hub: FakeHub, card: Sent):
    sent: list[str] = []
    card.when_ended(lambda: sent.append(card._repr_mimebundle_()[0]["text/html"]))
    hub.say("one", "\x1b[31mlast\x1b[0m", stage="RUNNING")
    wait_until(lambda: card.job["stage"] == "RUNNING")
    assert sent == []
    assert "As it was at" in card._repr_mimebundle_()[0]["text/html"]
    hub.say(stage="COMPLETED")
    wait_until(lambda: len(sent) == 1)
    assert card._follower.done.wait(20)
    assert "Completed" in sent[0]
    assert '<span style="color: #d1404a">last</span>' in sent[0]
    assert "As it was at" not in sent[0]
    assert len(sent) == 1


def test_a_card_that_is_closed_is_followed_no_longer_and_another_one_of_the_job_is(hub: FakeHub, runtime: Runtime):
    cards = [JobCard(Job(hub, FACTS, runtime=runtime)) for _ in range(2)]  # type: ignore[arg-type]
    assert cards[0]._follower is cards[1]._follower
    hub.say("one", stage="RUNNING")
    wait_until(lambda: all(card.log["total"] == 1 for card in cards))
    cards[0].close()
    hub.say("two")
    wait_until(lambda: cards[1].log["total"] == 2)
    assert cards[0].log["total"] == 1
    cards[1].close()
    cards[1].close()
    wait_until(lambda: cards[1]._follower.is_stopped and runtime.pump.is_idle)
    # The log was streamed once for both.
    assert hub.asked.count("logs") == 1
    hub.say(stage="COMPLETED")
    wait_until(lambda: threads() == [])
    cards[1]._follower.log.close()


def test_a_handle_goes_on_following_when_its_card_is_closed(hub: FakeHub, runtime: Runtime):
    job = Job(hub, FACTS, runtime=runtime).follow()  # type: ignore[arg-type]
    card = JobCard(job)
    hub.say("one", stage="RUNNING")
    card.close()
    hub.say("two", stage="COMPLETED")
    assert job.wait(PATIENCE_S) is job
    assert job.open_follower(job).log.lines(0, 9) == ["one", "two"]
    card._follower.log.close()


def test_a_page_side_that_was_not_built_says_how_to_build_it(tmp_path: Path):
    with pytest.raises(BundleMissingError, match="Run `make bundle` in it"):
        bundle_file("index.js", tmp_path)
    assert bundle_file("index.js").read_bytes()
