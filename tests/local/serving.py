"""A real service in a directory of its own, and a real client of it."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import psutil
from huggingface_hub import HfApi

from hfjobs_magic.local import tools
from tests.local import contract

if TYPE_CHECKING:
    from collections.abc import Callable

    from huggingface_hub import JobInfo

# Seconds; far more than anything waited for takes, so that only a hang gets there.
PATIENCE = 60.0
HUB = Path(sys.executable).with_name("hf")
_UNUSED = ssl.create_default_context()
"""The service speaks HTTP; a client would read all certificates for each request."""


def eventually(condition: Callable[[], Any], what: str = "it") -> Any:
    """Return the first true value of `condition`, which is often a request: asked for less often as time goes on."""
    deadline = time.monotonic() + PATIENCE
    wait_s = 0.01
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} never happened"
        time.sleep(wait_s)
        wait_s = min(1.5 * wait_s, 0.1)
    return value


def environment(**more: str) -> dict[str, str]:
    """What a service or a client needs of ours."""
    kept = {name: os.environ[name] for name in tools.SERVICE_VARIABLES if name in os.environ}
    return {**kept, "PYTHONPATH": str(Path(__file__).parents[2]), **more}


def write_faults(path: Path, rules: list[dict[str, Any]]) -> None:
    """Write the file of HFJOBS_LOCAL_FAULTS at once: the service reads it at any moment, never half of it."""
    partial = path.with_suffix(".new")
    partial.write_text(json.dumps(rules))
    partial.replace(path)


@dataclass
class Server:
    """A service as a child process, and a client."""

    data_dir: Path
    variables: dict[str, str] = field(default_factory=dict)
    prefix: list[str] = field(default_factory=list)
    """What starts it, before its own command."""

    def __post_init__(self) -> None:
        self.start()

    def start(self, *arguments: str) -> None:
        with (self.data_dir.parent / "service.err").open("ab") as errors:
            self.process = subprocess.Popen(
                [
                    *self.prefix,
                    sys.executable,
                    "-m",
                    "hfjobs_magic.local",
                    "serve",
                    "--data-dir",
                    str(self.data_dir),
                    *arguments,
                ],
                env=environment(**self.variables),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self._collect()
        assert line, (self.data_dir.parent / "service.err").read_text(errors="replace")
        self.info = json.loads(line)
        self.endpoint, self.token = self.info["endpoint"], self.info["token"]
        self.api = HfApi(endpoint=self.endpoint, token=self.token)

    def kill(self) -> None:
        """Not even a goodbye."""
        # By its own id: what started it (see `prefix`) may end without it.
        os.kill(self.info["pid"], signal.SIGKILL)
        self._collect()

    def stop(self) -> None:
        for job in self.api.list_jobs(namespace="local", status=["RUNNING", "SCHEDULING"]):
            self.cancel(job.id)
            self.wait(job.id)
        os.kill(self.info["pid"], signal.SIGTERM)
        self._collect()

    def _collect(self) -> None:
        self.process.wait(timeout=30)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def http(self, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        answer = httpx2.request(method, self.endpoint + path, headers=headers, timeout=30, verify=_UNUSED, **options)
        contract.check(answer)
        return answer

    def make_bucket(self, name: str, files: dict[str, bytes] | None = None) -> str:
        """A bucket with these files and no others: a test that is run again finds nothing of its first run."""
        bucket = f"local/{name}"
        self.api.delete_bucket(bucket, missing_ok=True)
        self.api.create_bucket(bucket)
        if files:
            self.api.batch_bucket_files(bucket, add=[(data, path) for path, data in files.items()])
        return bucket

    # Jobs

    def run(self, *command: str, **options: Any) -> str:
        """Submit a command; return the job's id."""
        return self.api.run_job(image="python:3.12", command=list(command), namespace="local", **options).id

    def python(self, code: str, **options: Any) -> str:
        return self.run(sys.executable, "-c", code, **options)

    def inspect(self, job_id: str) -> JobInfo:
        return self.api.inspect_job(job_id=job_id, namespace="local")

    def stage(self, job_id: str) -> str:
        return str(self.inspect(job_id).status.stage)

    def wait(self, job_id: str) -> JobInfo:
        """Wait for a job's end."""
        over = {"COMPLETED", "ERROR", "CANCELED"}
        return eventually(lambda: (job := self.inspect(job_id)).status.stage in over and job, "the job's end")

    def cancel(self, job_id: str) -> None:
        self.api.cancel_job(job_id=job_id, namespace="local")

    def logs(self, job_id: str, **options: Any) -> list[str]:
        """All lines till the job's end."""
        options = {"follow": True, **options}
        return list(self.api.fetch_job_logs(job_id=job_id, namespace="local", **options))

    def folder(self, job_id: str) -> Path:
        return self.data_dir / "jobs" / job_id

    def tell(self, job_id: str, name: str) -> None:
        """Make a file that the job waits for in its working directory, which may not exist yet."""
        folder = self.folder(job_id) / "work"

        def is_there() -> bool:
            assert folder.exists() or self.stage(job_id) != "ERROR", self.inspect(job_id).status.message
            return folder.exists()

        eventually(is_there, "the job's directory")
        (folder / name).touch()

    def inside(self, path: Path) -> Path:
        """The same path as the service sees it."""
        return Path(f"/proc/{self.info['pid']}/root{path}")

    def saw(self, job_id: str, text: str) -> None:
        """Wait till the log holds `text`."""
        path = self.folder(job_id) / "log.sse"
        eventually(lambda: path.exists() and text in path.read_text(), repr(text))


def processes_of(job_id: str) -> list[psutil.Process]:
    """Everything that runs with the job's id in its environment or its command line."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            if process.environ().get("JOB_ID") == job_id or any(job_id in word for word in process.cmdline()):
                found.append(process)
    return found
