from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.local.storage.lists import JobQuery, Lists
from hfjobs_magic.local.storage.store import JobRow, Store
from tests.local.storage.making import make_job

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

STAGES = ("SCHEDULING", "RUNNING", "COMPLETED", "ERROR", "CANCELED")
QUERIES = [
    JobQuery(frozenset(stages), frozenset(labels))
    for stages in ((), ("RUNNING",), ("COMPLETED", "ERROR"), ("DELETED",))
    for labels in ((), ("team=a",), ("team=a", "kind=x"), ("team=a", "team=b"), ("never=used",))
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "store.db")
    yield made
    made.close()


@pytest.fixture
def lists(store: Store, tmp_path: Path) -> Lists:
    return Lists(tmp_path / "store.db")


def fits(job: JobRow, query: JobQuery) -> bool:
    labels = {f"{key}={value}" for key, value in job.labels.items()}
    return query.labels <= labels and (not query.stages or job.stage in query.stages)


def all_pages(lists: Lists, query: JobQuery, limit: int) -> list[str]:
    found, before = [], None
    while True:
        page = lists.read_page(query, before, limit)
        assert len(page.jobs) <= limit
        found += [job.id for job in page.jobs]
        if page.cursor is None:
            return found
        before = page.cursor


@pytest.mark.slow
def test_lists_and_counts_are_those_of_the_jobs_after_any_changes(store: Store, lists: Lists):
    chance = random.Random(16)
    jobs: list[JobRow] = []
    for number in range(400):
        step = chance.random()
        if step < 0.6 or not jobs:
            labels = {key: chance.choice(values) for key, values in (("team", "ab"), ("kind", "xyz"))}
            jobs.append(make_job(number, labels=labels if chance.random() < 0.8 else {}))
            store.add_job(jobs[-1])
        elif step < 0.8:
            job = chance.choice(jobs)
            job.stage, job.message = chance.choice(STAGES), "changed"
            store.save_job(job)
        elif step < 0.9:
            job = chance.choice(jobs)
            job.labels = {"team": chance.choice("ab"), "note": 'quotes " and \\ and é'}
            store.save_job(job)
        else:
            job = chance.choice(jobs)
            store.delete_jobs([job.id])
            if job.is_over:
                jobs.remove(job)
    for query in QUERIES:
        expected = [job.id for job in reversed(jobs) if fits(job, query)]
        for limit in (1, 7, 1000):
            assert all_pages(lists, query, limit) == expected, query
        assert lists.count(query) == len(expected), query


def test_a_page_goes_on_where_the_last_one_ended_whatever_happened_meanwhile(store: Store, lists: Lists):
    for number in range(30):
        store.add_job(make_job(number, stage="COMPLETED"))
    query = JobQuery(frozenset({"COMPLETED"}))
    first = lists.read_page(query, None, 10)
    store.add_job(make_job(100, stage="COMPLETED"))
    last = first.jobs[-1]
    last.stage = "ERROR"
    store.save_job(last)
    store.delete_jobs([first.jobs[-2].id])
    second = lists.read_page(query, first.cursor, 10)
    assert [job.created for job in second.jobs] == [float(number) for number in range(19, 9, -1)]


class Counting(Lists):
    """Counts the steps of SQLite's machine."""

    steps = 0

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        def step() -> None:
            self.steps += 1

        with super().connect() as db:
            db.set_progress_handler(step, 1)
            yield db


INDEXED = [query for query in QUERIES if "never=used" not in query.labels]


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> dict[JobQuery, list[int]]:
    """Steps that a page and a count take of a short lists, and of one that is eight times as long."""
    file = tmp_path_factory.mktemp("costs") / "store.db"
    store, counting = Store(file), Counting(file)
    costs: dict[JobQuery, list[int]] = {query: [] for query in INDEXED}
    store.add_job(make_job(0, labels={"team": "a", "kind": "x"}, stage="RUNNING", supervisor=1))
    for numbers in (range(1, 500), range(500, 4000)):
        for number in numbers:
            labels = {"team": "ab"[number % 2], "kind": "x"}
            store.add_job(make_job(number, labels=labels, stage=("COMPLETED", "ERROR", "CANCELED")[number % 3]))
        for query in INDEXED:
            counting.steps = 0
            counting.read_page(query, None, 10)
            # How many jobs two labels have in common is known to nobody; it is counted in a thread.
            if len(query.labels) < 2:
                counting.count(query)
            costs[query].append(counting.steps)
    store.close()
    return costs


@pytest.mark.parametrize("query", INDEXED)
def test_a_page_and_a_count_cost_the_same_however_many_there_are(costs: dict[JobQuery, list[int]], query: JobQuery):
    short, long = costs[query]
    assert long <= 1.5 * short


def test_the_place_in_the_queue_counts_those_that_wait_and_no_others(store: Store, lists: Lists):
    for number in range(6):
        store.add_job(make_job(number))
    running, being_cancelled = make_job(6, supervisor=7), make_job(7, canceling=True)
    store.add_job(running)
    store.add_job(being_cancelled)
    store.add_job(make_job(8, stage="CANCELED"))
    store.add_job(make_job(9))
    assert store.count_started() == 1
    assert [store.find_place(f"{number:024x}") for number in (0, 5, 6, 8, 9)] == [1, 6, 0, 0, 8]
    page = lists.read_page(JobQuery(), None, 3)
    assert (page.places, page.started) == ({f"{9:024x}": 8, f"{7:024x}": 7}, 1)


def test_a_job_of_a_schedule_is_found_while_it_is_not_over(store: Store):
    schedule = {"type": "scheduled-job", "id": "a"}
    job = make_job(1, initiator=schedule)
    store.add_job(job)
    assert store.has_open_job(schedule)
    assert not store.has_open_job({**schedule, "id": "b"})
    job.stage, job.supervisor = "RUNNING", 5
    store.save_job(job)
    assert store.has_open_job(schedule)
    job.stage = "COMPLETED"
    store.save_job(job)
    assert not store.has_open_job(schedule)


def test_usage_is_what_ran_since(store: Store, lists: Lists):
    store.add_job(make_job(10, stage="COMPLETED", started=5.0))
    store.add_job(make_job(20, stage="COMPLETED", started=15.0))
    store.add_job(make_job(30, stage="CANCELED"))
    store.add_job(make_job(40, stage="RUNNING", started=1.0, supervisor=3))
    assert [job.created for job in lists.read_used_since(12.0)] == [40.0, 20.0]
