"""One small process per job: starts the command, writes its log, ends its whole tree, leaves the result in a file.

``python -m hfjobs_magic.local.jobs.supervisor JOBDIR`` is started by the service, detached, and outlives it: a service
that is stopped or killed loses no line and leaves no orphan. It reads `spec.json` and `secrets.json` (which
it deletes), appends to `log.sse` the exact bytes that the service sends, and writes `status.json`. SIGTERM cancels.

Standard library only: its start is part of the time from submission to the first line.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from hfjobs_magic.local import processes
from hfjobs_magic.local.jobs.conditions import GRACE
from hfjobs_magic.local.jobs.frames import LogFramer, frame
from hfjobs_magic.local.jobs.log_file import LogFile, stamp
from hfjobs_magic.local.storage.locking import hold_lock

IDLE_FLUSH = 0.1
"""Seconds without output after which an incomplete progress line is shown."""

READ_SIZE = 1 << 18
"""Bytes read at once, and the size of the pipe that we ask for, so that a chatty job rarely waits for us."""

DRAIN = 1.0
"""Seconds to keep reading once every process is gone: a process outside the tree may have been handed the pipe."""

HANDOVER = 2.0
"""Seconds that a second supervisor of a job waits for the first one before it leaves the job to it."""

RETRY = 0.5
"""Seconds between two attempts to write to a full disk."""

ENDING_POLL = 0.05
"""Seconds between two looks at processes that were told to end."""

MAX_WAIT = 5.0
"""Seconds to wait for the wake-up pipe at most, in case a signal was lost."""

_PR_SET_CHILD_SUBREAPER = 36
"""From Linux's prctl.h, as the next one."""

