"""Fetching what a cell has shown from its job's folder: the files that the log names, and at the end all of them."""

from __future__ import annotations

import math
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import HubError
from hfjobs_magic.follow.timing import after
from hfjobs_magic.worker import start_thread

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hfjobs_magic.follow.inbox import Inbox
    from hfjobs_magic.follow.protocols import RunFolder
    from hfjobs_magic.follow.timing import Timing

BATCH = 200
"""Files of one request."""

MAX_WAITING = 5_000
"""Files that are waited for, as many as the runner writes: a program may print any number of lines like its own."""


@dataclass(frozen=True)
class FilesRead:
    """An answer of the folder."""

    records: list[dict[str, Any]]
    """Files, as `hfjobs_magic.exchange.outputs.OutputList` takes them."""
    missing: tuple[int, ...] = ()
    """Numbers of files that have not come in all this time."""
    over: bool = False
    """Whether nothing more is read."""
    report: dict[str, Any] | None = None
    """The job's ``exit.json``; with the last answer only."""


class OutputFiles:
    """Asks for files on a thread that is there only while some are waited for.

    Parameters
    ----------
    folder
        Where they are.
    inbox
        Takes the answers.
    timing
        How long to wait for what.
    local
        Whether the local service has them.
    """

    def __init__(self, folder: RunFolder, inbox: Inbox, timing: Timing, *, local: bool) -> None:
        self._folder, self._inbox, self._timing = folder, inbox, timing
        self._every = timing.outputs_every(local=local)
        self._report_wait = timing.report_wait(local=local)
        self._lock = threading.Lock()
        self._waiting: dict[int, float] = {}
        """Number of a file -> when its line was seen, on the monotonic clock."""
        self._read: set[int] = set()
        self._running = self._last = self._wants_report = False
        self._ended_at = math.inf
        """When the job's end was heard of, on the monotonic clock."""
        self._news = threading.Event()
        self._over = threading.Event()
        self.room = sys.maxsize
        """Bytes that may still be held."""

    def want(self, numbers: Iterable[int]) -> None:
        """Ask for files soon."""
        now = time.monotonic()
        with self._lock:
            for number in numbers:
                if number not in self._read and len(self._waiting) < MAX_WAITING:
                    self._waiting[number] = now
        self._begin()

    def finish(self, *, wants_report: bool) -> None:
        """Look through the whole folder, once: the job has ended and its log is here.

        A folder that does not answer is asked again, less and less often, for `Timing.outputs_last` seconds. With
        `wants_report` nothing here says why the job failed: ``exit.json`` is then waited for, `Timing.report_wait`.
        """
        with self._lock:
            self._last, self._wants_report, self._ended_at = True, wants_report, time.monotonic()
        self._begin()

    def stop(self) -> None:
        """Ask for nothing more."""
        self._over.set()
        self._news.set()

    def _begin(self) -> None:
        self._news.set()
        with self._lock:
            if self._running or self._over.is_set() or not (self._waiting or self._last):
                return
            self._running = True
        start_thread("hfjob-outputs", self._work)

    def _work(self) -> None:
        vain = failures = 0
        while not self._over.is_set():
            with self._lock:
                numbers, last = list(self._waiting)[:BATCH], self._last
                if not numbers and not last:
                    self._running = False
                    return
            self._news.clear()
            try:
                found, report = self._ask(numbers, last=last)
                failures = 0
            except HubError as error:
                failures += 1
                if last and time.monotonic() - self._ended_at >= self._timing.outputs_last:
                    self._inbox.put(FilesRead([], tuple(self._give_up(math.inf)), over=True))
                    return
                self._over.wait(error.retry_after_s or after(failures, self._timing.log_retry))
                continue
            rest = self._ended_at + self._report_wait - time.monotonic()
            # At the end the whole folder is here: what is not in it was a line of the program's own.
            late = math.inf if last and rest <= 0 else time.monotonic() - self._timing.outputs_late
            missing = self._give_up(late)
            is_known = report or any(record.get("error") for record in found) or not self._wants_report
            over = last and not self._waiting and (bool(is_known) or rest <= 0)
            if found or missing or over:
                self._inbox.put(FilesRead(found, tuple(missing), over=over, report=report))
            if over:
                return
            vain = 0 if found else vain + 1
            self._over.wait(self._every)
            if vain and not last:
                # A new line in the log is asked for at once, however many files were asked for in vain.
                self._news.wait(after(vain, self._timing.outputs_missing))
            elif vain:
                # No longer than it takes to give up: somebody waits for the job's end.
                self._over.wait(min(after(vain, self._timing.outputs_missing), max(0.05, rest) if rest > 0 else 60.0))

    def _ask(self, numbers: list[int], *, last: bool) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        report = None
        if last:
            found, report = self._folder.end(without=self._read, room=self.room)
        else:
            found = self._folder.outputs(numbers, room=self.room)
        with self._lock:
            for record in found:
                number = record.get("number")
                if isinstance(number, int):
                    self._read.add(number)
                    self._waiting.pop(number, None)
        self.room -= sum(int(record.get("bytes") or 0) for record in found)
        return found, report

    def _give_up(self, before: float) -> list[int]:
        """Wait no longer for files whose lines were seen before that."""
        with self._lock:
            missing = [number for number, seen_at in self._waiting.items() if seen_at < before]
            for number in missing:
                del self._waiting[number]
        return missing
