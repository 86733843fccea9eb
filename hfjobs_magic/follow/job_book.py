"""How the jobs of an account are, once for all who look: cards, handles, rows of tables, ``%hfjobs cancel``.

Whoever looks at a job holds the same `JobEntry`, so what one learns of it, or does to it, all see at once. The Hub is
asked for all of them together (`hfjobs_magic.follow.rounds`).
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakSet, WeakValueDictionary

from hfjobs_magic.errors import HubError, JobMissingError, report
from hfjobs_magic.facts import NOT_ENDED
from hfjobs_magic.follow.endings import ask_ending, is_unclear
from hfjobs_magic.follow.job_entry import JobEntry
from hfjobs_magic.follow.rounds import Rounds
from hfjobs_magic.follow.state import (
    JobStatus,
    with_cancel,
    with_cancel_error,
    with_ending,
    with_facts,
    with_idle,
    with_trouble,
)
from hfjobs_magic.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from hfjobs_magic.exchange.ending import Ending
    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.follow.job_entry import Looker
    from hfjobs_magic.follow.job_list import JobQuery
    from hfjobs_magic.follow.list_reader import ListReader
    from hfjobs_magic.follow.protocols import Client
    from hfjobs_magic.follow.pump import Pump
    from hfjobs_magic.follow.timing import Timing
    from hfjobs_magic.metrics.idle import Idle

MISSING_LOOKS = 3
"""Times in a row that the Hub must not know a job before we believe it: a new one may be unknown for a moment."""

FOLLOWED_ROUNDS = 5
"""Rounds after which what is known of a job that is followed is taken to be old: the Hub does not answer."""

CANCELS = 4
"""Cancels sent at a time: a slow answer to one holds up no other."""


class JobBook:
    """The jobs of one account: endpoint, token and namespace.

    Parameters
    ----------
    client
        Asks the Hub.
    pump
        Gives the time for rounds.
    timing
        How often to ask.
    clock
        Seconds since the epoch.
    """

    def __init__(self, client: Client, pump: Pump, timing: Timing, *, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._fresh = timing.poll_every(local=client.local)
        self._clock = clock
        # Guards the change of entries, and who looks.
        self._lock = threading.Lock()
        self._entries: WeakValueDictionary[str, JobEntry] = WeakValueDictionary()
        self._lookers: WeakSet[Looker] = WeakSet()
        self._missing: Counter[str] = Counter()
        self._canceller = Worker("hfjob-cancel", threads=CANCELS)
        self._rounds = Rounds(self, pump, timing, local=client.local, clock=clock)

    # -- what is known ---------------------------------------------------------------------------

    def entry(self, facts: JobFacts) -> JobEntry:
        """Return the entry of a job; it stays as long as somebody holds it."""
        with self._lock:
            entry = self._entries.get(facts.id)
            if entry is None:
                entry = self._entries[facts.id] = JobEntry(self, facts)
        self._learn(entry, facts)
        return entry

    def refresh(self, entry: JobEntry) -> JobFacts:
        """Return how a job is; asked for now, unless it has ended, was just asked for, or is followed.

        Raises
        ------
        HubError
            When the Hub refuses or does not answer.
        """
        return self.inspect(entry.facts.id) if self._is_stale(entry) else entry.facts

    def refresh_all(self, entries: Iterable[JobEntry]) -> None:
        """Ask how some jobs are, as `refresh` does for one, with as few requests as that takes."""
        self.ask({entry.facts.id for entry in entries if self._is_stale(entry)})

    def _is_stale(self, entry: JobEntry) -> bool:
        fresh = self._fresh * (FOLLOWED_ROUNDS if self._rounds.follows(entry) else 1)
        return not entry.facts.is_terminal and time.monotonic() >= entry.due(fresh)

    def ask(self, job_ids: Collection[str]) -> None:
        """Ask how some jobs are: for many of them by one list of those that have not ended.

        Raises
        ------
        HubError
            When the Hub refuses or does not answer; a job that it does not know is not an error.
        """
        waiting = set(job_ids)
        if len(waiting) > 1:
            for facts in self.jobs(status=NOT_ENDED):
                waiting.discard(facts.id)
                if not waiting:
                    return
        for job_id in sorted(waiting):
            with suppress(JobMissingError):  # believed after a few looks
                self.inspect(job_id)

    def inspect(self, job_id: str) -> JobFacts:
        """Ask how a job is, and remember it.

        Raises
        ------
        JobMissingError
            When there is none with that id; a job that was known is believed to be gone after `MISSING_LOOKS`.
        HubError
            When the Hub refuses or does not answer.
        """
        asked_at = time.monotonic()
        try:
            facts = self._client.inspect(job_id)
        except JobMissingError as error:
            self._miss(job_id, str(error), asked_at)
            raise
        self._hear(facts, asked_at)
        return facts

    def jobs(
        self, *, status: Collection[str] | None = None, labels: Mapping[str, str] | None = None
    ) -> Iterator[JobFacts]:
        """Read a list of jobs, newest first, and remember what it says."""
        asked_at = time.monotonic()
        for facts in self._client.jobs(status=status, labels=labels):
            self._hear(facts, asked_at)
            yield facts

    def set_trouble(self, entries: Iterable[JobEntry], text: str) -> None:
        """Note why nothing newer is known of some jobs, or with an empty text that all is well again."""
        for entry in entries:
            self._change(entry, lambda status: with_trouble(status, text))

    def set_ending(self, entry: JobEntry, ending: Ending) -> None:
        """Note why a job did not end well."""
        self._change(entry, lambda status: with_ending(status, entry.explain(ending)))

    def find_ending(self, entry: JobEntry) -> Ending | None:
        """Return why a job failed, asked for now where nobody has looked; None for one that did not fail.

        Raises
        ------
        HubError
            When the Hub refuses or does not answer.
        """
        if is_unclear(entry):
            ending = entry.explain(ask_ending(self._client, entry.facts))
            # Who follows it has seen more.
            self._change(entry, lambda status: status if status.ending else with_ending(status, ending))
        return entry.status.ending

    def set_idle(self, entry: JobEntry, idle: Idle | None) -> None:
        """Note that a job does nothing and what becomes of it, or that it does something."""
        self._change(entry, lambda status: with_idle(status, idle))

    def _hear(self, facts: JobFacts, asked_at: float) -> None:
        entry = self._entries.get(facts.id)
        if entry is not None:
            self._missing.pop(facts.id, None)
            entry.hear(asked_at)
            self._learn(entry, facts)

    def _miss(self, job_id: str, text: str, asked_at: float) -> None:
        """To who waits for its end, a job that the Hub knows no more has ended."""
        entry = self._entries.get(job_id)
        if entry is None:
            return
        entry.hear(asked_at)
        self._missing[job_id] += 1
        if self._missing[job_id] >= MISSING_LOOKS:
            del self._missing[job_id]
            self.set_trouble([entry], text)
            self._learn(entry, replace(entry.facts, stage="DELETED"))

    def _learn(self, entry: JobEntry, facts: JobFacts) -> None:
        self._change(entry, lambda status: with_facts(status, facts, self._clock()))

    def _change(self, entry: JobEntry, change: Callable[[JobStatus], JobStatus]) -> bool:
        """Change what is known of a job, and tell those who look; whether anything is different."""
        with self._lock:
            status = change(entry.status)
            if status == entry.status:
                return False
            entry.status = status
            lookers = list(self._lookers)
        for looker in lookers:
            looker.hear(entry)
        return True

    # -- who looks -------------------------------------------------------------------------------

    def look(self, looker: Looker) -> None:
        """Tell `looker` of changes from now on, as long as it lives."""
        with self._lock:
            self._lookers.add(looker)

    def follow(self, looker: Looker, entry: JobEntry) -> None:
        """Ask how a job is, again and again until it has ended, and tell `looker`."""
        self.look(looker)
        self._rounds.follow(looker, entry)

    def leave(self, looker: Looker) -> None:
        """Tell it nothing more, and ask for it no longer; does nothing a second time."""
        with self._lock:
            self._lookers.discard(looker)
        self._rounds.leave(looker)

    def stop(self) -> None:
        """Ask for nothing more, until somebody looks again."""
        self._rounds.stop()

    def open_list(self, query: JobQuery) -> ListReader:
        """Return the one reader of a list; it stays as long as somebody holds it."""
        return self._rounds.open_list(query)

    def ask_soon(self, entry: JobEntry) -> None:
        """Ask how a job is at once, if anybody looks."""
        self._rounds.ask_soon(entry)

    # -- cancelling ------------------------------------------------------------------------------

    def cancel_later(self, entries: Iterable[JobEntry]) -> None:
        """Ask jobs to end without waiting for the answers; why one did not work is said where the job is shown."""
        for entry in entries:
            # It shows at once, and a second click sends nothing.
            if self._change(entry, with_cancel):
                self._canceller.do(entry.facts.id, lambda entry=entry: self._send_cancel(entry))  # type: ignore[misc]

    def cancel(self, entry: JobEntry) -> None:
        """Ask a job to end; return when the Hub has taken the request.

        Raises
        ------
        HubError
            When it has not; those who look are told, too.
        """
        self._change(entry, with_cancel)
        failure = self._send_cancel(entry)
        if failure is not None:
            raise failure

    def _send_cancel(self, entry: JobEntry) -> Exception | None:
        failure: Exception | None = None
        said = ""
        try:
            self._client.cancel(entry.facts.id)
        except JobMissingError as error:
            failure = error  # the next look says what became of it
        except HubError as error:
            failure, said = error, str(error)
        except Exception as error:  # noqa: BLE001 - the job would be "cancelling" for ever
            failure, said = error, report(error)
        if said:
            self._change(entry, lambda status: with_cancel_error(status, said, self._clock()))
        self.ask_soon(entry)
        return failure
