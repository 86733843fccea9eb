"""A list is read while a page shows it, once for all tables, and as rarely as the page and the Hub allow."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hfjobs_magic.errors import HubError, OptionError
from hfjobs_magic.follow import endings, list_watcher
from hfjobs_magic.follow.endings import EndingFinder
from hfjobs_magic.follow.job_list import JobQuery, read
from hfjobs_magic.follow.list_watcher import ListWatcher
from hfjobs_magic.follow.views import MAX_VIEWS, SILENCE_SHARE, Views
from tests.fakes import FACTS, FakeFolder, ManyJobs
from tests.runtimes import quick_runtime
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.follow.runtime import FollowRuntime


class Hub(ManyJobs):
    """A namespace that refuses when the test wants it."""

    namespace = "me"

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.failure: HubError | None = None

    def jobs(self, *, status: Collection[str] | None = None, labels: Any = None) -> Iterator[JobFacts]:
        found = super().jobs(status=status, labels=labels)
        if self.failure:
            raise self.failure
        return iter(sorted(found, key=lambda job: job.id, reverse=True))


@pytest.fixture
def runtime() -> Iterator[FollowRuntime]:
    with quick_runtime() as made:
        yield made


def watch(runtime: FollowRuntime, hub: Hub, query: JobQuery | None = None, rerun: Any = None) -> ListWatcher:
    query = query or JobQuery()
    return ListWatcher(runtime, hub, query, read(hub, query), rerun=rerun)  # type: ignore[arg-type]


def test_two_tables_of_one_list_are_one_request(runtime: FollowRuntime):
    hub = Hub(3)
    one, other = watch(runtime, hub), watch(runtime, hub)
    hub.asked.clear()
    one.hear_view("a", visible=True)
    other.hear_view("b", visible=True)
    hub.end(f"{1:024x}")
    wait_until(lambda: other.state.rows.jobs[1].stage == one.state.rows.jobs[1].stage == "COMPLETED")
    assert one._list is other._list
    assert set(hub.asked) == {"list"}


def test_a_table_that_is_not_on_the_screen_asks_nothing_and_what_others_learn_it_knows(runtime: FollowRuntime):
    hub = Hub(3)
    table = watch(runtime, hub)
    heard: list[int] = []
    table.listen(lambda: heard.append(1))
    hub.asked.clear()
    hub.end(f"{1:024x}")
    book = runtime.book(hub, "me")
    book.inspect(f"{1:024x}")
    wait_until(lambda: len(heard) == 1 and runtime.pump.is_idle)
    assert table.state.rows.jobs[1].stage == "COMPLETED"
    assert hub.asked == ["inspect"]


def test_when_no_page_speaks_any_more_looking_ends_and_begins_anew_with_the_next_word():
    hub = Hub(1)
    with quick_runtime(page_silence=0.2) as runtime:
        table = watch(runtime, hub)
        for _ in range(2):
            table.hear_view("a", visible=True)
            wait_until(lambda: table.state.watching)
            wait_until(lambda: not table.state.watching)
            wait_until(lambda: runtime.pump.is_idle)


class Failed(Hub):
    """Jobs that have failed: the first of a cell, the second of a script, and the Hub is silent on the third."""

    def __init__(self) -> None:
        super().__init__(3)
        message = "Job failed with exit code: 1. Reason: Error"
        self.all = {key: replace(one, stage="ERROR", message=message) for key, one in self.all.items()}
        self.folder = FakeFolder()
        self.folder.report = {"error": {"type": "ValueError", "message": "boom", "line": 12}, "code": 1}

    def run_folder(self, facts: JobFacts) -> FakeFolder | None:
        return self.folder if facts.id.endswith("0") else None

    def logs(self, job_id: str, *, follow: bool = False, tail: int | None = None) -> Iterator[str]:
        self.asked.append("tail" if tail else "logs")
        if job_id.endswith("2"):
            raise HubError("Nothing answers.")
        frame = '  File "/data/train.py", line 7, in <module>'
        yield from ("Traceback (most recent call last):", frame, "    \x1b[31mraise\x1b[0m", "KeyError: 'lr'", "bye")


def test_a_job_that_failed_and_is_not_followed_says_why_while_it_is_on_the_screen():
    hub = Failed()
    with quick_runtime(endings_local=0.01) as runtime:
        table, other = watch(runtime, hub), watch(runtime, hub)
        assert {job.message for job in table.state.rows.jobs} == {"Job failed with exit code: 1. Reason: Error"}
        table.hear_view("a", visible=True)
        wait_until(lambda: hub.asked.count("tail") == 2 and "report" in hub.folder.asked)
        said = ["Job failed with exit code: 1. Reason: Error", "KeyError at line 7", "ValueError at line 12"]
        wait_until(lambda: [job.message for job in table.state.rows.jobs] == said)
        # Others know it as well, and ask no more.
        assert other.state.rows == table.state.rows
        other.hear_view("b", visible=True)
        wait_until(lambda: hub.asked.count("tail") == 3)
        assert hub.folder.asked == ["report"]
        entry = runtime.book(hub, "me").entry(hub.all[f"{0:024x}"])
        assert entry.status.ending is not None
        assert entry.status.ending.words == "ValueError: boom (line 12)"


def test_why_jobs_failed_is_asked_for_one_at_a_time_and_not_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(endings, "MOST", 2)
    hub, asked = Failed(), list[str]()
    finder = EndingFinder(lambda entry: asked.append(entry.facts.id), 2.0)
    with quick_runtime() as runtime:
        unclear = [runtime.book(hub, "me").entry(facts) for facts in hub.all.values()]
        assert finder.turn([], 9.0) == math.inf
        assert finder.turn(unclear, 10.0) == 12.0
        wait_until(lambda: len(asked) == 1 and finder._worker.is_idle)
        assert finder.turn(unclear, 11.0) == 12.0
        assert finder.turn(unclear, 12.0) == 14.0
        wait_until(lambda: len(asked) == 2 and finder._worker.is_idle)
        assert finder.turn(unclear, 14.0) == math.inf
    assert asked == [f"{0:024x}", f"{1:024x}"]


def test_failures_are_said_and_the_hub_is_asked_more_and_more_rarely_until_it_answers(runtime: FollowRuntime):
    hub = Hub(1)
    table = watch(runtime, hub)
    hub.failure = HubError("Nothing answers.")
    table.hear_view("a", visible=True)
    wait_until(lambda: table.state.error == "Nothing answers." and table._list._failures > 2)
    now = time.monotonic()
    assert table._list.due(now) > table._list._looked + 7 * table.every
    hub.failure = None
    wait_until(lambda: table.state.error == "")
    assert table._list._failures == 0


def test_what_a_jobs_log_tells_of_the_hub_the_table_says_at_once(runtime: FollowRuntime):
    hub = Hub(2)
    table = watch(runtime, hub)
    book = runtime.book(hub, "me")
    entries = [book.entry(facts) for facts in hub.all.values()]
    book.set_trouble(entries[:1], "Nothing answers.")
    assert table.state.error == "Nothing answers."
    hub.end(entries[0].facts.id)
    book.inspect(entries[0].facts.id)
    assert table.state.error == ""


def test_too_many_requests_are_answered_by_waiting_as_long_as_the_hub_says(runtime: FollowRuntime):
    hub = Hub(1)
    table = watch(runtime, hub)
    hub.failure = HubError("Too many requests.")
    hub.failure.retry_after_s = 0.3
    hub.asked.clear()
    table.hear_view("a", visible=True)
    wait_until(lambda: table.state.error == "Too many requests.")
    # Not even what a button did makes it ask earlier.
    table.cancel([f"{0:024x}"])
    assert not threading.Event().wait(0.2)
    assert hub.asked.count("list") == 1
    hub.failure = None
    wait_until(lambda: table.state.error == "")


def test_a_job_that_was_submitted_here_is_there_before_the_next_look_and_stays():
    hub = Hub(2)
    again = replace(FACTS, id="f" * 24, created_at=200.0)
    with quick_runtime(list_local=60) as runtime:
        table = watch(runtime, hub, rerun=lambda _job: again)
        table.rerun(f"{0:024x}")
        wait_until(lambda: table.state.rows.jobs[0].id == again.id)
        table.hear_view("a", visible=True)
        hub.all[again.id] = replace(again, stage="RUNNING")
        wait_until(lambda: table.state.rows.jobs[0].stage == "RUNNING")


def test_a_rerun_that_is_refused_says_why(runtime: FollowRuntime):
    def refuse(_job: JobFacts) -> JobFacts:
        raise OptionError("It may cost too much.")

    table = watch(runtime, Hub(1), rerun=refuse)
    table.rerun(f"{0:024x}")
    wait_until(lambda: table.state.notice == "Rerun did not work: It may cost too much.")


def test_cancels_that_fail_are_one_sentence_and_another_try_takes_it_back(runtime: FollowRuntime):
    hub = Hub(3)
    table = watch(runtime, hub)
    hub.cancel = _refuse  # type: ignore[method-assign]
    table.cancel(hub.all)
    wait_until(lambda: table.state.notice == "Cancel of 3 jobs did not work: Nothing answers.")
    assert table.state.cancelling == frozenset()
    hub.cancel = hub.end  # type: ignore[method-assign]
    table.hear_view("a", visible=True)
    table.cancel(hub.all)
    wait_until(lambda: all(job.is_terminal for job in table.state.rows.jobs))
    assert table.state.notice == ""


def test_what_did_not_work_elsewhere_or_before_is_not_said_again(runtime: FollowRuntime):
    hub = Hub(2)
    hub.cancel = _refuse  # type: ignore[method-assign]
    first, second = sorted(hub.all)
    table = watch(runtime, hub)
    table.cancel([first])
    wait_until(lambda: table.state.notice == "Cancel of cell-1 did not work: Nothing answers.")
    # One that is made later shows the same job, and nobody has asked there for anything.
    later = watch(runtime, hub)
    assert later._list is table._list
    assert later.state.notice == ""
    hub.cancel = hub.end  # type: ignore[method-assign]
    table.cancel([second])
    wait_until(lambda: hub.all[second].is_terminal)
    assert table.state.notice == ""


def test_that_a_rerun_did_not_work_is_said_for_a_while_and_until_the_next_click(
    runtime: FollowRuntime, monkeypatch: pytest.MonkeyPatch
):
    def refuse(_job: JobFacts) -> JobFacts:
        raise OptionError("It may cost too much.")

    table = watch(runtime, Hub(1), rerun=refuse)
    table.rerun(f"{0:024x}")
    wait_until(lambda: table.state.notice != "")
    table._rerun = lambda _job: replace(FACTS, id="f" * 24)
    table.rerun(f"{0:024x}")
    assert table.state.notice == ""
    monkeypatch.setattr(list_watcher, "TOLD_S", 0.0)
    table.hear_view("a", visible=True)
    table.say("The card cannot be shown.")
    wait_until(lambda: table.state.notice == "")


def _refuse(_job_id: str) -> None:
    raise HubError("Nothing answers.")


def test_views_that_are_silent_are_gone_and_silence_makes_looks_rare():
    views = Views(silence=600)
    assert views.pace(5, 0) is None
    views.hear("a", 0, visible=True)
    views.hear("b", 100, visible=True)
    assert views.pace(5, 100) == 5
    assert views.pace(5, 400) == (400 - 100) / SILENCE_SHARE
    assert views.predict_end(650) == 700
    views.hear("b", 650, visible=False)
    assert views.pace(5, 650) is None


def test_only_so_many_views_are_remembered_and_those_go_on_speaking():
    views = Views(silence=10)
    for number in range(MAX_VIEWS + 1):
        views.hear(str(number), 0, visible=True)
    views.hear("0", 9, visible=True)
    assert views.last_sign_at(9) == 9
    views.hear("0", 9, visible=False)
    views.hear(str(MAX_VIEWS), 9, visible=True)
    assert views.last_sign_at(9) == 9


def test_a_watcher_that_is_stopped_says_that_nobody_looks(runtime: FollowRuntime):
    table = watch(runtime, Hub(1))
    table.hear_view("a", visible=True)
    wait_until(lambda: table.state.watching)
    seen: list[bool] = []
    table.listen(lambda: seen.append(table.state.watching))
    runtime.stop()
    wait_until(lambda: seen[-1:] == [False])
