"""Services of another user than the one who runs the tests, who is root then."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hfjobs_magic.local.jobs import sandbox
from hfjobs_magic.local.jobs.volumes import remove
from tests.local.serving import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534
"""User and group that exist on every Linux and own nothing."""

SANDBOXES = ["bwrap", "none"] if sandbox.find_bwrap() else ["none"]

USERS = ["self", "nobody"] if os.geteuid() == 0 and sandbox.find_bwrap() else ["self"]
"""Who runs services; as somebody else only root can, and bubblewrap is needed to let them at this Python."""


@contextmanager
def serve_as(user: str, **variables: str) -> Iterator[Server]:
    """Run a service of a user, in a directory that only this user can enter."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="hfjobs-"))
    try:
        prefix: list[str] = []
        if user == "nobody":
            folder.chmod(0o755)
            for path in (folder / "data", folder / "home"):
                path.mkdir()
                shutil.chown(path, NOBODY, NOBODY)
            prefix = become_nobody()
            variables = {"HOME": str(folder / "home"), **variables}
        server = Server(folder / "data", variables, prefix)
        try:
            yield server
        finally:
            server.stop()
    finally:
        # Whatever jobs have left: too deep, or closed to everybody.
        remove(folder)


def become_nobody() -> list[str]:
    """Return what runs a command as nobody, who then can read this Python and this package wherever they are."""
    program = shutil.which("bwrap")
    assert program is not None
    needed = {Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve(), Path(__file__).resolve().parents[2]}
    closed = {path for one in needed for path in (one, *one.parents) if not _is_open(path)}
    hidden = [path for path in closed if not closed & set(path.parents)]
    arguments = [program, "--bind", "/", "/", "--dev-bind", "/dev", "/dev", "--die-with-parent"]
    for folder in hidden:
        arguments += ["--tmpfs", str(folder), "--chmod", "0755", str(folder)]
        for path in sorted(path for path in needed if path.is_relative_to(folder)):
            # One that is closed itself, such as a checkout in a folder of `mktemp -d`, has all in it bound.
            shown = [path] if _is_open(path) else sorted(path.iterdir())
            # bubblewrap would make these, too, for itself alone.
            for parent in reversed([one for one in shown[0].parents if folder in one.parents]):
                arguments += ["--perms", "0755", "--dir", str(parent)]
            for item in shown:
                arguments += ["--ro-bind", str(item), str(item)]
    return [*arguments, "--", "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]


def _is_open(path: Path) -> bool:
    """Whether everybody may enter a folder."""
    return bool(path.stat().st_mode & 0o001)
