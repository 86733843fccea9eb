"""The list of a sweep's jobs: read in the rounds of the book, and before a run is submitted.

What a kernel does not know, because its request had no answer or another kernel sent it, is there.
"""

from __future__ import annotations

import math
import secrets
import time
from typing import TYPE_CHECKING

from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.sweep_jobs import CANCELED, Turn, read_roster
from hfjobs_magic.follow.job_list import JobQuery

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable

    from hfjobs_magic.api.sweep_jobs import Roster
    from hfjobs_magic.api.sweep_plan import SweepPlan
    from hfjobs_magic.facts import JobFacts

FRESH_S = 2.0
"""Age of the list, in seconds, from which it is read again before a run is submitted."""


class SweepList:
    """The jobs of one sweep, and whose turn it is to submit more.

    Parameters
    ----------
    planned
        The sweep.
    jobs
        Those that other kernels have submitted; None for a sweep that begins.
    wake
        Set when the list was read.
    """

    def __init__(self, planned: SweepPlan, jobs: Iterable[JobFacts] | None, wake: threading.Event) -> None:
        self.turn = Turn(1 if jobs is None else 0, secrets.token_hex(4))
        """Of this kernel."""
        self.takes_over = False
        """Whether it may submit whosever turn it is."""
        self._planned, self._wake = planned, wake
        self._book = RUNTIME.book(planned.client, planned.client.namespace)
        self._reader = self._book.open_list(JobQuery(None, {"sweep": planned.id}))
        self._every: float | None = RUNTIME.timing.list_every(local=planned.client.local)
        self._looked_at = math.inf if jobs is None else -math.inf
        """When it was read here, on the monotonic clock; of a sweep that begins nobody else knows."""
        if jobs is not None:
            self._reader.put(jobs)

    @property
    def ids(self) -> set[str]:
        """Of all jobs."""
        return {job.id for job in self._reader.rows.jobs}

    def show(self) -> None:
        """Read it from now on."""
        self._every = RUNTIME.timing.list_every(local=self._planned.client.local)
        self._reader.show(self)

    def hide(self) -> None:
        """Read it no more."""
        self._every = None
        self._reader.hide(self)

    # -- see `hfjobs_magic.follow.list_reader.ListViewer` ---------------------------------------------

    def pace(self, _now: float) -> float | None:
        """Return the time between two looks, in seconds."""
        return self._every

    def hear_list(self) -> None:
        """Learn that it was read."""
        self._wake.set()

    # -- before and after a submission -----------------------------------------------------------

    def read_roster(self) -> Roster:
        """Tell the jobs apart as far as they are known, and cancel those that were submitted twice."""
        roster = read_roster(self._reader.rows.jobs, len(self._planned.runs))
        entries = [self._book.entry(job) for job in roster.doubles if not job.is_terminal]
        self._book.cancel_later([entry for entry in entries if not entry.status.cancelling])
        return roster

    def put(self, job: JobFacts) -> None:
        """Put in a job that was just submitted."""
        self._reader.put([job])
        if self._looked_at == math.inf:
            self._looked_at = time.monotonic()
        self.takes_over = False

    def doubt(self) -> None:
        """Take nothing that is known to be new: a request had no answer, and may have arrived."""
        self._looked_at = -math.inf

    def is_fresh(self) -> bool:
        """Whether it is as it is now, as far as that can be."""
        if self._looked_at == -math.inf:
            return False
        read_at = self._reader.read_at
        heard = read_at is not None and time.time() - read_at < FRESH_S
        return heard or time.monotonic() < self._looked_at + FRESH_S

    def look(self) -> None:
        """Read what is new.

        Raises
        ------
        HubError
            When the Hub refuses or does not answer.
        """
        known = {job.id for job in self._reader.rows.jobs if job.is_terminal}
        jobs = []
        for job in self._book.jobs(labels={"sweep": self._planned.id}):
            jobs.append(job)
            if job.id in known and self._looked_at > -math.inf:
                break
        self._reader.put(jobs)
        self._looked_at = time.monotonic()

    def is_mine(self, roster: Roster) -> bool:
        """Whether this kernel may submit; it may not if another one has taken the sweep up since."""
        if roster.turn > self.turn and self.takes_over:
            self.turn = Turn(roster.turn.number + 1, self.turn.kernel)
        return roster.turn <= self.turn

    def is_another_told_nothing(self, roster: Roster) -> bool:
        """Whether another kernel may submit because no job says yet that this one has taken the sweep up."""
        return roster.turn.kernel not in {"", CANCELED, self.turn.kernel}

    def cancel_all(self, roster: Roster) -> None:
        """Let the kernel that submits see that it is to submit no more.

        Raises
        ------
        HubError
            When the Hub refuses or does not answer.
        """
        if label := roster.cancel_all():
            job, labels = label
            self.put(self._planned.client.set_labels(job.id, labels))
