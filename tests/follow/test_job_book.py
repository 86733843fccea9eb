"""What is known of a job is known once, and the Hub is asked once, however many look."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.errors import HubError, HubUnreachableError, JobMissingError
from hfjobs_magic.follow.job_book import MISSING_LOOKS
from hfjobs_magic.follow.rounds import TROUBLE_FAILURES
from tests.fakes import FACTS, ManyJobs
from tests.runtimes import quick_runtime, threads
from tests.waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    import logging
    from collections.abc import Collection, Iterator
    from typing import Any

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.follow.job_book import JobBook
    from hfjobs_magic.follow.job_entry import JobEntry
    from hfjobs_magic.follow.runtime import FollowRuntime


class Hub(ManyJobs):
    """Fails, and forgets jobs, when a test wants it; a cancel takes until the test lets it through."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.failure: Exception | None = None
        self.may_cancel = threading.Event()
        self.may_cancel.set()

    def inspect(self, job_id: str) -> JobFacts:
        self._fail()
        if job_id not in self.all:
            self.asked.append("inspect")
            raise JobMissingError("There is no such job.")
        return super().inspect(job_id)

    def jobs(self, *, status: Collection[str] | None = None, labels: Any = None) -> Iterator[JobFacts]:
        self._fail()
        return super().jobs(status=status, labels=labels)

    def cancel(self, job_id: str) -> None:
        assert self.may_cancel.wait(PATIENCE_S)
        self._fail()
        self.cancelled.append(job_id)
        self.all[job_id] = replace(self.all[job_id], stage="CANCELED")

    def _fail(self) -> None:
        if self.failure:
            self.asked.append("failed")
            raise self.failure


