"""A job's TMPDIR: its own, and short.

Sockets have their files there, such as those of `multiprocessing.Manager`, and the path of one has at most 107 bytes
(Linux; 103 on macOS), of which Python takes 32 for names of its own. The folder itself is in the job's directory.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from hfjobs_magic.local.jobs import sandbox

MOUNT = "/hfjob-tmp"
"""Where a job with a root of its own sees the folder."""

_LINKS = Path("/tmp")  # noqa: S108 - short on every machine; nothing but a link to a private folder is put there
"""Where links to the folders are, without bubblewrap."""


def place(job_id: str, folder: Path) -> str:
    """Return the path by which the job gets at its folder for temporary files; where it needs a link, make it."""
    if sandbox.find_bwrap() is not None:
        return MOUNT
    link = _link(job_id)
    try:
        link.symlink_to(folder)
    except OSError:
        # Nothing of somebody else's is used.
        return str(link if _is_ours(link, folder) else folder)
    return str(link)


def forget(job_id: str, folder: Path) -> None:
    """Remove the link."""
    link = _link(job_id)
    if _is_ours(link, folder):
        with suppress(OSError):
            link.unlink()


def _link(job_id: str) -> Path:
    return _LINKS / f"hfjob-{job_id}"


def _is_ours(link: Path, folder: Path) -> bool:
    try:
        return link.readlink() == folder
    except OSError:
        return False
