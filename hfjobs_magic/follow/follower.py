"""Following a job: its log, what it uses and its stage come in on threads of their own; one pump applies them.

The pump (`hfjobs_magic.follow.pump`) is the only writer of the state, the log and the metrics, and the only
caller of listeners. The stage comes from a poller shared by all jobs (`hfjobs_magic.follow.poller`), log and
metrics from a reader each (`hfjobs_magic.follow.log_reader`, `hfjobs_magic.follow.metrics_reader`), which only so many
jobs have at a time (`hfjobs_magic.follow.slots`).
"""

from __future__ import annotations

import contextvars
import math
import threading
import time
import weakref
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import HubError, JobMissingError
from hfjobs_magic.follow.log_reader import LogReader
from hfjobs_magic.follow.metrics_reader import MetricsReader
from hfjobs_magic.follow.poller import POLLERS, Poller
from hfjobs_magic.follow.pump import PUMP, report
from hfjobs_magic.follow.slots import ENDED, STREAMED
from hfjobs_magic.follow.state import (
    CancelAsked,
    CancelFailed,
    Event,
    FactsSeen,
    JobState,
    NoticeGiven,
    NoticeOver,
    StreamChanged,
    apply,
)
from hfjobs_magic.log.buffer import LogBuffer
from hfjobs_magic.metrics.bins import MetricsBuffer
from hfjobs_magic.metrics.training_scan import TrainingScan

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.follow.protocols import Client, History

TELL_EVERY_S = 0.1
"""Shortest time between two tellings of the listeners, in seconds: what an eye can follow."""

FLOOD_LINES = 500
"""Lines between two tellings, as many as a card holds, above which nobody reads along..."""

FLOOD_TELL_EVERY_S = 0.25
"""... and the time between two tellings then, in seconds: the page has the machine to share."""

WATCH_S = 1.0
"""Seconds between two looks at the stream of a job that has ended: it should close."""

QUEUE_EVENTS = 20_000
"""Samples and other events that may wait for the pump; those who have more wait, so memory stays bounded."""

SCAN_S = 0.02
"""Longest time in a turn, in seconds, in which lines are read for training metrics."""

FLOOD_SCAN_S, FLOOD_SCAN_EVERY_S = 0.002, 0.5
"""The same in a flood, and how often then: showing lines comes first."""

FLOOD_TURN_LINES = 200
"""Lines in one turn that make a flood of it: no training prints thousands a second."""

TURN_LINES = 20_000
"""Lines taken at most before the next job has its turn."""


