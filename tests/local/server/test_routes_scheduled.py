"""The real HfApi against the service: what a client does with scheduled jobs."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

import pytest
from huggingface_hub.errors import HfHubHTTPError, JobNotFoundError

from tests.local.serving import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from huggingface_hub import ScheduledJobInfo

    from tests.local.serving import Server

pytestmark = pytest.mark.filterwarnings("ignore:.*is experimental:UserWarning")

EVERY_SECOND = "* * * * * *"
NEVER_NOW = "0 0 29 2 *"


class Schedules:
    """Makes scheduled jobs and leaves none behind."""

    def __init__(self, server: Server) -> None:
        self.server, self.api, self.ids = server, server.api, []

    def add(self, *command: str, schedule: str = NEVER_NOW, **options: Any) -> str:
        made = self.api.create_scheduled_job(
            image="python:3.12", command=list(command), schedule=schedule, namespace="local", **options
        )
        self.ids.append(made.id)
        return made.id

    def get(self, job_id: str) -> ScheduledJobInfo:
        return self.api.inspect_scheduled_job(scheduled_job_id=job_id, namespace="local")

    def jobs_of(self, job_id: str) -> list[Any]:
        jobs = self.api.list_jobs(namespace="local")
        return [job for job in jobs if job.initiator.type == "scheduled-job" and job.initiator.id == job_id]

    def do(self, verb: str, job_id: str, **options: Any) -> Any:
        return getattr(self.api, verb)(scheduled_job_id=job_id, namespace="local", **options)

    def close(self) -> None:
        for job_id in self.ids:
            self.server.http("DELETE", f"/api/scheduled-jobs/local/{job_id}")
        for job_id in self.ids:
            for job in self.jobs_of(job_id):
                self.server.cancel(job.id)


@pytest.fixture
def schedules(server: Server) -> Iterator[Schedules]:
    made = Schedules(server)
    yield made
    made.close()


def test_a_scheduled_job_really_runs_again_and_again(schedules: Schedules):
    job_id = schedules.add(
        "sh", "-c", 'echo "$WORD $KEY"', schedule=EVERY_SECOND, env={"WORD": "tick"}, secrets={"KEY": "tock"}
    )
    eventually(lambda: len(schedules.jobs_of(job_id)) > 1, "a second run")
    first = schedules.jobs_of(job_id)[-1]
    assert schedules.server.logs(first.id) == ["tick tock"]
    info = schedules.get(job_id)
    assert info.status.last_job.id in {job.id for job in schedules.jobs_of(job_id)}
    assert info.status.next_job_run_at > info.status.last_job.at
    assert (info.job_spec.secrets, info.job_spec.timeout, info.suspend) == (["KEY"], 1800, False)


def test_it_can_be_listed_by_label_and_labelled_anew(schedules: Schedules):
    job_id = schedules.add("true", labels={"team": "nlp"}, attempts=2)
    assert [job.id for job in schedules.api.list_scheduled_jobs(namespace="local", labels={"team": "nlp"})] == [job_id]
    assert schedules.api.list_scheduled_jobs(namespace="local", labels={"team": "cv"}) == []
    changed = schedules.do("update_scheduled_job_labels", job_id, labels={"a": "b"})
    assert changed.job_spec.labels == {"a": "b"}
    assert changed.job_spec.retry == 1
    assert schedules.do("trigger_scheduled_job", job_id).labels == {"a": "b"}


@pytest.mark.lowest
def test_it_is_suspended_resumed_and_rescheduled(schedules: Schedules):
    job_id = schedules.add("true", schedule=EVERY_SECOND, suspend=True)
    assert schedules.get(job_id).suspend
    schedules.do("suspend_scheduled_job", job_id)
    assert schedules.jobs_of(job_id) == []
    schedules.do("resume_scheduled_job", job_id)
    assert not schedules.get(job_id).suspend
    eventually(lambda: schedules.jobs_of(job_id), "a run")
    changed = schedules.do("update_scheduled_job_schedule", job_id, schedule="@yearly")
    assert (changed.schedule, changed.status.next_job_run_at.month) == ("@yearly", 1)


def test_a_trigger_starts_one_at_a_time_unless_more_are_allowed(schedules: Schedules):
    job_id = schedules.add("sleep", "60")
    job = schedules.do("trigger_scheduled_job", job_id)
    assert (job.initiator.type, job.initiator.id) == ("scheduled-job", job_id)
    with pytest.raises(
        HfHubHTTPError, match="Another job is already running at the same time, set `concurrency`"
    ) as no:
        schedules.do("trigger_scheduled_job", job_id)
    assert no.value.response.status_code == 409
    many = schedules.add("sleep", "60", concurrency=True)
    assert schedules.get(many).concurrency
    first, second = (schedules.do("trigger_scheduled_job", many) for _ in range(2))
    assert first.id != second.id
    assert schedules.get(many).status.last_job.id == second.id


def test_it_survives_a_restart_with_its_secrets(make_server):
    server = make_server()
    schedules = Schedules(server)
    job_id = schedules.add("sh", "-c", "echo $KEY", schedule="@yearly", secrets={"KEY": "kept"})
    before = schedules.get(job_id)
    server.kill()
    server.start()
    schedules = Schedules(server)
    assert schedules.get(job_id).status.next_job_run_at == before.status.next_job_run_at
    job = schedules.do("trigger_scheduled_job", job_id)
    assert server.logs(job.id) == ["kept"]
    kept = server.data_dir / "scheduled" / f"{job_id}.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert b"kept" not in (server.data_dir / "store.db").read_bytes()
    schedules.do("delete_scheduled_job", job_id)
    assert not kept.exists()
    assert server.wait(job.id).status.stage == "COMPLETED"


def test_one_that_can_no_longer_start_is_suspended_and_says_why(schedules: Schedules):
    bucket = schedules.api.create_bucket("local/short-lived").bucket_id
    body = {
        "schedule": EVERY_SECOND,
        "suspend": True,
        "jobSpec": {
            "command": ["true"],
            "flavor": "cpu-basic",
            "volumes": [{"type": "bucket", "source": bucket, "mountPath": "/data"}],
        },
    }
    job_id = schedules.server.http("POST", "/api/scheduled-jobs/local", json=body).json()["id"]
    schedules.ids.append(job_id)
    schedules.api.delete_bucket(bucket)
    schedules.do("resume_scheduled_job", job_id)
    eventually(lambda: schedules.get(job_id).suspend, "its suspension")
    answer = schedules.server.http("GET", f"/api/scheduled-jobs/local/{job_id}").json()
    assert "local/short-lived" in answer["suspendReason"]


def test_a_uv_script_is_scheduled_with_its_files(schedules: Schedules, tmp_path):
    script = tmp_path / "hello.py"
    script.write_text("print('scheduled hello')\n")
    made = schedules.api.create_scheduled_uv_job(str(script), schedule="@daily", namespace="local")
    schedules.ids.append(made.id)
    job = schedules.do("trigger_scheduled_job", made.id)
    assert schedules.server.logs(job.id) == ["scheduled hello"]
    assert job.status.message is None


def test_what_cannot_be_scheduled_is_refused(schedules: Schedules):
    for verb in ("inspect_scheduled_job", "delete_scheduled_job", "trigger_scheduled_job", "suspend_scheduled_job"):
        with pytest.raises(JobNotFoundError):
            schedules.do(verb, "0" * 24)
    with pytest.raises(HfHubHTTPError, match="is not a valid schedule; expected: five fields such as"):
        schedules.add("true", schedule="every day")
    good = {"schedule": "@daily", "jobSpec": {"command": ["true"], "flavor": "cpu-basic"}}
    for bad in ({"schedule": 1}, {"jobSpec": []}, {"jobSpec": {}}, {"suspend": "no"}, {"concurrency": None}):
        answer = schedules.server.http("POST", "/api/scheduled-jobs/local", json={**good, **bad})
        assert answer.status_code == 422, bad
    for missing in good:
        body = {name: value for name, value in good.items() if name != missing}
        assert schedules.server.http("POST", "/api/scheduled-jobs/local", json=body).status_code == 422
    assert schedules.server.http("POST", "/api/scheduled-jobs/nobody", json=good).status_code == 403
