"""What is kept of a job on disk: bounded, private, whole after a crash, and merged when several jobs."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from hfjobs_magic.follow.follower import Follower
from hfjobs_magic.follow.runtime import FollowRuntime
from hfjobs_magic.records import jobs
from hfjobs_magic.records.jobs import JobRecord, record_of
from tests.fakes import FACTS, FakeHub
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SAMPLE = {"cpu_usage_pct": 12.5, "memory_used_bytes": 1, "memory_total_bytes": 2, "gpus": {}}


def test_samples_of_all_followers_come_back_in_order_and_once(tmp_path: Path):
    one, two = JobRecord(tmp_path / "job"), JobRecord(tmp_path / "job")
    for second in range(5):
        one.add(100.0 + second, SAMPLE)
        two.add(103.1 + second, SAMPLE)
    past = JobRecord(tmp_path / "job").past()
    assert [item["time"] for item in past] == [100.0, 101.0, 102.0, 103.0, 104.0, 105.1, 106.1, 107.1]
    assert past[0] == {"time": 100.0, **SAMPLE}


def test_half_a_line_and_foreign_files_cost_nothing_else(tmp_path: Path):
    follower = JobRecord(tmp_path / "job")
    follower.add(1.0, SAMPLE)
    (file,) = (tmp_path / "job").iterdir()
    with file.open("a") as cut:
        cut.write('{"time": 2.0, "cpu_us')
    (tmp_path / "job" / "metrics-other.jsonl").write_text('[1]\n{"time": null}\n{"time": 3.0}\n\xff\n')
    assert [item["time"] for item in JobRecord(tmp_path / "job").past()] == [1.0, 3.0]


def test_a_file_stays_within_its_bound_and_covers_the_whole_time(tmp_path: Path):
    follower = JobRecord(tmp_path / "job", max_bytes=20_000)
    for second in range(5000):
        follower.add(float(second), SAMPLE)
    (file,) = (tmp_path / "job").iterdir()
    assert file.stat().st_size < 21_000
    past = follower.past()
    assert past[0]["time"] == 0.0
    assert past[-1]["time"] > 4900
    (span,) = {item["span"] for item in past}
    steps = {late["time"] - early["time"] for early, late in pairwise(past)}
    assert max(steps) == span, "evenly, with no hole where it was thinned out"


def test_only_the_owner_can_read_it(tmp_path: Path):
    job = JobRecord(tmp_path / "job")
    job.write(script="print('mine')", notebook="n = 1\n", timeout_s=None)
    job.add(1.0, SAMPLE)
    assert job.script() == ("print('mine')", "n = 1\n")
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "job").iterdir()} == {0o600}
    assert (tmp_path / "job").stat().st_mode & 0o777 == 0o700


def test_the_oldest_files_and_jobs_give_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "MAX_FILES", 3)
    monkeypatch.setattr(jobs, "MAX_JOBS", 4)
    for number in range(6):
        JobRecord(tmp_path / "many").add(float(number), SAMPLE)
    assert len(list((tmp_path / "many").iterdir())) == 3
    for number in range(6):
        JobRecord(tmp_path / f"job{number}").write(script="x", timeout_s=None)
    assert len(list(tmp_path.iterdir())) == 4
    monkeypatch.setattr(jobs, "MAX_BYTES", 0)
    JobRecord(tmp_path / "last").write(script="x", timeout_s=None)
    assert [path.name for path in tmp_path.iterdir()] == ["last"]


def test_each_replica_has_samples_of_its_own_also_where_they_are_thinned_out(tmp_path: Path):
    follower = JobRecord(tmp_path / "few")
    full = JobRecord(tmp_path / "many", max_bytes=20_000)
    for second in range(400):
        for number, replica in enumerate("abcd"):
            sample = {**SAMPLE, "replica": replica}
            full.add(second + number / 100, sample)
            if second < 10:
                follower.add(second + number / 100, sample)
    assert Counter(item["replica"] for item in follower.past()) == dict.fromkeys("abcd", 10)
    thinned = Counter(item["replica"] for item in full.past())
    assert set(thinned) == set("abcd")
    assert max(thinned.values()) - min(thinned.values()) <= 1


def test_what_else_lies_beside_the_jobs_costs_no_history(tmp_path: Path):
    (tmp_path / ".DS_Store").write_text("of a Mac")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    job = JobRecord(tmp_path / "job")
    job.add(1.0, SAMPLE)
    assert [item["time"] for item in job.past()] == [1.0]
    assert (tmp_path / ".DS_Store").exists()


def test_a_disk_that_cannot_be_written_costs_the_history_only(tmp_path: Path):
    (tmp_path / "job").write_text("a file where the folder should be")
    job = JobRecord(tmp_path / "job")
    job.add(1.0, SAMPLE)
    job.write(script="x", timeout_s=None)
    assert job.past() == []
    assert job.script() is None


def test_an_id_that_is_a_path_stays_in_the_folder():
    job = record_of("../../elsewhere")
    job.write(script="x", timeout_s=None)
    assert record_of("elsewhere").script() == ("x", "")


def test_a_follower_begins_with_what_others_saw_and_shows_the_gap(tmp_path: Path):
    earlier = JobRecord(tmp_path / "job")
    for second in range(3):
        earlier.add(100.0 + second, SAMPLE)
    hub = FakeHub()
    hub.samples = [SAMPLE]
    hub.say("one", stage="RUNNING")
    follower = Follower(FollowRuntime(), hub, FACTS, clock=lambda: 200.0, history=JobRecord(tmp_path / "job"))
    follower.start()
    follower.listen(lambda: len(follower.metrics.records()) == 4 and hub.say(stage="COMPLETED"))
    assert follower.done.wait(PATIENCE_S)
    points = follower.metrics.points()
    assert points["t"] == [100.0, 101.0, 102.0, 151.0, 200.0]
    assert points["cpu_pct"] == [12.5, 12.5, 12.5, None, 12.5]
    lines = [json.loads(line) for file in (tmp_path / "job").iterdir() for line in file.read_text().splitlines()]
    assert sorted(line["time"] for line in lines) == [100.0, 101.0, 102.0, 200.0]
    follower.log.close()


def test_a_thinned_history_is_drawn_without_gaps(tmp_path: Path):
    earlier = JobRecord(tmp_path / "job", max_bytes=2_000)
    for second in range(400):
        earlier.add(float(second), SAMPLE)
    hub = FakeHub()
    hub.say(stage="COMPLETED")
    follower = Follower(FollowRuntime(), hub, FACTS, history=JobRecord(tmp_path / "job"))
    follower.start()
    assert follower.done.wait(PATIENCE_S)
    assert None not in follower.metrics.points()["cpu_pct"]
    assert follower.metrics.records()[0]["span"] > 5
    follower.log.close()
