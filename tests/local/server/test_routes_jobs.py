"""The real HfApi against the service: what a client does with jobs."""

from __future__ import annotations

import sys
import uuid
from typing import TYPE_CHECKING

import httpx2
import psutil
import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, JobNotFoundError

from hfjobs_magic.local.spec import JobSpec
from hfjobs_magic.local.storage.store import JobRow, Store
from tests.local.serving import environment, eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.local.serving import Server

pytestmark = pytest.mark.filterwarnings("ignore:.*is experimental:UserWarning")


def test_whoami_names_the_namespace(server: Server):
    assert server.api.whoami()["name"] == "local"


@pytest.mark.lowest
def test_a_job_runs_and_its_lines_come_in_order(server: Server):
    job = server.run("sh", "-c", "echo one; echo two >&2; printf three")
    assert server.logs(job) == ["one", "two", "three"]
    info = server.inspect(job)
    assert info.status.stage == "COMPLETED"
    assert (
        info.status.message
        == "The local service runs the command directly on this machine: no Docker image (python:3.12)."
    )
    assert info.started_at is not None
    assert info.finished_at >= info.started_at >= info.created_at
    assert info.durations.total_secs >= info.durations.running_secs
    assert info.url == f"{server.endpoint}/jobs/local/{job}"


@pytest.mark.lowest
def test_a_uv_script_runs_with_its_arguments_and_dependencies(server: Server, tmp_path: Path):
    script = tmp_path / "my script.py"
    script.write_text("import sys, cowsay\nprint(sys.argv[1:])\ncowsay.cow('moo')\n")
    job = server.api.run_uv_job(
        str(script), script_args=["--a", "b c"], dependencies=["cowsay"], namespace="local", timeout="10m"
    )
    lines = server.logs(job.id)
    assert lines[0] == "['--a', 'b c']" or "['--a', 'b c']" in lines
    assert any("| moo |" in line for line in lines)
    assert server.wait(job.id).status.stage == "COMPLETED"
    assert job.flavor == "cpu-basic"
    assert job.labels["name"].startswith("my_script") or job.labels["name"].startswith("my-script")


def test_a_failing_job_says_its_exit_code(server: Server):
    job = server.wait(server.run("sh", "-c", "exit 3"))
    assert (job.status.stage, job.status.message) == ("ERROR", "Job failed with exit code: 3. Reason: Error")


def test_a_job_that_kills_itself_has_the_shells_exit_code(server: Server):
    job = server.wait(server.run("sh", "-c", "kill -9 $$"))
    assert job.status.message == "Job failed with exit code: 137. Reason: Error"


def test_a_missing_command_is_exit_code_127_with_a_line_that_names_it(server: Server):
    job = server.run("no-such-program", "x")
    assert server.logs(job) == ["exec: no-such-program: not found"]
    assert server.wait(job).status.message == "Job failed with exit code: 127. Reason: Error"


def test_attempts_are_counted_and_each_has_its_start_line(server: Server):
    job = server.run("sh", "-c", "echo try; exit 1", attempts=3)
    assert server.logs(job) == ["try"] * 3
    answer = server.http("GET", f"/api/jobs/local/{job}").json()
    assert answer["retry"] == 2
    assert answer["status"]["failureCount"] == 3
    log = server.http("GET", f"/api/jobs/local/{job}/logs").text
    assert log.count("===== Job started at ") == 3


@pytest.mark.lowest
def test_what_was_asked_for_is_told_back(server: Server):
    job = server.run(
        "true",
        env={"A_B": "1"},
        secrets={"KEY": "x"},
        flavor="t4-small",
        timeout="2h",
        labels={"team": "a"},
        name="n",
    )
    info = server.inspect(job)
    assert info.environment == {"A_B": "1"}
    assert list(info.secrets) == ["KEY"]
    assert info.flavor == "t4-small"
    assert info.labels == {"team": "a", "name": "n"}
    assert info.docker_image == "python:3.12"
    assert info.owner.name == "local"
    assert server.http("GET", f"/api/jobs/local/{job}").json()["timeout"] == 7200


def test_lists_are_filtered_by_stage_and_label(server: Server):
    kind = uuid.uuid4().hex
    good = server.run("true", labels={"kind": kind, "result": "good"})
    bad = server.run("false", labels={"kind": kind, "result": "bad"})
    for job in (good, bad):
        server.wait(job)

    def listed(**options: object) -> list[str]:
        return [job.id for job in server.api.list_jobs(namespace="local", **options)]

    assert listed(labels={"kind": kind}) == [bad, good]
    assert listed(labels={"kind": kind, "result": "good"}) == [good]
    assert listed(labels={"kind": kind}, status="ERROR") == [bad]
    assert listed(labels={"kind": "none"}) == []
    assert server.http("GET", "/api/jobs/local/count?stage=ERROR").json()["count"] >= 1


