"""A hundred jobs followed at once: as many threads and requests as for a few, and every log whole at the end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.follow.follower import Follower
from hfjobs_magic.follow.runtime import FollowRuntime
from hfjobs_magic.follow.slots import ENDED_JOBS, STREAMED_JOBS
from hfjobs_magic.follow.timing import Timing
from tests.fakes import ManyJobs
from tests.runtimes import threads
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

JOBS = 100
MOST_THREADS = 2 * (STREAMED_JOBS + ENDED_JOBS) + 2
"""Log and metrics of those that are streamed, the pump, and the one that asks."""


@pytest.fixture
def hub() -> ManyJobs:
    return ManyJobs(JOBS)


@pytest.fixture
def runtime() -> FollowRuntime:
    return FollowRuntime()


@pytest.fixture
def followers(hub: ManyJobs, runtime: FollowRuntime) -> Iterator[list[Follower]]:
    made = [Follower(runtime, hub, facts) for facts in hub.all.values()]
    for one in made:
        one.start()
    yield made
    for one in made:
        one.stop()
    hub.end(*hub.all)
    wait_until(lambda: not threads())
    for one in made:
        one.log.close()


@pytest.mark.slow  # it waits
def test_threads_and_requests_stay_flat_and_each_log_is_whole_at_the_end(hub: ManyJobs, followers: list[Follower]):
    wait_until(lambda: sum(one.log.total for one in followers) == STREAMED_JOBS)
    assert len(threads()) <= MOST_THREADS
    # Requests: a log and a metrics stream for some, and every look at the stages is one.
    hub.asked.clear()
    began = time.monotonic()
    wait_until(lambda: hub.asked.count("list") == 5)
    assert time.monotonic() - began >= 4 * Timing().poll_local - 0.1
    assert set(hub.asked) == {"list"}
    most = 0
    for job_id in hub.all:
        hub.end(job_id)
        most = max(most, len(threads()))
    wait_until(lambda: all(one.done.is_set() for one in followers))
    assert most <= MOST_THREADS
    for one in followers:
        assert one.log.lines(0, 9) == [f"first of {one.job_id}", f"last of {one.job_id}"]
    wait_until(lambda: not threads())


def test_a_card_that_is_opened_gets_its_log_at_once(hub: ManyJobs, runtime: FollowRuntime, followers: list[Follower]):
    wait_until(lambda: sum(one.log.total for one in followers) == STREAMED_JOBS)
    late = followers[-1]
    assert late.log.total == 0
    heard: list[int] = []
    late.listen(lambda: heard.append(late.log.total))
    wait_until(lambda: 1 in heard)
    # Somebody else gave way: it is asked for again, from its start, and shows nothing twice.
    gave_way = next(one for one in followers if one.log.total == 1 and not runtime.streamed.has(one._streams))
    gave_way.listen(lambda: None)
    hub.end(gave_way.job_id)
    assert gave_way.done.wait(20)
    assert gave_way.log.lines(0, 9) == [f"first of {gave_way.job_id}", f"last of {gave_way.job_id}"]


def test_nothing_is_left_when_following_is_stopped(hub: ManyJobs, followers: list[Follower]):
    wait_until(lambda: sum(one.log.total for one in followers) == STREAMED_JOBS)
    for one in followers:
        one.stop()
    wait_until(lambda: all(one.state.stream == "stopped" for one in followers))
    # Pump and poller go at once; a reader that waits in the network goes when that says something.
    wait_until(lambda: not {"hfjob-pump", "hfjob-ask"} & set(threads()))
    hub.end(*hub.all)
    wait_until(lambda: not threads())
