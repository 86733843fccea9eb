"""The real table and the real arithmetic, with a clock that the test turns."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.local.errors import ApiError
from hfjobs_magic.local.jobs.scheduler import Scheduler
from hfjobs_magic.local.spec import JobSpec
from hfjobs_magic.local.storage.scheduled import ScheduledRow
from hfjobs_magic.local.storage.store import JobRow, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SPEC = JobSpec(["true"], "cpu-basic")
HOUR = 3600.0
NOON = 1_800_000_000.0 // HOUR * HOUR


class House:
    """A scheduler, its clock, and what it has started."""

    def __init__(self, store: Store) -> None:
        self.table = store.scheduled
        self.now = NOON
        self.started: list[str] = []
        self.refusal: ApiError | None = None
        self.scheduler = Scheduler(self.table, self._start, lambda: self.now)

    def _start(self, row: ScheduledRow) -> JobRow:
        if self.refusal is not None:
            raise self.refusal
        self.started.append(row.id)
        return JobRow(f"job-{len(self.started)}", self.now, row.spec)

    def add(self, row_id: str = "a", schedule: str = "@hourly", **more: object) -> None:
        self.table.add(ScheduledRow(row_id, NOON, schedule, SPEC, NOON + HOUR, **more))

    def after(self, hours: float) -> float | None:
        self.now = NOON + hours * HOUR
        return self.scheduler.tick()

    def row(self, row_id: str = "a") -> ScheduledRow:
        row = self.table.get(row_id)
        assert row is not None
        return row


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    store = Store(tmp_path / "store.db")
    yield House(store)
    store.close()


def test_a_job_starts_when_it_is_due_and_not_before(house: House):
    house.add()
    assert house.after(0.99) == NOON + HOUR
    assert house.started == []
    assert house.after(1) == NOON + 2 * HOUR
    assert house.started == ["a"]
    row = house.row()
    assert (row.last_job, row.last_run, row.next_run) == ("job-1", NOON + HOUR, NOON + 2 * HOUR)
    house.after(1.5)
    assert house.started == ["a"]


def test_what_was_missed_is_made_up_for_by_one_run(house: House):
    house.add()
    assert house.after(30.5) == NOON + 31 * HOUR
    assert house.started == ["a"]


def test_a_suspended_one_never_starts(house: House):
    house.add(suspend=True)
    assert house.after(5) is None
    assert house.started == []


def test_a_run_that_falls_on_the_one_before_is_left_out(house: House):
    house.add()
    house.refusal = ApiError(409, "still running")
    house.after(1)
    assert (house.row().suspend, house.row().next_run) == (False, NOON + 2 * HOUR)
    house.refusal = None
    house.after(2)
    assert house.started == ["a"]


def test_one_that_cannot_be_submitted_is_suspended_and_says_why(house: House):
    house.add()
    house.add("b")
    house.refusal = ApiError(422, "there is no bucket 'local/x'")
    house.after(1)
    assert (house.row().suspend, house.row().suspend_reason) == (True, "there is no bucket 'local/x'")


def test_the_last_run_of_a_schedule_that_ends_is_its_last(house: House):
    house.add(schedule="0 0 0 1 1 * 2027")
    house.after(24 * 365 * 5)
    assert house.started == ["a"]
    assert house.row().suspend
    assert "no later time" in str(house.row().suspend_reason)


def test_triggering_leaves_the_schedule_as_it_is(house: House):
    house.add()
    house.now = NOON + 0.5 * HOUR
    assert house.scheduler.trigger(house.row()).id == "job-1"
    assert (house.row().last_job, house.row().next_run) == ("job-1", NOON + HOUR)


def test_a_new_schedule_wakes_the_one_who_waits(house: House):
    async def scene() -> None:
        task = asyncio.create_task(house.scheduler.run())
        await asyncio.sleep(0)
        house.add()
        house.now = NOON + HOUR
        house.scheduler.wake()
        while not house.started:
            await asyncio.sleep(0)
        task.cancel()

    asyncio.run(asyncio.wait_for(scene(), 30))
    assert house.started == ["a"]


def test_scheduled_jobs_are_what_they_were_after_a_restart(tmp_path: Path):
    store = Store(tmp_path / "store.db")
    row = ScheduledRow("a", 1.0, "@daily", SPEC, 2.0, {"k": "v"}, True, "why", True, "j", 3.0)
    store.scheduled.add(row)
    store.close()
    again = Store(tmp_path / "store.db")
    assert again.scheduled.all() == [row]
    again.scheduled.delete("a")
    assert again.scheduled.get("a") is None
    again.close()
