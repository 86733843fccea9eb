"""How a job sees the file system: volumes at their mount paths, the service's own files out of sight.

With bubblewrap (Linux) a job gets a root of its own: every entry of the real one bound at its place, its own process
ids, and the volumes mounted on top. The root is put together entry by entry on an empty tmpfs, because binding ``/`` as
a whole and then mounting at ``/data`` makes bubblewrap create ``/data`` on the real disk if it may.

A volume may be mounted above the directories that the job needs itself, such as at the user's home: these are bound
again on top of it.

Without bubblewrap, mount paths are rewritten to directories of the job, in its command, arguments and environment.
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
    from collections.abc import Iterable, Mapping, Sequence

    from hfjobs_magic.local.spec import VolumeSpec

MAX_ENTRIES = 3000
"""Entries of directories that have to be bound one by one; bubblewrap takes no more than 9000 arguments."""

_NO_SANDBOX = (
    "bubblewrap (bwrap) does not work on this machine, so mount paths are replaced in the job's command and "
    "environment only: in a script, they are paths of this machine."
)
_NOT_PROTECTED = "Read-only volumes are copies without the permission to write, which root could still change."

_ARTIFACTS = "jobs-artifacts"
"""The bucket to which huggingface_hub uploads scripts: its HF_JOBS_ARTIFACTS_BUCKET_NAME."""

_OWN = frozenset({"/proc", "/dev"})
"""Directories that bubblewrap makes itself."""


@dataclass(frozen=True)
class Mount:
    """A directory, at the place where the job sees it."""

    target: str
    """Where the job sees it; absolute."""
    source: Path
    """Where it is."""
    read_only: bool = False
    """Whether the job cannot write there."""


@dataclass(frozen=True)
class JobView:
    """What a job sees besides the machine's own directories."""

    volumes: list[Mount]
    """The job's volumes."""
    hidden: Path
    """The service's data directory: empty for the job, except for `own`."""
    own: list[Mount]
    """What the job needs of it."""
    tools: list[Path]
    """Directories of programs that the job needs, which must stay in sight below a volume."""


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
        *_lay_out([Mount("/hfjobs-probe", Path("/usr"), read_only=True)], []),
        "--",
        "/bin/true",
    ]
    try:
        result = subprocess.run(probe, capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return program if result.returncode == 0 else None


def describe_limits(volumes: Sequence[VolumeSpec]) -> str | None:
    """Return what a job with these volumes has to do without, None with bubblewrap.

    huggingface_hub mounts a volume of its own for every script, which matters only to scripts that find its path here.
    """
    if find_bwrap() is not None:
        return None
    named = [v for v in volumes if not v.source.endswith(f"/{_ARTIFACTS}") or os.path.lexists(v.mount_path)]
    if not named:
        return None
    return f"{_NO_SANDBOX} {_NOT_PROTECTED}" if any(volume.read_only for volume in named) else _NO_SANDBOX


def wrap(argv: list[str], folder: Path, view: JobView) -> list[str]:
    """Return the command that runs `argv` in a root of its own.

    Parameters
    ----------
    argv
        What to run.
    folder
        Where it starts.
    view
        What it sees.

    Raises
    ------
    OSError
        When the volumes cannot be mounted like that.
    """
    covered = [path for path in view.tools if path.is_dir() and is_covered(str(path), view.volumes)]
    inner = [*view.own, *(Mount(str(path), path) for path in covered)]
    arguments = _lay_out(
        [*map(_resolve, view.volumes)], [*map(_resolve, inner)], before=["--tmpfs", os.path.realpath(view.hidden)]
    )
    return [find_bwrap() or "bwrap", *arguments, "--chdir", os.path.realpath(folder), "--", *argv]


def is_covered(path: str, volumes: Iterable[Mount]) -> bool:
    """Return whether a volume is mounted above a path of the machine."""
    real = os.path.realpath(path)
    return any(_is_below(real, os.path.realpath(volume.target)) for volume in volumes)


def _resolve(mount: Mount) -> Mount:
    """Return a mount at the place where links of the machine lead: bubblewrap cannot mount through them."""
    return Mount(os.path.realpath(mount.target), mount.source, mount.read_only)


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder.rstrip('/')}/")


