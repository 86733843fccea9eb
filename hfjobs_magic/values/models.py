"""Models: what has ``save_pretrained`` as the folder that it writes, a module of torch's as its ``state_dict``.

Neither comes back as it was: a class is code, and code of a file is never run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .files import read
from .format import RefusedError, Written, name_type

if TYPE_CHECKING:
    from pathlib import Path

NAME = "dir"

__all__ = ["NAME", "accepts", "needs", "read", "write"]


def accepts(value: Any) -> bool:
    """Return whether it is an object, and no class, that writes itself into a folder."""
    return not isinstance(value, type) and callable(getattr(type(value), "save_pretrained", None))


def needs(value: Any) -> tuple[str, ...]:  # noqa: ARG001 - every format's signature
    """Return what reading it takes: nothing, for it is a folder there."""
    return ()


def write(value: Any, folder: Path, stem: str) -> Written:
    """Write the files of the model into ``stem/NAME/``."""
    kind = type(value).__name__
    target = folder / stem / kind
    target.mkdir(parents=True)
    try:
        value.save_pretrained(target)
    except Exception as error:  # of a library's, of any class
        raise RefusedError(f"cannot save itself: {type(error).__name__}: {error}") from error
    files = sorted(path.relative_to(folder).as_posix() for path in target.rglob("*") if path.is_file())
    if not files:
        raise RefusedError("has a save_pretrained() that wrote nothing")
    note = f"travels as a folder; {kind}.from_pretrained(PATH) makes it a {name_type(value)} again"
    return Written(tuple(files), {"name": kind, "folder": True, "empty": []}, note)
