"""One thread asks for all jobs of an account, in one request for many, and waits when it is told to."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.errors import HubError, JobMissingError
from hfjobs_magic.follow import poller
from hfjobs_magic.follow.poller import MISSED_LOOKS, TOLD_FAILURES, Poller, Pollers
from tests.fakes import FACTS, FakeHub
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hfjobs_magic.facts import JobFacts


class Hub(FakeHub):
    """Many jobs, and what was asked."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.all = {f"{number:024x}": replace(FACTS, id=f"{number:024x}", stage="RUNNING") for number in range(count)}
        self.asked: list[tuple[str, float]] = []
        self.failure: Exception | None = None

    def inspect(self, job_id: str) -> JobFacts:
        self._ask(f"inspect {job_id}")
        if job_id not in self.all:
            raise JobMissingError("There is no such job.")
        return self.all[job_id]

    def jobs(self, *, status: Sequence[str] | None = None) -> Iterator[JobFacts]:
        self._ask("list")
        return iter([facts for facts in self.all.values() if status is None or facts.stage in status])

    def _ask(self, what: str) -> None:
        self.asked.append((what, time.monotonic()))
        if self.failure:
            raise self.failure

    def end(self, job_id: str) -> None:
        self.all[job_id] = replace(self.all[job_id], stage="COMPLETED")


class Watched:
    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        self.stages: list[str] = []
        self.told: list[str] = []
        self.watched = 0

    def seen(self, facts: JobFacts) -> None:
        self.stages.append(facts.stage)

    def missing(self, error: JobMissingError) -> None:
        self.told.append("missing")

    def failed(self, error: HubError) -> None:
        self.told.append("failed")

    def answered(self) -> None:
        self.told.append("answered")

    def watch(self, now: float) -> None:
        self.watched += 1


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(poller.POLL_S, True, 0.02)
    monkeypatch.setattr(poller, "RETRY_S", (0.01,))
    yield
    wait_until(lambda: not any(thread.name == "hfjob-poll" for thread in threading.enumerate()))


def follow(hub: Hub, asking: Poller) -> list[Watched]:
    those = [Watched(job_id) for job_id in hub.all]
    for one in those:
        asking.add(one)
    return those


def test_one_job_is_asked_for_by_its_id_until_it_has_ended():
    hub = Hub(1)
    (one,) = follow(hub, Poller(hub))
    wait_until(lambda: one.watched > 2)
    hub.end(one.job_id)
    wait_until(lambda: one.stages[-1] == "COMPLETED")
    wait_until(lambda: threading.active_count() == 1 or "hfjob-poll" not in str(threading.enumerate()))
    assert {what for what, _ in hub.asked} == {f"inspect {one.job_id}"}


@pytest.mark.parametrize("failure", [HubError("Nothing answers."), KeyError("an answer without a stage")])
def test_whatever_goes_wrong_those_who_follow_are_told_and_told_when_it_is_over(failure: Exception):
    hub = Hub(1)
    asking = Poller(hub)
    hub.failure = failure
    (one,) = follow(hub, asking)
    wait_until(lambda: one.told == ["failed"])
    hub.failure = None
    wait_until(lambda: one.told == ["failed", "answered"])
    hub.end(one.job_id)
    wait_until(lambda: one.stages[-1:] == ["COMPLETED"])


def test_many_jobs_are_one_request_and_one_that_is_not_in_it_is_asked_for_once():
    hub = Hub(100)
    asking = Poller(hub)
    those = follow(hub, asking)
    wait_until(lambda: all(len(one.stages) > 2 for one in those))
    assert {what for what, _ in hub.asked[1:]} == {"list"}
    hub.end(those[0].job_id)
    wait_until(lambda: those[0].stages[-1] == "COMPLETED")
    looks = those[1].watched
    wait_until(lambda: those[1].watched > looks + 3)
    assert Counter(what for what, _ in hub.asked[1:])[f"inspect {those[0].job_id}"] == 1
    for one in those:
        asking.remove(one)


def test_too_many_requests_are_answered_by_waiting_as_long_as_the_hub_says():
    hub = Hub(1)
    hub.failure = HubError("Too many requests.")
    hub.failure.retry_after_s = 0.3
    (one,) = follow(hub, asking := Poller(hub))
    wait_until(lambda: len(hub.asked) == 2)
    hub.failure = None
    asking.soon()
    wait_until(lambda: bool(one.stages))
    times = [at for _, at in hub.asked]
    assert all(later - earlier >= 0.3 for earlier, later in pairwise(times[:3]))
    asking.remove(one)


def test_failures_in_a_row_are_told_once_and_it_goes_on():
    hub = Hub(2)
    hub.failure = HubError("Nothing answers.")
    those = follow(hub, asking := Poller(hub))
    wait_until(lambda: those[0].watched > TOLD_FAILURES + 2)
    hub.failure = None
    wait_until(lambda: bool(those[1].stages) and those[1].told[-1] == "answered")
    assert [one.told for one in those] == [["failed", "answered"], ["failed", "answered"]]
    for one in those:
        asking.remove(one)


def test_a_job_that_is_gone_is_believed_to_be_after_some_looks():
    hub = Hub(1)
    one = Watched("f" * 24)
    Poller(hub).add(one)
    wait_until(lambda: one.told == ["missing"])
    assert len(hub.asked) == MISSED_LOOKS


def test_clients_of_one_account_share_a_poller():
    mine, other = Hub(0), Hub(0)
    pollers = Pollers()
    assert pollers.of(mine, "me") is pollers.of(mine, "me")
    assert pollers.of(mine, "me") is not pollers.of(mine, "team")
    assert pollers.of(mine, "me") is not pollers.of(other, "me")
