"""Processes by identity, and whole process trees; standard library only, so that the supervisor starts fast.

A process id alone says little, because the system reuses it. So a process is remembered by its id *and* its start time
(`identify`), and a process whose identity no longer matches is never signalled.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
IS_LINUX = sys.platform.startswith("linux")

REAP_WAIT = 2.0
"""Seconds to wait at most for the other threads of a process whose first thread has ended; they take milliseconds."""


def _read_stat(pid: int) -> list[str] | None:
    """Return the fields of /proc/PID/stat that follow the command's name, or None when there is no process."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    # The name is in parentheses and may itself contain spaces and parentheses.
    return text.rpartition(")")[2].split()


def _read_boot_id() -> str:
    with suppress(OSError):
        return (_PROC / "sys/kernel/random/boot_id").read_text().strip()[:8]
    return ""


def identify(pid: int) -> str | None:
    """Return a text that is unique to this process, or None when it is gone (a zombie counts as gone)."""
    if pid <= 0:
        return None
    if IS_LINUX:
        fields = _read_stat(pid)
        if fields is None or fields[0] in "ZX":
            return None
        return f"{_read_boot_id()}:{fields[19]}"  # starttime, clock ticks since boot
    found = _ps("-o", "stat=,lstart=", "-p", str(pid)).strip()
    if not found or found.startswith("Z"):
        return None
    return found.partition(" ")[2].strip()


def is_alive(pid: int, expected: str) -> bool:
    """Return whether the process `pid` still runs and is the one that had the identity `expected`."""
    return bool(expected) and identify(pid) == expected


def _ps(*arguments: str) -> str:
    result = subprocess.run(["/bin/ps", *arguments], capture_output=True, text=True, check=False)
    return result.stdout


def _read_parents() -> dict[int, int]:
    """Return the parent of every living process of the system."""
    parents: dict[int, int] = {}
    if IS_LINUX:
        for entry in os.listdir(_PROC):  # noqa: PTH208 - twice as fast, and this runs while a job is being ended
            if entry.isdigit():
                fields = _read_stat(int(entry))
                if fields is not None and fields[0] not in "ZX":
                    parents[int(entry)] = int(fields[1])
        return parents
    for line in _ps("-A", "-o", "pid=,ppid=,stat=").splitlines():
        pid, parent, state = line.split()[:3]
        if not state.startswith("Z"):
            parents[int(pid)] = int(parent)
    return parents


def find_descendants(pid: int) -> list[int]:
    """Return the living children of `pid`, their children and so on; parents come first."""
    children: dict[int, list[int]] = {}
    for child, parent in _read_parents().items():
        children.setdefault(parent, []).append(child)
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.extend(below)
        waiting.extend(below)
    return found


def read_name(pid: int) -> str:
    """Return the short command name of a process, empty when it is gone."""
    with suppress(OSError):
        return (_PROC / str(pid) / "comm").read_text().strip()
    return ""


def send(pid: int, number: int) -> None:
    """Send a signal; a process that has just ended is not an error."""
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def reap(pid: int) -> None:
    """Collect the exit status of `pid` if it is our child and has ended, so that it does not stay a zombie."""
    # A process looks like a zombie as soon as its first thread has ended, and is collected once the others have, too.
    deadline = time.monotonic() + REAP_WAIT
    with suppress(ChildProcessError, AttributeError):  # not our child; no WNOHANG on Windows
        while os.waitpid(pid, os.WNOHANG)[0] == 0 and time.monotonic() < deadline:
            time.sleep(0.01)


def end(pid: int, expected: str, grace: float) -> bool:
    """End one process: TERM, then KILL after `grace` seconds; return whether it is gone."""
    if not is_alive(pid, expected):
        return True
    send(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while is_alive(pid, expected) and time.monotonic() < deadline:
        time.sleep(0.02)
    if is_alive(pid, expected):
        send(pid, signal.SIGKILL)
        deadline = time.monotonic() + grace
        while is_alive(pid, expected) and time.monotonic() < deadline:
            time.sleep(0.02)
    return not is_alive(pid, expected)
