from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from hfjobs_magic.local.server.pruner import BATCH, GRACE, Pruner
from hfjobs_magic.local.storage.data_dir import DataDir
from hfjobs_magic.local.storage.lists import JobQuery, Lists
from hfjobs_magic.local.storage.retention import Retention
from hfjobs_magic.local.storage.scheduled import ScheduledRow
from hfjobs_magic.local.storage.store import Store
from tests.local.serving import Server, environment, eventually
from tests.local.storage.making import SPEC, make_job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOW = 1e6
DAY = 24 * 3600.0


@dataclass
class House:
    """A data directory with jobs, and a clock that stands at NOW."""

    directory: DataDir
    store: Store

    def add(self, number: int, **fields: Any) -> None:
        job = make_job(number, **{"stage": "COMPLETED", **fields})
        self.store.add_job(job)
        (self.directory.job(job.id) / "work").mkdir(parents=True)
        (self.directory.job(job.id) / "log.sse").write_text("data")

    def prune(self, **retention: Any) -> set[int]:
        """Delete what need not be kept; return which jobs are left, each of which has its folder."""
        lists = Lists(self.directory.database)
        pruner = Pruner(self.store, lists, self.directory, Retention(**retention), lambda: NOW)
        asyncio.run(pruner.prune())
        left = {job.id for job in lists.read_page(JobQuery(), None, 10_000).jobs}
        assert {folder.name for folder in self.directory.jobs.iterdir()} == left
        return {int(job_id, 16) for job_id in left}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    directory = DataDir(tmp_path / "data")
    directory.create()
    made = House(directory, Store(directory.database))
    yield made
    made.store.close()


def test_the_latest_jobs_are_kept_by_when_they_ended(house: House):
    for number in range(BATCH * 3):
        house.add(number, finished=float(1000 - number))
    assert house.prune(jobs=4) == {0, 1, 2, 3}
    assert house.prune(jobs=4) == {0, 1, 2, 3}


def test_jobs_are_kept_for_some_days(house: House):
    for number, days in enumerate((0.5, 2, 3.5, 8)):
        house.add(number, finished=NOW - days * DAY)
    assert house.prune(jobs=None, days=3) == {0, 1}
    assert house.prune(jobs=1, days=None) == {0}


def test_nothing_is_deleted_of_a_job_that_is_not_over_or_ended_just_now(house: House):
    house.add(1, stage="RUNNING", supervisor=5)
    house.add(2, stage="SCHEDULING")
    house.add(3, finished=NOW - GRACE + 1)
    house.add(4, finished=NOW - GRACE - 1)
    house.add(5, finished=NOW - 2 * GRACE)
    assert house.prune(jobs=1, days=1) == {1, 2, 3}


def test_the_last_job_of_a_schedule_and_what_could_not_be_stored_in_a_bucket_are_kept(house: House):
    for number in range(6):
        house.add(number)
    house.store.scheduled.add(ScheduledRow("s", 1.0, "@yearly", SPEC, 2.0, last_job=f"{1:024x}", last_run=1.0))
    (house.directory.job(f"{2:024x}") / "volumes" / "0").mkdir(parents=True)
    assert house.prune(jobs=1, days=1) == {1, 2}


def test_a_folder_that_a_job_has_closed_is_removed(house: House):
    house.add(1)
    house.add(2)
    (house.directory.job(f"{1:024x}") / "work").chmod(0)
    assert house.prune(jobs=1) == {2}


def test_a_service_deletes_old_jobs_when_it_starts_and_never_one_that_runs(make_server: Callable[..., Server]):
    server = make_server()
    running = server.run("sleep", "600")
    eventually(lambda: server.stage(running) == "RUNNING")
    server.kill()
    store = Store(server.data_dir / "store.db")
    for number in range(5):
        store.add_job(make_job(number, stage="COMPLETED"))
        server.folder(f"{number:024x}").mkdir()
    store.close()
    (server.data_dir / "config.toml").write_text("keep-jobs = 2\n")
    server.start()
    listed = eventually(lambda: len(jobs := list(server.api.list_jobs(namespace="local"))) == 3 and jobs)
    assert {job.id for job in listed} == {f"{3:024x}", f"{4:024x}", running}
    assert {folder.name for folder in (server.data_dir / "jobs").iterdir()} == {job.id for job in listed}
    assert server.http("GET", f"/api/jobs/local/{0:024x}").status_code == 404
    server.cancel(running)
    server.wait(running)


@pytest.mark.slow
def test_a_setting_that_is_not_understood_stops_the_start_with_a_sentence(tmp_path: Path):
    command = [sys.executable, "-m", "hfjobs_magic.local", "serve", "--data-dir", str(tmp_path / "data")]
    result = subprocess.run(
        command, env=environment(HFJOBS_LOCAL_KEEP_JOBS="many"), capture_output=True, text=True, check=False
    )
    said = "HFJOBS_LOCAL_KEEP_JOBS: 'many' is neither a whole number of at least 1 nor 'all'.\n"
    assert (result.returncode, result.stderr) == (1, said)
