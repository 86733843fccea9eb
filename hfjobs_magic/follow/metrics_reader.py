"""Reading what one job uses, a sample a second, while it runs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from hfjobs_magic.errors import HubError, report
from hfjobs_magic.follow.inbox import Sample
from hfjobs_magic.follow.timing import after, spread
from hfjobs_magic.worker import start_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.follow.inbox import Inbox
    from hfjobs_magic.follow.job_entry import JobEntry
    from hfjobs_magic.follow.protocols import Client
    from hfjobs_magic.follow.timing import Timing


class MetricsReader:
    """A thread that waits in the network; one that is given up ends at its next sample.

    Parameters
    ----------
    client
        Where the job is.
    entry
        What is known of it.
    inbox
        Takes the samples.
    timing
        How long to wait after a failure.
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
        self._over: threading.Event | None = None

    def start(self) -> None:
        """Read until the job has ended or `stop`."""
        if self._over is None:
            over = self._over = threading.Event()
            start_thread(f"hfjob-{self._entry.facts.id[:8]}-metrics", lambda: self._read(over))

    def stop(self) -> None:
        """Give the reading up."""
        if self._over is not None:
            self._over.set()
            self._over = None

    def _read(self, over: threading.Event) -> None:
        failures = 0
        while not over.is_set() and not self._entry.facts.is_terminal:
            if self._entry.facts.stage != "RUNNING":
                over.wait(self._timing.stage_every)
                continue
            asked_to_wait_s = 0.0
            try:
                for sample in self._client.metrics(self._entry.facts.id):
                    if over.is_set() or self._entry.facts.is_terminal:
                        return
                    self._inbox.put(Sample(self._clock(), sample))
                    failures = 0
            except HubError as error:
                # Metrics are an extra; the book tells when something is wrong.
                asked_to_wait_s = error.retry_after_s or 0.0
            except Exception as error:  # noqa: BLE001 - as above
                report(error)
            failures += 1
            wait = max(asked_to_wait_s, after(failures, self._timing.metrics_retry))
            over.wait(spread(wait))
