"""Following: every line once and in order, whatever the stream does; threads end."""

from __future__ import annotations

import contextlib
import random
import threading
from typing import TYPE_CHECKING, Any

import pytest

from hfjobs_magic.api.job import Job
from hfjobs_magic.errors import HubError
from hfjobs_magic.follow.follower import Follower
from hfjobs_magic.follow.inbox import Inbox
from hfjobs_magic.follow.log_reader import WAITING_CHARACTERS, LogReader
from hfjobs_magic.log.replay import GAP
from tests.fakes import FACTS, FakeHub
from tests.runtimes import QUICK, quick_runtime
from tests.waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator


@pytest.fixture
def hub() -> FakeHub:
    return FakeHub()


@pytest.fixture
def make(hub: FakeHub) -> Iterator[Callable[..., Follower]]:
    """Makes a follower of the job, with times of its own."""
    made: list[Follower] = []

    def make(timing: dict[str, Any] | None = None, **options: Any) -> Follower:
        runtime = stack.enter_context(quick_runtime(**(timing or {})))
        made.append(Follower(runtime, hub, hub.facts, **options))
        return made[-1]

    with contextlib.ExitStack() as stack:
        yield make
        for one in made:
            one.stop()
        hub.released = True
        hub.say(stage="COMPLETED")
    for one in made:
        one.log.close()


@pytest.fixture
def follower(make: Callable[..., Follower]) -> Follower:
    return make()


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


def test_a_hub_that_is_not_reached_is_said_when_the_log_breaks_off_and_until_it_answers(
    hub: FakeHub, follower: Follower
):
    answers, inspect = threading.Event(), hub.inspect
    hub.inspect = lambda job_id: inspect(job_id) if answers.wait() else hub.facts  # type: ignore[method-assign]
    hub.cut_after = [1]
    hub.say("one", "two", stage="RUNNING")
    follower.start()
    wait_until(lambda: follower.state.status.trouble == "Nothing answers at https://hub.test.")
    answers.set()
    wait_until(lambda: follower.state.status.trouble == "" and follower.log.total == 2)


def test_lines_missed_at_the_end_are_read_afterwards(hub: FakeHub, follower: Follower):
    hub.close_early = True
    follower.start()
    hub.say("one", "two", "last", stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert follower.log.lines(0, 9) == ["one", "two", "last"]


def test_a_stream_that_falls_silent_is_opened_again(hub: FakeHub, make: Callable[..., Follower]):
    follower = make({"silence": 0.05, "longest_silence": 0.2})
    hub.stall_after = [2, 3]
    hub.say("one", "two", stage="RUNNING")
    follower.start()
    wait_until(lambda: follower.log.total == 2)
    hub.say("three", "four")
    wait_until(lambda: follower.log.total == 4)
    assert follower.log.lines(0, 9) == ["one", "two", "three", "four"]


@pytest.mark.slow  # it waits
def test_a_quiet_job_is_left_alone_for_longer_and_longer(hub: FakeHub, make: Callable[..., Follower]):
    follower = make({"silence": 0.05, "longest_silence": 0.4})
    hub.say("one", stage="RUNNING")
    follower.start()
    wait_until(lambda: hub.asked.count("tail") == 4)
    assert hub.asked.count("logs") == 1
    wait_until(lambda: follower._streams.log.silence == 0.4)


def test_a_stream_that_does_not_close_at_the_end_is_given_up(hub: FakeHub, make: Callable[..., Follower]):
    follower = make({"hanging": 0.1})
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
    assert not follower.state.log.missing
    with hub.changed:
        hub.forgotten, hub.released = 7, True
        hub.say(*map(str, range(5, 10)), stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert follower.log.lines(0, 99) == [*map(str, range(5)), GAP, "7", "8", "9"]
    assert follower.state.log.missing


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=[pytest.mark.slow] * (seed > 2)) for seed in range(12)])
def test_whatever_is_cut_stalled_or_forgotten_each_line_is_there_once_or_inside_a_gap(
    hub: FakeHub, make: Callable[..., Follower], seed: int
):
    follower = make({"silence": 0.03, "longest_silence": 0.1, "hanging": 0.05})
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
                # Not the newest line: where nothing is left of a log, nobody can tell that there was more.
                hub.forgotten = draw.randrange(hub.forgotten, count)
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
    assert follower.state.log.missing == (None in shown)


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
    follower.cancel()
    assert follower.done.wait(PATIENCE_S)
    assert hub.cancelled == [FACTS.id]
    assert follower.state.facts.stage == "CANCELED"
    assert not follower.state.cancelling


def test_a_cancel_that_fails_is_said(hub: FakeHub, follower: Follower):
    hub.refuse_cancel = True
    hub.say(stage="RUNNING")
    follower.start()
    follower.cancel()
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
    wait_until(lambda: follower.pump.is_idle)
    follower.do(lambda: ran.append(threading.current_thread().name))
    assert ran == ["hfjob-pump", "MainThread"]


def test_stopping_leaves_the_job_alone(hub: FakeHub, follower: Follower):
    hub.say(stage="RUNNING")
    follower.start()
    follower.stop()
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


