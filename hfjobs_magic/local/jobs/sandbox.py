"""How a job sees the file system: volumes at their mount paths, the service's own files out of sight.

With bubblewrap (Linux) a job gets a root of its own: every entry of the real one bound at its place, process ids of
its own, and the volumes mounted on top. The root is put together entry by entry on an empty tmpfs, because binding
``/`` as a whole and then mounting at ``/data`` makes bubblewrap create ``/data`` on the real disk when it may.

Without it, mount paths are rewritten to directories of the job, in its command, arguments and environment.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_ENTRIES = 3000
"""Entries of directories that have to be bound one by one; more would not fit into one command line."""
NO_SANDBOX = (
    "bubblewrap (bwrap) does not work on this machine, so read-only volumes are copies without the right to write, "
    "which root could still change."
)
"""What a job is told that has read-only volumes and no sandbox."""
_OWN = frozenset({"/proc", "/dev"})


@dataclass(frozen=True)
class Mount:
    """One directory of the job's, at one place."""

    target: str
    """Where the job sees it; absolute."""
    source: Path
    """Where it is."""
    read_only: bool = False
    """Whether the job cannot write there."""


@cache
def find_bwrap() -> str | None:
    """Return the path of a bubblewrap that works here, or None; HFJOBS_LOCAL_SANDBOX=none forbids it."""
    if os.environ.get("HFJOBS_LOCAL_SANDBOX") == "none" or not sys.platform.startswith("linux"):
        return None
    program = shutil.which("bwrap")
    if program is None:
        return None
    probe = [
        program,
        *root_arguments([Mount("/hfjobs-probe", Path("/usr"), read_only=True)]),
        "--",
        "/bin/true",
    ]
    try:
        result = subprocess.run(probe, capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return program if result.returncode == 0 else None


def wrap(argv: list[str], folder: Path, mounts: Iterable[Mount], hidden: Path, shown: Iterable[Mount]) -> list[str]:
    """Return the command that runs `argv` in a root of its own.

    Parameters
    ----------
    argv
        What to run.
    folder
        Where it starts.
    mounts
        The job's volumes.
    hidden
        The service's data directory: empty for the job, but for `shown`.
    shown
        What the job needs of it.
    """
    own = [argument for mount in shown for argument in _bind(mount)]
    arguments = root_arguments(list(mounts), before=["--tmpfs", str(hidden), *own])
    return [find_bwrap() or "bwrap", *arguments, "--chdir", str(folder), "--", *argv]


def root_arguments(mounts: list[Mount], before: Iterable[str] = ()) -> list[str]:
    """Return bubblewrap's arguments for a root like the real one with `mounts` in it."""
    # A mount path that leads through a link of the machine is mounted where the link leads.
    real = [Mount(os.path.realpath(mount.target), mount.source, mount.read_only) for mount in mounts]
    arguments = ["--unshare-pid", "--die-with-parent", "--proc", "/proc", "--dev-bind", "/dev", "/dev"]
    # As in a container of the Hub: with it, root could mount a read-only volume again, writable.
    arguments += ["--cap-drop", "CAP_SYS_ADMIN"]
    _expand("/", [mount.target for mount in real], arguments)
    arguments.extend(before)
    for mount in sorted(real, key=lambda mount: len(mount.target)):
        arguments.extend(_bind(mount))
    return arguments


def _bind(mount: Mount) -> list[str]:
    return ["--ro-bind" if mount.read_only else "--bind", str(mount.source), mount.target]


def _expand(folder: str, targets: list[str], arguments: list[str]) -> None:
    """Bind the entries of `folder`, going into those that hold a mount path further down."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.path in _OWN or entry.path in targets:
            continue
        if entry.is_symlink():
            arguments.extend(["--symlink", os.readlink(entry.path), entry.path])  # noqa: PTH115 - as it is written
        elif entry.is_dir() and any(target.startswith(entry.path + "/") for target in targets):
            arguments.extend(["--dir", entry.path])
            _expand(entry.path, targets, arguments)
        else:
            # "try": an entry of /tmp may be gone by the time it is bound.
            arguments.extend(["--bind-try", entry.path, entry.path])
        if len(arguments) > 3 * MAX_ENTRIES:
            raise OSError(f"{folder} has too many entries to mount something below it")


def rewrite(text: str, mounts: Iterable[Mount]) -> str:
    """Replace every mount path in `text` by the directory behind it, where there is no bubblewrap."""
    for mount in sorted(mounts, key=lambda mount: len(mount.target), reverse=True):
        pattern = rf"(?<![\w./-]){re.escape(mount.target)}(?=/|$|[^\w./-])"
        text = re.sub(pattern, str(mount.source).replace("\\", r"\\"), text)
    return text


def rewrite_all(texts: Mapping[str, str], mounts: Iterable[Mount]) -> dict[str, str]:
    """Replace mount paths in the values of an environment."""
    listed = list(mounts)
    return {name: rewrite(text, listed) for name, text in texts.items()}