@dataclass(frozen=True)
class _Sample:
    at: float
    values: dict[str, Any]
    past: bool = False


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
        *,
        log_metrics: bool = True,
    ) -> None:
        self.client = client
        self.job_id = facts.id
        self.clock = clock
        self.state = JobState(facts)
        self.log = LogBuffer()
        self.metrics = MetricsBuffer()
        self.training = TrainingScan()
        self.floods = False
        """Whether lines came faster, when listeners were last told, than anybody reads."""
        self.done = threading.Event()
        """Set when the job has ended and its whole log is here."""
        self.context = contextvars.copy_context()
        self._history = history
        # What comes meanwhile waits, so that samples are in order.
        self._past_is_coming = history is not None
        self._live: list[_Sample] = []
        # What is shown because the Hub does not answer.
        self._failure = ""
        self._log_metrics = log_metrics
        self._stop = threading.Event()
        # Guards whether the pump still takes what is put: from `start` until its last turn.
        self._lock = threading.Lock()
        self._pumped = False
        self._started = False
        self._events: deque[Event | _Sample | _Do] = deque()
        self._listeners: list[Callable[[], None]] = []
        self._changed = False
        self._untold_lines = 0
        self._told = 0.0
        self._scan_due = 0.0
        self._poller: Poller | None = None
        self._log_reader = LogReader(
            client,
            facts.id,
            facts=self._facts,
            clock=clock,
            post=self._put,
            nudge=lambda hurry: PUMP.nudge(self, hurry=hurry),
        )
        self._metrics_reader = MetricsReader(client, facts.id, facts=self._facts, take=self._take_sample)

    @property
    def is_started(self) -> bool:
        """Whether the job is or was followed."""
        return self._started

    @property
    def is_stopped(self) -> bool:
        """Whether it was given up; it does not begin again."""
        return self._stop.is_set()

    def start(self) -> None:
        """Begin to follow; a second call does nothing."""
        with self._lock:
            if self._started:
                return
            self._started = self._pumped = True
            self.context = contextvars.copy_context()
        _followers.add(self)
        PUMP.add(self)
        self._poller = POLLERS.of(self.client, self.state.facts.namespace)
        self._log_reader.ended_early = self._poller.soon
        if self._history:
            self._thread("history", self._read_history)
        if self.state.facts.is_terminal:
            ENDED.seek(self)
        else:
            self._poller.add(self)
            STREAMED.seek(self)
        if self._stop.is_set():
            self._leave()

    def stop(self) -> None:
        """Stop following; the job goes on."""
        self._stop.set()
        self._leave()
        PUMP.nudge(self)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` from the pump, now and after every change, at most ten times a second.

        Jobs that somebody listens to are streamed before others.
        """
        self.do(lambda: self._add(listener))

    def do(self, action: Callable[[], None]) -> None:
        """Run `action` on the pump, or here when the pump has ended and nothing changes any more."""
        with self._lock:
            pumped = self._pumped
            if pumped:
                self._events.append(_Do(action))
        if pumped:
            PUMP.nudge(self)
        else:
            action()

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

    # -- what others tell it: the poller and the slots -------------------------------------------

    def seen(self, facts: JobFacts) -> None:
        """Take what the Hub says of the job."""
        if facts != self.state.facts:
            self._put(FactsSeen(facts, self.clock()))

    def missing(self, error: JobMissingError) -> None:
        """Learn that the Hub knows no such job any more: to who waits for its end, it has ended."""
        self._put(NoticeGiven(str(error)))
        self._put(FactsSeen(replace(self.state.facts, stage="DELETED"), self.clock()))

    def failed(self, error: HubError) -> None:
        """Learn that the Hub does not answer."""
        self._failure = str(error)
        self._put(NoticeGiven(self._failure))

    def answered(self) -> None:
        """Learn that it answers again."""
        self._put(NoticeOver(self._failure))

    def watch(self, now: float) -> None:
        """Look after the stream of the log, on the monotonic clock."""
        self._log_reader.watch(now)

    def stream(self) -> None:
        """Begin to stream log and metrics."""
        self._log_reader.start()
        self._metrics_reader.start()

    def unstream(self) -> None:
        """Stop streaming them."""
        self._log_reader.stop()
        self._metrics_reader.stop()

    # -- on threads of their own -----------------------------------------------------------------

    def _cancel(self) -> None:
        try:
            self.client.cancel(self.job_id)
        except HubError as error:
            self._put(CancelFailed(f"Cancel did not work: {error}"))
        except Exception as error:  # noqa: BLE001 - the card would say "cancelling" for ever
            self._put(CancelFailed(f"Cancel did not work: {type(error).__name__}."))
        if self._poller:
            self._poller.soon()

    def _read_history(self) -> None:
        try:
            for sample in self._history.past() if self._history else ():
                self._put(_Sample(sample["time"], sample, past=True))
        finally:
            self.do(self._past_is_in)

    def _take_sample(self, sample: dict[str, Any]) -> None:
        self._put(_Sample(self.clock(), sample))

    def _thread(self, name: str, body: Callable[[], None]) -> None:
        threading.Thread(target=body, name=f"hfjob-{self.job_id[:8]}-{name}", daemon=True).start()

    def _put(self, event: Event | _Sample) -> None:
        while len(self._events) >= QUEUE_EVENTS and self._pumped and not self._stop.wait(0.01):
            PUMP.nudge(self, hurry=True)
        self._events.append(event)
        PUMP.nudge(self)

    def _facts(self) -> JobFacts:
        return self.state.facts

    # -- on the pump -------------------------------------------------------------------------------

    def turn(self, now: float) -> float | None:
        """Apply what has come and tell the listeners; see `hfjobs_magic.follow.pump.Member`."""
        self._scan(now, self._take_lines())
        self._take_events()
        if self._stop.is_set():
            self._end(StreamChanged("stopped"))
            return None
        waiting = self._log_reader.waiting or self._events or self.training.is_behind
        is_whole = self.state.stream == "complete" and not waiting and not self._past_is_coming
        if self.state.facts.is_terminal and is_whole:
            self._end(None)
            return None
        if self._changed and now >= self._told + self._tell_every_s():
            self._tell()
        if waiting:
            return now
        due = self._told + self._tell_every_s() if self._changed else math.inf
        if self.state.facts.is_terminal:
            # The poller looks after those that run.
            self._seek_log()
            self.watch(now)
            due = min(due, now + WATCH_S)
        return due

    def _tell_every_s(self) -> float:
        return FLOOD_TELL_EVERY_S if self._untold_lines > FLOOD_LINES else TELL_EVERY_S

    def _take_lines(self) -> int:
        lines = self._log_reader.take(TURN_LINES)
        if lines:
            self.log.extend(lines)
            if self._log_metrics:
                self.training.feed(lines, self.clock())
            self._untold_lines += len(lines)
            self._changed = True
        return len(lines)

    def _scan(self, now: float, taken: int) -> None:
        flood = taken > FLOOD_TURN_LINES
        if not flood or now >= self._scan_due:
            self._changed |= self.training.advance(FLOOD_SCAN_S if flood else SCAN_S)
            self._scan_due = now + FLOOD_SCAN_EVERY_S

    def _take_events(self) -> None:
        for _ in range(len(self._events)):
            event = self._events.popleft()
            self._changed = True
            if isinstance(event, _Sample):
                self._take(event)
            elif isinstance(event, _Do):
                event.action()
            else:
                self.state = apply(self.state, event)

    def _take(self, sample: _Sample) -> None:
        if self._past_is_coming and not sample.past:
            self._live.append(sample)
            return
        if self._history and not sample.past:
            self._history.add(sample.at, sample.values)
        self.metrics.append(sample.at, sample.values)

    def _past_is_in(self) -> None:
        self._past_is_coming = False
        for sample in self._live:
            self._take(sample)
        self._live.clear()

    def _seek_log(self) -> None:
        """See to it that the log of a job that has ended is read, though others are looked at."""
        if not STREAMED.has(self) and not ENDED.knows(self):
            STREAMED.leave(self)
            ENDED.seek(self, looked_at=bool(self._listeners))

    def _add(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)
        if self._pumped and not self._stop.is_set():
            (ENDED if self.state.facts.is_terminal and not STREAMED.has(self) else STREAMED).seek(self, looked_at=True)
        listener()

    def _tell(self) -> None:
        self.floods = self._untold_lines > FLOOD_LINES
        self._changed, self._untold_lines = False, 0
        for listener in list(self._listeners):
            try:
                listener()
            except Exception:  # noqa: BLE001 - one that fails keeps nobody else from hearing, and no job from ending
                report()
        self._told = time.monotonic()

    def _end(self, event: StreamChanged | None) -> None:
        if event:
            self.state = apply(self.state, event)
        # A flood that is over is none.
        self._untold_lines = 0
        self._tell()
        with self._lock:
            self._pumped = False
            left = list(self._events)
        for late in left:
            if isinstance(late, _Do):
                late.action()
        self._leave()
        self._listeners.clear()
        if event is None:
            self.done.set()

    def _leave(self) -> None:
        if self._poller:
            self._poller.remove(self)
        STREAMED.leave(self)
        ENDED.leave(self)
        self.unstream()
