"""Asking the Hub how jobs are, in rounds, and in each round as little as answers all who look.

A list that is on the screen anyway answers for the jobs in it; else one list of those that have not ended answers for
many, and one job is asked for by its id. A job that is not in that list is asked for by its id, because it has ended.
The Hub allows 1,000 requests in five minutes; where it says "too many", everybody waits as long as it says.
"""

from __future__ import annotations

import contextvars
import math
import threading
import time
from typing import TYPE_CHECKING
from weakref import WeakSet

from hfjobs_magic.errors import HubError, report
from hfjobs_magic.follow.list_reader import ListReader
from hfjobs_magic.follow.timing import after, spread
from hfjobs_magic.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.follow.job_book import JobBook
    from hfjobs_magic.follow.job_entry import JobEntry, Looker
    from hfjobs_magic.follow.job_list import JobQuery
    from hfjobs_magic.follow.pump import Pump
    from hfjobs_magic.follow.timing import Timing

TROUBLE_FAILURES = 4
"""Failures in a row after which those who look are told."""


class Rounds:
    """The pump says when a round is due, a thread of its own asks.

    Parameters
    ----------
    book
        Asks the Hub, and remembers what it says.
    pump
        Gives the time.
    timing
        How often.
    local
        Whether the local service is asked.
    clock
        Seconds since the epoch.
    """

    def __init__(self, book: JobBook, pump: Pump, timing: Timing, *, local: bool, clock: Callable[[], float]) -> None:
        self.context = contextvars.copy_context()
        self._book = book
        self._pump = pump
        self._timing = timing
        self._clock = clock
        self._local = local
        self._poll_every = timing.poll_every(local=local)
        self._asker = Worker("hfjob-ask")
        # Guards everything below.
        self._lock = threading.Lock()
        self._followed: dict[Looker, JobEntry] = {}
        self._lists: WeakSet[ListReader] = WeakSet()
        self._asking = False
        """Whether a round is under way."""
        self._asked_at = -math.inf
        """When it began, on the monotonic clock; infinity once it was said that nobody answers it."""
        self._failures = 0
        """Rounds that failed since the last that did not."""
        self._again_at = -math.inf
        """When the Hub may be asked again after a failure, on the monotonic clock."""

    def follow(self, looker: Looker, entry: JobEntry) -> None:
        """Ask for a job until it has ended."""
        with self._lock:
            self._followed[looker] = entry
        self.go_on()

    def leave(self, looker: Looker) -> None:
        """Ask for it no longer; does nothing a second time."""
        with self._lock:
            self._followed.pop(looker, None)
        self.check()

    def follows(self, entry: JobEntry) -> bool:
        """Whether somebody follows a job."""
        with self._lock:
            return any(one is entry for one in self._followed.values())

    def open_list(self, query: JobQuery) -> ListReader:
        """Return the one reader of a list; it stays as long as somebody holds it."""
        with self._lock:
            reader = next((one for one in self._lists if one.query == query), None)
            if reader is None:
                every = self._timing.list_every(local=self._local)
                reader = ListReader(
                    self._book, self, query, every=every, whole_every=self._timing.list_whole, clock=self._clock
                )
                self._lists.add(reader)
            return reader

    def ask_soon(self, entry: JobEntry) -> None:
        """Ask how a job is at once, if anybody looks."""
        with self._lock:
            entry.wanted_at = time.monotonic()
            for reader in self._lists:
                if reader.entry(entry.facts.id) is entry:
                    reader.ask_soon()
        self._pump.nudge(self)

    def stop(self) -> None:
        """Ask for no job any more that somebody follows now."""
        with self._lock:
            self._followed.clear()
        self.check()

    def go_on(self) -> None:
        """Begin with rounds, or look again when the next one is due."""
        self._pump.add(self)

    def check(self) -> None:
        """Look again whether there is anything to ask."""
        self._pump.nudge(self)

    def turn(self, now: float) -> float | None:
        """Begin a round when one is due; see `hfjobs_magic.follow.pump.Member`."""
        if self._asking:
            return self._wait(now)
        with self._lock:
            listed = min((reader.due(now) for reader in self._lists), default=math.inf)
            polled = min((entry.due(self._poll_every) for entry in self._open()), default=math.inf)
            due = max(min(listed, polled), self._again_at)
            if due == math.inf:
                return None
            if now < due:
                return due
            self._asking, self._asked_at = True, now
        self._asker.do("ask", self._ask)
        return now + self._timing.unanswered

    def _wait(self, now: float) -> float:
        """Say once that a round has no answer; when to look whether that has to be said."""
        said_at = self._asked_at + self._timing.unanswered
        if now < said_at or said_at == math.inf:
            return said_at
        self._asked_at = math.inf
        who = "the local service" if self._local else "the Hub"
        waited = f"{self._timing.unanswered:g} s"
        self._say(f"No usable answer from {who} for {waited}. It is asked again; the job may still run.")
        return math.inf

    def _open(self) -> list[JobEntry]:
        """Jobs that are followed and have not ended."""
        return [entry for entry in self._followed.values() if not entry.facts.is_terminal]

    # -- a round ---------------------------------------------------------------------------------

    def _ask(self) -> None:
        began = time.monotonic()
        try:
            if self._read_lists(began):
                self._book.ask(self._find_stale(began))
        except HubError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - all jobs of the account hang on this
            self._fail(HubError(report(error)))
        else:
            self._failures = 0
            self._say("")
        finally:
            with self._lock:
                self._asking = False
            self._pump.nudge(self)

    def _find_stale(self, began: float) -> set[str]:
        """Return ids of jobs that are to be asked for in a round that began then: those soon due come along.

        A list is heard job by job, so jobs of one round are due at slightly different times; without this a busy
        machine would ask for the last of them in a round of their own. What the round has heard is not asked again.
        """
        soon = began + self._poll_every / 2
        with self._lock:
            return {
                entry.facts.id
                for entry in self._open()
                if entry.heard_at < began and entry.due(self._poll_every) <= soon
            }

    def _read_lists(self, began: float) -> bool:
        """Read what is on the screen; whether the Hub answered, as far as it was asked."""
        stale = self._find_stale(began)
        with self._lock:
            readers = sorted(self._lists, key=lambda reader: -reader.count(stale))
        for reader in readers:
            # One that is not due yet is read where it answers what would be asked for one by one.
            answers = reader.is_cheap and reader.count(self._find_stale(began)) > 0
            if (answers or reader.due(began) <= began) and not reader.read():
                return False
        return True

    def _fail(self, error: HubError) -> None:
        """Wait, and say so when it is more than a moment's failure."""
        self._failures += 1
        if self._failures >= TROUBLE_FAILURES:
            self._say(str(error))
        wait = max(error.retry_after_s or 0.0, after(self._failures, self._timing.poll_retry))
        self._again_at = time.monotonic() + spread(wait)

    def _say(self, trouble: str) -> None:
        with self._lock:
            entries = self._open()
        self._book.set_trouble(entries, trouble)
