"""How much memory reading a value takes, known before it is read: a file of a few kB can hold gigabytes of zeros."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arrays import MAPPED
from .format import RefusedError
from .parquet_memory import count_parquet
from .sizes import format_size

if TYPE_CHECKING:
    from collections.abc import Sequence

_PARTS_OF_JSON = {b",": 60, b"[": 60, b"{": 200, b":": 40}
"""Bytes that what stands behind a sign takes in memory: a number, a list, a dict, a place in one."""

_PEAKS = {"parquet": 2, "json": 2}
"""Times a value is held while it is read: as it comes out of the file, and as the library has it."""

_CHUNK = 1 << 20
"""Bytes that are held at a time."""


def count_memory(name: str, folder: Path, files: Sequence[str], extra: dict[str, Any]) -> int:
    """Return the bytes that a value takes once it is read, as its files say in their headers.

    Parameters
    ----------
    name
        What a person calls its format.
    folder, files, extra
        As `Format.read` takes them.
    """
    size = sum(path.stat().st_size for file in files if (path := folder / file).is_file())
    if name in _AS_FILES:
        return size
    count = _COUNTS[name]
    try:
        return count(folder / files[0], extra)
    except Exception:  # noqa: BLE001 - a file that is something else is refused by whoever reads it
        return size


def check_memory(name: str, size: int, free: float | None = None) -> None:
    """Refuse what would not fit into the memory that is `free`, which is asked for where it is None.

    Raises
    ------
    RefusedError
        With both sizes.
    """
    needed = size * _PEAKS.get(name, 1)
    free = find_free() if free is None else free
    if needed > free:
        raise RefusedError(
            f"would take {format_size(needed)} of memory to read, and {format_size(free)} of this machine's are free"
        )


def find_free() -> float:
    """Return the bytes that a program can still take: no more than its container may have; without end where unknown.

    Linux has the first in ``/proc/meminfo`` (proc(5)); of other systems all of their memory counts.
    """
    limits = [
        _read_limit(Path("/sys/fs/cgroup/memory.max")),
        _read_limit(Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")),
    ]
    try:
        rows = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
        limits.append(float(rows["MemAvailable"].split()[0]) * 1024)
    except (OSError, ValueError, KeyError):
        if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
            limits.append(float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")))
    return min(limits)


def _read_limit(path: Path) -> float:
    try:
        return float(path.read_text())
    except (OSError, ValueError):
        return math.inf  # not there, or "max"


def _count_parquet(path: Path, extra: dict[str, Any]) -> int:
    most = find_free()
    if extra.get("library") != "polars":
        return count_parquet(path, len(extra.get("objects", ())), most)
    try:
        return max(count_parquet(path, 0, most), _count_polars(path))
    except Exception:  # noqa: BLE001 - pyarrow may not be there, or not have a type of polars
        return _count_polars(path)


def _count_polars(path: Path) -> int:
    import polars as pl  # noqa: PLC0415 - only for such a value

    rows = pl.scan_parquet(path).select(pl.len()).collect().item()
    schema = pl.read_parquet_schema(path)
    # Of 8 rows, for a cell that is missing is one bit.
    eight = sum(pl.Series([None] * 8, dtype=kind).estimated_size() for kind in schema.values())
    return int(rows) * int(eight) // 8 + path.stat().st_size


def _count_png(path: Path, _: dict[str, Any]) -> int:
    """Count the pixels that its header claims (https://www.w3.org/TR/png-3/#11IHDR), of 1 or 4 bytes in Pillow."""
    with path.open("rb") as file:
        header = file.read(26)
    width, height = (int.from_bytes(header[at : at + 4], "big") for at in (16, 20))
    depth, colour = header[24:26]
    return width * height * (1 if colour in {0, 3} and depth <= 8 else 4)


def _count_json(path: Path, _: dict[str, Any]) -> int:
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            size += len(chunk) + sum(chunk.count(sign) * part for sign, part in _PARTS_OF_JSON.items())
    return size


def _count_npy(path: Path, _: dict[str, Any]) -> int:
    # One that is mapped takes none.
    size = path.stat().st_size
    return 0 if size > MAPPED and os.name == "posix" else size


def _count_none(_path: Path, _: dict[str, Any]) -> int:
    return 0


_COUNTS = {"parquet": _count_parquet, "png": _count_png, "json": _count_json, "npy": _count_npy, "dir": _count_none}
_AS_FILES = {"safetensors", "pickle"}
"""Formats that take the memory that their files have bytes, about."""
