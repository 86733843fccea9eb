"""Following a job: readers put events on a queue, one pump applies them and tells subscribers.

Three readers (log, metrics, stage) block in the network, each on a daemon thread of its own; the
pump is the only writer of the state, the log and the metrics, and the only caller of listeners.
Threads are started in a copy of the cell's context, without which ipykernel 7.0 cannot send from
them (ipykernel issue 1450).
"""

from __future__ import annotations

import contextvars
import queue
import threading
import time
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from hfjobs_magic.errors import HubError, JobMissingError
from hfjobs_magic.logs import LogBuffer
from hfjobs_magic.metrics import MetricsBuffer
from hfjobs_magic.state import (
    CancelAsked,
    Event,
    FactsSeen,
    JobFacts,
    JobState,
    NoticeGiven,
    StreamChanged,
    apply,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TELL_EVERY_S = 0.1
"""Shortest time between two tellings of the listeners, in seconds: what an eye can follow."""

QUEUE_EVENTS = 20_000
"""Events waiting for the pump; a full queue makes the readers wait, so memory stays bounded."""

BATCH_EVENTS = 5_000
"""Events applied at most before listeners are looked after again."""

POLL_S = {True: 0.5, False: 2.0}
"""Seconds between two looks at the stage: local, Hub. The Hub allows 1000 requests in 5 minutes."""

RETRY_S = (1.0, 2.0, 5.0, 10.0)
"""Seconds to wait before each new try after a failure; the last one repeats."""

SHORT_READS = 3
"""Times that the log of a job that has ended may come back shorter than it was before we believe it."""


class Client(Protocol):
    """The part of `JobsClient` that following needs."""

    local: bool

    def inspect(self, job_id: str) -> JobFacts:
        """Ask how a job is."""

    def cancel(self, job_id: str) -> None:
        """Ask a job to end."""

    def logs(self, job_id: str, *, follow: bool = False, tail: int | None = None) -> Iterator[str]:
        """Read log lines."""

    def metrics(self, job_id: str) -> Iterator[dict[str, Any]]:
        """Read metrics samples."""


class History(Protocol):
    """Samples of a job that this follower did not see, and where those that it sees are kept."""

    def past(self) -> list[dict[str, Any]]:
        """Give the samples so far, oldest first, each with its ``time``."""

    def add(self, at: float, sample: dict[str, Any]) -> None:
        """Keep one."""


@dataclass(frozen=True)
class _Line:
    text: str


@dataclass(frozen=True)
class _Sample:
    at: float
    values: dict[str, Any]


@dataclass(frozen=True)
class _Do:
    """Something to be done by the pump, such as answering a page."""

    action: Callable[[], None]


_followers: weakref.WeakSet[Follower] = weakref.WeakSet()


def stop_all() -> None:
    """Stop following every job; the jobs themselves go on."""
    for follower in list(_followers):
        follower.stop()


class Follower:
    """Everything known of one job while and after it runs."""

    def __init__(
        self,
        client: Client,
        facts: JobFacts,
        clock: Callable[[], float] = time.time,
        history: History | None = None,
    ) -> None:
        self.client = client
        self._history = history
        self.clock = clock
        self.state = JobState(facts)
        self.log = LogBuffer()
        self.metrics = MetricsBuffer()
        self.done = threading.Event()
        """Set when the job has ended and its whole log is here."""
        self._stop = threading.Event()
        self._started = False
        self._queue: queue.Queue[Event | _Line | _Sample | _Do] = queue.Queue(maxsize=QUEUE_EVENTS)
        self._listeners: list[Callable[[], None]] = []
        self._pump: threading.Thread | None = None

    def start(self) -> None:
        """Begin to follow; a second call does nothing."""
        if self._started:
            return
        self._started = True
        _followers.add(self)
        for name, body in (
            ("logs", self._read_logs),
            ("metrics", self._read_metrics),
            ("stage", self._read_stage),
        ):
            self._thread(name, body)
        self._pump = self._thread("pump", self._run)

    def stop(self) -> None:
        """Stop following; the job goes on."""
        self._stop.set()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` from the pump, now and after every change, at most ten times a second."""
        self.do(lambda: self._add(listener))

    def do(self, action: Callable[[], None]) -> None:
        """Run `action` on the pump, or here when the pump has ended and nothing changes any more."""
        if self._pump is None or not self._pump.is_alive():
            action()
        else:
            self._put(_Do(action))

    def tell(self, text: str) -> None:
        """Show the reader a sentence; before or while the job is followed."""
        if self._started:
            self._put(NoticeGiven(text))
        else:
            self.state = apply(self.state, NoticeGiven(text))

    def cancel_later(self) -> None:
        """Ask the job to end without waiting for the answer; a failure becomes a notice."""
        self._put(CancelAsked())
        self._thread("cancel", self._cancel)

    def _add(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)
        listener()

    def _cancel(self) -> None:
        try:
            self.client.cancel(self.state.facts.id)
        except HubError as error:
            self._put(NoticeGiven(f"Cancel did not work: {error}"))

    def _thread(self, name: str, body: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(
            target=contextvars.copy_context().run,
            args=(body,),
            name=f"hfjob-{self.state.facts.id[:8]}-{name}",
            daemon=True,
        )
        thread.start()
        return thread

    def _put(self, event: Event | _Line | _Sample | _Do) -> None:
        while not self._stop.is_set():
            try:
                self._queue.put(event, timeout=0.5)
            except queue.Full:
                continue
            return

    # -- readers -----------------------------------------------------------------------------

    def _read_logs(self) -> None:
        job_id, seen, failures, short = self.state.facts.id, 0, 0, 0
        while not self._stop.is_set():
            ended, before, total = self.state.facts.is_terminal, seen, 0
            self._put(StreamChanged("live"))
            try:
                # Each connection replays from the start; once the job has ended the log is read
                # again to its end, because a stream that closes early loses what came after.
                for total, line in enumerate(self.client.logs(job_id, follow=not ended), 1):
                    if self._stop.is_set():
                        return
                    if total > seen:
                        self._put(_Line(line))
                        seen += 1
                        failures = 0
                # huggingface_hub does not tell a log that broke off from a whole one when the job has
                # ended: it is whole when it is as long as it was before. The Hub may forget old lines.
                short = short + 1 if total < before else 0
                if ended and (total == before or short > SHORT_READS):
                    break
            except JobMissingError as error:
                self._put(NoticeGiven(str(error)))
                break
            except HubError:
                self._put(StreamChanged("reconnecting"))
                failures += 1
                self._pause(failures)
            else:
                self._wait_for_end_or(RETRY_S[0])
        self._put(StreamChanged("complete"))

    def _read_metrics(self) -> None:
        job_id, failures = self.state.facts.id, 0
        while not self._stop.is_set() and not self.state.facts.is_terminal:
            if self.state.facts.stage != "RUNNING":
                self._stop.wait(0.2)
                continue
            try:
                for sample in self.client.metrics(job_id):
                    if self._stop.is_set() or self.state.facts.is_terminal:
                        return
                    self._put(_Sample(self.clock(), sample))
                    failures = 0
            except HubError:
                pass  # the stage reader tells when something is wrong; metrics are an extra
            failures += 1
            self._pause(failures)

    def _read_stage(self) -> None:
        job_id, failures = self.state.facts.id, 0
        while not self._stop.is_set() and not self.state.facts.is_terminal:
            try:
                self._put(FactsSeen(self.client.inspect(job_id), self.clock()))
                failures = 0
                self._wait_for_end_or(POLL_S[self.client.local])
            except JobMissingError as error:
                self._put(NoticeGiven(str(error)))
                return
            except HubError as error:
                failures += 1
                if failures == len(RETRY_S):
                    self._put(NoticeGiven(str(error)))
                self._pause(failures)

    def _pause(self, failures: int) -> None:
        self._stop.wait(RETRY_S[min(failures, len(RETRY_S)) - 1])

    def _wait_for_end_or(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.state.facts.is_terminal:
            if self._stop.wait(0.05):
                return

    # -- the pump ----------------------------------------------------------------------------

    def _run(self) -> None:
        told = 0.0
        changed = False
        for sample in self._history.past() if self._history else ():
            self.metrics.append(sample["time"], sample)
        while not self._stop.is_set():
            changed |= self._take_batch()
            ended = self.state.facts.is_terminal and self.state.stream == "complete" and self._queue.empty()
            if ended or (changed and time.monotonic() - told >= TELL_EVERY_S):
                self._tell()
                told, changed = time.monotonic(), False
            if ended:
                self.done.set()
                break
        if self._stop.is_set():
            self.state = apply(self.state, StreamChanged("stopped"))
            self._tell()
        self._listeners.clear()

    def _take_batch(self) -> bool:
        try:
            event = self._queue.get(timeout=TELL_EVERY_S)
        except queue.Empty:
            return False
        for _ in range(BATCH_EVENTS):
            self._take(event)
            try:
                event = self._queue.get_nowait()
            except queue.Empty:
                return True
        self._take(event)
        return True

    def _take(self, event: Event | _Line | _Sample | _Do) -> None:
        if isinstance(event, _Line):
            self.log.append(event.text)
        elif isinstance(event, _Sample):
            if self._history:
                self._history.add(event.at, event.values)
            self.metrics.append(event.at, event.values)
        elif isinstance(event, _Do):
            event.action()
        else:
            self.state = apply(self.state, event)

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()
