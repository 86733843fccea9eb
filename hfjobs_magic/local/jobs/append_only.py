"""Run a command for which files in some folders can only be written from start to end; Linux, for tests.

``python append_only.py FOLDERS -- COMMAND…``, FOLDERS being a JSON list. Mounts of the Hub may be like that (hf-mount
without ``--advanced-writes``, src/virtual_fs/mod.rs of v0.9.2): opening an existing file for writing without truncating
it is EPERM, a write anywhere but at the end is EINVAL, truncation has no effect. Seeking works, as everywhere.

The kernel asks us about each such system call of the command and its descendants (seccomp's user notifications), so it
holds for native code, too. Standard library only, and run by its path: the environment is the job's.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import platform
import select
import signal
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

_NUMBERS = {
    "x86_64": {
        "arch": 0xC000003E, "seccomp": 317, "open": 2, "openat": 257, "write": 1, "writev": 20, "pwrite64": 18,
        "pwritev": 296, "pwritev2": 328, "ftruncate": 77, "truncate": 76, "fallocate": 285,
    },
    "aarch64": {
        "arch": 0xC00000B7, "seccomp": 277, "openat": 56, "write": 64, "writev": 66, "pwrite64": 68,
        "pwritev": 70, "pwritev2": 287, "ftruncate": 46, "truncate": 45, "fallocate": 47,
    },
}  # fmt: skip
"""Numbers of system calls, and the architecture's own, from Linux's headers."""

_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
"""SECCOMP_RET_ALLOW and SECCOMP_RET_USER_NOTIF."""

_RECEIVE, _SEND = 0xC0502100, 0xC0182101
"""SECCOMP_IOCTL_NOTIF_RECV and SECCOMP_IOCTL_NOTIF_SEND."""

_NOTIFICATION = struct.Struct("=QIIiIQ6Q")
"""struct seccomp_notif: id, pid, flags, number, architecture, instruction, six arguments."""

_RESPONSE = struct.Struct("=QqiI")
"""struct seccomp_notif_resp: id, value, negative error, flags (1: let the call continue)."""

_MAX_PATH = 4096
"""Bytes of a path; Linux's limit."""

_PAGE = 4096
"""Bytes; what is mapped is mapped in multiples of it."""

_HERE = 0xFFFFFF9C
"""AT_FDCWD, 32 bits of it: a path is relative to the working directory."""

_CURRENT = (1 << 64) - 1
"""The offset that stands for the current place of a file."""

_FAILED = 125
"""Exit code when the kernel does not offer this, as docker has it for failures of its own."""


def wrap(argv: list[str], folders: list[str]) -> list[str]:
    """Return the command that runs `argv` under these conditions.

    Parameters
    ----------
    argv
        What to run.
    folders
        Absolute paths, as the command sees them.
    """
    # -I, -S: nothing of the job's environment or working directory decides what this is.
    return [sys.executable, "-I", "-S", __file__, json.dumps(folders), "--", *argv]


def main(arguments: list[str]) -> NoReturn:
    """Run the command and exit as it does."""
    folders, command = json.loads(arguments[0]), arguments[2:]
    numbers = _NUMBERS.get(platform.machine()) if sys.platform == "linux" else None
    ours, theirs = socket.socketpair()
    child = os.fork() if numbers else 0
    if not child:
        _become(command, numbers, theirs)
    theirs.close()
    # They are for the command, which gets them, too.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
    if descriptors and numbers:
        _serve(descriptors[0], child, folders, {number: name for name, number in numbers.items()})
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os._exit(code if code >= 0 else 128 - code)


def _become(command: list[str], numbers: dict[str, int] | None, theirs: socket.socket) -> NoReturn:
    """Turn this process into the command."""
    listener = _install(numbers) if numbers else -1
    if listener < 0:
        os.write(2, b"This kernel cannot emulate append-only mounts: it takes seccomp of Linux 5.5.\n")
        os._exit(_FAILED)
    socket.send_fds(theirs, [b"."], [listener])
    os.close(listener)
    theirs.close()
    try:
        os.execvp(command[0], command)  # noqa: S606 - that is its purpose
    except OSError as error:
        denied = isinstance(error, PermissionError)
        os.write(2, f"exec: {command[0]}: {'permission denied' if denied else 'not found'}\n".encode())
        os._exit(126 if denied else 127)


