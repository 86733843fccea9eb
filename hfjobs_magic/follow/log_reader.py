"""Reading the log of one job, connection after connection, each line once.

A reading is a thread that waits in the network and a list that it appends to; the pump empties the
list. Nothing can call such a thread back, so one that is given up is left behind with a list that
nobody looks at, and does no harm.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import deque
from typing import TYPE_CHECKING

from hfjobs_magic.errors import HubError, HubUnreachableError, JobMissingError, report
from hfjobs_magic.follow.job_book import MISSING_LOOKS
from hfjobs_magic.follow.state import LinesMissing, NoticeGiven, StreamChanged
from hfjobs_magic.follow.timing import after, spread
from hfjobs_magic.log.batch import LogBatch
from hfjobs_magic.log.replay import EDGE_LINES, GAP, Place
from hfjobs_magic.worker import start_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hfjobs_magic.follow.inbox import Inbox
    from hfjobs_magic.follow.job_entry import JobEntry
    from hfjobs_magic.follow.protocols import Client
    from hfjobs_magic.follow.state import Event
    from hfjobs_magic.follow.timing import Timing

WAITING_LINES = 20_000
"""Lines that may wait for the pump; the reader waits when there are so many, so memory stays bounded."""

WAITING_CHARACTERS = 8_000_000
"""Characters that may wait for the pump: a line can have a million, and a busy machine leaves the pump behind."""

SHORT_READS = 3
"""Times that the log of a job that has ended may come back shorter than it was before we believe it."""

REPLAY_LINES = 100_000
"""Newest lines of a replay that are searched for those that are here, where it begins later than before."""


class _Reading:
    """One thread's share: what it has read and whether anybody still wants it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.seconds: list[tuple[int, int]] = []
        """Number of a line in the replay, and the second in which it and those behind it were printed."""
        self.size = 0
        """Characters that came since all were taken."""
        self.over = threading.Event()
        self.heard_at = time.monotonic()
        self.busy = False
        """It waits before another try, or asks for the whole log once more, which takes its time."""


