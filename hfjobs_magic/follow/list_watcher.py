"""Looking at a list of jobs again and again while a page shows it, and doing what its buttons ask.

One thread keeps the time, and is the only writer of what was seen and the only caller of the listener; it ends
when no page shows the list any more. Whatever waits for the Hub does so on a thread of its own, so that a slow
answer to one thing holds up nothing else.
"""

from __future__ import annotations

import contextvars
import math
import queue
import threading
import time
import weakref
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hfjobs_magic.errors import HfJobsError, HubError, JobMissingError, report
from hfjobs_magic.follow import job_list

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.follow.job_list import Listed, Query
    from hfjobs_magic.hub.client import JobsClient

LOOK_S = {True: 1.0, False: 5.0}
"""Seconds between two looks: local, Hub. A look is one request as a rule; the Hub allows 1000 in 5 minutes."""

WHOLE_S = 300.0
"""Seconds after which the list is read to its end again, for labels that were changed elsewhere."""

SILENCE_S = 600.0
"""Seconds without a word of any page after which looking ends: a tab that was closed says nothing, and neither does
one whose kernel runs a long cell."""

SILENCE_SHARE = 10
"""The longer no page has spoken, the rarer the looks: never sooner than a tenth of the silence."""

SLOWEST = 12
"""While the Hub does not answer, looks become rarer, down to one in so many times the usual."""

MAX_VIEWS = 50
"""Views of one table that are remembered."""

WORKERS = 4
"""Threads that ask for what buttons want, at most."""


@dataclass(frozen=True)
class Seen:
    """What a table shows."""

    listed: Listed
    """The jobs."""
    at: float | None
    """When the list was last read, in seconds since the epoch."""
    error: str = ""
    """Why it could not be read since; empty when it could."""
    notice: str = ""
    """What became of a button's wish, where that has to be said."""
    cancelling: frozenset[str] = field(default_factory=frozenset)
    """Ids of jobs whose end was asked for and is not seen yet."""
    watching: bool = False
    """Whether the list is being looked at."""


_watches: weakref.WeakSet[Watch] = weakref.WeakSet()


def stop_all() -> None:
    """Stop looking at every list; the jobs go on."""
    for watch in list(_watches):
        watch.stop()


