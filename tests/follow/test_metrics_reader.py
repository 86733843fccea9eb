"""When a job's metrics are asked for again."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import HubError
from hfjobs_magic.follow import metrics_reader
from hfjobs_magic.follow.metrics_reader import MetricsReader
from tests.fakes import FACTS, FakeHub
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


class Busy(FakeHub):
    """Has a sample for whoever asks a third time."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = replace(FACTS, stage="RUNNING")
        self.asked: list[float] = []

    def metrics(self, job_id: str) -> Iterator[dict[str, Any]]:
        self.asked.append(time.monotonic())
        if len(self.asked) < 3:
            busy = HubError("Too many requests.")
            busy.retry_after_s = 0.3
            raise busy
        yield {"cpu_usage_pct": 1}
        yield from super().metrics(job_id)


def test_too_many_requests_are_answered_by_waiting_as_long_as_the_hub_says(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(metrics_reader, "RETRY_S", (0.01,))
    hub, taken = Busy(), []
    reader = MetricsReader(hub, FACTS.id, facts=lambda: hub.facts, take=taken.append)
    reader.start()
    wait_until(lambda: taken == [{"cpu_usage_pct": 1}])
    assert all(later - earlier >= 0.3 for earlier, later in pairwise(hub.asked))
    hub.say(stage="COMPLETED")
    reader.stop()
