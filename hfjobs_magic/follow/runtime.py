"""What follows the jobs of a kernel, and lives as long as it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol
from weakref import WeakSet, WeakValueDictionary

from hfjobs_magic.follow.follower import Follower
from hfjobs_magic.follow.job_book import JobBook
from hfjobs_magic.follow.pump import Pump
from hfjobs_magic.follow.slots import ENDED_JOBS, STREAMED_JOBS, Slots
from hfjobs_magic.follow.timing import Timing

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.follow.protocols import Client, SampleHistory

_DEFAULT = Timing()


class Stoppable(Protocol):
    """Whatever looks at jobs."""

    def stop(self) -> None:
        """Look no more; the jobs go on."""


class FollowRuntime:
    """Pump, slots, and what is known of jobs, for all who look at them.

    Parameters
    ----------
    timing
        How long is waited for what.
    streamed_jobs, ended_jobs
        See `hfjobs_magic.follow.slots`.
    clock
        Seconds since the epoch.
    """

    def __init__(
        self,
        timing: Timing = _DEFAULT,
        *,
        streamed_jobs: int = STREAMED_JOBS,
        ended_jobs: int = ENDED_JOBS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.timing = timing
        self._clock = clock
        self.pump = Pump()
        self.streamed = Slots(streamed_jobs)
        """For jobs that run."""
        self.ended = Slots(ended_jobs)
        """For jobs that have ended and were not streamed."""
        self._lock = threading.Lock()
        self._books: dict[Hashable, JobBook] = {}
        self._followers: WeakValueDictionary[Hashable, Follower] = WeakValueDictionary()
        self._watchers: WeakSet[Stoppable] = WeakSet()

    def book(self, client: Client, namespace: str) -> JobBook:
        """Return the book of a namespace's jobs, as the client's endpoint and token have them."""
        key = (client.account, namespace)
        with self._lock:
            if key not in self._books:
                self._books[key] = JobBook(client, self.pump, self.timing, clock=self._clock)
            return self._books[key]

    def follower(
        self,
        client: Client,
        facts: JobFacts,
        *,
        history: Callable[[], SampleHistory] | None = None,
        log_metrics: bool = True,
    ) -> Follower:
        """Return the one that follows a job, for all who look at it: a log is streamed once.

        Parameters are those of `Follower`, and count where nobody follows the job yet; `history` opens it.
        """
        key = (client.account, facts.namespace, facts.id)
        with self._lock:
            follower = self._followers.get(key)
        if follower is None or follower.is_stopped:
            made = Follower(
                self,
                client,
                facts,
                clock=self._clock,
                history=history() if history else None,
                log_metrics=log_metrics,
            )
            with self._lock:
                follower = self._followers.get(key)
                if follower is None or follower.is_stopped:
                    follower = self._followers[key] = made
        return follower

    def is_followed(self, client: Client, facts: JobFacts) -> bool:
        """Whether somebody follows or followed a job, so that its log is here or comes."""
        with self._lock:
            follower = self._followers.get((client.account, facts.namespace, facts.id))
        return follower is not None and follower.is_started and not follower.is_stopped

    def watch(self, watcher: Stoppable) -> None:
        """Count a list, or a sweep, among those that `stop` stops."""
        self._watchers.add(watcher)

    def stop(self) -> None:
        """Stop following every job and looking at every list; the jobs themselves go on."""
        with self._lock:
            everything: list[Stoppable] = [
                *self._followers.values(),
                *self._watchers,
                *self._books.values(),
            ]
        for one in everything:
            one.stop()