class Watch:
    """One list of jobs, looked at while a page shows it."""

    def __init__(
        self,
        client: JobsClient,
        query: Query,
        first: Listed,
        *,
        rerun: Callable[[JobFacts], JobFacts],
        clock: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self.client = client
        self.query = query
        self.clock = clock
        self._rerun_job = rerun
        self.seen = Seen(
            job_list.trimmed(first.jobs, query, more=first.more and len(first.jobs) >= query.rows), clock()
        )
        """Replaced by the looking thread only."""
        self.every_s = LOOK_S[client.local]
        self._elapsed = elapsed
        self._listener: Callable[[], None] = lambda: None
        self._views: dict[str, float] = {}
        """View -> when it last said that it is on the screen."""
        self._lock = threading.Lock()
        """Guards `_views`, `_thread` and `_stopped`."""
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._queue: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._room = threading.Semaphore(WORKERS)
        # What there is may be the newest jobs only: the first look is at once, and to the end.
        self._looked = self._whole_at = -math.inf
        """When the list was last looked at, and when to its end."""
        self._failures = 0
        """Looks that failed since the last that did not."""
        self._refused_until = -math.inf
        """When the list may be asked for again, where the Hub said "too many requests"."""
        self._looking = False
        """Whether an answer is being waited for."""
        self._meanwhile: list[JobFacts] = []
        """Jobs submitted here that a look which began before may not know."""
        _watches.add(self)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every change, from the looking thread."""
        self._listener = listener

    def heard(self, view: str, *, visible: bool) -> None:
        """Note that a view is on the screen, or that it is not any more."""
        with self._lock:
            if not visible:
                self._views.pop(view, None)
            elif view in self._views or len(self._views) < MAX_VIEWS:
                self._views[view] = self._elapsed()
            if not visible and self._thread is None:
                return
        self.do(lambda: None)

    def do(self, action: Callable[[], None]) -> None:
        """Run `action` on the looking thread."""
        with self._lock:
            if self._stopped:
                return
            self._queue.put(action)
            if self._thread is None:
                self._thread = self._start("list", self._run)

    def cancel(self, job_ids: Sequence[str]) -> None:
        """Ask jobs of the list to end, without waiting for the answers; a failure becomes a notice."""
        self.do(lambda: self._cancel(job_ids))

    def rerun(self, job_id: str) -> None:
        """Submit a job of the list again, without waiting for the answer."""
        self.do(lambda: self._rerun_known(job_id))

    def stop(self) -> None:
        """Look no more; a second call does nothing."""
        with self._lock:
            self._stopped = True
        self._queue.put(lambda: None)

    def job(self, job_id: str) -> JobFacts | None:
        """Find a job of the list by its id."""
        return next((job for job in self.seen.listed.jobs if job.id == job_id), None)

    def tell(self, **changed: object) -> None:
        """Change what is seen, and call the listener; on the looking thread only."""
        self.seen = replace(self.seen, **changed)  # type: ignore[arg-type]
        self._listener()

    def _start(self, name: str, body: Callable[[], None]) -> threading.Thread:
        # In a copy of the caller's context, without which ipykernel 7.0 cannot send from threads (its issue 1450).
        thread = threading.Thread(
            target=contextvars.copy_context().run, args=(body,), name=f"hfjobs-table-{name}", daemon=True
        )
        thread.start()
        return thread

    # -- the looking thread --------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while (wait := self._wait()) is not None:
                try:
                    action = self._queue.get(timeout=wait)
                except queue.Empty:
                    action = self._look
                action()
        finally:
            with self._lock:
                # The next word of a page begins anew, also where an action failed.
                self._thread = None if self._thread is threading.current_thread() else self._thread

    def _wait(self) -> float | None:
        """Seconds until the next look; None when there is nothing to do any more."""
        now = self._elapsed()
        with self._lock:
            self._views = {view: at for view, at in self._views.items() if now - at < SILENCE_S}
            watching = bool(self._views) and not self._stopped
            if self._stopped or (not watching and not self.seen.watching and self._queue.empty()):
                self._thread = None
                return None
            silence = now - max(self._views.values(), default=now)
        if watching != self.seen.watching:
            self.tell(watching=watching)
        if not watching:
            return 0.0
        slower: int = min(2**self._failures, SLOWEST)
        pace = max(self.every_s * slower, silence / SILENCE_SHARE)
        return max(0.0, self._looked + pace - now, self._refused_until - now)

    def _look(self) -> None:
        self._looked = self._elapsed()
        if self._looking or not self.seen.watching:
            return
        self._looking = True
        whole = self._looked - self._whole_at > WHOLE_S
        before = self.seen.listed
        self._start("look", lambda: self._read(before, whole=whole))

    def _read_failed(self, error: HubError) -> None:
        self._looking = False
        self._failures += 1
        self._refused_until = self._elapsed() + (error.retry_after_s or 0.0)
        self.tell(error=str(error))

    def _read_done(self, found: Listed, *, whole: bool) -> None:
        self._looking = False
        self._failures = 0
        self._whole_at = self._looked if whole else self._whole_at
        ended = {job.id for job in found.jobs if job.is_terminal}
        for job in self._meanwhile:
            found = found if any(job.id == one.id for one in found.jobs) else job_list.with_job(found, job, self.query)
        self._meanwhile.clear()
        self.tell(listed=found, at=self.clock(), error="", cancelling=self.seen.cancelling - ended)

    def _rerun_known(self, job_id: str) -> None:
        facts = self.job(job_id)
        if facts is not None:
            self._start("rerun", lambda: self._rerun(facts))

    def _cancel(self, job_ids: Sequence[str]) -> None:
        running = {job.id for job in self.seen.listed.jobs if not job.is_terminal} - self.seen.cancelling
        wanted = [job_id for job_id in job_ids if job_id in running]
        if not wanted:
            return
        self.tell(cancelling=self.seen.cancelling | set(wanted), notice="")
        self._start("cancel", lambda: self._send_cancels(wanted))

    def _submitted(self, job: JobFacts) -> None:
        self._meanwhile.append(job)
        self.tell(listed=job_list.with_job(self.seen.listed, job, self.query), notice="")

    # -- threads that wait for the Hub -----------------------------------------------------------

    def _read(self, before: Listed, *, whole: bool) -> None:
        # huggingface_hub tries again for half a minute by itself: meanwhile buttons must work.
        try:
            found = job_list.reread(self.client, self.query, before, whole=whole)
        except HubError as error:
            failed = error  # Python forgets `error` behind the block
            self.do(lambda: self._read_failed(failed))
        except Exception as error:  # noqa: BLE001 - the table would wait for ever
            odd = HubError(report(error))
            self.do(lambda: self._read_failed(odd))
        else:
            self.do(lambda: self._read_done(found, whole=whole))

    def _send_cancels(self, job_ids: Sequence[str]) -> None:
        failed: dict[str, str] = {}
        try:
            with self._room:
                for job_id in job_ids:
                    if self._stopped:
                        return
                    try:
                        self.client.cancel(job_id)
                    except JobMissingError:
                        pass  # the next look says what became of it
                    except HubError as error:
                        failed[job_id] = str(error)
        except Exception as error:  # noqa: BLE001 - the rows would say "cancelling" for ever
            failed |= dict.fromkeys(job_ids, report(error))
        finally:
            self.do(lambda: self._cancels_sent(failed))

    def _cancels_sent(self, failed: dict[str, str]) -> None:
        if failed:
            first = next(iter(failed.values()))
            many = "" if len(failed) == 1 else f" of {len(failed)} jobs"
            self.tell(cancelling=self.seen.cancelling - set(failed), notice=f"Cancel{many} did not work: {first}")
        self._looked = -math.inf  # the next look is due at once

    def _rerun(self, facts: JobFacts) -> None:
        with self._room:
            try:
                job = self._rerun_job(facts)
            except HfJobsError as error:
                notice = f"Rerun did not work: {error}"
                self.do(lambda: self.tell(notice=notice))
                return
            except Exception as error:  # noqa: BLE001 - the reader waits for a word
                notice = f"Rerun did not work: {report(error)}"
                self.do(lambda: self.tell(notice=notice))
                return
        self.do(lambda: self._submitted(job))
