"""The rows of the Details tab and of a plan: one for each option of the table that was given."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.facts import Hardware, JobFacts
from hfjobs_magic.options.layers import Layer, resolve
from hfjobs_magic.options.run_options import RunOptions, from_keywords
from hfjobs_magic.options.table import OPTIONS
from hfjobs_magic.script.script import from_cell
from hfjobs_magic.views.details import details, option_rows
from hfjobs_magic.views.life import life

if TYPE_CHECKING:
    from hfjobs_magic.options.option import Option

GIVEN = {
    "flavor": "t4-small",
    "dependencies": ("torch", "rich"),
    "python": "3.12",
    "image": "python:3.12",
    "env": ("SEED=1",),
    "secrets": ("HF_TOKEN",),
    "env_file": "vars",
    "secrets_file": "keys",
    "name": "mine",
    "labels": ("team=nlp",),
    "volumes": ("hf://buckets/me/b:/out",),
    "timeout": "90m",
    "attempts": 2,
    "namespace": "org",
    "expose": ("8000",),
    "expose_public": ("9000",),
    "network_group": "ring",
    "network_aliases": ("a",),
    "resource_group_id": "0" * 24,
    "ssh": True,
    "local": True,
    "max_cost": "2",
    "schedule": "@daily",
    "suspend": True,
    "concurrency": True,
    "names": "none",
    "outputs": ("acc",),
    "out_dir": "results",
    "inputs": ("df",),
    "map": ("lr=1,2",),
    "map_file": "runs.csv",
    "cancel_if_idle": "20m",
}
JOB = JobFacts("687fb701029421ae5549d998", "mine", "https://x", "org", "RUNNING", flavor="t4-small")


@pytest.mark.parametrize("option", [option for option in OPTIONS if option.label], ids=lambda option: option.dest)
def test_an_option_with_a_label_has_a_row_when_it_was_given(option: Option):
    options = RunOptions(**GIVEN, origins={option.dest: "environment"})  # type: ignore[arg-type] - of many types
    (row,) = [row for row in option_rows(options, {}) if row.label == option.label]
    assert row.value
    assert row.origin == "environment"


def test_times_money_and_schedules_are_shown_for_people():
    rows = {row.label: row.value for row in option_rows(RunOptions(**GIVEN), {})}  # type: ignore[arg-type] - see above
    assert (rows["Timeout"], rows["Cost cap"]) == ("1:30:00", "$2.00")
    assert rows["Schedule"] == "@daily, every day at 00:00 UTC"
    assert (rows["Runs on"], rows["Packages"], rows["SSH"]) == ("this machine", "torch, rich", "yes")


def test_what_was_not_given_has_no_row_but_for_the_defaults_that_cost_money():
    assert [row.label for row in option_rows(RunOptions(), {})] == ["Flavor", "Timeout", "Attempts", "Runs on"]


def test_the_tab_shows_what_the_hub_says_before_what_was_asked_for():
    options = resolve([Layer("line", {"timeout": "1h"}), Layer("environment", {"flavor": "t4", "namespace": "x"})])
    script = from_cell("import rich\n", magic_line="%%hfjob")
    hardware = Hardware("t4-small", "4 vCPU · T4 16 GB", 0.01)
    rows = dict(details(JOB, endpoint="https://hub", options=options, script=script, hardware=hardware))
    assert rows["Flavor"] == "t4-small (4 vCPU · T4 16 GB) · from environment"
    assert rows["Namespace"] == "org · from environment"
    assert (rows["Timeout"], rows["Endpoint"], rows["Inferred"]) == (
        "1:00:00 · from the line",
        "https://hub",
        "rich (line 2: import rich, a guess from its name)",
    )


def test_a_job_that_was_submitted_elsewhere_has_what_the_hub_says():
    assert details(JOB, endpoint="https://hub") == [
        ("Job", JOB.id),
        ("Endpoint", "https://hub"),
        ("Flavor", "t4-small · from the Hub"),
        ("Name", "mine · from the Hub"),
        ("Namespace", "org · from the Hub"),
    ]


def test_secrets_are_shown_by_name_only():
    rows = details(JOB, endpoint="https://hub", options=RunOptions(secrets=("HF_TOKEN",)))
    assert ("Secrets", "HF_TOKEN") in rows


def test_of_every_value_it_is_said_where_it_came_from():
    layers = [Layer("line", {"timeout": "1h"}), Layer("%hfjobs config", {"attempts": 2})]
    rows = dict(details(JOB, endpoint="https://hub", options=resolve(layers)))
    assert rows["Timeout"] == "1:00:00 · from the line"
    assert rows["Attempts"] == "2 · from %hfjobs config"
    rows = dict(details(JOB, endpoint="https://hub", options=from_keywords({"attempts": 2})))
    assert rows["Timeout"] == "30:00 · from the defaults"


def test_a_local_job_shows_this_machine_and_not_its_flavor():
    hardware = Hardware("t4-small", "4 vCPU · T4 16 GB", 0.01)
    options = RunOptions(local=True, flavor="t4-small")
    rows = dict(details(JOB, endpoint="http://x", options=options, hardware=hardware, machine="8 CPUs · 32 GB"))
    assert (rows["Runs on"], rows["Flavor"]) == ("this machine (8 CPUs · 32 GB)", "t4-small")
    assert "T4" not in str(rows)


def test_what_has_happened_to_a_job_is_told_as_far_as_it_went():
    waiting = replace(JOB, stage="SCHEDULING", message="3rd in line, 2 running on this machine.", created_at=100.0)
    rows = {label: value for label, value in life(waiting, None) if value}
    assert rows == {
        "Submitted": "1970-01-01 00:01:40 UTC",
        "Waits for": "3rd in line, 2 running on this machine.",
    }
    failed = replace(waiting, stage="ERROR", message="Job failed with exit code: 137.", started_at=112.0)
    rows = {label: value for label, value in life(failed, 230.0) if value}
    assert rows["Started"] == "1970-01-01 00:01:52 UTC · after 0:12 in the queue"
    assert rows["Ended"] == "1970-01-01 00:03:50 UTC · ran 1:58"
    assert (rows["Exit code"], "Waits for" in rows) == ("137", False)
    assert dict(life(replace(failed, stage="COMPLETED", message=None), 230.0))["Exit code"] == "0"
    assert dict(life(replace(failed, stage="CANCELED", message=None), None))["Exit code"] == ""


@pytest.mark.parametrize(
    ("stage", "started", "failures", "made"),
    [
        ("SCHEDULING", None, 0, "0 of 3"),
        ("RUNNING", 1.0, 1, "2 of 3"),
        ("SCHEDULING", 1.0, 1, "1 of 3"),
        ("COMPLETED", 1.0, 2, "3 of 3"),
        ("ERROR", 1.0, 3, "3 of 3"),
        ("CANCELED", 1.0, 1, "2 of 3"),
    ],
)
def test_attempts_made_are_those_that_failed_and_the_one_that_did_not(
    stage: str, started: float | None, failures: int, made: str
):
    job = replace(JOB, stage=stage, started_at=started, attempts=3)
    assert dict(life(job, None, failures=failures))["Attempts made"] == made
    assert dict(life(replace(job, attempts=1), None))["Attempts made"] == ("1 of 1" if started else "")
    assert dict(life(job, None))["Attempts made"] == ""


def test_what_another_kernel_asked_for_is_said_to_be_of_the_hub():
    found = dict(details(JOB, endpoint="https://hub.test", asked={"timeout": "1:30:00", "secrets": "HF_TOKEN"}))
    assert found["Timeout"] == "1:30:00 · from the Hub"
    assert found["Secrets"] == "HF_TOKEN · from the Hub"
    assert found["Flavor"] == "t4-small · from the Hub"
