"""Waiting until something has ended, and what a reader is told who interrupts it."""

from __future__ import annotations

import asyncio
import math
import time
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.failure import failure_of
from hfjobs_magic.api.idle import warn_if_idle
from hfjobs_magic.errors import TransferInterruptedError, WaitInterruptedError, WaitTimedOutError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.follow.follower import Follower

SLICE_S = 0.1
"""How long a wait blocks at a time, in seconds, so that an interrupt is noticed at once."""

LASTING_S = 5.0
"""How long nobody may answer until who waits is warned, in seconds."""


def wait_for(job: Job, timeout: float | None) -> None:
    """Block until a job has ended; the errors are those of `Job.wait`."""
    deadline = None if timeout is None else time.monotonic() + timeout
    trouble = _Trouble()
    with explain_interrupt(lambda: say_running([job])):
        while not (follower := job.open_follower(job)).done.wait(SLICE_S):
            warn_if_idle(follower)
            trouble.look(follower)
            if deadline is not None and time.monotonic() > deadline:
                raise WaitTimedOutError(
                    f"Job {job.name} is still {job.facts.stage} after {timeout:g} s. "
                    "It keeps running; wait again, or cancel it."
                )
        if job.facts.stage != "COMPLETED":
            raise failure_of(job)


class _Trouble:
    """Says on stderr that nobody answers, once in a wait: a program that runs a notebook shows nothing else of it."""

    def __init__(self) -> None:
        self._since = math.inf
        self._is_told = False

    def look(self, follower: Follower) -> None:
        """Warn where nobody has answered for `LASTING_S`; a stream that breaks is mended in less."""
        text, now = follower.entry.status.trouble, time.monotonic()
        self._since = min(self._since, now) if text else math.inf
        if not self._is_told and now - self._since >= LASTING_S:
            self._is_told = True
            warnings.warn(f"{text} Job {follower.entry.facts.name} is still waited for.", stacklevel=4)


@contextmanager
def explain_interrupt(say: Callable[[], str]) -> Iterator[None]:
    """Say on Ctrl-C what keeps running, and how to end it.

    Parameters
    ----------
    say
        Returns the sentences; called only on an interrupt.

    Raises
    ------
    WaitInterruptedError
        Instead of a KeyboardInterrupt that says nothing.
    asyncio.CancelledError
        Unchanged, because whoever cancels a task waits for exactly that. A notebook cancels a cell with ``await`` when
        it is interrupted, and shows the sentences instead of the traceback.
    """
    try:
        yield
    except (WaitInterruptedError, TransferInterruptedError):
        raise
    except KeyboardInterrupt:
        raise WaitInterruptedError(say()) from None
    except asyncio.CancelledError as error:
        shown: Any = error
        lines = WaitInterruptedError(say())._render_traceback_()
        shown._render_traceback_ = lambda: lines
        raise


def say_running(jobs: Sequence[Job]) -> str:
    """Say that jobs go on, and how they are ended; of those that have ended, that they have."""
    running = [job for job in jobs if not job.facts.is_terminal]
    if not running:
        return f"Stopped; job {jobs[0].name} has ended." if len(jobs) == 1 else "Stopped; the jobs have ended."
    local = " --local" if running[0].client.local else ""
    names, ids = ", ".join(job.name for job in running), " ".join(job.id for job in running)
    one = len(running) == 1
    return (
        f"Stopped waiting; job{'' if one else 's'} {names} keep{'s' if one else ''} running. "
        f"`%hfjobs cancel {ids}{local}` ends {'it' if one else 'them'}."
    )