_PR_SET_PDEATHSIG = 1


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a file such that a reader sees either the old or the new content in full."""
    partial = path.with_name(path.name + ".new")
    partial.write_text(json.dumps(value))
    partial.replace(path)


class Supervisor:
    """Runs one job, all of its attempts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._spec: dict[str, Any] = json.loads((folder / "spec.json").read_text())
        self._status: dict[str, Any] = {
            "pid": os.getpid(),
            "identity": processes.identify(os.getpid()),
            "started_at": None,
            "finished_at": None,
            "exit_code": None,
            "reason": None,
            "failures": 0,
        }
        self._cancelled = False
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._log = LogFile(folder / "log.sse")
        # The command's process and, once that has ended, its exit code as a shell would report it.
        self._child = 0
        self._code: int | None = None

    def run(self) -> None:
        """Run the job to its end and leave the result in `status.json`."""
        signal.signal(signal.SIGTERM, self._on_cancel)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        _become_subreaper()
        # The next service then knows who runs the job, whatever happens to this one.
        self._write_status()
        environment = self._environment()
        self._cancelled = self._cancelled or (self._folder / "cancel").exists()
        self._status["started_at"] = time.time()
        deadline = time.monotonic() + float(self._spec["timeout"])
        reason, code = "cancel", None
        for attempt in range(1, int(self._spec["attempts"]) + 1):
            if self._cancelled:
                break
            reason, code = self._attempt(environment, deadline)
            if reason != "exit" or code == 0:
                break
            self._status["failures"] = attempt
        self._log.close()
        self._status.update(finished_at=time.time(), exit_code=code, reason=reason)
        self._write_result()

    def _write_result(self) -> None:
        """Write the result, however long it takes: on a full disk it waits for room rather than lose it."""
        while True:
            try:
                write_json(self._folder / "status.json", self._status)
            except OSError:
                time.sleep(RETRY)
            else:
                return

    def _write_status(self) -> None:
        """Write the current state, if that is possible."""
        with suppress(OSError):
            write_json(self._folder / "status.json", self._status)

    def _on_cancel(self, *_: object) -> None:
        self._cancelled = True

    def _environment(self) -> dict[str, str]:
        environment: dict[str, str] = dict(self._spec["environment"])
        secrets = self._folder / "secrets.json"
        with suppress(FileNotFoundError):
            environment.update(json.loads(secrets.read_text()))
            secrets.unlink()
        return environment

    def _attempt(self, environment: dict[str, str], deadline: float) -> tuple[str, int | None]:
        now = time.time()
        self._log.write(
            frame(
                time.strftime("===== Job started at %Y-%m-%d %H:%M:%S =====", time.gmtime(now)),
                stamp(now, "seconds"),
            )
        )
        read_end, write_end = os.pipe()
        program = str(self._spec["program"])
        try:
            # Looked up here, too: the sandbox reports a missing command with an exit code of its own.
            if "/" not in program and shutil.which(program, path=environment.get("PATH")) is None:
                raise FileNotFoundError
            self._start(environment, write_end)
        except OSError as error:
            os.close(read_end)
            denied = isinstance(error, PermissionError)
            why = "permission denied" if denied else "not found"
            self._log.write(frame(f"exec: {program}: {why}", self._log.now()))
            return "exit", 126 if denied else 127
        finally:
            os.close(write_end)
        self._write_status()
        try:
            return self._follow(read_end, deadline)
        finally:
            os.close(read_end)

    def _start(self, environment: dict[str, str], output: int) -> None:
        with suppress(OSError, AttributeError):  # AttributeError: not on macOS
            fcntl.fcntl(output, fcntl.F_SETPIPE_SZ, READ_SIZE)
        process = subprocess.Popen(
            self._spec["argv"],
            env=environment,
            cwd=self._spec["cwd"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_die_with_supervisor,  # noqa: PLW1509 - there are no threads here
        )
        self._child, self._code = process.pid, None
        # `_reap` waits for it, along with the orphans that are handed to us.
        process.returncode = 0
        self._status.update(child=process.pid, child_identity=processes.identify(process.pid))

    def _follow(self, output: int, deadline: float) -> tuple[str, int | None]:
        """Copy the output to the log until the command has ended, or was ended by us."""
        framer = LogFramer()
        reason = ""
        kill_at = drain_until = float("inf")
        poll = select.poll()
        poll.register(output, select.POLLIN)
        poll.register(self._wake_read, select.POLLIN)
        is_open, seen = True, time.monotonic()
        while True:
            now = time.monotonic()
            if not reason and (self._cancelled or now >= deadline):
                reason = "cancel" if self._cancelled else "timeout"
                kill_at = now + float(self._spec.get("grace", GRACE))
                self._signal_tree(signal.SIGTERM)
            if now >= kill_at:
                self._signal_tree(signal.SIGKILL)
            self._reap()
            if self._is_over(asked=bool(reason)) and drain_until == float("inf"):
                self._kill_leftovers()
                drain_until = time.monotonic() + DRAIN
            if drain_until != float("inf") and (not is_open or now >= drain_until):
                break
            flush_in = seen + IDLE_FLUSH - now if framer.has_pending else MAX_WAIT
            wait = min(deadline - now if not reason else ENDING_POLL, drain_until - now, flush_in, MAX_WAIT)
            ready = {descriptor for descriptor, _ in poll.poll(max(0.0, wait) * 1000)}
            if self._wake_read in ready:
                with suppress(BlockingIOError):
                    os.read(self._wake_read, 4096)
            if output in ready:
                if data := os.read(output, READ_SIZE):
                    seen = time.monotonic()
                    self._log.write(framer.feed(data, self._log.now()))
                else:
                    is_open = False
                    poll.unregister(output)
            if framer.has_pending and time.monotonic() >= seen + IDLE_FLUSH:
                self._log.write(framer.flush(self._log.now()))
        self._log.write(framer.close(self._log.now()))
        return reason or "exit", self._code

    def _is_over(self, *, asked: bool) -> bool:
        """Return whether the command has ended; if it was `asked` to, its whole tree, which may still be saving."""
        return self._code is not None and not (asked and processes.find_descendants(os.getpid()))

    def _reap(self) -> None:
        """Collect every child that has ended: the command, and orphans that were handed to us."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._child:
                code = os.waitstatus_to_exitcode(status)
                self._code = code if code >= 0 else 128 - code

    def _signal_tree(self, number: int) -> None:
        pids = processes.find_descendants(os.getpid())
        if number == signal.SIGTERM:
            # The two processes of the sandbox would take the job down without a grace period.
            pids = [pid for pid in pids if processes.read_name(pid) != "bwrap"] or pids
        for pid in pids:
            processes.send(pid, number)
        if not processes.IS_LINUX and self._code is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child, number)

    def _kill_leftovers(self) -> None:
        """Kill what the command left running, as the end of a container does."""
        deadline = time.monotonic() + GRACE
        while time.monotonic() < deadline:
            left = processes.find_descendants(os.getpid())
            if not left:
                break
            for pid in left:
                processes.send(pid, signal.SIGKILL)
            time.sleep(0.005)
            self._reap()
        if not processes.IS_LINUX:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child, signal.SIGKILL)


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


_LIBC = _libc() if processes.IS_LINUX else None


def _become_subreaper() -> None:
    """Have every orphan below us handed to us, so that a double fork does not leave the tree."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _die_with_supervisor() -> None:
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


if __name__ == "__main__":
    os.umask(0o077)
    directory = Path(sys.argv[1])
    with hold_lock(directory / "supervisor.lock", HANDOVER) as is_ours:
        # There is a second one when a service was killed before it could record the first, which has a status by now.
        if is_ours and not (directory / "status.json").exists():
            Supervisor(directory).run()
