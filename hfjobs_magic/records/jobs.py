"""What this machine keeps of the jobs that its kernels followed, so that they can be taken up again.

::

    STATE/jobs/JOB_ID/          0700
      script.py                 0600  as it was sent
      notebook.py               0600  what came along with it from the notebook
      metrics-XXXXXXXX.jsonl    0600  samples, one a line; a file for each follower

The Hub streams metrics and keeps none: what a kernel saw is kept here and merged when the job is taken up again,
by whichever kernel. Nobody writes to another one's file, and half a line, left by a kernel that was killed, is skipped.
"""

from __future__ import annotations

import json
import math
import os
import secrets
import shutil
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


MAX_FILE_BYTES = 1_000_000
"""Size of one follower's file: at a sample a second 80 minutes, with one GPU 50, with eight a quarter of an hour. When
it is full every other sample goes, and from then on half as many are kept."""

MAX_FILES = 8
"""Followers of one job whose files are kept; the oldest give way."""

MAX_JOBS = 200
"""Jobs kept in all, as many as there are notes; the oldest give way."""

MAX_BYTES = 100_000_000
"""Size of all jobs together."""

SAME_S = 0.5
"""Samples of two followers that are closer than this, in seconds, are one."""


class JobRecord:
    """What this machine remembers of one job. One follower writes samples; a full disk costs the record only."""

    def __init__(self, folder: Path, max_bytes: int = MAX_FILE_BYTES) -> None:
        self._folder = folder
        self._mine = folder / f"metrics-{secrets.token_hex(4)}.jsonl"
        self._max = max_bytes
        self._span = 1.0
        """Seconds that each sample written stands for."""
        self._due: dict[str, float] = {}
        """Of each replica, when its next sample is kept."""
        self._failed = False

    def add(self, at: float, sample: dict[str, Any]) -> None:
        """Keep a sample that was seen `at` (seconds since the epoch)."""
        replica = str(sample.get("replica"))
        if self._failed or at < self._due.get(replica, 0.0):
            return
        # The stream's own second is not exact.
        self._due[replica] = at + self._span - SAME_S
        try:
            self._append({"time": at, **({"span": self._span} if self._span > 1 else {}), **sample})
        except OSError:
            self._failed = True

    def past(self) -> list[dict[str, Any]]:
        """Give the samples of all followers, oldest first, each with its ``time`` and, if it is more than 1, ``span``.

        A span is how many seconds a sample stands for.
        """
        found = sorted((item for file in self._files() for item in _read(file)), key=lambda item: item["time"])
        kept: list[dict[str, Any]] = []
        latest: dict[str, float] = {}
        for item in found:
            replica = str(item.get("replica"))
            if item["time"] - latest.get(replica, -math.inf) >= SAME_S:
                latest[replica] = item["time"]
                kept.append(item)
        return kept

    def write(self, *, script: str | None, timeout_s: float | None, notebook: str = "") -> None:
        """Remember what was submitted: the script's text, what came along with it, and the timeout in seconds.

        The Hub tells no timeout.
        """
        with suppress(OSError):
            self._make_room()
            if script is not None:
                write_private(self._folder / "notebook.py", notebook)
                write_private(self._folder / "script.py", script)
            if timeout_s is not None:
                write_private(self._folder / "timeout", f"{timeout_s}\n")

    def timeout_s(self) -> float | None:
        """Return the timeout in seconds; None where there is no record of it."""
        try:
            return float((self._folder / "timeout").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def script(self) -> tuple[str, str] | None:
        """Return the text of the script, and of what came along with it; None where there is no record of it."""
        script, notebook = (self._text(name) for name in ("script.py", "notebook.py"))
        return None if script is None else (script, notebook or "")

    def _text(self, name: str) -> str | None:
        try:
            return (self._folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def _files(self) -> list[Path]:
        """Files of all followers, the one written to last at the end."""
        return sorted(self._folder.glob("metrics-*.jsonl"), key=_change_time)

    def _append(self, sample: dict[str, Any]) -> None:
        if not self._mine.exists():
            self._make_room()
        with os.fdopen(os.open(self._mine, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "w") as file:
            file.write(_line(sample))
            size = file.tell()
        if size > self._max:
            self._span *= 2
            write_private(
                self._mine, "".join(_line({**item, "span": self._span}) for item in _every_other(_read(self._mine)))
            )

    def _make_room(self) -> None:
        """Make the folder; the oldest files of the job and the oldest jobs give way."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for file in self._files()[: -MAX_FILES + 1]:
            file.unlink(missing_ok=True)
        size = 0
        # What else lies there is not ours, and another kernel may remove a folder meanwhile.
        jobs = [path for path in self._folder.parent.iterdir() if path.is_dir()]
        for number, path in enumerate(sorted(jobs, key=_change_time, reverse=True)):
            with suppress(OSError):
                size += sum(file.stat().st_size for file in path.iterdir())
            if path != self._folder and (number >= MAX_JOBS or size > MAX_BYTES):
                shutil.rmtree(path, ignore_errors=True)


def record_of(job_id: str) -> JobRecord:
    """Open the record of a job under the platform's state folder."""
    import platformdirs  # noqa: PLC0415 - off the load path

    # An id is 24 hex digits; whatever else somebody's endpoint calls one stays in this folder.
    name = "".join(filter(str.isalnum, job_id)) or "job"
    return JobRecord(platformdirs.user_state_path("hfjobs-magic") / "jobs" / name)


def _line(sample: dict[str, Any]) -> str:
    return json.dumps(sample, separators=(",", ":")) + "\n"


def _read(file: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = file.read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        with suppress(ValueError):
            item = json.loads(line)
            if isinstance(item, dict) and isinstance(item.get("time"), int | float):
                yield item


def _every_other(samples: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give every other sample of each replica, the first of each among them."""
    seen: Counter[str] = Counter()
    for item in samples:
        replica = str(item.get("replica"))
        if seen[replica] % 2 == 0:
            yield item
        seen[replica] += 1


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)


def _change_time(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
