"""What the cell used of the memory, as the kernel of the system counts it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

_CGROUP = Path("/sys/fs/cgroup")

_FILES = {
    "peak_bytes": ("memory.peak", "memory/memory.max_usage_in_bytes"),
    "limit_bytes": ("memory.max", "memory/memory.limit_in_bytes"),
}
"""Files of the container's group, of version 2 and version 1 (Documentation/admin-guide/cgroup-v2.rst, "Memory")."""

_EVENTS = ("memory.events", "memory/memory.oom_control")

_NO_LIMIT = 1 << 60
"""Version 1 writes a number near 2**63 where there is no limit."""


def report(max_rss: int, cgroup: Path = _CGROUP) -> dict[str, Any]:
    """Say what is known, in bytes.

    Parameters
    ----------
    max_rss
        As `os.wait4` has it: KiB on Linux, bytes on macOS; the largest process, not their sum.

    Returns
    -------
    dict
        ``max_rss_bytes``; ``peak_bytes`` and ``limit_bytes`` of the container and ``oom_kills``, the processes that
        the system killed in it because memory ran out; None for what cannot be known.
    """
    found: dict[str, Any] = {"max_rss_bytes": max_rss * (1 if sys.platform == "darwin" else 1024)}
    for key, names in _FILES.items():
        number = next((number for name in names if (number := _number(cgroup / name)) is not None), None)
        found[key] = None if number is None or number >= _NO_LIMIT else number
    found["oom_kills"] = next((count for name in _EVENTS if (count := _kills(cgroup / name)) is not None), None)
    return found


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None  # not there, or "max"


def _kills(path: Path) -> int | None:
    try:
        rows = dict(line.split(maxsplit=1) for line in path.read_text().splitlines())
        return int(rows["oom_kill"])
    except (OSError, ValueError, KeyError):
        return None
