"""Starts scheduled jobs when they are due, on the service's event loop.

Runs that were due while no service ran are made up for by one run when it is back, as Kubernetes does for cron jobs: a
laptop that was closed at midnight still gets its daily job. A run that is due while the previous job still runs is
skipped, unless concurrency is on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING

from croniter import CroniterError

from hfjobs_magic.local.errors import ApiError
from hfjobs_magic.local.jobs.cron import find_next_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.local.storage.scheduled import ScheduledRow, ScheduledTable
    from hfjobs_magic.local.storage.store import JobRow

log = logging.getLogger(__name__)

MAX_SLEEP = 20.0
"""Seconds to sleep at most, so that a clock that was set, or a machine that slept, is noticed."""


class Scheduler:
    """Watches one table of scheduled jobs."""

    def __init__(
        self,
        table: ScheduledTable,
        start: Callable[[ScheduledRow], JobRow],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Watch `table`.

        Parameters
        ----------
        table
            The scheduled jobs.
        start
            Starts a job of one of them, or raises `ApiError`: 409 when its previous job still runs.
        clock
            Returns Unix seconds.
        """
        self._table = table
        self._start = start
        self._clock = clock
        self._wake = asyncio.Event()

    def now(self) -> float:
        """Return the time of its clock, Unix seconds."""
        return self._clock()

    def wake(self) -> None:
        """Look at the schedules now: one was added or changed."""
        self._wake.set()

    async def run(self) -> None:
        """Start jobs when they are due, until cancelled."""
        while True:
            self._wake.clear()
            due = self.tick()
            wait = MAX_SLEEP if due is None else min(MAX_SLEEP, max(0.0, due - self._clock()))
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait)

    def tick(self) -> float | None:
        """Start everything that is due; return when the next job will be due, in Unix seconds."""
        now = self._clock()
        active = [row for row in self._table.all() if not row.suspend]
        for row in active:
            if row.next_run <= now:
                self._due(row, now)
        return min((row.next_run for row in active if not row.suspend), default=None)

    def trigger(self, row: ScheduledRow) -> JobRow:
        """Start a job of `row` now; its schedule does not change.

        Raises
        ------
        ApiError
            409 when its last job still runs and it allows only one at a time; and what submission raises.
        """
        job = self._start(row)
        row.last_job, row.last_run = job.id, self._clock()
        self._table.save(row)
        return job

    def _due(self, row: ScheduledRow, now: float) -> None:
        try:
            row.next_run = find_next_run(row.schedule, now)
        except CroniterError:
            row.suspend, row.suspend_reason = True, "The schedule names no later time: this was its last run."
        try:
            self.trigger(row)
        except ApiError as error:
            if error.status == 409:
                log.info("scheduled job %s: its last job still runs; this run is skipped", row.id)
            else:
                log.warning("scheduled job %s cannot be started and is suspended: %s", row.id, error.message)
                row.suspend, row.suspend_reason = True, error.message
            self._table.save(row)
