"""Where the service keeps its files; only the user may read them.

::

    DIR/                0700
      service.json      0600  the running service: endpoint, token, process
      token  port       0600  survive a restart, so that clients keep working
      service.log       0600
      config.toml             settings, written by the user; see `retention`
      store.db          0600  jobs and buckets (SQLite)
      bin/                    uv, and a python if the machine has none: on the PATH of jobs
      blobs/                  contents of bucket files, named by xet hash
      cas/                    what clients upload, until a bucket file is made of it; see `content`
      scheduled/ID.json 0600  the values of a scheduled job's secrets, until it is deleted
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
    """Write a file that nobody but its owner can read at any moment."""
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
        """Create the directories; restrict the root's mode if it exists."""
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
    def config(self) -> Path:
        """The settings, which need not exist."""
        return self.root / "config.toml"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "store.db"

    @property
    def bin(self) -> Path:
        """The programs that come first on the PATH of jobs."""
        return self.root / "bin"

    @property
    def blobs(self) -> Path:
        """The contents of bucket files."""
        return self.root / "blobs"

    @property
    def cas(self) -> Path:
        """What clients upload."""
        return self.root / "cas"

    @property
    def jobs(self) -> Path:
        """One directory per job."""
        return self.root / "jobs"

    @property
    def scheduled(self) -> Path:
        """The values of the secrets of scheduled jobs."""
        return self.root / "scheduled"

    def job(self, job_id: str) -> Path:
        """Return the directory of one job."""
        return self.jobs / job_id

    def token(self) -> str:
        """Return the token; make it first if there is none."""
        path = self.root / "token"
        with suppress(FileNotFoundError):
            if text := path.read_text().strip():
                return text
        token = "hf_local" + secrets.token_hex(20)
        write_private(path, token)
        return token

    def last_port(self) -> int:
        """Return the port of the previous service on this directory, 0 if there was none."""
        try:
            return int((self.root / "port").read_text())
        except (OSError, ValueError):
            return 0

    def remember_port(self, port: int) -> None:
        """Keep the port for the next service, so that links and settings of clients stay valid."""
        write_private(self.root / "port", str(port))
