"""A path as the file or the folder that it leads to."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .format import RefusedError, Written

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "dir"


def accepts(value: Any) -> bool:
    """Return whether it is a path of this system."""
    return isinstance(value, Path)


def needs(value: Path) -> tuple[str, ...]:  # noqa: ARG001 - every format's signature
    """Return what reading it takes: nothing."""
    return ()


def write(value: Path, folder: Path, stem: str) -> Written:
    """Copy the file to ``stem/NAME``, or the folder's files to below ``stem/NAME/``."""
    root = value.resolve()
    if not root.exists():
        raise RefusedError(f"leads to nothing: there is no {value}")
    target = folder / stem / root.name
    target.parent.mkdir(parents=True, exist_ok=True)
    if not root.is_dir():
        _copy(root, target)
        programs = [0] if root.stat().st_mode & stat.S_IXUSR else []
        return Written((f"{stem}/{root.name}",), {"name": root.name, "folder": False, "programs": programs})
    files, folders, linked_out, programs = [], [], [], []
    for place, names, leaves in os.walk(root, followlinks=False):
        below = Path(place).relative_to(root)
        (target / below).mkdir(parents=True, exist_ok=True)
        linked = [name for name in names if Path(place, name).is_symlink()]
        if linked:
            raise RefusedError(f"holds a link to a folder, {(below / linked[0]).as_posix()}; copy what it leads to")
        if not names and not leaves:
            folders.append(below.as_posix())
        for leaf in sorted(leaves):
            source = Path(place, leaf)
            if source.is_symlink() and root not in source.resolve().parents:
                linked_out.append((below / leaf).as_posix())
            _copy(source, target / below / leaf)
            files.append((Path(stem, root.name) / below / leaf).as_posix())
            if source.stat().st_mode & stat.S_IXUSR:
                programs.append(len(files) - 1)
    more = " and others" if len(linked_out) > 1 else ""
    note = f"travels with what its links out of the folder lead to ({linked_out[0]}{more})" if linked_out else ""
    return Written(tuple(files), {"name": root.name, "folder": True, "empty": folders, "programs": programs}, note)


def read(folder: Path, files: Sequence[str], extra: dict[str, Any]) -> Path:
    """Return where the file or folder is now."""
    name = str(extra.get("name", ""))
    if not name or name != Path(name).name:
        raise RefusedError("is damaged (its name is not a file name)")
    for at in extra.get("programs", ()):
        # For the owner, as they are on the way: other bits are of users of the other machine.
        path = folder / files[at]
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    if not extra.get("folder"):
        return folder / files[0]
    root = folder / (Path(files[0]).parts[0] if files else "") / name
    for empty in extra.get("empty", ()):
        place = (root / str(empty)).resolve()
        if root.resolve() not in (place, *place.parents):
            raise RefusedError("is damaged (a folder outside of it)")
        place.mkdir(parents=True, exist_ok=True)
    return root


def _copy(source: Path, target: Path) -> None:
    try:
        if not stat.S_ISREG(source.stat().st_mode):
            raise RefusedError(f"holds {source.name}, which is not a file but a socket, a pipe or a device")
        shutil.copy2(source, target)
    except OSError as error:
        raise RefusedError(f"cannot be read: {error.strerror} ({source.name})") from error
