"""Submits the runs of a sweep, a few at a time, on a thread that lasts until all have ended."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from hfjobs_magic.api.job import Job
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.session import Commitment
from hfjobs_magic.api.submit import Submission, submit
from hfjobs_magic.api.sweep_steps import WAITING, next_step
from hfjobs_magic.errors import HfJobsError, HubError, report
from hfjobs_magic.follow.timing import after
from hfjobs_magic.worker import start_thread

if TYPE_CHECKING:
    from collections.abc import Collection

    from hfjobs_magic.api.sweep_plan import SweepPlan
    from hfjobs_magic.follow.job_entry import JobEntry

TRIES = 6
"""Times that a run is submitted, when the Hub does not answer, before the sweep stops."""

LOOK_S = 5.0
"""Seconds between two looks at what is known, if nothing is heard; the Hub is not asked for them."""


class _Run:
    """One run: its job, once it has one. Hears of it from the book."""

    def __init__(self, wake: threading.Event) -> None:
        self.job: Job | None = None
        self.entry: JobEntry | None = None
        self.commitment: Commitment | None = None
        self._wake = wake

    @property
    def stage(self) -> str:
        return self.entry.facts.stage if self.entry else WAITING

    def hear(self, entry: JobEntry) -> None:
        """Learn that something of a job has changed; called from any thread."""
        if entry is self.entry and entry.facts.is_terminal:
            self._wake.set()

    def take(self, job: Job, commitment: Commitment) -> None:
        """Begin to follow the job that was submitted for it: whether it has ended, not what it prints."""
        self.job, self.commitment, self.entry = job, commitment, commitment.entry
        if not self.entry.facts.is_terminal:
            self.entry.book.follow(self, self.entry)

    def let_go(self) -> None:
        """Follow it no more, and forget it."""
        if self.entry:
            self.entry.book.leave(self)
        self.job = self.entry = self.commitment = None


class SweepDriver:
    """The runs of a sweep; all methods may be called from any thread.

    Parameters
    ----------
    planned
        What to submit.
    """

    def __init__(self, planned: SweepPlan) -> None:
        self.planned = planned
        self.over = threading.Event()
        """Set when every run that was started has ended and no more are to be started."""
        self.stopped = ""
        """Why no more runs are started, in a sentence; empty where all are."""
        self._wake = threading.Event()
        self._lock = threading.Lock()
        """Guards the stop, and whether a thread runs."""
        self._runs = [_Run(self._wake) for _ in planned.runs]
        self._first = ""
        self._failures = 0
        self._again_at = 0.0
        """When to try again after a failure, on the monotonic clock."""
        self._given_up = self._is_canceled = self._is_driven = False
        self._ids: set[str] = set()
        """Jobs that any run has or had."""
        self._past: list[Commitment] = []
        """What runs cost that were started anew."""
        RUNTIME.watch(self)
        self._start()

    @property
    def jobs(self) -> list[Job | None]:
        """Job of each run, None where it has none yet."""
        return [run.job for run in self._runs]

    @property
    def stages(self) -> list[str]:
        """Stage of each run, as far as it is known."""
        return [run.stage for run in self._runs]

    @property
    def spent_usd(self) -> float:
        """What the runs have cost, those that have not ended at the most they can."""
        return sum(one.spent_usd() for one in (*self._past, *(run.commitment for run in self._runs)) if one)

    def headline(self, place: int) -> str:
        """Say why a run failed, as far as it is known; empty where it did not."""
        entry = self._runs[place].entry
        if entry is None or entry.facts.stage not in {"ERROR", "DELETED"}:
            return ""
        ending = entry.status.ending
        return ending.headline if ending else entry.facts.message or entry.facts.stage

    def halt(self, why: str) -> None:
        """Start no more runs; those that run go on."""
        with self._lock:
            self.stopped = self.stopped or why
        self._wake.set()

    def cancel(self) -> None:
        """Start no more runs, and ask those to end that have not."""
        self._is_canceled = True
        self.halt("It was cancelled.")
        for run in self._runs:
            if run.entry and not run.entry.facts.is_terminal:
                run.entry.book.cancel_later([run.entry])

    def stop(self) -> None:
        """Start no more and look after none: the extension is unloaded."""
        self._given_up = True
        self.halt("The extension was unloaded before all runs were started.")

    def retry(self, places: Collection[int]) -> None:
        """Start some runs anew, and go on with those that were never started."""
        with self._lock:
            self.stopped, self._failures, self._given_up, self._is_canceled = "", 0, False, False
            for place in places:
                self._past += [one for one in [self._runs[place].commitment] if one]
                self._runs[place].let_go()
        self._start()

    def _start(self) -> None:
        with self._lock:
            self.over.clear()
            begins, self._is_driven = not self._is_driven, True
        if begins:
            start_thread(f"hfjob-sweep-{self.planned.id}", self._drive)
        self._wake.set()

    # -- on the thread -----------------------------------------------------------------------------

    def _drive(self) -> None:
        while not self._is_done():
            again = self._again_at - time.monotonic()
            self._wake.wait(min(again, LOOK_S) if again > 0 else LOOK_S)
            self._wake.clear()
        for run in self._runs:
            if run.entry:
                run.entry.book.leave(run)

    def _is_done(self) -> bool:
        """Start what may be started; whether the thread may end."""
        is_over = self._turn()
        with self._lock:
            # Whoever starts runs anew meanwhile has set the wake, and counts on this thread.
            if (is_over and not self._wake.is_set()) or self._given_up:
                self._is_driven = False
                self.over.set()
                return True
        return False

    def _turn(self) -> bool:
        """Start what may be started now; whether the sweep is over."""
        while True:
            step = next_step(self.stages, self.planned.limits, self.spent_usd, self.stopped)
            self.stopped = self.stopped or step.stopped
            if step.start is None or time.monotonic() < self._again_at or self._given_up:
                return step.is_over
            self._submit(step.start)

    def _submit(self, place: int) -> None:
        try:
            # A request without an answer may have arrived.
            found = self._find(place) if self._failures else None
            made = found or submit(self.planned.of_run(place, self._first), client=self.planned.client)
        except HubError as error:
            self._failures += 1
            self._again_at = time.monotonic() + (
                error.retry_after_s or after(self._failures, RUNTIME.timing.poll_retry)
            )
            if self._failures >= TRIES:
                self.halt(f"{error} The runs that are left were not started.")
            return
        except HfJobsError as error:
            self.halt(f"{error} The runs that are left were not started.")
            return
        except Exception as error:  # noqa: BLE001 - nobody sees a thread that ends
            self.halt(report(error))
            return
        self._failures = 0
        self._take(place, made)

    def _find(self, place: int) -> Submission | None:
        """Find the job of a run whose submission failed after it had arrived."""
        request = self.planned.of_run(place, self._first)
        labels = request.run.labels if request.run else {}
        facts = next((job for job in self.planned.client.jobs(labels=labels) if job.id not in self._ids), None)
        if facts is None:
            return None
        return Submission(self.planned.client, request, facts, self.planned.hardware, self.planned.limits.each_usd)

    def _take(self, place: int, made: Submission) -> None:
        job = Job.from_submission(made)
        entry = RUNTIME.book(made.client, made.job.namespace).entry(made.job)
        price = made.hardware.usd_per_minute if made.hardware else None
        most = 0.0 if made.reused else self.planned.limits.each_usd
        self._ids.add(job.id)
        self._runs[place].take(job, Commitment(entry, most, 0.0 if made.reused else price))
        if self._is_canceled:
            entry.book.cancel_later([entry])
        if not made.reused and not self._first:
            self._first = job.id
