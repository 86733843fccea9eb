"""Reading what one job uses, a sample a second, while it runs."""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import HubError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.follow.protocols import Client

RETRY_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds to wait before each new try after a stream that ended or failed; the last one repeats."""

LOOK_S = 0.2
"""Seconds between two looks whether the job runs by now."""


class MetricsReader:
    """A thread that waits in the network; one that is given up ends at its next sample."""

    def __init__(
        self,
        client: Client,
        job_id: str,
        *,
        facts: Callable[[], JobFacts],
        take: Callable[[dict[str, Any]], None],
    ) -> None:
        self._client = client
        self._job_id = job_id
        self._facts = facts
        self._take = take
        self._over: threading.Event | None = None

    def start(self) -> None:
        """Read until the job has ended or `stop`."""
        if self._over is None:
            over = self._over = threading.Event()
            name = f"hfjob-{self._job_id[:8]}-metrics"
            threading.Thread(target=self._read, args=(over,), name=name, daemon=True).start()

    def stop(self) -> None:
        """Give the reading up."""
        if self._over is not None:
            self._over.set()
            self._over = None

    def _read(self, over: threading.Event) -> None:
        failures = 0
        while not over.is_set() and not self._facts().is_terminal:
            if self._facts().stage != "RUNNING":
                over.wait(LOOK_S)
                continue
            asked_to_wait_s = 0.0
            try:
                for sample in self._client.metrics(self._job_id):
                    if over.is_set() or self._facts().is_terminal:
                        return
                    self._take(sample)
                    failures = 0
            except Exception as error:  # noqa: BLE001 - metrics are an extra; the poller tells when something is wrong
                asked_to_wait_s = (error.retry_after_s or 0.0) if isinstance(error, HubError) else 0.0
            failures += 1
            wait = max(asked_to_wait_s, RETRY_S[min(failures, len(RETRY_S)) - 1])
            over.wait(wait * random.uniform(1.0, 1.2))  # noqa: S311
