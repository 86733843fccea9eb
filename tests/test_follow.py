"""Following: every line once and in order, whatever the stream does; threads end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic import follow, log_reader, poller
from hfjobs_magic.follow import Follower
from tests.fakes import FACTS, FakeHub
from tests.waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_reader, "RETRY_S", (0.01,))
    monkeypatch.setitem(poller.POLL_S, True, 0.02)


@pytest.fixture
def hub() -> FakeHub:
    return FakeHub()


@pytest.fixture
def follower(hub: FakeHub) -> Iterator[Follower]:
    made = Follower(hub, FACTS)
    yield made
    made.stop()
    hub.say(stage="COMPLETED")
    wait_until(lambda: not [t for t in threading.enumerate() if t.name.startswith("hfjob-") and t.is_alive()])
    made.log.close()


def test_lines_and_stages_arrive_until_the_end(hub: FakeHub, follower: Follower):
    follower.start()
    hub.say("one", stage="RUNNING")
    wait_until(lambda: follower.log.total == 1 and follower.state.facts.stage == "RUNNING")
    assert not follower.done.is_set()
    hub.say("two", stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert follower.log.lines(0, 9) == ["one", "two"]
    assert follower.state.stream == "complete"


def test_a_stream_that_breaks_repeats_and_loses_nothing(hub: FakeHub, follower: Follower):
    hub.cut_after = [0, 3, 1, 7]
    hub.say(*map(str, range(10)), stage="RUNNING")
    follower.start()
    wait_until(lambda: follower.log.total == 10)
    hub.say("end", stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert follower.log.lines(0, 99) == [*map(str, range(10)), "end"]


def test_lines_missed_at_the_end_are_read_afterwards(hub: FakeHub, follower: Follower):
    hub.close_early = True
    follower.start()
    hub.say("one", "two", "last", stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert follower.log.lines(0, 9) == ["one", "two", "last"]


def test_listeners_hear_at_once_and_of_the_end(hub: FakeHub, follower: Follower):
    heard: list[tuple[str, int, str]] = []
    follower.start()
    follower.listen(
        lambda: heard.append((follower.state.facts.stage, follower.log.total, threading.current_thread().name))
    )
    hub.say("one", stage="RUNNING")
    hub.say("two", stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert heard[-1][:2] == ("COMPLETED", 2)
    assert {name for _, _, name in heard} == {"hfjob-pump"}


def test_samples_become_points(hub: FakeHub, follower: Follower):
    hub.samples = [{"cpu_usage_pct": 50, "memory_used_bytes": 1, "memory_total_bytes": 2, "gpus": {}}]
    hub.say(stage="RUNNING")
    follower.start()
    wait_until(lambda: len(follower.metrics.records()) == 1)
    assert follower.metrics.points()["cpu_pct"] == [50.0]


def test_cancel_does_not_wait_for_the_answer_and_shows_at_once(hub: FakeHub, follower: Follower):
    hub.say(stage="RUNNING")
    follower.start()
    follower.cancel_later()
    assert follower.done.wait(PATIENCE_S)
    assert hub.cancelled == [FACTS.id]
    assert follower.state.facts.stage == "CANCELED"
    assert not follower.state.cancelling


def test_a_cancel_that_fails_is_said(hub: FakeHub, follower: Follower):
    hub.refuse_cancel = True
    hub.say(stage="RUNNING")
    follower.start()
    follower.cancel_later()
    wait_until(lambda: bool(follower.state.notice))
    assert follower.state.notice == "Cancel did not work: Nothing answers at https://hub.test."
    assert not follower.state.cancelling


def test_actions_run_on_the_pump_and_still_run_after_it_ended(hub: FakeHub, follower: Follower):
    ran: list[str] = []
    follower.start()
    follower.do(lambda: ran.append(threading.current_thread().name))
    wait_until(lambda: len(ran) == 1)
    hub.say(stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    wait_until(lambda: not any(t.name == "hfjob-pump" for t in threading.enumerate()))
    follower.do(lambda: ran.append(threading.current_thread().name))
    assert ran == ["hfjob-pump", "MainThread"]


def test_stopping_leaves_the_job_alone(hub: FakeHub, follower: Follower):
    hub.say(stage="RUNNING")
    follower.start()
    follow.stop_all()
    hub.say("late")
    wait_until(lambda: follower.state.stream == "stopped")
    assert hub.cancelled == []
    assert not follower.done.is_set()
