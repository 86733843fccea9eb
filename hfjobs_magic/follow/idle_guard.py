"""Ends a job that does nothing, for ``--cancel-if-idle``: by samples that are read anyway, and said before."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hfjobs_magic.follow.inbox import Sample
    from hfjobs_magic.follow.job_book import JobBook
    from hfjobs_magic.follow.job_entry import JobEntry
    from hfjobs_magic.metrics.idle import Idle, IdleRule

AGAIN_S = 60.0
"""Seconds after which a cancel that the Hub has not taken is sent again."""


class IdleGuard:
    """Of one job; without a rule it does nothing. `take` is called on the pump, all else on any thread."""

    def __init__(self, book: JobBook, entry: JobEntry) -> None:
        self._book, self._entry = book, entry
        self._rule: IdleRule | None = None
        self._sent_at = -math.inf
        self._told: Idle | None = None
        self._lock = threading.Lock()
        """Guards the rule: what somebody wants to keep is not cancelled a moment later."""

    def start(self, rule: IdleRule) -> None:
        """Judge the job by `rule` from now on."""
        with self._lock:
            self._rule = self._rule or rule

    def stop(self) -> bool:
        """Let it run on, however idle it is; whether it was watched."""
        with self._lock:
            watched, self._rule = self._rule is not None, None
            self._book.set_idle(self._entry, None)
            return watched

    def news(self) -> Idle | None:
        """Return that it will be cancelled, once each time that this is so: for who waits and has no card."""
        idle = self._entry.status.idle_now
        is_new, self._told = idle != self._told, idle
        return idle if is_new else None

    def take(self, sample: Sample) -> None:
        """Judge it by a sample; one of before this kernel followed it says nothing of now."""
        with self._lock:
            if self._rule is None or sample.past:
                return
            self._rule.take(sample.at, sample.values)
            idle = self._rule.state()
            self._book.set_idle(self._entry, idle)
            if idle and idle.is_over and sample.at > self._sent_at + AGAIN_S:
                self._sent_at = sample.at
                self._book.cancel_later([self._entry])
