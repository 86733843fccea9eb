"""Tables as text: wide rows break, and what is copied from them stays in one piece."""

from __future__ import annotations

from dataclasses import replace

from hfjobs_magic.facts import JobFacts
from hfjobs_magic.views.table import PLAIN_COLUMNS, Table, jobs_table


def test_an_id_stays_whole_beside_long_names_and_errors():
    jobs = [
        JobFacts(
            f"6b0af5a7cece7fd9085eea{number:02}",
            "a-long-name-" * 6,
            "https://hub/jobs/me/1",
            "me",
            "ERROR",
            "out of memory " * 9,
            "a10g-largex4",
            created_at=1.8e9,
            started_at=1.8e9,
            finished_at=1.8e9 + 3600,
        )
        for number in range(3)
    ]
    text = repr(jobs_table(jobs, empty="None."))
    assert all(job.id in text for job in jobs)


def test_what_a_job_waits_for_stands_in_its_row_and_in_no_table_without_one():
    job = JobFacts("a" * 24, "one", "https://hub/jobs/me/1", "me", "SCHEDULING", "3rd in line.", "cpu-basic")
    text = repr(jobs_table([job], empty="None."))
    assert "Waits for" in text
    assert "3rd in line." in text
    assert "Waits for" not in repr(jobs_table([replace(job, stage="RUNNING")], empty="None."))


def test_a_text_that_is_too_wide_breaks_and_loses_nothing():
    path = "/".join(["checkpoints"] * 30)
    lines = repr(Table(("File", "Size"), ((path, "1.5 GB"),), empty="", right=frozenset({"Size"}))).splitlines()
    assert max(map(len, lines)) <= PLAIN_COLUMNS
    assert "".join(line.split()[0] for line in lines[2:]) == path
    assert "1.5 GB" in lines[2]
