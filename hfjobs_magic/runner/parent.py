"""The process that outlives the cell."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import memory
from .job import STAGED
from .notebook import notebook

if TYPE_CHECKING:
    from types import FrameType

    from .job import CellJob

PASSED_ON = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGCONT,
)
"""Signals that whoever ends or pokes the job means for the cell."""


def main(job: CellJob) -> int:
    """Run the cell in a process of its own; its exit code, 128 + N for one that a signal ended.

    Standard library only up to here, and one thread, so that a fork is safe and costs no second start of Python.
    """
    stage = Path(tempfile.mkdtemp(prefix="hfjob-"))
    started = time.time()
    # Until both have their own ways with them, no signal may come between.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
    pid = os.fork()
    if pid == 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        from .child import run  # noqa: PLC0415 - it imports IPython, which the parent must not hold

        return run(job, stage)
    got: list[int] = []

    def pass_on(number: int, _frame: FrameType | None) -> None:
        got.append(number)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    for number in PASSED_ON:
        signal.signal(number, pass_on)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    _, status, usage = os.wait4(pid, 0)
    code = exit_code(status)
    report = {
        "version": 1,
        "code": code,
        "signal": signal_name(status),
        "received": [signal.Signals(number).name for number in got],
        "started": started,
        "finished": time.time(),
        "python": platform.python_version(),
        "memory": memory.report(usage.ru_maxrss),
        **read_end(stage),
    }
    leave(job, stage, report)
    return code


def exit_code(status: int) -> int:
    """Exit code of a wait status, as a shell gives it."""
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def signal_name(status: int) -> str | None:
    """Signal that ended a process; None when it ended by itself."""
    if not os.WIFSIGNALED(status):
        return None
    number = os.WTERMSIG(status)
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"  # a real-time signal has no name


def read_end(stage: Path) -> dict[str, Any]:
    """Read what the cell's own process said last; ``cell`` is None where it could not say anything."""
    try:
        said: dict[str, Any] = json.loads((stage / STAGED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"cell": None, "error": None}
    return said


def leave(job: CellJob, stage: Path, report: dict[str, Any]) -> None:
    """Write the notebook and, last, how it ended; a folder that can't be written to loses them and nothing else."""
    attempt = 1
    try:
        job.folder.mkdir(parents=True, exist_ok=True)
        while attempt_path(job.folder, "exit.json", attempt).exists():
            attempt += 1
        attempt_path(job.folder, "cell.ipynb", attempt).write_text(notebook(job.text, stage, report), encoding="utf-8")
        attempt_path(job.folder, "exit.json", attempt).write_text(json.dumps(report), encoding="utf-8")
    except OSError as error:
        with contextlib.suppress(OSError, ValueError):  # stderr may be closed
            print(f"[outputs] {job.folder} can't be written to: {error}.", file=sys.stderr)  # noqa: T201
    shutil.rmtree(stage, ignore_errors=True)


def attempt_path(folder: Path, name: str, attempt: int) -> Path:
    """Path of a file that each attempt of a job (``--attempts``) has its own of: the mount lets none be rewritten."""
    stem, dot, suffix = name.partition(".")
    return folder / (name if attempt == 1 else f"{stem}-{attempt}{dot}{suffix}")
