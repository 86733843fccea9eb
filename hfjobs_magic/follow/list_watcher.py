"""A list of jobs while a page shows it, and what the page's buttons ask.

Everything a page is told comes from the pump. What waits for the Hub does so on threads of their own: the list is read
in the rounds of its book (`hfjobs_magic.follow.job_book`), and so are the answers to Cancel.
"""

from __future__ import annotations

import contextvars
import math
import threading
import time
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hfjobs_magic.errors import HfJobsError, report
from hfjobs_magic.follow.endings import EndingFinder, is_unclear
from hfjobs_magic.follow.list_reader import first_rows
from hfjobs_magic.follow.state import TOLD_S
from hfjobs_magic.follow.views import Views
from hfjobs_magic.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.follow.job_entry import JobEntry
    from hfjobs_magic.follow.job_list import JobQuery, JobRows
    from hfjobs_magic.follow.runtime import FollowRuntime
    from hfjobs_magic.hub.client import JobsClient

RERUNS = 4
"""Jobs submitted again at a time, at most."""


@dataclass(frozen=True)
class TableState:
    """What a table shows, at one moment."""

    rows: JobRows
    """The jobs."""
    read_at: float | None
    """When the list was last read, in seconds since the epoch."""
    error: str = ""
    """Why it could not be read since; empty when it could."""
    notice: str = ""
    """What became of a button's wish, where that has to be said."""
    cancelling: frozenset[str] = field(default_factory=frozenset)
    """Ids of jobs whose end was asked for and is not seen yet."""
    watching: bool = False
    """Whether the list is being looked at."""


