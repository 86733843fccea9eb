"""Training curves of a run that nobody follows: one connection to its log, where following it makes six requests."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import HubError, report
from hfjobs_magic.hub.sent_secrets import SENT
from hfjobs_magic.metrics.training_scan import TrainingScan
from hfjobs_magic.widgets.curve_message import find_percent, make_message
from hfjobs_magic.widgets.throttle import Throttle
from hfjobs_magic.worker import start_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.facts import JobFacts

    Send = Callable[[dict[str, Any]], None]

LOOK_S = 0.5
"""Seconds between two looks at what the list says of the run; nobody is asked for them."""

AGAIN_S = 15.0
"""Seconds until the log of a run that goes on is read anew, whose stream has ended: the list is read in between."""


class CurveStream:
    """Curves as they grow, until the run has ended or nobody looks.

    Parameters
    ----------
    job
        The run.
    do
        Runs something on the pump.
    send
        Sends a message to all pages; on the pump.
    keep
        Gets the last message, when the run has ended; on the pump.
    find
        Returns what the list says of the run; None where it is not there any more.
    places
        Of which a stream takes one.
    modes
        Metrics that the reader has named, and which value of each is best.
    """

    def __init__(
        self,
        job: Job,
        *,
        do: Callable[[Callable[[], None]], None],
        send: Send,
        keep: Send,
        find: Callable[[], JobFacts | None],
        places: threading.Semaphore,
        modes: Mapping[str, str],
    ) -> None:
        self._job, self._do, self._send, self._keep, self._find = job, do, send, keep, find
        self._places, self._modes = places, modes
        self._mask = SENT.line_mask(job.id)
        self._message = make_message(job.id)
        self._stopped = threading.Event()
        start_thread(f"hfjob-{job.id[:8]}-curves", self._run)

    def send(self) -> None:
        """Send what is known."""
        self._send(self._message)

    def stop(self) -> None:
        """Read no more."""
        self._stopped.set()

    def _run(self) -> None:
        try:
            while self._wait(lambda facts: facts is None or facts.stage == "RUNNING" or facts.is_terminal, math.inf):
                self._read_in_place()
                if self._wait(lambda facts: facts is None or facts.is_terminal, AGAIN_S):
                    break
        except HubError as error:
            self._message = make_message(self._job.id, error=f"Its log cannot be read: {error}")
        except Exception as error:  # noqa: BLE001 - the reader waits for a word
            self._message = make_message(self._job.id, error=f"Its log cannot be read: {report(error)}")
        if not self._stopped.is_set():
            message = self._message
            self._do(lambda: self._end(message))

    def _end(self, message: dict[str, Any]) -> None:
        self._keep(message)
        self._send(message)

    def _wait(self, is_so: Callable[[JobFacts | None], bool], longest_s: float) -> bool:
        """Wait until the list says something of the run; whether it does, and anybody still looks."""
        until = time.monotonic() + longest_s
        while not self._stopped.is_set():
            if is_so(self._find()):
                return True
            if time.monotonic() > until:
                return False
            self._stopped.wait(LOOK_S)
        return False

    def _read_in_place(self) -> None:
        while not self._stopped.is_set():
            if self._places.acquire(timeout=LOOK_S):
                try:
                    self._read()
                finally:
                    self._places.release()
                return

    def _read(self) -> None:
        """Read one connection from the first line on."""
        scan, throttle = TrainingScan(named=self._modes), Throttle()
        for batch in self._job.client.read_log(self._job.id, follow=True):
            if self._stopped.is_set():
                return
            scan.feed(self._mask(batch.lines), time.time())
            scan.advance(math.inf)
            if throttle.is_due(scan.reports + find_percent(scan), last=False):
                self._message = throttle.charge(make_message(self._job.id, scan, self._modes))
                self._do(self.send)
        self._message = make_message(self._job.id, scan, self._modes)
