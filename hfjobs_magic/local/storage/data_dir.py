"""Where the service keeps its things, and who may read them: the user alone.

::

    DIR/                0700
      service.json      0600  the running service: endpoint, token, process
      token  port       0600  survive a restart, so that clients keep working
      service.log       0600
      store.db          0600  jobs and buckets (SQLite)
      bin/                    uv, and python where the machine has none of that name: on the PATH of jobs
      blobs/                  content of bucket files, named by xet hash
      cas/                    hf_xet's own stores: what clients upload to and download from
      scheduled/ID.json 0600  the values of a scheduled job's secrets, for as long as it is there
      jobs/ID/                one job: spec.json, log.sse, metrics.jsonl, status.json, work/, home/, tmp/, volumes/
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, at no moment by anyone else."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.new")
    with suppress(FileNotFoundError):
        partial.unlink()
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    partial.replace(path)


@dataclass(frozen=True)
class DataDir:
    """The layout of one data directory."""

    root: Path
    """Absolute; everything the service writes is below it."""

    def create(self) -> None:
        """Create the directories; tighten the root's mode when it exists."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.root.chmod(0o700)
        for path in (self.bin, self.blobs, self.cas, self.jobs, self.scheduled):
            path.mkdir(exist_ok=True, mode=0o700)

    @property
    def state(self) -> Path:
        """The state file of the running service."""
        return self.root / "service.json"

    @property
    def log(self) -> Path:
        """The log of a detached service."""
        return self.root / "service.log"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "store.db"

    @property
    def bin(self) -> Path:
        """The programs that jobs find first."""
        return self.root / "bin"

    @property
    def blobs(self) -> Path:
        """The content of bucket files."""
        return self.root / "blobs"

    @property
    def cas(self) -> Path:
        """The stores of hf_xet."""
        return self.root / "cas"

    @property
    def jobs(self) -> Path:
        """One directory a job."""
        return self.root / "jobs"

    @property
    def scheduled(self) -> Path:
        """What scheduled jobs need at each run and no database should hold."""
        return self.root / "scheduled"

    def job(self, job_id: str) -> Path:
        """Return the directory of one job."""
        return self.jobs / job_id

    def token(self) -> str:
        """Return the token, made once and kept."""
        path = self.root / "token"
        with suppress(FileNotFoundError):
            if text := path.read_text().strip():
                return text
        token = "hf_local" + secrets.token_hex(20)
        write_private(path, token)
        return token

    def last_port(self) -> int:
        """Return the port of the last service here, 0 when there was none."""
        try:
            return int((self.root / "port").read_text())
        except (OSError, ValueError):
            return 0

    def remember_port(self, port: int) -> None:
        """Keep the port for the next service, so that links and environments of clients stay valid."""
        write_private(self.root / "port", str(port))
