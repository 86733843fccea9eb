"""One list of jobs as the Hub tells it, for all tables that show it."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING, Protocol

from hfjobs_magic.errors import HubError, report
from hfjobs_magic.follow.job_list import JobRows, merge, reread, trim

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.follow.job_book import JobBook
    from hfjobs_magic.follow.job_entry import JobEntry
    from hfjobs_magic.follow.job_list import JobQuery
    from hfjobs_magic.follow.rounds import Rounds

SLOWEST = 12
"""While the Hub does not answer, looks become rarer, down to one in so many times the usual."""

CHEAP_ROWS = 100
"""Jobs in one page of the Hub's: a look that takes no more than these is one request."""


class ListViewer(Protocol):
    """Whoever shows the list."""

    def pace(self, now: float) -> float | None:
        """Return the time between two looks that it needs, in seconds; None while it is not on the screen."""

    def hear_list(self) -> None:
        """Learn that the list was read, or could not be; called from any thread, and quick."""


class ListReader:
    """Reads a list in its book's rounds. Which jobs are in it is known here, how they are by the book.

    Parameters
    ----------
    book
        Asks the Hub, and remembers what it says of jobs.
    rounds
        Read the list while it is on the screen.
    query
        Which jobs.
    every
        Seconds between two looks.
    whole_every
        Seconds between two looks that read to the end.
    clock
        Seconds since the epoch.
    """

    def __init__(
        self,
        book: JobBook,
        rounds: Rounds,
        query: JobQuery,
        *,
        every: float,
        whole_every: float,
        clock: Callable[[], float],
    ) -> None:
        self.query = query
        self.read_at: float | None = None
        """When the list was last read, in seconds since the epoch."""
        self.error = ""
        """Why it could not be read since; empty when it could."""
        self._book = book
        self._rounds = rounds
        self._every = every
        self._whole_every = whole_every
        self._clock = clock
        # Guards the change of the two below, each replaced as a whole.
        self._lock = threading.Lock()
        self._entries: dict[str, JobEntry] = {}
        """Of each job, newest first."""
        self._tables: tuple[ListViewer, ...] = ()
        """Those that are on the screen."""
        self._more = False
        # What there is may be the newest jobs only: the first look is at once, and to the end.
        self._looked = self._whole_at = -math.inf
        """When the list was last looked at, and when to its end; on the monotonic clock."""
        self._failures = 0
        """Looks that failed since the last that did not."""
        self._cost = 0
        """Jobs that the last look took, which was not to the end."""

    @property
    def rows(self) -> JobRows:
        """The jobs as they are known now."""
        return JobRows(tuple(entry.facts for entry in self._entries.values()), self._more)

    @property
    def entries(self) -> Collection[JobEntry]:
        """What is known of each job, newest first."""
        return self._entries.values()

    @property
    def is_cheap(self) -> bool:
        """Whether a look is one request, and was answered the last time."""
        return self._cost <= CHEAP_ROWS and not self._failures and self._whole_at > -math.inf

    def entry(self, job_id: str) -> JobEntry | None:
        """Return the entry of a job of the list; None for any other."""
        return self._entries.get(job_id)

    def put(self, jobs: Iterable[JobFacts], *, more: bool = False) -> None:
        """Take jobs that were read elsewhere, or just submitted, before the next look."""
        with self._lock:
            rows = merge(self.rows, jobs, self.query)
            self._replace(JobRows(rows.jobs, rows.more or more))
            self.read_at = self.read_at or self._clock()
        self._tell()

    def show(self, table: ListViewer) -> None:
        """Read for a table from now on, as often as it needs."""
        with self._lock:
            self._tables = (*(one for one in self._tables if one is not table), table)
        self._rounds.go_on()

    def hide(self, table: ListViewer) -> None:
        """Read for it no longer; does nothing a second time."""
        with self._lock:
            self._tables = tuple(one for one in self._tables if one is not table)
        self._rounds.check()

    # -- in the book's rounds --------------------------------------------------------------------

    def ask_soon(self) -> None:
        """Read at once, if it is on the screen."""
        self._looked = -math.inf

    def due(self, now: float) -> float:
        """Return when the list is to be read, on the monotonic clock; never while it is not on the screen."""
        paces = [pace for table in self._tables if (pace := table.pace(now)) is not None]
        slower: int = min(2**self._failures, SLOWEST)
        return self._looked + max(min(paces), self._every * slower) if paces else math.inf

    def count(self, job_ids: Collection[str]) -> int:
        """Return for how many of some jobs a look would answer; for none while it is not on the screen."""
        return sum(job_id in self._entries for job_id in job_ids) if self.due(time.monotonic()) < math.inf else 0

    def read(self) -> bool:
        """Read the list; whether the Hub answered. If not, `error` says why.

        Raises
        ------
        HubError
            When the Hub says how long to wait.
        """
        now, before = time.monotonic(), self.rows
        whole = now - self._whole_at > self._whole_every
        self._looked = now
        try:
            look = reread(self._book, self.query, before, whole=whole)
        except HubError as error:
            self._fail(str(error))
            if error.retry_after_s:
                raise
        except Exception as error:  # noqa: BLE001 - the table would wait for ever
            self._fail(report(error))
        else:
            if whole:
                self._whole_at = now
            else:
                self._cost = look.read
            self._failures, self.error, self.read_at = 0, "", self._clock()
            known = {job.id for job in before.jobs}
            with self._lock:
                # A job that was submitted meanwhile may not be known to this look.
                late = [job for job in self.rows.jobs if job.id not in known]
                self._replace(merge(look.rows, late, self.query))
        self._tell()
        return not self.error

    def _fail(self, text: str) -> None:
        self._failures += 1
        self.error = text

    def _replace(self, rows: JobRows) -> None:
        self._entries = {job.id: self._entries.get(job.id) or self._book.entry(job) for job in rows.jobs}
        self._more = rows.more

    def _tell(self) -> None:
        for table in self._tables:
            table.hear_list()


def first_rows(jobs: JobRows, query: JobQuery) -> JobRows:
    """Return a table's first jobs, which were read as far as one page, as rows of its query."""
    return trim(jobs.jobs, query, more=jobs.more and len(jobs.jobs) >= query.rows)