@pytest.mark.lowest
def test_labels_are_replaced(server: Server):
    job = server.run("true", labels={"a": "1"})
    server.api.update_job_labels(job_id=job, labels={"b": "2"}, namespace="local")
    assert server.inspect(job).labels == {"b": "2"}
    server.wait(job)
    assert server.inspect(job).labels == {"b": "2"}


@pytest.mark.lowest
def test_ports_are_recorded_and_reachable_as_they_are(server: Server):
    job = server.run("sleep", "60", expose=[8123])
    eventually(lambda: server.stage(job) == "RUNNING")
    assert server.inspect(job).status.expose_urls == ["http://127.0.0.1:8123"]
    server.api.update_job_expose(job_id=job, expose=[8124], namespace="local")
    assert server.inspect(job).status.expose_urls == ["http://127.0.0.1:8124"]
    server.cancel(job)


def test_a_job_can_be_run_again_but_not_with_secrets_that_are_gone(server: Server):
    job = server.run("echo", "again")
    copy = server.api.rerun_job(job_id=job, namespace="local")
    assert copy.initiator.type == "duplicated-job"
    assert server.logs(copy.id) == ["again"]
    secret = server.run("true", secrets={"KEY": "x"})
    with pytest.raises(HfHubHTTPError, match="does not keep their values"):
        server.api.rerun_job(job_id=secret, namespace="local")


def test_hardware_is_the_hubs(server: Server):
    flavors = {item.name: item for item in server.api.list_jobs_hardware()}
    assert len(flavors) == 26
    assert flavors["cpu-basic"].unit_cost_micro_usd == 167
    assert flavors["a100x4"].accelerator.quantity == "4"


def test_an_unknown_flavor_is_refused_with_the_nearest_names(server: Server):
    with pytest.raises(HfHubHTTPError, match="Did you mean a10g-small"):
        server.run("true", flavor="a10-small")


@pytest.mark.lowest
def test_a_missing_job_is_the_clients_own_exception(server: Server):
    with pytest.raises(JobNotFoundError):
        server.inspect("0" * 24)


def test_a_wrong_token_and_a_foreign_namespace_are_refused(server: Server):
    with pytest.raises(HfHubHTTPError) as refused:
        HfApi(endpoint=server.endpoint, token="hf_wrong").list_jobs_hardware()
    assert refused.value.response.status_code == 401
    assert refused.value.request_id
    with pytest.raises(HfHubHTTPError, match="one namespace, 'local'"):
        server.api.run_job(image="x", command=["true"], namespace="somebody")


@pytest.mark.parametrize("kind", ["model", "dataset", "space"])
def test_volumes_of_repositories_are_refused_in_words(server: Server, kind: str):
    body = {
        "command": ["true"],
        "flavor": "cpu-basic",
        "volumes": [{"type": kind, "source": "a/b", "mountPath": "/m"}],
    }
    answer = server.http("POST", "/api/jobs/local", json=body)
    assert answer.status_code == 422
    assert f"no copy of the {kind} a/b. Make one with: hf download a/b" in answer.json()["error"]


