"""When a job's metrics are asked for again."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from hfjobs_magic.errors import HubError
from tests.fakes import FACTS, FakeHub
from tests.runtimes import quick_runtime
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator


class Busy(FakeHub):
    """Has a sample for whoever asks a third time."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = replace(FACTS, stage="RUNNING")
        self.times: list[float] = []

    def metrics(self, job_id: str) -> Iterator[dict[str, Any]]:
        self.times.append(time.monotonic())
        if len(self.times) < 3:
            busy = HubError("Too many requests.")
            busy.retry_after_s = 0.3
            raise busy
        yield {"cpu_usage_pct": 1}
        yield from super().metrics(job_id)


@pytest.mark.slow  # it waits
def test_too_many_requests_are_answered_by_waiting_as_long_as_the_hub_says():
    hub = Busy()
    with quick_runtime(metrics_retry=(0.01,)) as runtime:
        follower = runtime.follower(hub, hub.facts)
        follower.start()
        wait_until(lambda: [sample["cpu_usage_pct"] for sample in follower.metrics.records()] == [1])
        assert all(later - earlier >= 0.3 for earlier, later in pairwise(hub.times))
        hub.say(stage="COMPLETED")
        follower.log.close()