def _lay_out(volumes: list[Mount], inner: list[Mount], before: Iterable[str] = ()) -> list[str]:
    """Return bubblewrap's arguments for a root like the real one with `volumes` and `inner` in it."""
    arguments = ["--unshare-pid", "--die-with-parent", "--proc", "/proc", "--dev-bind", "/dev", "/dev"]
    # As in a container of the Hub: with it, root could mount a read-only volume again, writable.
    arguments += ["--cap-drop", "CAP_SYS_ADMIN"]
    _expand("/", [mount.target for mount in volumes], arguments)
    arguments.extend(before)
    taken = {mount.target for mount in volumes}
    mounts = [*volumes, *(mount for mount in inner if mount.target not in taken)]
    # Whatever is above comes first; what is on top of it is mounted into it.
    mounts.sort(key=lambda mount: (mount.target.count("/"), mount.target))
    closing: list[str] = []
    for mount in mounts:
        below = [other.target for other in mounts if _is_below(other.target, mount.target)]
        if mount.read_only:
            _bind_read_only(mount.source, mount.target, below, arguments, closing)
        else:
            _check_places(mount, below)
            arguments.extend(["--bind", str(mount.source), mount.target])
    arguments.extend(closing)
    if len(arguments) > 3 * MAX_ENTRIES:
        raise OSError(f"the directories around {' and '.join(sorted(taken))} have too many entries to mount there")
    return arguments


def _bind_read_only(source: Path, target: str, below: list[str], arguments: list[str], closing: list[str]) -> None:
    """Bind a directory in which places to mount at may be missing, and cannot be made: entry by entry then."""
    if all((source / os.path.relpath(path, target)).is_dir() for path in below):
        arguments.extend(["--ro-bind", str(source), target])
        return
    arguments.extend(["--tmpfs", target])
    closing.extend(["--remount-ro", target])
    for entry in sorted(os.scandir(source), key=lambda entry: entry.name) if source.is_dir() else []:
        place = f"{target}/{entry.name}"
        if entry.is_symlink():
            arguments.extend(_make_link(entry, place))
        elif inside := [path for path in below if _is_below(path, place)]:
            _bind_read_only(Path(entry.path), place, inside, arguments, closing)
        elif place not in below:
            arguments.extend(["--ro-bind-try", entry.path, place])


def _make_link(entry: os.DirEntry[str], place: str) -> list[str]:
    """Return arguments for a link as it is written; none for one that is gone by now, as those of /tmp come and go."""
    try:
        return ["--symlink", os.readlink(entry.path), place]  # noqa: PTH115 - pathlib would tidy it up
    except OSError:
        return []


def _check_places(mount: Mount, below: list[str]) -> None:
    """Refuse a volume with a file where a directory has to be; bubblewrap makes those that are missing."""
    for target in below:
        path = mount.source
        for name in os.path.relpath(target, mount.target).split("/"):
            path /= name
            if (path.exists() or path.is_symlink()) and (path.is_symlink() or not path.is_dir()):
                file = path.relative_to(mount.source)
                raise OSError(f"the volume at {mount.target} has a file {str(file)!r}, but the job needs {target}")


def _expand(folder: str, targets: list[str], arguments: list[str]) -> None:
    """Bind the entries of `folder`, going into those that hold a mount path further down."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except (PermissionError, FileNotFoundError):
        # Closed to us or gone, so there is nothing in it for the job either; volumes are mounted there all the same.
        return
    for entry in entries:
        if entry.path in _OWN or entry.path in targets:
            continue
        if entry.is_symlink():
            arguments.extend(_make_link(entry, entry.path))
        elif inside := [target for target in targets if _is_below(target, entry.path)]:
            if not entry.is_dir():
                raise OSError(f"nothing can be mounted at {inside[0]}: {entry.path} is a file")
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
