"""The streams of one job, its log and its metrics, and the slot that they need."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hfjobs_magic.follow.log_reader import LogReader
from hfjobs_magic.follow.metrics_reader import MetricsReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.follow.inbox import Inbox
    from hfjobs_magic.follow.job_entry import JobEntry
    from hfjobs_magic.follow.protocols import Client
    from hfjobs_magic.follow.runtime import FollowRuntime


class Streams:
    """Two readers that stream while the job has one of the runtime's slots; see `hfjobs_magic.follow.slots.Seeker`."""

    def __init__(
        self, runtime: FollowRuntime, client: Client, entry: JobEntry, inbox: Inbox, clock: Callable[[], float]
    ) -> None:
        self._streamed, self._ended = runtime.streamed, runtime.ended
        self._watch_every = runtime.timing.watch_every
        self._entry = entry
        self.log = LogReader(client, entry, inbox, runtime.timing, clock)
        self.metrics = MetricsReader(client, entry, inbox, runtime.timing, clock)

    def stream(self) -> None:
        """Begin to stream log and metrics; a second call does nothing."""
        self.log.start()
        self.metrics.start()

    def unstream(self) -> None:
        """Stop streaming them; a second call does nothing."""
        self.log.stop()
        self.metrics.stop()

    def seek(self, *, looked_at: bool = False) -> None:
        """Stand in line for a slot: that of the ended, where the job has ended and was not streamed."""
        to_end = self._entry.facts.is_terminal and not self._streamed.has(self)
        (self._ended if to_end else self._streamed).seek(self, looked_at=looked_at)

    def watch(self, now: float, *, looked_at: bool) -> float:
        """Look after the stream of the log; when to do so again, on the monotonic clock."""
        has_slot = self._streamed.has(self)
        if self._entry.facts.is_terminal:
            # The log of a job that has ended is read, though others are looked at.
            if not has_slot and not self._ended.knows(self):
                self._streamed.leave(self)
                self._ended.seek(self, looked_at=looked_at)
        elif not has_slot:
            return math.inf
        self.log.watch(now)
        return now + self._watch_every

    def leave(self) -> None:
        """Give the slot back and stop; a second call does nothing."""
        self._streamed.leave(self)
        self._ended.leave(self)
        self.unstream()
