"""Curves of runs that nobody follows, out of one connection to the log of each."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import hfjobs_magic
from hfjobs_magic.api.job import Job
from hfjobs_magic.hub.client import JobsClient
from hfjobs_magic.metrics.training import NO_MODES
from hfjobs_magic.widgets.curve_stream import CurveStream
from tests.counting import counted
from tests.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from hfjobs_magic.local.daemon import Service

LOSSES = """
import pathlib, time
for step in range(1, 4):
    print({{"loss": 1 / step, "step": step}}, flush=True)
while not pathlib.Path({go!r}).exists():
    time.sleep(0.05)
print({{"loss": 0.125, "step": 4}}, flush=True)
"""


class Page:
    """What a page gets, and what the list says of the run."""

    def __init__(self, job: Job, stage: str) -> None:
        self.facts = replace(job.facts, stage=stage)
        self.sent: list[dict[str, Any]] = []
        self.last: list[dict[str, Any]] = []

    def open(self, job: Job, places: threading.Semaphore) -> CurveStream:
        return CurveStream(
            job,
            do=lambda action: action(),
            send=self.sent.append,
            keep=self.last.append,
            find=lambda: self.facts,
            places=places,
            modes=NO_MODES,
        )

    def losses(self) -> list[float]:
        return self.sent[-1]["curves"][0]["y"] if self.sent and self.sent[-1]["curves"] else []


def test_a_run_is_one_request_and_its_curve_grows_until_it_has_ended(local: Service, tmp_path: Path):
    go = tmp_path / "go"
    facts = hfjobs_magic.run(LOSSES.format(go=str(go)), local=True, script=True).facts
    with counted(local) as (service, asked):
        job = Job(JobsClient(endpoint=service.endpoint, token=service.token, namespace=service.namespace), facts)
        page, places = Page(job, "SCHEDULING"), threading.Semaphore(1)
        page.open(job, places)
        assert places.acquire(blocking=False), "a run that waits takes no place"
        page.facts = replace(page.facts, stage="RUNNING")
        assert asked == page.sent == []
        places.release()
        wait_until(lambda: page.losses() == [1.0, 0.5, 1 / 3])
        assert page.last == []
        go.touch()
        wait_until(lambda: places.acquire(blocking=False))
        page.facts = replace(page.facts, stage="COMPLETED")
        wait_until(lambda: page.sent[-1:] == page.last != [])
        assert page.losses() == [1.0, 0.5, 1 / 3, 0.125]
        assert asked == [f"GET /api/jobs/{service.namespace}/{job.id}/logs"]


def test_a_log_that_cannot_be_read_is_said_and_one_that_nobody_wants_is_not_read(local: Service):
    client = JobsClient(endpoint=local.endpoint, token=local.token, namespace=local.namespace)
    known = hfjobs_magic.run("print(1)", local=True, script=True).wait(timeout=60)
    missing = Job(client, replace(known.facts, id="0" * 24))
    page, places = Page(missing, "RUNNING"), threading.Semaphore(1)
    page.open(missing, places)
    wait_until(lambda: bool(page.last))
    assert page.last[0]["error"].startswith("Its log cannot be read: ")
    assert places.acquire(blocking=False)
    page = Page(known, "RUNNING")
    stream = page.open(known, places)
    stream.stop()
    wait_until(lambda: f"hfjob-{known.id[:8]}-curves" not in {thread.name for thread in threading.enumerate()})
    assert page.sent == page.last == []
