"""Following: every line once and in order, whatever the stream does; threads end."""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING, Any

import pytest

from hfjobs_magic.api.job import Job
from hfjobs_magic.errors import HubError
from hfjobs_magic.follow import follower as follower_module
from hfjobs_magic.follow import log_reader, poller
from hfjobs_magic.follow.follower import Follower
from hfjobs_magic.follow.log_reader import LogReader
from hfjobs_magic.follow.slots import Slots
from hfjobs_magic.log.replay import GAP
from tests.fakes import FACTS, FakeHub
from tests.waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_reader, "RETRY_S", (0.01,))
    monkeypatch.setitem(poller.POLL_S, True, 0.02)
    monkeypatch.setattr(follower_module, "WATCH_S", 0.02)


@pytest.fixture
def hub() -> FakeHub:
    return FakeHub()


@pytest.fixture
def follower(hub: FakeHub) -> Iterator[Follower]:
    made = Follower(hub, FACTS)
    yield made
    made.stop()
    hub.released = True
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


def test_a_stream_that_falls_silent_is_opened_again(hub: FakeHub, follower: Follower, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(log_reader, "SILENCE_S", (0.05, 0.2))
    hub.stall_after = [2, 3]
    hub.say("one", "two", stage="RUNNING")
    follower.start()
    wait_until(lambda: follower.log.total == 2)
    hub.say("three", "four")
    wait_until(lambda: follower.log.total == 4)
    assert follower.log.lines(0, 9) == ["one", "two", "three", "four"]


def test_a_quiet_job_is_left_alone_for_longer_and_longer(
    hub: FakeHub, follower: Follower, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(log_reader, "SILENCE_S", (0.05, 0.4))
    hub.say("one", stage="RUNNING")
    opened: list[bool] = []
    logs = hub.logs
    monkeypatch.setattr(hub, "logs", lambda job_id, **how: opened.append("tail" in how) or logs(job_id, **how))
    follower.start()
    wait_until(lambda: opened.count(True) == 4)
    assert opened.count(False) == 1
    assert follower._log_reader._silence_s == 0.4


def test_a_stream_that_does_not_close_at_the_end_is_given_up(
    hub: FakeHub, follower: Follower, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(log_reader, "HANGING_S", 0.1)
    hub.stall_after = [1]
    hub.say("one", stage="RUNNING")
    follower.start()
    wait_until(lambda: follower.log.total == 1)
    hub.say("two", stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert follower.log.lines(0, 9) == ["one", "two"]


def test_lines_that_nobody_has_any_more_are_a_marked_gap(hub: FakeHub, follower: Follower):
    hub.stall_after = [5]
    hub.say(*map(str, range(5)), stage="RUNNING")
    follower.start()
    wait_until(lambda: follower.log.total == 5)
    assert not follower.state.missing
    with hub.changed:
        hub.forgotten, hub.released = 7, True
        hub.say(*map(str, range(5, 10)), stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert follower.log.lines(0, 99) == [*map(str, range(5)), GAP, "7", "8", "9"]
    assert follower.state.missing


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_cut_stalled_or_forgotten_each_line_is_there_once_or_inside_a_gap(
    hub: FakeHub, follower: Follower, seed: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(log_reader, "SILENCE_S", (0.03, 0.1))
    monkeypatch.setattr(log_reader, "HANGING_S", 0.05)
    draw = random.Random(seed)
    hub.say(stage="RUNNING")
    hub.say("line 0")
    count = 1
    follower.start()
    # What was gone before anybody looked, nobody can miss.
    wait_until(lambda: follower.log.total == 1)
    for _ in range(12):
        count += (fresh := draw.randrange(12))
        with hub.changed:
            what = draw.choice(["cut", "stall", "forget", "nothing"])
            if what == "cut":
                hub.cut_after = sorted(draw.randrange(count + 60) for _ in range(3))
            elif what == "stall":
                hub.stall_after = sorted(draw.randrange(count + 1) for _ in range(2))
            elif what == "forget":
                hub.forgotten = draw.randrange(hub.forgotten, count + 1)
            hub.say(*(f"line {number}" for number in range(count - fresh, count)))
        threading.Event().wait(draw.random() / 20)
    hub.say(stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    shown = [None if line == GAP else int(line.split()[1]) for line in follower.log.lines(0, 10_000)]
    last, gap = -1, False
    for line in [*shown, count]:
        # In order, each once; where some are left out there is a gap.
        assert line is None or (line > last if gap else line == last + 1), shown
        last, gap = (last, True) if line is None else (line, False)
    assert follower.state.missing == (None in shown)


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
    follower_module.stop_all()
    hub.say("late")
    wait_until(lambda: follower.state.stream == "stopped")
    assert hub.cancelled == []
    assert not follower.done.is_set()


def test_what_the_log_says_of_a_training_is_read_to_its_last_line(hub: FakeHub, follower: Follower):
    follower.start()
    hub.say(*(f"{{'loss': {10 - step / 100}, 'step': {step}}}" for step in range(1000)), stage="RUNNING")
    wait_until(lambda: follower.training.reports == 1000)
    hub.say("{'loss': 0.25, 'step': 1000}", "Saved.", stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert follower.training.records()[-1].items() >= {"step": 1000.0, "loss": 0.25}.items()
    [loss] = follower.training.trait()["series"]
    assert (loss["key"], loss["step"][0], loss["y"][0]) == ("loss", 0.0, pytest.approx(10, abs=0.05))


def test_a_log_is_not_read_for_metrics_where_nobody_wants_that(hub: FakeHub):
    follower = Follower(hub, FACTS, log_metrics=False)
    follower.start()
    hub.say("{'loss': 2, 'step': 1}", "{'loss': 1, 'step': 2}", stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert follower.training.trait() == {}
    follower.log.close()


def test_a_gap_outlives_the_connection_that_found_it(hub: FakeHub):
    def nothing(*_: object) -> None:
        pass

    reader = LogReader(hub, FACTS.id, facts=lambda: hub.facts, clock=lambda: 0.0, post=nothing, nudge=nothing)
    hub.say(*map(str, range(5)), stage="RUNNING")
    reader.start()
    wait_until(lambda: reader.waiting == 5)
    assert reader.take(99) == [*map(str, range(5))]
    reader.stop()
    hub.forgotten = 7
    hub.say(*map(str, range(5, 10)))
    # The second time what was found is not taken.
    reader.start()
    wait_until(lambda: reader.waiting == 3)
    reader.stop()
    reader.start()
    wait_until(lambda: reader.waiting == 3)
    assert [*reader.take(99), *reader.take(99)] == [GAP, "7", "8", "9"]
    hub.say(stage="COMPLETED")
    reader.stop()


class Past:
    """A history that is read when the test lets it."""

    def __init__(self) -> None:
        self.wanted, self.ready = threading.Event(), threading.Event()
        self.kept: list[float] = []

    def past(self) -> list[dict[str, Any]]:
        self.wanted.set()
        assert self.ready.wait(PATIENCE_S)
        return [{"time": float(n), "cpu_usage_pct": 5, "gpus": {}} for n in range(3)]

    def add(self, at: float, sample: dict[str, Any]) -> None:
        self.kept.append(at)


def test_an_answer_that_makes_no_sense_does_not_end_the_reading(hub: FakeHub, monkeypatch: pytest.MonkeyPatch):
    real, failures = hub.logs, [KeyError("data"), ValueError("no JSON")]

    def odd(*given: Any, **options: Any) -> Iterator[str]:
        if failures:
            raise failures.pop()
        return real(*given, **options)

    monkeypatch.setattr(hub, "logs", odd)
    follower = Follower(hub, FACTS)
    hub.say("one", stage="COMPLETED")
    follower.start()
    assert follower.done.wait(PATIENCE_S)
    assert follower.log.lines(0, 9) == ["one"]
    follower.log.close()


def test_samples_that_come_before_the_history_stand_behind_it_and_the_end_waits_for_it(hub: FakeHub):
    past = Past()
    follower = Follower(hub, FACTS, clock=lambda: 100.0, history=past)
    hub.samples = [{"cpu_usage_pct": 7, "gpus": {}}]
    hub.say("only", stage="RUNNING")
    follower.start()
    wait_until(lambda: len(follower._live) == 1)
    hub.say(stage="COMPLETED")
    wait_until(lambda: follower.state.stream == "complete")
    assert not follower.done.wait(0.2)
    past.ready.set()
    assert follower.done.wait(PATIENCE_S)
    assert [sample["time"] for sample in follower.metrics.records()] == [0.0, 1.0, 2.0, 100.0]
    assert past.kept == [100.0]
    follower.log.close()


def test_a_job_that_was_given_up_can_be_followed_again(hub: FakeHub):
    job: Any = Job(hub, FACTS)  # type: ignore[arg-type]
    hub.say("one", stage="RUNNING")
    job.follow()
    wait_until(lambda: job.follower.log.total == 1)
    first = job.follower
    follower_module.stop_all()
    wait_until(lambda: first.state.stream == "stopped")
    hub.say("two", stage="COMPLETED")
    job.wait(timeout=PATIENCE_S)
    assert job.follower.log.lines(0, 9) == ["one", "two"]
    job.follower.log.close()


def test_a_job_that_ends_while_others_are_looked_at_is_read_to_its_end(hub: FakeHub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(follower_module, "STREAMED", Slots(1))
    monkeypatch.setattr(log_reader, "HANGING_S", 60)
    hub.stall_after = [1]
    hub.say("one", "two", stage="RUNNING")
    follower = Follower(hub, FACTS)
    follower.start()
    wait_until(lambda: follower.log.total == 1)
    hub.say(stage="COMPLETED")
    wait_until(lambda: follower.state.facts.is_terminal)
    # Another job takes its place, while its stream gives nothing any more.
    follower_module.STREAMED.seek(Quiet(), looked_at=True)
    assert follower.done.wait(PATIENCE_S)
    assert follower.log.lines(0, 9) == ["one", "two"]
    hub.released = True
    hub.say()
    follower.log.close()


class Quiet:
    """A job with nothing to stream."""

    def stream(self) -> None:
        """Do nothing."""

    def unstream(self) -> None:
        """Do nothing."""


def test_one_listener_that_fails_keeps_nobody_else_from_hearing(hub: FakeHub, monkeypatch: pytest.MonkeyPatch):
    reported: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", reported.append)
    heard: list[str] = []
    follower = Follower(hub, FACTS)
    follower.start()

    def failing() -> None:
        if follower.log.total:
            raise ValueError("mine")

    follower.listen(failing)
    follower.listen(lambda: heard.append(follower.state.facts.stage))
    hub.say("one", stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert heard[-1] == "COMPLETED"
    assert {type(one.exc_value) for one in reported} == {ValueError}
    follower.log.close()


def test_a_pause_that_the_hub_asked_for_is_not_taken_for_a_stream_that_hangs(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(log_reader, "HANGING_S", 0.02)
    asked: list[float] = []

    def refused(*_: Any, **__: Any) -> Iterator[str]:
        asked.append(0.0)
        if len(asked) == 1:
            error = HubError("Too many requests.")
            error.retry_after_s = 0.5
            raise error
        yield from hub.lines

    monkeypatch.setattr(hub, "logs", refused)
    hub.say("one", stage="COMPLETED")
    follower = Follower(hub, hub.facts)
    follower.start()
    wait_until(lambda: follower.state.stream == "reconnecting")
    assert not follower.done.wait(0.3)
    assert len(asked) == 1
    assert follower.done.wait(PATIENCE_S)
    follower.log.close()
