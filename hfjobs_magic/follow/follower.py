"""Following a job: its log and what it uses come in on threads of their own; one pump applies them.

The pump (`hfjobs_magic.follow.pump`) alone writes the log and the metrics, and calls listeners. How the job is comes
from the book of its account (`hfjobs_magic.follow.job_book`), log and metrics from a reader each, which only so many
jobs have at a time (`hfjobs_magic.follow.slots`). All put what they have into the job's inbox, which its turn empties.
"""

from __future__ import annotations

import contextvars
import threading
import time
from typing import TYPE_CHECKING
from weakref import WeakSet

from hfjobs_magic.follow.idle_guard import IdleGuard
from hfjobs_magic.follow.inbox import Action, Inbox, Sample
from hfjobs_magic.follow.listeners import Listeners
from hfjobs_magic.follow.output_files import FilesRead
from hfjobs_magic.follow.output_reader import OutputReader
from hfjobs_magic.follow.samples import SampleLog
from hfjobs_magic.follow.state import JobState, LogState, StreamChanged, apply
from hfjobs_magic.follow.streams import Streams
from hfjobs_magic.follow.training_reader import TrainingReader
from hfjobs_magic.hub.sent_secrets import SENT
from hfjobs_magic.log.buffer import LogBuffer
from hfjobs_magic.worker import defer_interrupt, start_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.follow.job_entry import JobEntry
    from hfjobs_magic.follow.protocols import Client, SampleHistory
    from hfjobs_magic.follow.runtime import FollowRuntime
    from hfjobs_magic.metrics.bins import MetricsBuffer
    from hfjobs_magic.metrics.training_scan import TrainingScan

TURN_LINES = 20_000
"""Lines taken at most before the next job has its turn."""