class ListWatcher:
    """One list of jobs, looked at while a page shows it.

    Parameters
    ----------
    runtime
        Pump and books of the kernel.
    client
        Where the jobs are.
    query
        Which jobs.
    first
        Those that are known in the beginning.
    rerun
        Submits a job again.
    finds_endings
        Whether to find out why jobs failed that nobody follows.
    clock
        Seconds since the epoch.
    """

    def __init__(
        self,
        runtime: FollowRuntime,
        client: JobsClient,
        query: JobQuery,
        first: JobRows,
        *,
        rerun: Callable[[JobFacts], JobFacts],
        finds_endings: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.runtime = runtime
        self.client = client
        self.query = query
        self.clock = clock
        self.every = runtime.timing.list_every(local=client.local)
        """Seconds between two looks."""
        self.context = contextvars.copy_context()
        self._pump = runtime.pump
        self._book = runtime.book(client, client.namespace)
        self._list = self._book.open_list(query)
        rows = first_rows(first, query)
        self._list.put(rows.jobs, more=rows.more)
        self._rerun = rerun
        self._views = Views(runtime.timing.page_silence)
        self._listener: Callable[[], None] = lambda: None
        self._actions: deque[Callable[[], None]] = deque()
        self._reruns = Worker("hfjobs-table-rerun", threads=RERUNS)
        every = runtime.timing.endings_every(local=client.local)
        self._endings = EndingFinder(self._book.find_ending, every) if finds_endings else None
        self._stopped = threading.Event()
        self._notice = ""
        self._told_at = math.inf
        """Until when the notice is shown, on the monotonic clock."""
        self._clicked_at = clock()
        """When something was last asked for here, or this was made: what failed before was told elsewhere."""
        self._watching = self._changed = False
        self._book.look(self)
        runtime.watch(self)

    @property
    def state(self) -> TableState:
        """What is known now."""
        entries = list(self._list.entries)
        return TableState(
            _with_endings(self._list.rows, entries),
            self._list.read_at,
            self._list.error or _trouble(entries),
            self._notice or _cancel_notice(entries, self._clicked_at),
            frozenset(entry.facts.id for entry in entries if entry.status.cancelling),
            self._watching,
        )

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every change, from the pump."""
        self._listener = listener

    def hear_view(self, view: str, *, visible: bool) -> None:
        """Note that a view is on the screen, or that it is not any more."""
        self._views.hear(view, time.monotonic(), visible=visible)
        if visible or self._watching:
            self._wake()

    def do(self, action: Callable[[], None]) -> None:
        """Run `action` on the pump."""
        self._actions.append(action)
        self._wake()

    def cancel(self, job_ids: Sequence[str]) -> None:
        """Ask jobs of the list to end, without waiting for the answers; a failure becomes a notice."""
        entries = [entry for job_id in job_ids if (entry := self._list.entry(job_id)) is not None]
        if entries:
            self._begin()
            self._book.cancel_later(entries)

    def rerun(self, job_id: str) -> None:
        """Submit a job of the list again, without waiting for the answer; a failure becomes a notice."""
        entry = self._list.entry(job_id)
        if entry is not None and not self._stopped.is_set():
            self._begin()
            self._reruns.do(job_id, lambda: self._send_rerun(entry.facts))

    def job(self, job_id: str) -> JobFacts | None:
        """Return what is known of a job of the list; None for any other."""
        entry = self._list.entry(job_id)
        return None if entry is None else entry.facts

    def say(self, notice: str) -> None:
        """Show a sentence above the table, long enough to be read or until something else is asked for."""
        self._notice, self._told_at = notice, time.monotonic() + TOLD_S
        self._touch()

    def _begin(self) -> None:
        """Something is asked for: what became of the last thing has been told."""
        self._notice, self._clicked_at = "", self.clock()
        self._touch()

    def stop(self) -> None:
        """Look no more; a second call does nothing."""
        self._stopped.set()
        self._reruns.stop()
        if self._endings:
            self._endings.stop()
        self._book.leave(self)
        self._list.hide(self)
        self._pump.nudge(self)

    # -- what the book and its list say ----------------------------------------------------------

    def pace(self, now: float) -> float | None:
        """Return the time between two looks, see `hfjobs_magic.follow.list_reader.ListViewer`."""
        return None if self._stopped.is_set() else self._views.pace(self.every, now)

    def hear(self, entry: JobEntry) -> None:
        """Learn that something of a job has changed."""
        if self._list.entry(entry.facts.id) is entry:
            self._touch()

    def hear_list(self) -> None:
        """Learn that the list was read, or could not be."""
        self._touch()

    def _touch(self) -> None:
        self._changed = True
        self._wake()

    def _wake(self) -> None:
        if not self._stopped.is_set():
            self._pump.add(self)

    # -- on the pump -----------------------------------------------------------------------------

    def turn(self, now: float) -> float | None:
        """Do what is to be done and tell the listener; see `hfjobs_magic.follow.pump.Member`."""
        gone_at = None if self._stopped.is_set() else self._views.predict_end(now)
        watching = gone_at is not None
        if watching != self._watching:
            self._watching, self._changed = watching, True
            (self._list.show if watching else self._list.hide)(self)
        for _ in range(len(self._actions)):
            self._actions.popleft()()
        if self._notice and now >= self._told_at:
            self._notice, self._changed = "", True
        if self._changed:
            self._changed = False
            self._listener()
        if gone_at is None:
            return None
        return min(gone_at, self._find_endings(now), self._told_at if self._notice else math.inf)

    def _find_endings(self, now: float) -> float:
        """Ask why a job failed that nobody follows; when to ask for the next, on the monotonic clock."""
        if self._endings is None:
            return math.inf
        followed = self.runtime.is_followed
        unclear = (one for one in self._list.entries if is_unclear(one) and not followed(self.client, one.facts))
        return self._endings.turn(unclear, now)

    # -- on a thread that waits for the Hub ------------------------------------------------------

    def _send_rerun(self, job: JobFacts) -> None:
        try:
            again = self._rerun(job)
        except HfJobsError as error:
            self.say(f"Rerun did not work: {error}")
        except Exception as error:  # noqa: BLE001 - the reader waits for a word
            self.say(f"Rerun did not work: {report(error)}")
        else:
            self._list.put([again])
            self._touch()


def _with_endings(rows: JobRows, entries: Sequence[JobEntry]) -> JobRows:
    """Put why a job failed in the place of the Hub's "exit code: 1", where somebody here has found out."""
    words = {entry.facts.id: entry.status.ending.headline for entry in entries if entry.status.ending}
    jobs = (replace(job, message=words.get(job.id) or job.message) if job.id in words else job for job in rows.jobs)
    return replace(rows, jobs=tuple(jobs)) if words else rows


def _trouble(entries: Sequence[JobEntry]) -> str:
    """Return why nothing newer is known of a job that runs: who reads its log notices before the list is asked for."""
    return next((one.status.trouble for one in entries if one.status.trouble and not one.facts.is_terminal), "")


def _cancel_notice(entries: Sequence[JobEntry], since: float) -> str:
    """Say in one sentence which cancels did not work since then (seconds since the epoch); nothing where all did."""
    failed = [one for one in entries if one.status.cancel_error and one.status.cancel_failed_at >= since]
    if not failed:
        return ""
    which = failed[0].facts.name if len(failed) == 1 else f"{len(failed)} jobs"
    return f"Cancel of {which} did not work: {failed[0].status.cancel_error}"
