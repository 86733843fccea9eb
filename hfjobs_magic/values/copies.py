"""Files of values: hashed and copied a megabyte at a time, whatever their size."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_CHUNK = 1 << 20
"""Bytes that are held at a time."""

MAX_DEPTH = 100
"""Folders in a file's path."""


def leads_below(path: object) -> bool:
    """Return whether somebody's path of a file stays below the folder that it is put into, on every system."""
    if not isinstance(path, str):
        return False
    parts = path.split("/")
    return len(parts) <= MAX_DEPTH and not any(
        part in {"", ".", ".."} or "\\" in part or "\0" in part for part in parts
    )


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def copy_file(source: Path, target: Path) -> tuple[int, str]:
    """Copy a file once, in order, as the mount of a bucket wants it; return its bytes and its SHA-256."""
    digest, size = hashlib.sha256(), 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as read, target.open("wb") as file:
        while chunk := read.read(_CHUNK):
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()
