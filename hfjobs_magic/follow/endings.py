"""Why jobs failed that nobody follows: asked for one by one and slowly, while a table shows them."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from hfjobs_magic.errors import HubError
from hfjobs_magic.exchange.ending import read_end
from hfjobs_magic.follow.output_reader import LAST_LINES
from hfjobs_magic.hub.sent_secrets import SENT
from hfjobs_magic.log.buffer import LogBuffer
from hfjobs_magic.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hfjobs_magic.exchange.ending import Ending
    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.follow.job_entry import JobEntry
    from hfjobs_magic.follow.protocols import Client

MOST = 60
"""Jobs that are asked for in one table, the newest that failed: more are not read by anybody, and two minutes' work."""


def ask_ending(client: Client, facts: JobFacts) -> Ending:
    """Ask why a job failed: its ``exit.json``, and where that and the Hub say nothing the end of its log.

    Raises
    ------
    HubError
        When the Hub refuses or does not answer.
    """
    folder, message = client.run_folder(facts), facts.message or ""
    report = folder.read_report() if folder else None
    ending = read_end(report, None, (), message, local=client.local)
    if ending.kind != "unknown":
        return ending
    log = LogBuffer()
    mask = SENT.line_mask_behind(facts.id, lambda count: client.logs(facts.id, tail=count), LAST_LINES)
    log.extend(mask(list(client.logs(facts.id, tail=LAST_LINES))))
    return read_end(report, None, log.tail(LAST_LINES)[1], message, local=client.local)


class EndingFinder:
    """Finds out why jobs of a list failed. The pump calls it.

    Parameters
    ----------
    find
        Asks for one, on a thread of its own.
    every
        Seconds between two questions.
    """

    def __init__(self, find: Callable[[JobEntry], object], every: float) -> None:
        self._find = find
        self._every = every
        self._worker = Worker("hfjobs-endings")
        self._asked: set[str] = set()
        self._at = -math.inf
        """When to ask again, on the monotonic clock."""

    def turn(self, unclear: Iterable[JobEntry], now: float) -> float:
        """Ask for the first of some jobs that was not asked for before, where it is time; when to come again."""
        if len(self._asked) >= MOST:
            return math.inf
        wanted = next((one for one in unclear if one.facts.id not in self._asked), None)
        if wanted is None:
            return math.inf
        if now < self._at:
            return self._at
        if self._worker.is_idle:
            self._asked.add(wanted.facts.id)
            self._worker.do(wanted.facts.id, lambda: self._ask(wanted))
        self._at = now + self._every
        return self._at

    def stop(self) -> None:
        """Ask no more."""
        self._worker.stop()

    def _ask(self, entry: JobEntry) -> None:
        try:
            self._find(entry)
        except HubError as error:  # what the Hub says of it stays
            self._at = time.monotonic() + max(error.retry_after_s or 0.0, self._every)


def is_unclear(entry: JobEntry) -> bool:
    """Whether a job failed, and nobody here has looked why."""
    return entry.facts.stage == "ERROR" and entry.status.ending is None
