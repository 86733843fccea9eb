"""What each job used, from its start: one sample a second while the service runs, in `metrics.jsonl` of the job.

The Hub streams metrics and stores none. Here they can be read later: `GET …/metrics/history`, which is not part of the
Hub's API, returns them all, each with its `time` (Unix seconds) and, if it covers more than one second, its `span`. The
file is bounded: when it is full, every other sample is dropped, and from then on samples are half as frequent.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psutil

from hfjobs_magic.local.jobs.sampler import Sampler

if TYPE_CHECKING:
    from pathlib import Path

    from hfjobs_magic.local.storage.data_dir import DataDir
    from hfjobs_magic.local.storage.store import Store

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two samples of a job whose file was never full; the Hub's figure."""

MAX_SAMPLES = 3600
"""Samples in a file: an hour at full rate, about 1 MB with one GPU."""

_EARLY = 0.05
"""Seconds by which a sample may be early: the loop's sleep is not exact."""


def read_samples(path: Path) -> list[dict[str, Any]]:
    """Return the samples of a file, oldest first; none if there is no file. An incomplete line is skipped."""
    found = []
    with suppress(FileNotFoundError):
        for line in path.read_bytes().splitlines():
            with suppress(ValueError):
                found.append(json.loads(line))
    return found


class Recording:
    """The file of one job, and the counters behind its rates."""

    def __init__(self, path: Path, replica: str, max_samples: int = MAX_SAMPLES) -> None:
        self._path = path
        self._max = max_samples
        self._sampler = Sampler(replica)
        self._due = 0.0
        earlier = read_samples(path)
        self._count = len(earlier)
        self._span = earlier[-1].get("span", EVERY) if earlier else EVERY
        if earlier:
            self._rewrite(earlier)  # a service that was killed may have left an incomplete line

    def take(self, root: int, now: float) -> None:
        """Write a sample of the process tree below `root`, if one is due."""
        if now < self._due - _EARLY:
            return
        self._due = now + self._span
        sample = {"time": now, **self._sampler.sample(root)}
        if self._span != EVERY:
            sample["span"] = self._span
        with self._path.open("a") as file:
            file.write(_line(sample))
        self._count += 1
        if self._count >= self._max:
            self._thin()

    def _thin(self) -> None:
        self._span *= 2
        samples = [{**sample, "span": self._span} for sample in read_samples(self._path)[::2]]
        self._rewrite(samples)
        self._count = len(samples)

    def _rewrite(self, samples: list[dict[str, Any]]) -> None:
        partial = self._path.with_name(self._path.name + ".new")
        partial.write_text("".join(map(_line, samples)))
        partial.replace(self._path)


def _line(sample: dict[str, Any]) -> str:
    return json.dumps(sample, separators=(",", ":")) + "\n"


class Recorder:
    """Records every job that runs."""

    def __init__(self, store: Store, directory: DataDir) -> None:
        self._store = store
        self._directory = directory
        self._recordings: dict[str, Recording] = {}

    async def run(self) -> None:
        """Take samples until cancelled."""
        while True:
            with suppress(sqlite3.Error):  # a full disk, which the queue logs
                running = {job.id: job.supervisor for job in self._store.open_jobs(started=True)}
                await asyncio.to_thread(self._take, running)
            await asyncio.sleep(EVERY)

    def _take(self, running: dict[str, int]) -> None:
        for ended in self._recordings.keys() - running.keys():
            del self._recordings[ended]
        for job_id, root in running.items():
            try:
                if job_id not in self._recordings:
                    self._recordings[job_id] = Recording(locate_metrics(self._directory, job_id), job_id[-5:])
                if root:
                    self._recordings[job_id].take(root, time.time())
            except (OSError, psutil.Error):
                log.warning("job %s: its metrics could not be recorded", job_id, exc_info=True)


def locate_metrics(directory: DataDir, job_id: str) -> Path:
    """Return the path of a job's samples."""
    return directory.job(job_id) / "metrics.jsonl"
