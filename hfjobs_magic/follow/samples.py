"""Samples of a job in order: those that others saw before this kernel followed it, then those that come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.errors import HubError, report
from hfjobs_magic.follow.inbox import Inbox, Sample
from hfjobs_magic.metrics.bins import MetricsBuffer

if TYPE_CHECKING:
    from hfjobs_magic.follow.protocols import SampleHistory


class SampleLog:
    """Fed by the pump only; its `buffer` is read on any thread."""

    def __init__(self, history: SampleHistory | None) -> None:
        self.buffer = MetricsBuffer()
        self._history = history
        # What comes before the history is here waits, so that samples are in order.
        self._early: list[Sample] | None = None if history is None else []

    @property
    def is_waiting(self) -> bool:
        """Whether the history is still being read."""
        return self._early is not None

    @property
    def early(self) -> int:
        """How many samples wait for the history."""
        return len(self._early or ())

    def read_history(self, inbox: Inbox) -> None:
        """Put what others saw into `inbox`; takes its time."""
        try:
            for sample in self._history.past() if self._history else ():
                inbox.put(Sample(sample["time"], sample, past=True))
        except HubError:
            pass  # the local service does not answer; the card says so
        except Exception as error:  # noqa: BLE001 - the history is an extra; the job is followed without it
            report(error)
        finally:
            inbox.do(self._begin)

    def take(self, sample: Sample) -> None:
        """Take one."""
        if self._early is not None and not sample.past:
            self._early.append(sample)
            return
        if self._history and not sample.past:
            self._history.add(sample.at, sample.values)
        self.buffer.append(sample.at, sample.values)

    def _begin(self) -> None:
        early, self._early = self._early or (), None
        for sample in early:
            self.take(sample)
