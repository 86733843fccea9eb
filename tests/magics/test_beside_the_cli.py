"""The verbs of `%hfjobs` beside the installed `hf jobs`, each on the same jobs or on one of two that are alike."""

from __future__ import annotations

import json
import shlex
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from huggingface_hub import HfApi
from IPython.utils.capture import capture_output

from hfjobs_magic.errors import JobFailedError, OptionError, WaitTimedOutError
from hfjobs_magic.local import daemon
from tests.counting import counted
from tests.magics.test_hfjobs import shown
from tests.magics.test_verbs import SLEEP, hf
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from huggingface_hub import JobInfo
    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.local.daemon import Service

pytestmark = pytest.mark.lowest

OWN = {"id", "url", "created_at", "started_at", "finished_at", "durations", "status"}
"""What two jobs that are alike have each of its own."""


class Beside:
    """One line, here and on the command line."""

    def __init__(self, shell: InteractiveShell, service: Service) -> None:
        self.shell, self.service = shell, service
        self.api = HfApi(endpoint=service.endpoint, token=service.token)
        self.namespace = service.namespace

    def start(self, code: str, **options: Any) -> JobInfo:
        command = [sys.executable, "-c", code]
        return self.api.run_job(image="python:3.12", command=command, namespace=self.namespace, **options)

    def job(self, job_id: str) -> JobInfo:
        return self.api.inspect_job(job_id=job_id, namespace=self.namespace)

    def becomes(self, stage: str, *job_ids: str) -> None:
        wait_until(lambda: all(self.job(job_id).status.stage == stage for job_id in job_ids))

    def ours(self, line: str) -> str:
        return str(shown(self.shell, f"{line} --local")["text/plain"])

    def theirs(self, line: str, *, code: int = 0) -> str:
        return hf(*shlex.split(line), service=self.service, code=code).rstrip("\n")

    def both(self, line: str, mine: str, other: str | None = None) -> tuple[str, str]:
        """What each says, with the id of its job as JOB."""
        other = other or mine
        said = self.ours(line.replace("JOB", mine)), self.theirs(line.replace("JOB", other))
        return said[0].replace(mine, "JOB"), said[1].replace(other, "JOB")

    def same(self, line: str, mine: str, other: str | None = None) -> None:
        """Both say the same."""
        ours, theirs = self.both(line, mine, other)
        assert ours == theirs, line

    def known(self, line: str, mine: str, other: str | None = None) -> None:
        """What the command line says as JSON is said here, too."""
        ours, theirs = (json.loads(text) for text in self.both(f"{line} --json", mine, other))
        assert theirs.items() <= ours.items(), line


@pytest.fixture
def beside(shell: InteractiveShell, local: Service) -> Iterator[Beside]:
    made = Beside(shell, local)
    yield made
    for job in made.api.list_jobs(namespace=local.namespace, status=["RUNNING", "SCHEDULING"]):
        made.api.cancel_job(job_id=job.id, namespace=local.namespace)
    for job in made.api.list_scheduled_jobs(namespace=local.namespace):
        made.api.delete_scheduled_job(scheduled_job_id=job.id, namespace=local.namespace)


def of(info: Any) -> dict[str, Any]:
    """What is the same of two that are alike."""
    return {key: value for key, value in vars(info).items() if key not in OWN}


def test_logs(beside: Beside):
    job = beside.start("print('eins <b>'); print('  two'); print(); print('three')").id
    beside.becomes("COMPLETED", job)
    for line in ("logs JOB", "logs --tail 2 JOB"):
        beside.same(line, job)
    assert beside.ours(f"logs {job} -n 2") == "\nthree"
    with capture_output() as captured:
        beside.shell.run_line_magic("hfjobs", f"logs -f {job} --local")
    assert captured.stdout == beside.theirs(f"logs -f {job}") + "\n"


def test_stats_and_hardware(beside: Beside):
    job = beside.start(SLEEP).id
    beside.becomes("RUNNING", job)
    wait_until(lambda: bool(list(beside.api.fetch_job_metrics(job_id=job, namespace=beside.namespace))))
    ours, theirs = (json.loads(text) for text in beside.both("stats JOB --json", job))
    assert [item.keys() for item in ours] == [item.keys() for item in theirs]
    for fixed in ("job_id", "memory_total_bytes", "cpu_millicores"):
        assert ours[0][fixed] == theirs[0][fixed]
    assert job in beside.ours("stats -q").split()

    ours, theirs = (json.loads(text) for text in beside.both("hardware --json", job))
    prices = {item["flavor"]: f"${item['usd_per_minute']:.4f}" for item in ours}
    assert prices == {item["name"]: item["cost/min"] for item in theirs}
    for item in theirs:
        (label,) = (found["label"] for found in ours if found["flavor"] == item["name"])
        assert label.startswith(f"{item['cpu']} · {item['ram']}")


def test_labels(beside: Beside):
    mine, other = (beside.start("print(1)", labels={"old": "1"}).id for _ in range(2))
    for line in ("labels JOB -l team=nlp -l bare", "labels JOB --name second", "labels -l a=b JOB --name third"):
        beside.known(line, mine, other)
        assert beside.job(mine).labels == beside.job(other).labels, line
    assert beside.job(mine).labels == {"a": "b", "name": "third"}
    beside.same("labels JOB --clear -q", mine, other)
    assert not beside.job(mine).labels
    assert not beside.job(other).labels


