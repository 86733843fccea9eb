"""What a list of jobs is made of, without a network: read far enough, compared, and trimmed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hfjobs_magic.facts import NOT_ENDED
from hfjobs_magic.follow.job_list import JobQuery, JobRows, compare, merge, read, reread, trim, write_row
from hfjobs_magic.magics.commands.ls import stages
from tests.fakes import FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator


class Pages:
    """A namespace's jobs, newest first, and how far they were read."""

    def __init__(self, count: int) -> None:
        self.all = {
            f"{i:024x}": replace(FACTS, id=f"{i:024x}", stage="COMPLETED", created_at=float(i)) for i in range(count)
        }
        self.read: list[str] = []
        self.inspected: list[str] = []

    def put(self, number: int, **changed: Any) -> None:
        job_id = f"{number:024x}"
        self.all[job_id] = replace(self.all.get(job_id, FACTS), id=job_id, created_at=float(number), **changed)

    def inspect(self, job_id: str) -> Any:
        self.inspected.append(job_id)
        return self.all[job_id]

    def jobs(self, *, status: Any = None, labels: Any = None) -> Iterator[Any]:
        for job_id in sorted(self.all, reverse=True):
            if status is None or self.all[job_id].stage in status:
                self.read.append(job_id)
                yield self.all[job_id]


def test_a_look_reads_as_far_as_the_oldest_job_that_had_not_ended():
    pages, query = Pages(1000), JobQuery()
    pages.put(997, stage="RUNNING")
    before = read(pages, query)
    assert len(before.jobs) == 1000
    pages.read.clear()
    pages.put(1000, stage="SCHEDULING")
    pages.put(997, stage="ERROR")
    after = reread(pages, query, before).rows
    assert [int(job_id, 16) for job_id in pages.read] == [1000, 999, 998, 997]
    assert len(after.jobs) == 1001
    changed, gone = compare(before, after)
    assert [(int(one["id"], 16), one["stage"]) for one in changed] == [(1000, "SCHEDULING"), (997, "ERROR")]
    assert gone == []
    pages.put(5, labels={"team": "new"})
    assert reread(pages, query, after, whole=True).rows.jobs[-6].labels == {"team": "new"}


def test_a_job_that_leaves_the_stages_asked_for_stays_with_its_end():
    pages, query = Pages(10), JobQuery(NOT_ENDED)
    pages.put(10, stage="RUNNING")
    before = read(pages, query)
    assert [job.stage for job in before.jobs] == ["RUNNING"]
    pages.put(10, stage="ERROR")
    for whole in (False, True):
        assert [job.stage for job in reread(pages, query, before, whole=whole).rows.jobs] == ["ERROR"]
    assert len(set(pages.inspected)) == 1
    after = reread(pages, query, before).rows
    assert [job.stage for job in reread(pages, query, after, whole=True).rows.jobs] == ["ERROR"]


def test_a_limit_keeps_the_newest_and_says_that_there_are_more():
    pages, query = Pages(30), JobQuery(limit=10)
    before = read(pages, query)
    assert (len(before.jobs), before.more) == (10, True)
    pages.put(30, stage="RUNNING")
    after = reread(pages, query, before).rows
    assert (after.jobs[0].stage, len(after.jobs), after.more) == ("RUNNING", 10, True)
    assert compare(before, after)[1] == [f"{20:024x}"]
    assert trim(after.jobs, JobQuery(limit=10), more=False).more is False


def test_a_row_names_what_a_page_needs_and_bounds_it():
    made = write_row(replace(FACTS, labels={"name": "x", "team": "nlp", "long": "y" * 1000}, owner=""))
    assert made["owner"] == "me"
    assert list(made["labels"]) == ["team", "long"]
    assert len(made["labels"]["long"]) == 60


@pytest.mark.parametrize("status", [["running,scheduling"], ["scheduling", "running"], ["Scheduling,RUNNING"]])
def test_the_stages_of_jobs_that_have_not_ended_are_read_as_far_as_without_a_filter_in_any_order(status: list[str]):
    pages = Pages(300)
    for number in (300, 301):
        pages.put(number, stage="RUNNING")
    query = JobQuery(frozenset(stages(status)))
    before = read(pages, query)
    pages.read.clear()
    pages.put(301, stage="COMPLETED")
    assert reread(pages, query, before).read == 1
    assert query.status == NOT_ENDED


def test_jobs_that_are_put_in_replace_what_was_known_of_them_and_the_oldest_give_way():
    rows = JobRows(tuple(replace(FACTS, id=str(n), created_at=float(n)) for n in (3, 2, 1)))
    put = [replace(FACTS, id="2", created_at=2.0, stage="RUNNING"), replace(FACTS, id="4", created_at=4.0)]
    merged = merge(rows, put, JobQuery(limit=3))
    assert [(job.id, job.stage) for job in merged.jobs] == [("4", "SCHEDULING"), ("3", "SCHEDULING"), ("2", "RUNNING")]