class Follower:
    """Everything known of one job while and after it runs.

    Parameters
    ----------
    runtime
        Pump, book and slots of the kernel.
    client
        Where the job is.
    facts
        What the Hub said of it.
    clock
        Seconds since the epoch.
    history
        Samples that others saw, and where those seen here are kept; None where there is no such place.
    log_metrics
        Whether its log is read for training metrics.
    """

    def __init__(
        self,
        runtime: FollowRuntime,
        client: Client,
        facts: JobFacts,
        *,
        clock: Callable[[], float] = time.time,
        history: SampleHistory | None = None,
        log_metrics: bool = True,
    ) -> None:
        self.clock = clock
        self.book = runtime.book(client, facts.namespace)
        self.entry = self.book.entry(facts)
        self.idle = IdleGuard(self.book, self.entry)
        self.log = LogBuffer()
        self.done = threading.Event()
        """Set when the job has ended and its whole log is here."""
        self.context = contextvars.copy_context()
        self.pump = runtime.pump
        self._runtime = runtime
        self._log_state = LogState()
        self._samples = SampleLog(history)
        self._training = TrainingReader(runtime.timing, is_wanted=log_metrics)
        self._mask = SENT.line_mask(facts.id)
        self._inbox = Inbox(runtime.pump, self)
        self._streams = Streams(runtime, client, self.entry, self._inbox, clock)
        folder = client.run_folder(facts)
        self.shown = OutputReader(folder, self._inbox, runtime.timing, local=client.local)
        """What its cell has shown."""
        self._listeners = Listeners(runtime.timing)
        self._users: WeakSet[object] = WeakSet()
        self._lock = threading.Lock()
        """Guards whether it has started."""
        self._started = self._whole = False
        self._stop = threading.Event()

    @property
    def job_id(self) -> str:
        """24 hex digits."""
        return self.entry.facts.id

    @property
    def state(self) -> JobState:
        """What is known of the job and of its log, at this moment."""
        return JobState(self.entry.status, self._log_state, self.shown.lost)

    @property
    def metrics(self) -> MetricsBuffer:
        """What the job used."""
        return self._samples.buffer

    @property
    def training(self) -> TrainingScan:
        """What its log says of a training."""
        return self._training.scan

    @property
    def reads_training(self) -> bool:
        """Whether its log is read for that."""
        return self._training.is_wanted

    @property
    def is_flooded(self) -> bool:
        """Whether lines came faster, when listeners were last called, than anybody reads."""
        return self._listeners.flooded

    @property
    def is_whole(self) -> bool:
        """Whether the job has ended and all of it is here: its log, what it has shown, and why it failed."""
        return self._whole

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
        with defer_interrupt():
            self._begin()

    def _begin(self) -> None:
        with self._lock:
            if self._started:
                return
            self._started = True
            self._inbox.open()
            self.context = contextvars.copy_context()
        self.pump.add(self)
        if self._samples.is_waiting:
            start_thread(self._thread_name("history"), lambda: self._samples.read_history(self._inbox))
        self.book.follow(self, self.entry)
        self._streams.seek()
        if self._stop.is_set():
            self._leave()

    def stop(self) -> None:
        """Stop following; the job goes on."""
        self._stop.set()
        self._inbox.let_go()
        self._leave()
        self._inbox.nudge()

    def use(self, user: object) -> None:
        """Follow for `user`, as long as it lives."""
        self._users.add(user)
        self.start()

    def release(self, user: object) -> None:
        """Follow for it no longer, and stop where nobody else is left."""
        self._users.discard(user)
        if not self._users:
            self.stop()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` from the pump, now and after every change, at most ten times a second.

        Jobs that somebody listens to are streamed before others.
        """
        self.do(lambda: self._add(listener))

    def unlisten(self, listener: Callable[[], None]) -> None:
        """Call it no more."""
        self.do(lambda: self._listeners.remove(listener))

    def do(self, action: Callable[[], None]) -> None:
        """Run `action` on the pump, or here when the pump has ended and nothing changes any more."""
        self._inbox.do(action)

    def cancel(self) -> None:
        """Ask the job to end without waiting for the answer; a failure becomes a notice."""
        self.book.cancel_later([self.entry])

    # -- what the book says ------------------------------------------------------------------------

    def hear(self, entry: JobEntry) -> None:
        """Learn that something of a job has changed."""
        if entry is self.entry:
            self._listeners.note()
            self._inbox.nudge()

    # -- on the pump -------------------------------------------------------------------------------

    def turn(self, now: float) -> float | None:
        """Apply what has come and tell the listeners; see `hfjobs_magic.follow.pump.Member`."""
        if not self._inbox.is_open:
            return None
        lines = self._take_lines()
        if self._training.read(lines, at=self.clock(), now=now):
            self._listeners.note()
        self._take_items()
        if self._stop.is_set():
            self._log_state = apply(self._log_state, StreamChanged("stopped"))
            self._end(whole=False)
            return None
        waiting = self._streams.log.waiting or self._inbox or self.training.is_behind
        ended = self.entry.facts.is_terminal
        if ended and not waiting and self._log_state.stream == "complete":
            self.shown.finish(self.log, self.entry.facts)
            if self.shown.is_over and not self._samples.is_waiting:
                self._end(whole=True)
                return None
        if now >= self._listeners.due():
            self._listeners.update()
        if waiting:
            return now
        return min(self._listeners.due(), self._streams.watch(now, looked_at=bool(self._listeners)))

    def _take_lines(self) -> list[str]:
        batch = self._streams.log.take(TURN_LINES)
        if lines := batch.lines:
            lines[:] = self._mask(lines)
            self.shown.read_batch(batch, self.log)
            self._listeners.note(lines=len(lines))
        return lines

    def _take_items(self) -> None:
        for item in self._inbox.take():
            self._listeners.note()
            if isinstance(item, Sample):
                self._samples.take(item)
                self.idle.take(item)
            elif isinstance(item, FilesRead):
                self.shown.take(item, self.log)
            elif isinstance(item, Action):
                item.run()
            else:
                self._log_state = apply(self._log_state, item)

    def _add(self, listener: Callable[[], None]) -> None:
        if self._inbox.is_open and not self._stop.is_set():
            self._streams.seek(looked_at=True)
        self._listeners.add(listener)

    def _end(self, *, whole: bool) -> None:
        facts = self.entry.facts
        if whole and facts.stage == "ERROR":
            self.book.set_ending(self.entry, self.shown.read_end(self.log, facts.message or ""))
        self._whole = whole
        self._listeners.update(last=True)
        self._inbox.close()
        self._leave()
        self._listeners.clear()
        if whole:
            self.done.set()

    def _leave(self) -> None:
        self.shown.stop()
        self.idle.stop()
        self.book.leave(self)
        self._streams.leave()

    def _thread_name(self, what: str) -> str:
        return f"hfjob-{self.job_id[:8]}-{what}"
