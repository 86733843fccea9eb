"""One job, as all who look at it know it."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Protocol

from hfjobs_magic.follow.state import JobStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.exchange.ending import Ending
    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.follow.job_book import JobBook


class JobEntry:
    """One job of a book; the same object for all who look at it.

    Attributes
    ----------
    book
        Where it stands.
    status
        What is known of it. Replaced as a whole, by the book only.
    heard_at
        When the Hub last said how it is, on the monotonic clock.
    wanted_at
        When something happened after which the Hub has not been asked yet, on the same clock; infinity where nothing
        did.
    explain
        Adds to why it did not end well what whoever submitted it knows.
    """

    def __init__(self, book: JobBook, facts: JobFacts) -> None:
        self.book = book
        self.status = JobStatus(facts)
        self.heard_at, self.wanted_at = -math.inf, math.inf
        self.explain: Callable[[Ending], Ending] = lambda ending: ending

    @property
    def facts(self) -> JobFacts:
        """The last the Hub said."""
        return self.status.facts

    def due(self, every: float) -> float:
        """Return when to ask again, on the monotonic clock, where that is done `every` so many seconds."""
        return min(self.heard_at + every, self.wanted_at)

    def hear(self, asked_at: float) -> None:
        """Note that the Hub has just answered a question of `asked_at`."""
        self.heard_at = time.monotonic()
        if asked_at > self.wanted_at:
            self.wanted_at = math.inf

    def ask_soon(self) -> None:
        """Ask at once, if anybody looks: something has happened."""
        self.book.ask_soon(self)


class Looker(Protocol):
    """Whoever shows what is known of jobs."""

    def hear(self, entry: JobEntry) -> None:
        """Learn that something of a job has changed; called from any thread, and quick."""
