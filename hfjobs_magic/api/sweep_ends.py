"""Waiting for the runs of a sweep to end, all of them or one after the other."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from hfjobs_magic.api.idle import warn_of_runs
from hfjobs_magic.api.sweep_steps import count_stages
from hfjobs_magic.api.waiting import SLICE_S, explain_interrupt
from hfjobs_magic.errors import WaitTimedOutError

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.api.sweep import Sweep


class SweepEnds:
    """Of one sweep; `over` is set when all that was started has ended. Ctrl-C stops the waiting, not the sweep."""

    def __init__(self, sweep: Sweep, over: threading.Event) -> None:
        self._sweep, self._over = sweep, over
        self._warned: set[int] = set()

    def wait(self, timeout: float | None) -> None:
        """Block until all have ended, and warn of those that will be cancelled because they do nothing.

        Raises
        ------
        WaitTimedOutError
            When `timeout` seconds were not enough.
        WaitInterruptedError
            On Ctrl-C.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with explain_interrupt(self._say_running):
            while not self._over.wait(SLICE_S):
                warn_of_runs(self._sweep.idle, self._warned, "sweep")
                if deadline is not None and time.monotonic() > deadline:
                    stages = count_stages(self._sweep.stages)
                    raise WaitTimedOutError(
                        f"Sweep {self._sweep.id} is not over after {timeout:g} s: {stages}. It keeps running."
                    )
            self._learn()

    async def wait_async(self) -> None:
        """Do the same and leave the event loop free."""
        with explain_interrupt(self._say_running):
            while not self._over.is_set():
                await asyncio.sleep(SLICE_S)
            await asyncio.to_thread(self._learn)

    def _learn(self) -> None:
        """Find out why runs failed, so that they are shown in groups."""
        _ = self._sweep.errors

    def iterate(self, timeout: float | None) -> Iterator[Job]:
        """Give the job of each run when it has ended, in the order of their ends.

        Raises
        ------
        WaitTimedOutError
            When `timeout` seconds were not enough.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        given: set[str] = set()
        while True:
            is_over = self._over.is_set()
            ended = [job for job in self._sweep.jobs if job and job.facts.is_terminal and job.id not in given]
            for job in sorted(ended, key=lambda job: job.facts.finished_at or 0.0):
                given.add(job.id)
                yield job
            if is_over:
                return
            if deadline is not None and time.monotonic() > deadline:
                raise WaitTimedOutError(f"Sweep {self._sweep.id} is not over after {timeout:g} s. It keeps running.")
            with explain_interrupt(self._say_running):
                self._over.wait(SLICE_S)

    def _say_running(self) -> str:
        sweep = self._sweep
        if sweep.is_over:
            return f"Stopped; sweep {sweep.id} is over."
        local = " --local" if sweep.plan.client.local else ""
        return f"Stopped waiting; sweep {sweep.id} goes on. `%hfjobs cancel @sweep={sweep.id}{local}` ends it."