class LogReader:
    """Reads a log and hands its lines over in lists; all but `take` may be called from any thread.

    Parameters
    ----------
    client
        Where the job is.
    entry
        What is known of it.
    inbox
        Takes what is to be said of the stream, and is nudged when there are lines to `take`.
    timing
        How long to wait for what.
    clock
        Seconds since the epoch.
    """

    def __init__(
        self, client: Client, entry: JobEntry, inbox: Inbox, timing: Timing, clock: Callable[[], float]
    ) -> None:
        self._client = client
        self._entry = entry
        self._inbox = inbox
        self._timing = timing
        self._clock = clock
        self._lock = threading.Lock()
        # Changed by `take`, and by the reading while its list is empty.
        self._place = Place()
        # Lines are missing before the next one; it outlives the reading that found out.
        self._gap = False
        self._reading: _Reading | None = None
        self._hung = 0
        """Times in a row that the stream of an ended job was given up."""
        self._watching = False
        self.silence = timing.silence
        """Seconds of silence after which the newest lines are asked for."""

    @property
    def waiting(self) -> int:
        """Lines that `take` would give."""
        reading = self._reading
        return len(reading.lines) if reading else 0

    def start(self) -> None:
        """Read, on a thread of its own, until the log is complete or `stop`."""
        with self._lock:
            if self._reading is None:
                self._begin()

    def stop(self) -> None:
        """Give the reading up; what it has read but nobody has taken is read again after another `start`."""
        with self._lock:
            self._give_up()

    def take(self, limit: int) -> LogBatch:
        """Give the next lines, at most `limit`."""
        with self._lock:
            reading = self._reading
            if reading is None or not reading.lines:
                return LogBatch([], [], 0)
            if self._gap:
                self._gap = False
                return LogBatch([GAP], [], 0)
            start, taken = self._place.count, reading.lines[:limit]
            self._place.advance(taken)
            begun = bisect_left(reading.seconds, (self._place.count,))
            seconds = [(max(0, at - start), second) for at, second in reading.seconds[:begun]]
            del reading.seconds[:begun]
            del reading.lines[: len(taken)]
            reading.heard_at = time.monotonic()
            self.silence = self._timing.silence
            self._hung = 0
        return LogBatch(taken, seconds, 0)

    def watch(self, now: float) -> None:
        """Look after a stream that fell silent; called every few seconds."""
        reading, facts = self._reading, self._entry.facts
        if reading is None or reading.lines or reading.busy or self._watching:
            return
        silent_s = now - reading.heard_at
        if facts.is_terminal and silent_s > self._timing.hanging * 2**self._hung:
            # It may only be slow: the next one gets more time.
            self._hung += 1
            self._restart(reading)
        elif facts.stage == "RUNNING" and silent_s > self.silence:
            self._watching = True
            self._thread("watch", lambda: self._compare(reading))

    def _compare(self, reading: _Reading) -> None:
        """Ask for the newest lines; where they are not here, the stream has lost its job: open another."""
        try:
            tail = list(self._client.logs(self._entry.facts.id, tail=EDGE_LINES))
            if reading.lines:
                return
            if self._place.is_behind(tail):
                self._restart(reading)
            else:
                self.silence = min(2 * self.silence, self._timing.longest_silence)
                reading.heard_at = time.monotonic()
        except HubError:
            reading.heard_at = time.monotonic()
        finally:
            self._watching = False

    def _restart(self, reading: _Reading) -> None:
        with self._lock:
            if reading is self._reading:
                self._give_up()
                self._begin()

    def _begin(self) -> None:
        reading = self._reading = _Reading()
        self._thread("logs", lambda: self._read(reading))

    def _give_up(self) -> None:
        if self._reading is not None:
            self._reading.over.set()
            # The next line is then its first, where it looks whether anybody wants it.
            self._reading.lines.clear()
            self._reading = None

    def _thread(self, name: str, body: Callable[[], None]) -> None:
        start_thread(f"hfjob-{self._entry.facts.id[:8]}-{name}", body)

    # -- on a reading's own thread -------------------------------------------------------------

    def _read(self, reading: _Reading) -> None:
        failures, short, missed = 0, 0, 0
        while not reading.over.is_set():
            ended, before = self._entry.facts.is_terminal, self._place.count
            self._say(reading, StreamChanged("live"))
            try:
                # Each connection replays from the start; once the job has ended the log is read
                # again to its end, because a stream that closes early loses what came after.
                total = self._connection(reading, follow=not ended)
            except JobMissingError as error:
                missed += 1
                if missed < MISSING_LOOKS:
                    self._pause(reading, missed, error)
                    continue
                self._say(reading, NoticeGiven(str(error)))
                break
            except Exception as error:  # noqa: BLE001 - a thread that ended would be a log that never comes
                refusal = error if isinstance(error, HubError) else HubError(report(error))
                failures = failures + 1 if self._place.count == before else 1
                self._pause(reading, failures, refusal)
                continue
            failures = missed = 0
            # huggingface_hub does not tell a log that broke off from a whole one when the job has
            # ended: it is whole when it is as long as it was before. The Hub may forget old lines.
            short = short + 1 if total < before else 0
            if ended and (total == before or short > SHORT_READS):
                break
            if not ended:
                # The job is still running, as far as is known here.
                self._entry.ask_soon()
                self._wait_for_end_or(reading, self._timing.log_retry[0])
        self._say(reading, StreamChanged("complete"))

    def _connection(self, reading: _Reading, *, follow: bool) -> int:
        """Read one connection to its end; how many lines it gave."""
        # The pump moves the place on as soon as there are lines to take.
        here, total = self._place.count, 0
        reading.seconds.clear()
        try:
            for batch in self._client.read_log(self._entry.facts.id, follow=follow):
                lines = batch.lines
                if total < here:
                    lines = lines[here - total :]
                    if not self._agrees(batch.lines[: here - total], total):
                        return self._realign(reading)
                    reading.heard_at = time.monotonic()
                reading.seconds += [(total + at, second) for at, second in batch.seconds]
                total += len(batch.lines)
                if reading.over.is_set() or (lines and not self._hand_over(reading, lines, batch.size)):
                    break
        finally:
            self._drain(reading)
        return total

    def _agrees(self, lines: Sequence[str], start: int) -> bool:
        """Whether lines of a replay that are here already are what they were."""
        place = self._place
        edges = len(place.head), place.count - len(place.recent)
        if edges[0] <= start and start + len(lines) <= edges[1]:
            return True
        return all(edges[0] <= at < edges[1] or place.agrees(at, line) for at, line in enumerate(lines, start))

    def _hand_over(self, reading: _Reading, lines: list[str], size: int) -> bool:
        """Give new lines to the pump, and wait where it is behind; whether anybody wants more."""
        is_first = not reading.lines
        reading.lines += lines
        reading.size += size
        if reading is not self._reading:
            return False
        if is_first or len(reading.lines) >= WAITING_LINES:
            self._inbox.nudge()
        if reading.size >= WAITING_CHARACTERS:
            self._drain(reading)
            reading.size = 0
        elif len(reading.lines) >= WAITING_LINES:
            self._drain(reading, WAITING_LINES // 2)
        return True

    def _drain(self, reading: _Reading, left: int = 0) -> None:
        """Wait until the pump has taken all but `left` lines."""
        while len(reading.lines) > left and not reading.over.is_set():
            self._inbox.nudge(hurry=True)
            time.sleep(0.002)

    def _realign(self, reading: _Reading) -> int:
        """Find our place in a log that no longer begins as it did; how many lines it has."""
        total, newest, seconds = 0, deque[str](maxlen=REPLAY_LINES), list[tuple[int, int]]()
        reading.busy = True
        try:
            for batch in self._client.read_log(self._entry.facts.id):
                newest.extend(batch.lines)
                seconds += [(total + at, second) for at, second in batch.seconds]
                total += len(batch.lines)
                if reading.over.is_set():
                    return total
        finally:
            reading.busy = False
            reading.heard_at = time.monotonic()
        replay = list(newest)
        place, start, gap = self._place.find_in(replay, total - len(replay))
        with self._lock:
            if reading is not self._reading:
                return total
            self._place, self._gap = place, self._gap or gap
        if gap:
            self._say(reading, LinesMissing())
        reading.seconds[:] = seconds
        reading.lines.extend(replay[start:])
        self._drain(reading)
        return total

    def _say(self, reading: _Reading, event: Event) -> None:
        if not reading.over.is_set():
            self._inbox.put(event)

    def _pause(self, reading: _Reading, failures: int, error: HubError) -> None:
        seconds = spread(error.retry_after_s or after(failures, self._timing.log_retry))
        if isinstance(error, HubUnreachableError):
            # A stream notices within seconds; who asks for the stage is tried again for half a minute underneath.
            self._entry.book.set_trouble([self._entry], str(error))
        self._say(reading, StreamChanged("reconnecting", retry_at=self._clock() + seconds))
        reading.busy = True
        reading.over.wait(seconds)
        reading.busy = False
        reading.heard_at = time.monotonic()

    def _wait_for_end_or(self, reading: _Reading, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self._entry.facts.is_terminal:
            if reading.over.wait(0.05):
                return