class Silent(ManyJobs):
    """Takes questions, and answers none until a test lets it."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.may_answer = threading.Event()

    def inspect(self, job_id: str) -> JobFacts:
        assert self.may_answer.wait(PATIENCE_S)
        return super().inspect(job_id)

    def jobs(self, *, status: Collection[str] | None = None, labels: Any = None) -> Iterator[JobFacts]:
        assert self.may_answer.wait(PATIENCE_S)
        return super().jobs(status=status, labels=labels)


class Looker:
    """Somebody who looks at a job, and what it heard."""

    def __init__(self, entry: JobEntry) -> None:
        self.entry = entry
        self.stages: list[str] = []
        self.notices: list[str] = []

    def hear(self, entry: JobEntry) -> None:
        if entry is self.entry:
            self.stages.append(entry.facts.stage)
            if entry.status.notice not in self.notices[-1:]:
                self.notices.append(entry.status.notice)


@pytest.fixture
def runtime() -> Iterator[FollowRuntime]:
    with quick_runtime() as made:
        yield made


def follow(book: JobBook, hub: Hub) -> list[Looker]:
    those = [Looker(book.entry(facts)) for facts in hub.all.values()]
    for one in those:
        book.follow(one, one.entry)
    return those


def test_one_job_is_asked_for_by_its_id_until_it_has_ended(runtime: FollowRuntime):
    hub = Hub(1)
    (one,) = follow(runtime.book(hub, "me"), hub)
    wait_until(lambda: len(hub.asked) > 2)
    hub.end(one.entry.facts.id)
    wait_until(lambda: one.stages == ["COMPLETED"])
    wait_until(lambda: threads() == [])
    assert set(hub.asked) == {"inspect"}


def test_one_job_that_many_follow_is_asked_for_once(runtime: FollowRuntime):
    hub = Hub(1)
    book = runtime.book(hub, "me")
    those = follow(book, hub) + follow(book, hub) + follow(book, hub)
    assert len({id(one.entry) for one in those}) == 1
    wait_until(lambda: len(hub.asked) > 9)
    # Never two for one round: each time it was asked, all heard.
    with runtime.pump._changed:
        rounds = hub.asked.count("inspect")
    assert set(hub.asked) == {"inspect"}
    assert rounds >= 10
    hub.end(those[0].entry.facts.id)
    wait_until(lambda: all(one.stages == ["COMPLETED"] for one in those))


@pytest.mark.parametrize("failure", [HubError("Nothing answers."), KeyError("an answer without a stage")])
def test_whatever_goes_wrong_those_who_look_are_told_once_and_told_when_it_is_over(
    runtime: FollowRuntime, failure: Exception, errors_logged: list[logging.LogRecord]
):
    hub = Hub(1)
    hub.failure = failure
    (one,) = follow(runtime.book(hub, "me"), hub)
    wait_until(lambda: hub.asked.count("failed") > TROUBLE_FAILURES + 2)
    assert len(one.notices) == 1
    assert one.notices[0] == one.entry.status.trouble
    assert one.notices[0].startswith(("Nothing answers.", "This failed with an unexpected KeyError"))
    hub.failure = None
    wait_until(lambda: one.notices[1:] == [""])
    assert {record.exc_info[0] for record in errors_logged} <= {KeyError}
    hub.end(one.entry.facts.id)
    wait_until(lambda: one.stages[-1:] == ["COMPLETED"])


@pytest.mark.parametrize("count", [1, 20])
def test_a_hub_that_takes_a_question_and_never_answers_is_said(count: int):
    """No failure comes of it: the job would be called live as long as the connection stands."""
    with quick_runtime(unanswered=0.05) as runtime:
        hub = Silent(count)
        those = follow(runtime.book(hub, "me"), hub)
        wait_until(lambda: all(one.notices for one in those))
        assert {one.notices[0] for one in those} == {
            "No usable answer from the local service for 0.05 s. It is asked again; the job may still run."
        }
        hub.may_answer.set()
        wait_until(lambda: all(one.notices[1:2] == [""] for one in those))
        hub.end(*hub.all)


def test_many_jobs_are_one_request_and_one_that_is_not_in_it_is_asked_for_once(runtime: FollowRuntime):
    hub = Hub(100)
    those = follow(runtime.book(hub, "me"), hub)
    wait_until(lambda: hub.asked.count("list") > 2)
    hub.end(those[0].entry.facts.id)
    wait_until(lambda: those[0].stages == ["COMPLETED"])
    seen = hub.asked.count("list")
    wait_until(lambda: hub.asked.count("list") > seen + 3)
    assert Counter(hub.asked)["inspect"] == 1


def test_too_many_requests_are_answered_by_waiting_as_long_as_the_hub_says(runtime: FollowRuntime):
    hub = Hub(1)
    busy = HubError("Too many requests.")
    busy.retry_after_s = 0.3
    hub.failure = busy
    book = runtime.book(hub, "me")
    (one,) = follow(book, hub)
    wait_until(lambda: len(hub.asked) == 1)
    # Not even what somebody does makes it ask earlier.
    book.ask_soon(one.entry)
    assert not threading.Event().wait(0.2)
    assert len(hub.asked) == 1
    hub.failure = None
    wait_until(lambda: hub.asked[-1] == "inspect")


def test_a_job_that_is_gone_is_believed_to_be_after_some_looks(runtime: FollowRuntime):
    hub = Hub(1)
    (one,) = follow(runtime.book(hub, "me"), hub)
    wait_until(lambda: len(hub.asked) > 0)
    hub.asked.clear()
    del hub.all[one.entry.facts.id]
    wait_until(lambda: one.entry.facts.stage == "DELETED")
    assert hub.asked[-MISSING_LOOKS:] == ["inspect"] * MISSING_LOOKS
    assert one.entry.status.notice == "There is no such job."


def test_clients_of_one_account_share_a_book_and_its_entries(runtime: FollowRuntime):
    mine, other = Hub(1), Hub(1)
    book = runtime.book(mine, "me")
    assert runtime.book(mine, "me") is book
    assert runtime.book(mine, "team") is not book
    assert runtime.book(other, "me") is not book
    entry = book.entry(FACTS)
    assert book.entry(replace(FACTS, stage="RUNNING")) is entry
    assert entry.facts.stage == "RUNNING"


def test_what_was_just_asked_for_is_not_asked_again_unless_something_happened():
    hub = Hub(1)
    with quick_runtime(poll_local=60) as runtime:
        book = runtime.book(hub, "me")
        entry = book.entry(next(iter(hub.all.values())))
        for _ in range(3):
            book.refresh(entry)
        assert hub.asked == ["inspect"]
        book.cancel(entry)
        assert book.refresh(entry).stage == "CANCELED"
        book.refresh(entry)
        assert hub.asked == ["inspect", "inspect"]


def test_a_cancel_shows_at_once_to_all_is_sent_once_and_its_end_is_seen(runtime: FollowRuntime):
    hub = Hub(1)
    hub.may_cancel.clear()
    book = runtime.book(hub, "me")
    one, other = follow(book, hub) + follow(book, hub)
    book.cancel_later([one.entry, one.entry])
    book.cancel_later([other.entry])
    assert other.entry.status.cancelling
    hub.may_cancel.set()
    wait_until(lambda: other.entry.facts.stage == "CANCELED")
    assert not other.entry.status.cancelling
    assert hub.cancelled == [one.entry.facts.id]


@pytest.mark.parametrize("failure", [HubUnreachableError("Nothing answers."), ValueError("hf_secret")])
def test_a_cancel_that_fails_is_taken_back_and_said_to_all_and_raised_to_who_waits(
    runtime: FollowRuntime, failure: Exception, errors_logged: list[logging.LogRecord]
):
    hub = Hub(1)
    book = runtime.book(hub, "me")
    one = Looker(book.entry(next(iter(hub.all.values()))))
    book.look(one)
    hub.failure = failure
    book.cancel_later([one.entry])
    wait_until(lambda: bool(one.entry.status.cancel_error))
    assert not one.entry.status.cancelling
    with pytest.raises(type(failure)):
        book.cancel(one.entry)
    assert not one.entry.status.cancelling
    assert one.notices[-1].startswith(("Cancel did not work: Nothing answers.", "Cancel did not work: This failed"))
    assert "hf_secret" not in one.notices[-1]
    assert len(errors_logged) == (2 if isinstance(failure, ValueError) else 0)
    hub.failure = None
    book.cancel(one.entry)
    assert one.entry.status.notice == ""


def test_one_slow_cancel_holds_up_no_other(runtime: FollowRuntime):
    hub = Hub(2)
    book = runtime.book(hub, "me")
    slow, quick = follow(book, hub)
    real, may = hub.cancel, threading.Event()
    hub.cancel = lambda job_id: (job_id == slow.entry.facts.id and may.wait(PATIENCE_S), real(job_id))[0]  # type: ignore[method-assign]
    book.cancel_later([slow.entry, quick.entry])
    wait_until(lambda: quick.entry.facts.stage == "CANCELED")
    assert slow.entry.status.cancelling
    may.set()
    wait_until(lambda: slow.entry.facts.stage == "CANCELED")
