"""ScheduledJob as Python uses it, on a real local service."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

import hfjobs_magic
from hfjobs_magic.api.selectors import select_scheduled
from hfjobs_magic.errors import HubError, JobMissingError, OptionError
from tests.fakes import scheduled_facts
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hfjobs_magic.api.scheduled_job import ScheduledJob
    from hfjobs_magic.local.daemon import Service

SLEEP = "import time; time.sleep(600)"


@pytest.fixture
def yearly(local: Service) -> Iterator[ScheduledJob]:
    """A scheduled job whose next run is far away."""
    made = hfjobs_magic.schedule("print('hi')", "@yearly", local=True, name="yearly", labels={"team": "nlp"})
    yield made
    if made.id in [job.id for job in hfjobs_magic.scheduled_jobs(local=True)]:
        made.delete()


def test_it_goes_through_its_life(yearly: ScheduledJob):
    assert repr(yearly) == "ScheduledJob(name='yearly', schedule='@yearly')"
    assert yearly.labels == {"name": "yearly", "team": "nlp"}
    assert (yearly.schedule, yearly.suspended, yearly.last_run, yearly.jobs()) == ("@yearly", False, None, [])
    assert yearly.next_run == datetime(datetime.now(timezone.utc).year + 1, 1, 1, tzinfo=timezone.utc)
    assert yearly.most_usd_per_run == 0.0
    yearly.suspend()
    assert (yearly.suspended, yearly.next_run) == (True, None)
    job = yearly.trigger()
    assert list(job.wait(timeout=120).logs()) == ["hi"]
    assert yearly.last_run is not None
    assert yearly.last_run.id == job.id
    again = yearly.trigger()
    assert [found.id for found in yearly.jobs()] == [again.id, job.id]
    again.wait(timeout=120)
    yearly.resume()
    yearly.reschedule("  @hourly ")
    assert yearly.schedule == "@hourly"
    assert yearly.next_run is not None
    assert yearly.next_run - datetime.now(timezone.utc) <= timedelta(hours=1)
    yearly.delete()
    with pytest.raises(JobMissingError, match="There is no scheduled job"):
        yearly.refresh()
    assert hfjobs_magic.attach(job.id, local=True).stage == "COMPLETED"


def test_it_really_runs_by_itself_and_its_runs_do_not_overlap(local: Service, tmp_path: Path):
    path = tmp_path / "sleeper.py"
    path.write_text(SLEEP)
    every_second = hfjobs_magic.schedule(path, "* * * * * *", local=True)
    try:
        wait_until(lambda: every_second.last_run is not None)
        assert every_second.name.startswith("sleeper-")
        (job,) = every_second.jobs()
        with pytest.raises(HubError, match="Another job is already running at the same time, set `concurrency`"):
            every_second.trigger()
    finally:
        every_second.delete()
    job.cancel()
    wait_until(lambda: job.refresh().is_terminal)


def test_it_pickles_to_its_id_and_where_it_is(local: Service, yearly: ScheduledJob):
    data = pickle.dumps(yearly)
    assert local.token.encode() not in data
    again = pickle.loads(data)  # noqa: S301 - our own
    assert (again.id, again.name, again.schedule) == (yearly.id, "yearly", "@yearly")


def test_they_are_listed_by_label(yearly: ScheduledJob):
    assert [job.id for job in hfjobs_magic.scheduled_jobs(labels={"team": "nlp"}, local=True)] == [yearly.id]
    assert hfjobs_magic.scheduled_jobs(labels={"team": "cv"}, local=True) == []


def test_what_is_no_schedule_is_refused_where_it_is_given(yearly: ScheduledJob):
    with pytest.raises(OptionError, match="The schedule 'soon' is not a valid schedule"):
        yearly.reschedule("soon")
    with pytest.raises(OptionError, match='schedule="soon" is not a valid schedule'):
        hfjobs_magic.schedule("print(1)", "soon", local=True)
    with pytest.raises(OptionError, match=r"Use schedule\(code, cron\) for jobs on a schedule"):
        hfjobs_magic.run("print(1)", local=True, schedule="@daily")
    plan = hfjobs_magic.schedule("print(1)", "@daily", local=True, dry_run=True)
    assert "Each run costs" in repr(plan)
    with pytest.raises(OptionError, match="wait=True and schedule do not go together"):
        hfjobs_magic.schedule("print(1)", "@daily", local=True, wait=True)


def test_a_selector_is_an_id_the_beginning_of_one_or_a_name_that_is_the_only_one():
    one, two, three = (
        scheduled_facts(id="a" * 20 + "0001", name="nightly"),
        scheduled_facts(id="a" * 20 + "0002", name="twin"),
        scheduled_facts(id="b" * 24, name="twin"),
    )
    jobs = [one, two, three]
    assert select_scheduled("nightly", jobs) is one
    assert select_scheduled("bbb", jobs) is three
    assert select_scheduled(two.id, jobs) is two
    for word, message in (("twin", "'twin' matches 2"), ("aaaa", "'aaaa' matches 2"), ("ccc", "No scheduled job")):
        with pytest.raises(OptionError, match=message):
            select_scheduled(word, jobs)