def test_ports_are_exposed_and_closed_and_jobs_cancelled(beside: Beside):
    mine, other = (beside.start(SLEEP).id for _ in range(2))
    beside.becomes("RUNNING", mine, other)
    for line in ("expose JOB 8000 --public 9000", "expose JOB --public 9001 8001 8002"):
        beside.known(line, mine, other)
        one, two = beside.job(mine), beside.job(other)
        assert (one.expose, one.expose_public) == (two.expose, two.expose_public), line
        assert one.status.expose_urls == two.status.expose_urls
    assert set(one.expose or ()) == {8001, 8002, 9001}
    assert one.expose_public == [9001]
    assert beside.ours(f"expose {mine} 8003") == "http://127.0.0.1:8003"
    beside.same("expose JOB --clear -q", mine, other)
    for job_id in (mine, other):
        assert not beside.job(job_id).expose
        assert beside.job(job_id).status.expose_urls is None
    assert beside.ours(f"expose {mine} --clear") == "No ports are exposed."

    beside.known("cancel JOB", mine, other)
    beside.becomes("CANCELED", mine, other)


def test_wait_and_rerun(beside: Beside):
    good, bad, long, longer = (beside.start(code).id for code in ("print(1)", "1 / 0", SLEEP, SLEEP))
    ours, theirs = (json.loads(text) for text in beside.both("wait JOB --json", good))
    assert ours == theirs
    with pytest.raises(JobFailedError, match="ended in ERROR"):
        beside.ours(f"wait {good} --timeout 2m {bad}")
    assert f"1 of 2 Job(s) did not complete successfully: {bad} (ERROR)" in beside.theirs(f"wait {good} {bad}", code=1)
    with pytest.raises(WaitTimedOutError, match=r"After 1s not ended yet: [\w-]+, [\w-]+\. They keep running"):
        beside.ours(f"wait {long} {bad} --timeout 1s {longer}")
    assert "Timed out after 1s" in beside.theirs(f"wait {long} {bad} --timeout 1s {longer}", code=1)

    again, theirs_again = beside.ours(f"rerun -d -q {bad}"), beside.theirs(f"rerun -d -q {bad}")
    assert of(beside.job(again)) == of(beside.job(theirs_again))
    assert of(beside.job(again)) | {"initiator": None} == of(beside.job(bad)) | {"initiator": None}


@contextmanager
def with_ssh(service: Service, job_id: str) -> Iterator[Service]:
    """The service as the Hub would answer for a job that was started with SSH: the local service has none."""
    status = f'"sshUrl":"ssh://{job_id}@ssh.example.org:2222",'.encode()
    with counted(service, lambda content: content.replace(b'"status":{', b'"status":{' + status)) as (passed, _):
        yield passed


def test_ssh(beside: Beside, monkeypatch: pytest.MonkeyPatch):
    job = beside.start(SLEEP).id
    beside.becomes("RUNNING", job)
    with pytest.raises(OptionError, match="started without SSH"):
        beside.ours(f"ssh {job}")
    assert "SSH is not enabled on this job" in beside.theirs(f"ssh {job}", code=1)
    with with_ssh(beside.service, job) as service:
        monkeypatch.setattr(daemon, "ensure", lambda: service)
        there = Beside(beside.shell, service)
        there.same("ssh JOB --dry-run -i 'my key'", job)
        assert there.ours(f"ssh {job}") == f"ssh -p 2222 {job}@ssh.example.org"
        beside.api.cancel_job(job_id=job, namespace=beside.namespace)
        beside.becomes("CANCELED", job)
        with pytest.raises(OptionError, match=r"has ended \(CANCELED\)"):
            there.ours(f"ssh {job}")


def test_scheduled_jobs(beside: Beside):
    api, namespace = beside.api, beside.namespace

    def alike() -> Any:
        """The two as the service tells them, once they are the same."""
        one, two = (api.inspect_scheduled_job(scheduled_job_id=job_id, namespace=namespace) for job_id in (mine, other))
        assert of(one) == of(two)
        return one

    command = [sys.executable, "-c", "print('ran')"]
    settings: dict[str, Any] = {"schedule": "@yearly", "labels": {"name": "pair", "team": "a"}, "namespace": namespace}
    mine, other = (api.create_scheduled_job(image="python:3.12", command=command, **settings).id for _ in range(2))
    ours, theirs = (json.loads(text)[0] for text in beside.both("scheduled inspect JOB --json", mine, other))
    for found in (ours, theirs):
        assert found.pop("id") == "JOB"
        found.pop("created_at")
    assert theirs == without_none(ours)

    beside.known("scheduled suspend JOB", mine, other)
    assert alike().suspend
    beside.same("scheduled resume JOB -q", mine, other)
    assert not alike().suspend
    beside.known("scheduled reschedule JOB '0 9 * * 1'", mine, other)
    assert alike().schedule == "0 9 * * 1"
    for line, labels in (
        ("scheduled labels JOB --name renamed", {"name": "renamed", "team": "a"}),
        ("scheduled labels JOB -l b=c", {"b": "c"}),
    ):
        beside.known(line, mine, other)
        assert alike().job_spec.labels == labels
    jobs = [beside.job(job_id) for job_id in beside.both("scheduled trigger JOB -q", mine, other)]
    assert of(jobs[0]) | {"initiator": None} == of(jobs[1]) | {"initiator": None}
    assert [job.initiator.id for job in jobs if job.initiator] == [mine, other]
    beside.becomes("COMPLETED", *(job.id for job in jobs))
    beside.same("scheduled delete JOB -q", mine, other)
    assert not {mine, other} & {job.id for job in api.list_scheduled_jobs(namespace=namespace)}


def without_none(value: Any) -> Any:
    """As the command line's JSON: what is None is left out."""
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    return [without_none(item) for item in value] if isinstance(value, list) else value
