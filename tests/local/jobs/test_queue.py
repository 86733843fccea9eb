"""What survives: jobs outlive the service, and the next service takes them over."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil
from huggingface_hub import Volume

from hfjobs_magic.local.spec import JobSpec
from hfjobs_magic.local.storage.data_dir import DataDir
from hfjobs_magic.local.storage.store import JobRow, Store
from tests.local.serving import Server, eventually, processes_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Prints a line, waits for a file, prints another.
TWO_LINES = (
    "import os, time\n"
    "print('before', flush=True)\n"
    "while not os.path.exists('go'): time.sleep(0.01)\n"
    "print('after', flush=True)\n"
    "open('/tmp' if False else 'mark', 'w').close()"
)


def test_a_job_goes_on_while_the_service_is_killed_and_is_adopted(make_server: Callable[..., Server]):
    server = make_server()
    job = server.python(TWO_LINES)
    server.saw(job, "before")
    eventually(lambda: server.stage(job) == "RUNNING")
    server.kill()
    old = server.endpoint
    server.start()
    assert server.endpoint == old
    assert server.stage(job) == "RUNNING"
    (server.folder(job) / "work" / "go").touch()
    assert server.logs(job) == ["before", "after"]
    assert server.wait(job).status.stage == "COMPLETED"


def test_jobs_that_were_cancelled_in_the_queue_hide_none_behind_them(tmp_path: Path):
    directory = DataDir(tmp_path)
    directory.create()
    store = Store(directory.database)
    spec = JobSpec(command=["echo", "hello"], flavor="cpu-basic", docker_image="python")
    for number, canceling in enumerate((True, True, False)):
        store.add_job(JobRow(id=f"{number:024x}", created=time.time() + number, spec=spec, canceling=canceling))
        directory.job(f"{number:024x}").mkdir(mode=0o700)
    store.close()
    server = Server(tmp_path, {"HFJOBS_LOCAL_SLOTS": "1"})
    try:
        assert server.wait(f"{2:024x}").status.stage == "COMPLETED"
        assert server.stage(f"{1:024x}") == "CANCELED"
    finally:
        server.stop()


def test_a_job_that_ends_while_no_service_runs_has_its_result_and_its_log(make_server: Callable[..., Server]):
    server = make_server()
    server.api.create_bucket("local/kept")
    code = TWO_LINES + "\nopen('/out/result', 'w').write('42')\nraise SystemExit(7)"
    job = server.python(code, volumes=[Volume(type="bucket", source="local/kept", mount_path="/out")])
    server.saw(job, "before")
    eventually(lambda: server.stage(job) == "RUNNING")
    server.kill()
    (server.folder(job) / "work" / "go").touch()
    status = server.folder(job) / "status.json"
    eventually(lambda: json.loads(status.read_text())["finished_at"])
    server.start()
    assert server.wait(job).status.message == "Job failed with exit code: 7. Reason: Error"
    assert server.logs(job) == ["before", "after"]
    assert [file.path for file in server.api.list_bucket_tree("local/kept")] == ["result"]


def test_a_job_whose_process_is_gone_after_a_restart_is_an_error_that_says_so(
    make_server: Callable[..., Server],
):
    server = make_server()
    job = server.run("sleep", "600")
    eventually(lambda: server.stage(job) == "RUNNING")
    server.kill()
    for process in processes_of(job):
        with suppress(psutil.NoSuchProcess):  # it ends with its parent
            process.kill()
    server.start()
    info = server.wait(job)
    assert info.status.stage == "ERROR"
    assert "process was gone when the local service looked" in info.status.message
    eventually(lambda: processes_of(job) == [], "the end of its processes")


def test_a_timeout_holds_while_no_service_runs(make_server: Callable[..., Server]):
    server = make_server()
    job = server.run("sleep", "600", timeout=1)
    eventually(lambda: server.stage(job) == "RUNNING")
    server.kill()
    eventually(lambda: processes_of(job) == [])
    server.start()
    assert server.wait(job).status.message == "Job timeout"


def test_a_cancelled_job_that_was_adopted_ends(make_server: Callable[..., Server]):
    server = make_server()
    job = server.run("sleep", "600")
    eventually(lambda: server.stage(job) == "RUNNING")
    server.kill()
    server.start()
    server.cancel(job)
    assert server.wait(job).status.stage == "CANCELED"
    eventually(lambda: processes_of(job) == [], "the end of its processes")


def test_a_queue_is_served_in_order_and_survives_a_restart(make_server: Callable[..., Server]):
    server = make_server(HFJOBS_LOCAL_SLOTS="1")
    first = server.python(TWO_LINES)
    server.saw(first, "before")
    others = [server.run("true") for _ in range(3)]
    server.kill()
    server.start()
    assert [server.stage(job) for job in others] == ["SCHEDULING"] * 3
    (server.folder(first) / "work" / "go").touch()
    infos = [server.wait(job) for job in (first, *others)]
    assert [info.status.stage for info in infos] == ["COMPLETED"] * 4
    starts = [info.started_at for info in infos]
    assert starts == sorted(starts)


def test_stopping_the_service_leaves_its_jobs_alone(make_server: Callable[..., Server]):
    server = make_server()
    job = server.run("sleep", "600")
    eventually(lambda: server.stage(job) == "RUNNING")
    server.process.terminate()
    server._collect()
    assert server.process.returncode == 0
    assert not (server.data_dir / "service.json").exists()
    assert processes_of(job)
    server.start()
    assert server.stage(job) == "RUNNING"
