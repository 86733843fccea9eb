"""What was submitted in this session: newest first, and bounded."""

from __future__ import annotations

from dataclasses import replace

from hfjobs_magic.options.run_options import RunOptions
from hfjobs_magic.records.recent_jobs import REMEMBERED_JOBS, RecentJobs
from tests.fakes import FACTS


def test_jobs_are_remembered_newest_first_and_no_more_than_a_menu_holds():
    jobs = RecentJobs()
    assert list(jobs) == []
    for number in range(REMEMBERED_JOBS + 5):
        jobs.add(replace(FACTS, id=str(number)), RunOptions())
    found = list(jobs)
    assert len(found) == REMEMBERED_JOBS
    assert found[0].facts.id == str(REMEMBERED_JOBS + 4)
