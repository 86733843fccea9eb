"""The process that outlives the cell."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import select
import shutil
import signal
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import faults, memory, rest
from .complaint import complain
from .job import STAGED
from .notebook import notebook
from .out_dir import OutDir

if TYPE_CHECKING:
    from collections.abc import Iterator
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

CUT_SHORT = "is sent when the cell ends, and its process was ended before"
"""Why no value came of a process that left with ``os._exit(0)``, as a clause of which the value is the subject."""


def main(job: CellJob) -> int:
    """Run the cell in a process of its own; its exit code, 128 + N for one that a signal ended.

    Standard library only up to here, and one thread, so that a fork is safe and costs no second start of Python.
    """
    stage = Path(tempfile.mkdtemp(prefix="hfjob-"))
    started = time.time()
    out_dir = open_out_dir(job)
    # Until both have their own ways with them, no signal may come between.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
    pid = os.fork()
    if pid == 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return run_child(job, stage)
    got: list[int] = []

    def pass_on(number: int, _frame: FrameType | None) -> None:
        got.append(number)
        if out_dir and number != signal.SIGCONT:
            out_dir.hurry()
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    for number in PASSED_ON:
        signal.signal(number, pass_on)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    status, max_rss = wait(pid, out_dir)
    code = exit_code(status)
    fault, line = faults.read(stage, job.cell) if os.WIFSIGNALED(status) else ("", None)
    if fault:
        complain(fault.rstrip())
    report = {
        "version": 1,
        "code": code,
        "signal": signal_name(status),
        "line": line,
        "stack": bool(fault),
        "received": [signal.Signals(number).name for number in got],
        "rest": rest.read(stage) if got or os.WIFSIGNALED(status) else None,
        "started": started,
        "finished": time.time(),
        "python": platform.python_version(),
        "memory": memory.report(max_rss),
        **read_end(stage),
    }
    if report["cell"] is None and not code:
        # Nobody would look for an error in a job that completed.
        report["refused"] = {wanted["name"]: CUT_SHORT for wanted in job.values}
    leave(job, stage, report)
    return code


def run_child(job: CellJob, stage: Path) -> int:
    """Run the cell in this process; where not even IPython starts, leave word of that."""
    try:
        with no_errors_of_warnings():
            from .child import start  # noqa: PLC0415 - it imports IPython, which the parent must not hold

            run = start(job, stage)
    except Exception as error:
        said = f"{type(error).__name__}: {error}".strip().partition("\n")[0]
        with contextlib.suppress(OSError):
            (stage / STAGED).write_text(json.dumps({"cell": "unstarted", "error": None, "exit": said}), "utf-8")
        raise
    return run()


@contextlib.contextmanager
def no_errors_of_warnings() -> Iterator[None]:
    """Let no warning be an error: ``PYTHONWARNINGS=error`` is meant for the cell, not for IPython as it starts."""
    if not any(action == "error" for action, *_ in warnings.filters):
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def open_out_dir(job: CellJob) -> OutDir | None:
    """Make the folder that is to come back; None without one."""
    if not job.out_dir:
        return None
    list_path = attempt_path(job.folder, "files.json", next_attempt(job.folder))
    made = OutDir(job.out_dir, job.folder / "files", list_path)
    made.make()
    return made


def wait(pid: int, out_dir: OutDir | None) -> tuple[int, int]:
    """Wait for the cell's end, and copy files until then and at last; its status, and its memory as `os.wait4` has it.

    All in one thread: a signal that comes while a file is copied is passed on between two pieces of it.
    """
    if out_dir is None:
        _, status, usage = os.wait4(pid, 0)
        return status, usage.ru_maxrss
    wake_read, wake_write = os.pipe()
    for end in (wake_read, wake_write):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    while True:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        try:
            if ended:
                out_dir.finish()
            else:
                out_dir.look()
        except Exception as error:  # noqa: BLE001 - files are lost then, and nothing else is to be
            complain(f"[files] Copying failed: {type(error).__name__}: {error}.")
        if ended:
            return status, usage.ru_maxrss
        select.select([wake_read], [], [], out_dir.look_s)
        with contextlib.suppress(BlockingIOError):
            os.read(wake_read, 4096)


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
    try:
        job.folder.mkdir(parents=True, exist_ok=True)
        attempt = next_attempt(job.folder)
        attempt_path(job.folder, "cell.ipynb", attempt).write_text(notebook(job.text, stage, report), encoding="utf-8")
        attempt_path(job.folder, "exit.json", attempt).write_text(json.dumps(report), encoding="utf-8")
    except OSError as error:
        complain(f"[outputs] {job.folder} can't be written to: {error}.")
    shutil.rmtree(stage, ignore_errors=True)


def next_attempt(folder: Path) -> int:
    """Count the attempts of a job (``--attempts``) that have ended, and this one."""
    attempt = 1
    while attempt_path(folder, "exit.json", attempt).exists():
        attempt += 1
    return attempt


def attempt_path(folder: Path, name: str, attempt: int) -> Path:
    """Path of a file that each attempt of a job (``--attempts``) has its own of: the mount lets none be rewritten."""
    stem, dot, suffix = name.partition(".")
    return folder / (name if attempt == 1 else f"{stem}-{attempt}{dot}{suffix}")
