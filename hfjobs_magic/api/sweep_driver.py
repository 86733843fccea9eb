"""Submits the runs of a sweep, a few at a time, on a thread that lasts until all have ended."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.submit import Submission, remember, submit
from hfjobs_magic.api.sweep_budget import SweepBudget
from hfjobs_magic.api.sweep_jobs import BY, CANCELED, Roster, start_of
from hfjobs_magic.api.sweep_list import SweepList
from hfjobs_magic.api.sweep_run import Run
from hfjobs_magic.api.sweep_state import keep, prepare
from hfjobs_magic.api.sweep_steps import LEFT_ALONE, Step, count_failed, next_step
from hfjobs_magic.api.sweep_usage import SweepUsage
from hfjobs_magic.errors import HfJobsError, HubError, report
from hfjobs_magic.facts import NOT_ENDED
from hfjobs_magic.follow.timing import after
from hfjobs_magic.worker import defer_interrupt, start_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.api.sweep_plan import SweepPlan
    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.metrics.idle import Idle

TRIES = 6
"""Times that a run is submitted, when the Hub does not answer, before the sweep stops."""

CANCELED_HERE = "It was cancelled."
"""Why a sweep has stopped that somebody has cancelled as a whole."""

LOOK_S = 5.0
"""Seconds between two looks at what is known, if nothing is heard; the Hub is not asked for them."""

QUIET_S = 15.0
"""Seconds without a job after which a sweep that another kernel submits is taken to be over: it may need a moment
between the end of one and the start of the next."""


class SweepDriver:
    """The runs of a sweep; all methods may be called from any thread.

    Parameters
    ----------
    planned
        What to submit.
    jobs
        Those that other kernels have submitted; None for a sweep that begins.
    reused
        Jobs of other sweeps that stand for some runs, by place.

    Raises
    ------
    OptionError, HubError
        For a sweep that begins, as `prepare` does.
    """

    def __init__(
        self, planned: SweepPlan, jobs: Sequence[JobFacts] | None = None, reused: Mapping[int, JobFacts] | None = None
    ) -> None:
        self.planned, self._files = prepare(planned) if jobs is None else (planned, ExitStack())
        self.over = threading.Event()
        """Set when every run that was started has ended and no more are to be started."""
        self._at_end: list[Callable[[], None]] = []
        self.stopped = ""
        """Why no more runs are started, in a sentence; empty where all are."""
        self.usage = SweepUsage(planned)
        self._wake = threading.Event()
        self._lock = threading.Lock()
        """Guards the stop, and whether a thread runs."""
        self._runs = [Run(self._wake) for _ in planned.runs]
        self._list = SweepList(planned, jobs, self._wake)
        self._first, self._failures = "", 0
        self._again_at = 0.0
        """When to try again after a failure, on the monotonic clock."""
        self._active_at = -QUIET_S
        """When a job ran or waited, as far as is known, on the same clock."""
        self._given_up = self._is_canceled = self._is_driven = False
        self._forgiven, self._is_kept = 0, True
        self.budget = SweepBudget(planned, self._runs)
        for place, facts in (reused or {}).items():
            self._take(place, facts, 1, reused=True)
        if jobs is not None:
            self._first = min(jobs, key=lambda job: job.created_at or 0.0).id
            self._adopt()
            self.stopped = LEFT_ALONE
        RUNTIME.watch(self)
        self._start(over_budget=planned.over_budget)

    @property
    def jobs(self) -> list[Job | None]:
        """Job of each run, None where it has none yet."""
        return [run.job for run in self._runs]

    @property
    def stages(self) -> list[str]:
        """Stage of each run, as far as it is known."""
        return [run.stage for run in self._runs]

    @property
    def reused(self) -> list[int]:
        """Places of runs that ``--reuse`` has found."""
        return [place for place, run in enumerate(self._runs) if run.job and run.reused]

    @property
    def idle(self) -> dict[int, Idle]:
        """Runs that do nothing and will be cancelled, by place."""
        return {n: idle for n, run in enumerate(self._runs) if run.entry and (idle := run.entry.status.idle_now)}

    def call_at_end(self, call: Callable[[], None]) -> None:
        """Call it each time that the sweep is over, from now on and if it is; not where the extension is unloaded."""
        with self._lock:
            self._at_end.append(call)
            if self.over.is_set():
                call()

    def headline(self, place: int) -> str:
        """Say why a run failed, as far as it is known; empty where it did not."""
        entry = self._runs[place].entry
        if entry is None or entry.facts.stage not in {"ERROR", "DELETED"}:
            return ""
        ending = entry.status.ending
        return ending.headline if ending else entry.facts.message or entry.facts.stage

    def halt(self, why: str) -> None:
        """Start no more runs; those that run continue."""
        with self._lock:
            is_new, self.stopped = not self.stopped, self.stopped or why
        if is_new:
            self._wake.set()

    def cancel(self) -> None:
        """Start no more runs, and ask those to end that have not."""
        self._is_canceled = True
        self.halt(CANCELED_HERE)
        self._wake.set()
        for run in self._runs:
            if run.entry and not run.entry.facts.is_terminal:
                run.entry.book.cancel_later([run.entry])

    def stop(self) -> None:
        """Start no more and look after none: the extension is unloaded."""
        self._given_up = True
        self.halt("The extension was unloaded before all runs were started.")
        self._wake.set()

    def go_on(self, again: Collection[int] = (), *, over_budget: bool) -> None:
        """Start the runs that were never started, and some anew; other kernels leave them to this one."""
        with self._lock:
            self.stopped, self._failures, self._given_up, self._is_canceled = "", 0, False, False
            self._list.takes_over = True
            for place in again:
                self.budget.put_aside(self._runs[place])
                self._runs[place].let_go()
            self._forgiven = count_failed(Counter(self.stages))
        self._start(over_budget=over_budget)

    def _start(self, *, over_budget: bool) -> None:
        with defer_interrupt():
            with self._lock:
                self.over.clear()
                begins, self._is_driven = not self._is_driven, True
                self._list.show()
            self.budget.begin(over_budget=over_budget, is_new=begins)
            if begins:
                start_thread(f"hfjob-sweep-{self.planned.id}", self._drive)
            self._wake.set()

    # -- on the thread -----------------------------------------------------------------------------

    def _drive(self) -> None:
        while not self._is_done():
            self.usage.sample(self.jobs)
            again = self._again_at - time.monotonic()
            self._wake.wait(min(again, LOOK_S) if again > 0 else LOOK_S)
            self._wake.clear()

    def _is_done(self) -> bool:
        """Start what may be started; whether the thread may end."""
        try:
            is_over = self._advance()
        except Exception as error:  # noqa: BLE001 - nobody sees a thread that ends
            self._given_up, is_over = True, True
            self.halt(report(error))
        with self._lock:
            # Whoever starts runs anew meanwhile has set the wake, and counts on this thread.
            if (is_over and not self._wake.is_set()) or self._given_up:
                self._list.hide()
                self._files.close()
                self.usage.stop()
                for run in self._runs:
                    run.leave()
                self._is_driven = False
                for call in () if self._given_up else self._at_end:
                    call()
                self.over.set()
                return True
        return False

    def _advance(self) -> bool:
        """Start what may be started now; whether the sweep is over."""
        while True:
            roster = self._adopt()
            if not self._list.is_mine(roster) or (self._is_canceled and self._list.is_another_told_nothing(roster)):
                self._leave_to_others(roster)
            step = self._next_step()
            if step.start is None or time.monotonic() < self._again_at or self._given_up:
                self._keep()
                return self._is_over(step, roster)
            if not self._list.is_fresh():
                self._look()
            else:
                self._submit(step.start)

    def _next_step(self) -> Step:
        stages, limits, budget = self.stages, self.planned.limits, self.budget
        room = budget.room_usd()
        step = next_step(stages, limits, budget.sum_spent_usd(), self.stopped, room_usd=room, forgiven=self._forgiven)
        self.stopped = self.stopped or step.stopped
        if not NOT_ENDED.isdisjoint(stages):
            self._active_at = time.monotonic()
        return step

    def _is_over(self, step: Step, roster: Roster) -> bool:
        # Another kernel may be about to start the next.
        is_own = not self.stopped or self._is_canceled or roster.turn.kernel == CANCELED
        is_own = is_own or roster.turn <= self._list.turn
        return step.is_over and (is_own or time.monotonic() > self._active_at + QUIET_S)

    def _adopt(self) -> Roster:
        """Take the jobs of the list that are newer than those of the runs."""
        roster, listed = self._list.read_roster(), self._list.ids
        for place, facts in roster.current.items():
            if self._runs[place].is_older(facts, start_of(facts), listed):
                self._take(place, facts, start_of(facts))
        return roster

    def _look(self) -> None:
        try:
            self._list.look()
        except HubError as error:
            self._fail(error)

    def _leave_to_others(self, roster: Roster) -> None:
        """Start no more, as another kernel has taken the sweep up; but where it is to end, let that one know."""
        if roster.turn.kernel == CANCELED:
            self.halt(CANCELED_HERE)
            return
        if not self._is_canceled:
            self.halt("Another kernel has taken over this sweep, whose jobs are shown here. resume() takes it back.")
            return
        try:
            self._list.cancel_all(roster)
        except HubError as error:
            self.stopped = f"It was cancelled here, but another kernel could not be told, and may go on: {error}"
            self._is_canceled = False

    def _submit(self, place: int) -> None:
        start = self._runs[place].start + 1
        request = self.planned.of_run(place, self._first, start=start, by=str(self._list.turn))
        try:
            made = submit(request, client=self.planned.client)
        except HubError as error:
            self._fail(error)
            return
        except HfJobsError as error:
            self.halt(f"{error} The runs that are left were not started.")
            return
        self._failures = 0
        self._runs[place].take(made, self.planned, start)
        if made.reused:
            self._is_kept = False
        else:
            self._list.put(made.job)
            self._set_first(made.job.id)
        self._follow(place)

    def _set_first(self, job_id: str) -> None:
        """Let the other runs share the files of a job."""
        if not self._first:
            self._first = job_id
            request = self.planned.request
            self.planned = replace(self.planned, request=replace(request, sent=replace(request.sent, folder=None)))
            self._files.close()

    def _keep(self) -> None:
        """Let another kernel know of jobs that `--reuse` has found: they have no label of this sweep."""
        if self._is_kept:
            return
        try:
            keep(self.planned, {place: run.job.id for place, run in enumerate(self._runs) if run.job and run.reused})
            self._is_kept = True
        except HfJobsError as error:
            report(error)

    def _fail(self, error: HubError) -> None:
        """Wait; the next look finds out whether a request without an answer has arrived."""
        self._failures += 1
        self._list.doubt()
        self._again_at = time.monotonic() + (error.retry_after_s or after(self._failures, RUNTIME.timing.poll_retry))
        if self._failures >= TRIES or error.is_final:
            self.halt(f"{error} The runs that are left were not started.")

    def _take(self, place: int, facts: JobFacts, start: int, *, reused: bool = False) -> None:
        """Take a job that this kernel has not submitted, or does not know to have."""
        planned = self.planned
        request = planned.of_run(place, self._first, start=start)
        made = Submission(planned.client, request, facts, planned.hardware, planned.limits.each_usd, reused=reused)
        if facts.labels.get(BY) == str(self._list.turn):
            remember(made)
            self._failures = 0
        if not reused:
            self._set_first(facts.id)
        self.budget.put_aside(self._runs[place])
        self._runs[place].take(made, planned, start)
        self._follow(place)

    def _follow(self, place: int) -> None:
        run = self._runs[place]
        run.follow(often=self.planned.client.local)
        if self._is_canceled and run.entry and not run.entry.facts.is_terminal:
            run.entry.book.cancel_later([run.entry])