def _install(numbers: dict[str, int]) -> int:
    """Have the kernel ask about this process and its descendants; return a descriptor, -1 if it does not."""
    libc = ctypes.CDLL(None, use_errno=True)
    program = _build_filter(numbers)
    instructions = ctypes.create_string_buffer(program)
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))
    libc.prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
    libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS, without which only root may install a filter
    mode, new_listener = 1, 8
    listener = libc.syscall(numbers["seccomp"], mode, new_listener, ctypes.create_string_buffer(header))
    return int(listener)


def _build_filter(numbers: dict[str, int]) -> bytes:
    """Return the program that decides which system calls we are asked about: those that may write."""
    load, equal, any_bit, end = 0x20, 0x15, 0x45, 0x06

    def instruction(code: int, jump_true: int, jump_false: int, value: int) -> bytes:
        return struct.pack("=HBBI", code, jump_true, jump_false, value)

    allow = instruction(end, 0, 0, _ALLOW)
    notify = instruction(end, 0, 0, _NOTIFY)
    # Offsets in struct seccomp_data: the number is at 0, the architecture at 4, the arguments from 16.
    program = instruction(load, 0, 0, 4) + instruction(equal, 1, 0, numbers["arch"]) + allow
    for name, number in numbers.items():
        if name in {"arch", "seccomp"}:
            continue
        body = notify
        if name.startswith("open"):
            flags = 16 + 8 * (1 if name == "open" else 2)
            body = instruction(load, 0, 0, flags)
            body += instruction(any_bit, 1, 0, os.O_WRONLY | os.O_RDWR) + allow
            body += instruction(any_bit, 0, 1, os.O_TRUNC) + allow + notify
        program += instruction(load, 0, 0, 0) + instruction(equal, 0, len(body) // 8, number) + body
    return program + allow


def _serve(listener: int, child: int, folders: list[str], names: dict[int, str]) -> None:
    """Answer the kernel until the command has ended."""
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    poll.register(wake_read, select.POLLIN)
    while os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        ready = dict(poll.poll())
        if wake_read in ready:
            os.read(wake_read, 4096)
        if ready.get(listener, 0) & select.POLLIN:
            # The process may be gone by the time we ask or answer.
            with suppress(OSError):
                _answer(listener, folders, names)


def _answer(listener: int, folders: list[str], names: dict[int, str]) -> None:
    request = bytearray(_NOTIFICATION.size)
    fcntl.ioctl(listener, _RECEIVE, request)
    call, process, _, number, _, _, *arguments = _NOTIFICATION.unpack(request)
    try:
        error = _judge(process, names[number], arguments, folders)
    except OSError:
        # Neither a file nor a path: the kernel itself has an answer.
        error = None
    goes_on = error is None
    fcntl.ioctl(listener, _SEND, _RESPONSE.pack(call, 0, -(error or 0), int(goes_on)))


def _judge(process: int, name: str, arguments: list[int], folders: list[str]) -> int | None:
    """Return the error of a system call, 0 if it has no effect, None if it may continue."""
    if name == "openat":
        return _judge_path(process, arguments[0], arguments[1], folders, errno.EPERM)
    if name in {"open", "truncate"}:
        return _judge_path(process, _HERE, arguments[0], folders, errno.EPERM if name == "open" else 0)
    descriptor = Path(f"/proc/{process}/fd/{arguments[0]}")
    if not _is_inside(str(descriptor.readlink()), folders):
        return None
    if name in {"ftruncate", "fallocate"}:
        return 0 if name == "ftruncate" else errno.EOPNOTSUPP
    text = Path(f"/proc/{process}/fdinfo/{arguments[0]}").read_text(encoding="ascii")
    info = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    place = arguments[3] if name.startswith("p") else _CURRENT
    offset = int(info["pos"]) if place == _CURRENT else place
    is_at_end = int(info["flags"], 8) & os.O_APPEND or offset == descriptor.stat().st_size
    return None if is_at_end else errno.EINVAL


def _judge_path(process: int, directory: int, address: int, folders: list[str], error: int) -> int | None:
    """Return `error` if a system call names a file in one of the folders, else None."""
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        # The page after this one may not be mapped.
        data = memory.read(_PAGE - address % _PAGE)
        if b"\0" not in data:
            data += memory.read(_MAX_PATH)
    here = "cwd" if directory & 0xFFFFFFFF == _HERE else f"fd/{directory & 0xFFFFFFFF}"
    base = Path(f"/proc/{process}/{here}").readlink()
    path = os.path.normpath(base / os.fsdecode(data.split(b"\0", 1)[0]))
    return error if _is_inside(path, folders) and Path(f"/proc/{process}/root{path}").is_file() else None


def _is_inside(path: str, folders: list[str]) -> bool:
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


if __name__ == "__main__":
    main(sys.argv[1:])
