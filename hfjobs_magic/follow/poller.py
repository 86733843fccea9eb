"""How jobs are: one thread asks for all jobs of an account, however many are followed.

One job is asked for by its id. Several are looked up in one list of those that have not ended; a job
that is not in it is asked for once by its id, because it has ended. The Hub allows 1,000 requests in
five minutes; where it says "too many", everybody waits as long as it says.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Protocol

from hfjobs_magic.errors import HubError, JobMissingError
from hfjobs_magic.facts import NOT_ENDED

if TYPE_CHECKING:
    from collections.abc import Hashable

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.follow.protocols import Client

POLL_S = {True: 0.4, False: 2.0}
"""Seconds between two looks: local, Hub."""

RETRY_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds to wait after failures in a row; the last one repeats."""

MISSED_LOOKS = 3
"""Times in a row that the Hub must not know a job before we believe it: a new one may be unknown for a moment."""

TOLD_FAILURES = 4
"""Failures in a row after which those who follow are told."""


class Watched(Protocol):
    """A job that is asked for."""

    job_id: str

    def seen(self, facts: JobFacts) -> None:
        """Take what the Hub says of it."""

    def missing(self, error: JobMissingError) -> None:
        """Learn that there is no such job any more; it is asked for no longer."""

    def failed(self, error: HubError) -> None:
        """Learn that the Hub does not answer; it goes on being asked."""

    def answered(self) -> None:
        """Learn that it answers again."""

    def watch(self, now: float) -> None:
        """Be called after each look, on the monotonic clock."""


class Poller:
    """A thread that lives as long as it has jobs to ask for."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._changed = threading.Condition()
        self._watched: dict[str, list[Watched]] = {}
        self._thread: threading.Thread | None = None
        self._soon = False
        self._failures = 0
        self._missed: Counter[str] = Counter()

    def add(self, watched: Watched) -> None:
        """Ask for a job from now on."""
        with self._changed:
            self._watched.setdefault(watched.job_id, []).append(watched)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="hfjob-poll", daemon=True)
                self._thread.start()
            self._changed.notify()

    def remove(self, watched: Watched) -> None:
        """Ask for it no longer; does nothing a second time."""
        with self._changed:
            those = self._watched.get(watched.job_id, [])
            if watched in those:
                those.remove(watched)
            if not those:
                self._watched.pop(watched.job_id, None)
            self._changed.notify()

    def soon(self) -> None:
        """Ask at once: something has happened."""
        with self._changed:
            self._soon = True
            self._changed.notify()

    def _run(self) -> None:
        wait = 0.0
        while True:
            with self._changed:
                # After a failure nothing makes it ask earlier.
                self._changed.wait_for(lambda: not self._watched or (self._soon and not self._failures), wait)
                if not self._watched:
                    self._thread = None
                    return
                self._soon = False
                watched = {job_id: list(those) for job_id, those in self._watched.items()}
            wait = self._look(watched)

    def _look(self, watched: dict[str, list[Watched]]) -> float:
        """Ask, and tell; how long to wait until the next time, in seconds."""
        try:
            self._ask(watched)
            for one in _all(watched) if self._failures >= TOLD_FAILURES else ():
                one.answered()
            self._failures = 0
            wait = POLL_S[self._client.local]
        except HubError as error:
            wait = self._failed(error, watched)
        except Exception as error:  # noqa: BLE001 - all jobs of the account hang on this thread
            wait = self._failed(HubError(f"Asking for jobs failed: {type(error).__name__}."), watched)
        now = time.monotonic()
        for one in _all(watched):
            one.watch(now)
        return wait

    def _failed(self, error: HubError, watched: dict[str, list[Watched]]) -> float:
        """Count a failure, and tell when it is more than a moment's; how long to wait, in seconds."""
        self._failures += 1
        if self._failures == TOLD_FAILURES:
            for one in _all(watched):
                one.failed(error)
        # Jitter, so that many kernels that were refused together do not come back together.
        wait = max(error.retry_after_s or 0.0, RETRY_S[min(self._failures, len(RETRY_S)) - 1])
        return wait * random.uniform(1.0, 1.2)  # noqa: S311

    def _ask(self, watched: dict[str, list[Watched]]) -> None:
        listed: dict[str, JobFacts] = {}
        if len(watched) > 1:
            listed = {facts.id: facts for facts in self._client.jobs(status=NOT_ENDED) if facts.id in watched}
        for job_id, those in watched.items():
            try:
                facts = listed.get(job_id) or self._client.inspect(job_id)
            except JobMissingError as error:
                self._missed[job_id] += 1
                for one in those if self._missed[job_id] >= MISSED_LOOKS else ():
                    one.missing(error)
                    self.remove(one)
                continue
            self._missed.pop(job_id, None)
            for one in those:
                one.seen(facts)
                if facts.is_terminal:
                    self.remove(one)


class Pollers:
    """A poller for each account: endpoint, namespace and token."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pollers: dict[Hashable, Poller] = {}

    def of(self, client: Client, namespace: str) -> Poller:
        """Give the one that asks for jobs of a namespace with the client's endpoint and token."""
        with self._lock:
            return self._pollers.setdefault((client.account, namespace), Poller(client))


POLLERS = Pollers()
"""The kernel's own."""


def _all(watched: dict[str, list[Watched]]) -> list[Watched]:
    return [one for those in watched.values() for one in those]