def test_a_log_is_not_read_for_metrics_where_nobody_wants_that(hub: FakeHub, make: Callable[..., Follower]):
    follower = make(log_metrics=False)
    follower.start()
    hub.say("{'loss': 2, 'step': 1}", "{'loss': 1, 'step': 2}", stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert follower.training.trait() == {}


def test_a_gap_outlives_the_connection_that_found_it(hub: FakeHub):
    with quick_runtime() as runtime:
        entry = runtime.book(hub, "me").entry(hub.facts)
        reader = LogReader(hub, entry, Inbox(runtime.pump, Nobody()), QUICK, lambda: 0.0)
        check_that_a_gap_outlives_its_reading(hub, reader)


class Nobody:
    """A member that never gets a turn."""


def check_that_a_gap_outlives_its_reading(hub: FakeHub, reader: LogReader) -> None:
    hub.say(*map(str, range(5)), stage="RUNNING")
    reader.start()
    wait_until(lambda: reader.waiting == 5)
    assert reader.take(99).lines == [*map(str, range(5))]
    reader.stop()
    hub.forgotten = 7
    hub.say(*map(str, range(5, 10)))
    # The second time what was found is not taken.
    reader.start()
    wait_until(lambda: reader.waiting == 3)
    reader.stop()
    reader.start()
    wait_until(lambda: reader.waiting == 3)
    assert [*reader.take(99).lines, *reader.take(99).lines] == [GAP, "7", "8", "9"]
    hub.say(stage="COMPLETED")
    reader.stop()


def test_what_waits_for_a_pump_that_is_behind_is_bounded_in_characters(hub: FakeHub):
    long, room = "x" * (WAITING_CHARACTERS // 8), 8
    with quick_runtime() as runtime:
        entry = runtime.book(hub, "me").entry(hub.facts)
        reader = LogReader(hub, entry, Inbox(runtime.pump, Nobody()), QUICK, lambda: 0.0)
        hub.say(*[long] * 40, stage="RUNNING")
        reader.start()
        wait_until(lambda: reader.waiting >= room)
        for _ in range(40):
            wait_until(lambda: reader.waiting > 0)
            assert reader.waiting <= room
            assert reader.take(1).lines == [long]
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


def test_an_answer_that_makes_no_sense_is_logged_and_does_not_end_the_reading(
    hub: FakeHub,
    make: Callable[..., Follower],
    monkeypatch: pytest.MonkeyPatch,
    errors_logged: list[logging.LogRecord],
):
    real, failures = hub.logs, [KeyError("data"), ValueError("no JSON")]

    def odd(*given: Any, **options: Any) -> Iterator[str]:
        if failures:
            raise failures.pop()
        return real(*given, **options)

    monkeypatch.setattr(hub, "logs", odd)
    hub.say("one", stage="COMPLETED")
    follower = make()
    follower.start()
    assert follower.done.wait(PATIENCE_S)
    assert follower.log.lines(0, 9) == ["one"]
    assert [record.exc_info[0] for record in errors_logged] == [ValueError, KeyError]


def test_samples_that_come_before_the_history_stand_behind_it_and_the_end_waits_for_it(
    hub: FakeHub, make: Callable[..., Follower]
):
    past = Past()
    follower = make(clock=lambda: 100.0, history=past)
    hub.samples = [{"cpu_usage_pct": 7, "gpus": {}}]
    hub.say("only", stage="RUNNING")
    follower.start()
    wait_until(lambda: follower._samples.early == 1)
    hub.say(stage="COMPLETED")
    wait_until(lambda: follower.state.stream == "complete")
    assert not follower.done.wait(0.2)
    past.ready.set()
    assert follower.done.wait(PATIENCE_S)
    assert [sample["time"] for sample in follower.metrics.records()] == [0.0, 1.0, 2.0, 100.0]
    assert past.kept == [100.0]


def test_a_job_that_was_given_up_can_be_followed_again(hub: FakeHub):
    with quick_runtime() as runtime:
        job: Any = Job(hub, FACTS, runtime=runtime)  # type: ignore[arg-type]
        hub.say("one", stage="RUNNING")
        first = job.open_follower(job)
        wait_until(lambda: first.log.total == 1)
        runtime.stop()
        wait_until(lambda: first.state.stream == "stopped")
        hub.say("two", stage="COMPLETED")
        job.wait(timeout=PATIENCE_S)
        again = job.open_follower(job)
        assert again is not first
        assert again.log.lines(0, 9) == ["one", "two"]
        for one in (first, again):
            one.log.close()


def test_a_job_that_ends_while_others_are_looked_at_is_read_to_its_end(hub: FakeHub, make: Callable[..., Follower]):
    hub.stall_after = [1]
    hub.say("one", "two", stage="RUNNING")
    follower = make({"streamed_jobs": 1, "hanging": 60})
    follower.start()
    wait_until(lambda: follower.log.total == 1)
    hub.say(stage="COMPLETED")
    wait_until(lambda: follower.state.facts.is_terminal)
    # Another job takes its place, while its stream gives nothing any more.
    follower._runtime.streamed.seek(Quiet(), looked_at=True)
    assert follower.done.wait(PATIENCE_S)
    assert follower.log.lines(0, 9) == ["one", "two"]


class Quiet:
    """A job with nothing to stream."""

    def stream(self) -> None:
        """Do nothing."""

    def unstream(self) -> None:
        """Do nothing."""


def test_one_listener_that_fails_keeps_nobody_else_from_hearing(
    hub: FakeHub, follower: Follower, errors_logged: list[logging.LogRecord]
):
    heard: list[str] = []
    follower.start()

    def failing() -> None:
        if follower.log.total:
            raise ValueError("mine")

    follower.listen(failing)
    follower.listen(lambda: heard.append(follower.state.facts.stage))
    hub.say("one", stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert heard[-1] == "COMPLETED"
    assert {record.exc_info[0] for record in errors_logged} == {ValueError}


def test_a_pause_that_the_hub_asked_for_is_not_taken_for_a_stream_that_hangs(
    hub: FakeHub, make: Callable[..., Follower], monkeypatch: pytest.MonkeyPatch
):
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
    follower = make({"hanging": 0.02})
    follower.start()
    wait_until(lambda: follower.state.stream == "reconnecting")
    assert not follower.done.wait(0.3)
    assert len(asked) == 1
    assert follower.done.wait(PATIENCE_S)