def test_environment_holds_the_hubs_variables_and_nothing_of_the_callers(make_server, monkeypatch: pytest.MonkeyPatch):
    leaky = make_server(HF_TOKEN="hf_leak", AWS_SECRET_ACCESS_KEY="leak", PYTHONUNBUFFERED="1", UV_OFFLINE="0")
    job = leaky.run("env", env={"MINE": "1"}, secrets={"KEY": "s3cret"}, flavor="a10g-large")
    lines = dict(line.partition("=")[::2] for line in leaky.logs(job))
    assert lines["JOB_ID"] == job
    assert (lines["ACCELERATOR"], lines["CPU_CORES"], lines["MEMORY"]) == ("a10g-large", "12", "46Gi")
    assert (lines["MINE"], lines["KEY"]) == ("1", "s3cret")
    assert lines["HOME"].startswith(str(leaky.data_dir))
    assert "/uv" in lines["UV_CACHE_DIR"]
    allowed = {
        "PATH",
        "PIP_REQUIRE_VIRTUALENV",
        "HOME",
        "TMPDIR",
        "JOB_ID",
        "ACCELERATOR",
        "CPU_CORES",
        "MEMORY",
        "MINE",
        "KEY",
        "PWD",
        "LANG",
    }
    allowed |= {"TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "SHLVL", "_", "OLDPWD"}
    left = {name for name in lines if name not in allowed and not name.startswith(("UV_", "LC_"))}
    assert {name for name in left if not name.lower().endswith("_proxy")} == set()


def test_secrets_are_in_no_file_and_no_command_line(make_server):
    server = make_server()
    value = "s3cret-value-5417"
    job = server.python(
        "import os, time; print(len(os.environ['KEY']), flush=True); time.sleep(60)", secrets={"KEY": value}
    )
    server.saw(job, '"17"')
    assert not any(value in " ".join(process.cmdline()) for process in psutil.process_iter() if _readable(process))
    assert _holding(server.data_dir, value) == []
    server.cancel(job)
    queued_secret = server.run("true", secrets={"KEY": value})
    server.wait(queued_secret)
    assert _holding(server.data_dir, value) == []


def _readable(process) -> bool:
    try:
        return bool(process.cmdline())
    except psutil.Error:
        return False


def _holding(folder: Path, text: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def test_cancelling_a_finished_job_changes_nothing(server: Server):
    job = server.run("true")
    server.wait(job)
    server.cancel(job)
    assert server.stage(job) == "COMPLETED"


def test_a_job_that_waits_is_cancelled_at_once_and_never_starts(make_server):
    server = make_server(HFJOBS_LOCAL_SLOTS="1")
    first = server.run("sleep", "60")
    eventually(lambda: server.stage(first) == "RUNNING")
    second = server.run("touch", str(server.data_dir / "started"))
    assert server.stage(second) == "SCHEDULING"
    server.cancel(second)
    assert server.stage(second) == "CANCELED"
    third = server.run("true")
    server.cancel(first)
    assert server.wait(third).status.stage == "COMPLETED"
    assert not (server.data_dir / "started").exists()


def test_missing_uv_is_said_at_submission(make_server, tmp_path: Path):
    # A `uv` package without its program, before the installed one.
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake" / "uv.py").write_text("def find_uv_bin():\n    raise FileNotFoundError\n")
    (tmp_path / "bin").mkdir()
    paths = f"{tmp_path / 'fake'}:{environment()['PYTHONPATH']}"
    server = make_server(PYTHONPATH=paths, PATH=str(tmp_path / "bin"))
    with pytest.raises(HfHubHTTPError, match="pip install uv"):
        server.run("uv", "run", "x.py")
    assert server.wait(server.run(sys.executable, "-c", "pass")).status.stage == "COMPLETED"


def test_a_bad_body_is_a_422_or_400_and_never_a_500(server: Server):
    good = {"command": ["true"], "flavor": "cpu-basic"}
    for bad in (
        {"command": []},
        {"command": "true"},
        {"flavor": None},
        {"timeoutSeconds": -1},
        {"attempts": 0},
        {"environment": {"a b": "c"}},
        {"environment": {"A": 1}},
        {"environment": ["A"]},
        {"labels": {"a": "ü"}},
        {"labels": {"a": "x" * 101}},
        {"volumes": [{"type": "bucket", "source": "local/b", "mountPath": "data"}]},
        {"volumes": [{"type": "bucket", "source": "local/b", "mountPath": "/"}]},
        {"volumes": [{"type": "bucket", "source": "local/b", "mountPath": "/a/../etc"}]},
        {"volumes": [{"type": "bucket", "source": "../b", "mountPath": "/data"}]},
        {"expose": {"ports": [70000]}},
    ):
        answer = server.http("POST", "/api/jobs/local", json={**good, **bad})
        assert answer.status_code == 422, bad
        assert answer.json()["error"] == answer.headers["x-error-message"] or "?" in answer.headers["x-error-message"]
    assert server.http("POST", "/api/jobs/local", content=b"{").status_code == 400
    assert server.http("POST", "/api/jobs/local", json=[]).status_code == 422
    assert server.http("GET", "/api/jobs/local/x/logs?tail=x").status_code == 404
    assert server.http("GET", "/nothing").status_code == 404
    assert httpx2.get(server.endpoint + "/nothing").status_code == 401


def test_long_lists_come_in_pages_and_a_job_that_changes_its_stage_ends_none_early(make_server, tmp_path: Path):
    server = make_server()
    server.stop()
    store = Store(server.data_dir / "store.db")
    spec = JobSpec(["true"], "cpu-basic")
    ids = [f"{number:024x}" for number in range(250)]
    for number, job_id in enumerate(ids):
        store.add_job(JobRow(job_id, float(number), spec, {"odd": str(number % 2)}, "COMPLETED"))
    server.start()
    assert [job.id for job in server.api.list_jobs(namespace="local")] == ids[::-1]
    assert [job.id for job in server.api.list_jobs(namespace="local", labels={"odd": "1"})] == ids[::-2]
    page = server.http("GET", "/api/jobs/local?stage=COMPLETED")
    assert len(page.json()) == 100
    last = store.job(page.json()[-1]["id"])
    last.stage = "ERROR"
    store.save_job(last)
    store.close()
    following = page.links["next"]["url"].removeprefix(server.endpoint)
    assert [job["id"] for job in server.http("GET", following).json()] == ids[149:49:-1]
    assert server.http("GET", "/api/jobs/local/count").json() == {"count": 250}
    usage = server.http("GET", "/api/settings/billing/usage/jobs").json()
    assert (usage["hasAccess"], usage["usage"]["usedMicroUsd"]) == (True, 0)
