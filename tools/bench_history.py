"""The local service with 100,000 jobs of history beside one with a single page of them: list, count, submit."""

from __future__ import annotations

import os
import statistics
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import httpx2

from hfjobs_magic.local import daemon
from hfjobs_magic.local.spec import JobSpec
from hfjobs_magic.local.storage.data_dir import DataDir
from hfjobs_magic.local.storage.store import JobRow, Store
from tools.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

AREA = "local service"
JOBS = 100_000
PAGE = 100
"""Jobs of the service it is compared with: a list answers with as many, so only the history differs."""
RUNS = 60
AT_MOST = 1.5
"""Of the time without a history."""
SPEC = JobSpec(["sleep", "3600"], "cpu-basic", docker_image="python:3.12")
STAGES = ("COMPLETED", "COMPLETED", "ERROR", "CANCELED")


def seed(folder: Path, count: int) -> None:
    """Put jobs that have ended into the store of a service that does not run yet."""
    directory = DataDir(folder)
    directory.create()
    begun = time.time() - 300 * count
    with closing(Store(directory.database)) as store:
        store._db.execute("BEGIN")  # noqa: SLF001 - one commit in all, which nothing but this needs
        for number in range(count):
            created = begun + 300 * number
            labels = {"name": f"job-{number}", "team": "nlp"}
            job = JobRow(f"{int(created):08x}{number:016x}", created, SPEC, labels, STAGES[number % len(STAGES)])
            job.started, job.finished, job.supervisor = created + 1, created + 60, 1
            store.add_job(job)
        store._db.execute("COMMIT")  # noqa: SLF001 - see above


class House:
    """A service of the benchmark's own, and a connection to it."""

    def __init__(self, folder: Path, count: int) -> None:
        folder.mkdir()
        seed(folder, count)
        self.service = daemon.ensure(folder)
        headers = {"Authorization": f"Bearer {self.service.token}"}
        self.client = httpx2.Client(base_url=self.service.endpoint, headers=headers, timeout=60)
        self.submitted: list[str] = []

    def submit(self) -> None:
        """Submit a job; all but the first wait in the queue, so that none takes the machine's time."""
        body = {"command": SPEC.command, "flavor": "cpu-basic", "labels": {"team": "nlp"}}
        answer = self.client.post("/api/jobs/local", json=body)
        self.submitted.append(answer.raise_for_status().json()["id"])

    def get(self, path: str) -> None:
        self.client.get(f"/api/jobs/local{path}").raise_for_status()

    def close(self) -> None:
        for job in reversed(self.submitted):
            self.client.post(f"/api/jobs/local/{job}/cancel")
        self.client.close()
        daemon.stop(self.service.data_dir)


@contextmanager
def houses(folder: Path) -> Iterator[tuple[House, House]]:
    """A service with the history, and one with a page of it."""
    settings = {"HFJOBS_LOCAL_KEEP_JOBS": "all", "HFJOBS_LOCAL_SLOTS": "1"}
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    made: list[House] = []
    try:
        for name, count in (("long", JOBS), ("short", PAGE)):
            made.append(House(folder / name, count))
        yield made[0], made[1]
    finally:
        for house in made:
            house.close()
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def measure(folder: Path) -> Iterator[Figure]:
    """Yield the figures; a request to the one service is followed by the same to the other."""
    acts: dict[str, Callable[[House], None]] = {
        "a page of all jobs": lambda house: house.get(""),
        "a page of jobs with a label": lambda house: house.get("?label=team%3Dnlp&stage=COMPLETED&stage=ERROR"),
        "the jobs that are not over": lambda house: house.get("?stage=RUNNING&stage=SCHEDULING"),
        "count": lambda house: house.get("/count"),
        "submit": House.submit,
    }
    with houses(folder) as pair:
        for house in pair:
            house.submit()
        for name, act in acts.items():
            times: tuple[list[float], list[float]] = ([], [])
            for _ in range(RUNS + 3):
                for house, taken in zip(pair, times, strict=True):
                    begun = time.perf_counter()
                    act(house)
                    taken.append((time.perf_counter() - begun) * 1000)
            ours, baseline = (statistics.median(taken[3:]) for taken in times)
            yield Figure(AREA, f"{name}, {JOBS:,} jobs", "ms", ours, baseline, AT_MOST * baseline)
