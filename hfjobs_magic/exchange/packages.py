"""Why uv could not install a job's packages, in one clause, from what it printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIGNS = " ×╰▶─"
"""What uv 0.12 and older draw before a line; newer ones write ``error:`` and ``cause:``."""

_LEAD = re.compile(r"(?:error|cause|Caused by):\s*")
_UNREACHABLE = re.compile(r"(?:×|╰─▶|(?:error|cause|Caused by):)\s*Failed to (?:fetch|download)\b")
_UNRESOLVED = re.compile(r"No solution found when resolving|Failed to build|was not found in the package registry")
_PYTHON = re.compile(r"python-build-standalone|/(?:cpython|pypy|graalpy)-")
_VERSION = re.compile(r"/(?:cpython|pypy|graalpy)-(?P<version>\d+\.\d+)")
"""In the address of a Python that uv downloads, also from a mirror."""
_BUILD = "Failed to build"
_BUILD_HINT = "hint: Build failures usually indicate"
"""Stands below what a build printed, which may be longer than the end of a log that is read."""
_WHEEL = "a version with a wheel for the job's Python needs no build"
_FULL = re.compile(r"No space left on device|Disk quota exceeded")
_OFFLINE = "network was disabled"


def read_packages(lines: Sequence[str]) -> str | None:
    """Return why uv failed and, where one can say, what to do; None where it did not.

    >>> read_packages(["error: Failed to fetch: http://x/simple/six/", "  cause: dns error"])
    'uv could not reach the package index (dns error); check the network and the index, then run it again'
    """
    at = next((at for at, line in enumerate(lines) if _UNREACHABLE.search(line) or _UNRESOLVED.search(line)), None)
    if at is None:
        built = any(line.startswith(_BUILD_HINT) for line in lines)
        return f"uv could not build one of its packages, which the log names; {_WHEEL}" if built else None
    rest = [_plain(line) for line in lines[at:]]
    if any(_OFFLINE in line for line in rest):
        return "uv may not use the network, and its cache lacks some packages; allow it, or run it once with a network"
    if _FULL.search(" ".join(_causes(lines[at + 1 :]))):
        return "uv has no room for its packages: the disk where the job ran is full; free some space, then run it again"
    if _UNREACHABLE.search(lines[at]):
        why = next((line for line in reversed(_causes(lines[at + 1 :])) if line), "no answer")
        if _PYTHON.search(lines[at]):
            found = _VERSION.search(lines[at])
            name = f"Python {found['version']}" if found else "The job's Python"
            return (
                f"{name} is not where the job ran, and uv could not "
                f"download it ({why}); name one that is there by its path with -p, or leave -p out"
            )
        return f"uv could not reach the package index ({why}); check the network and the index, then run it again"
    causes = [line for line in _causes(lines[at + 1 :]) if line]
    said = (causes[0] if rest[0].startswith("No solution") and causes else rest[0]).rstrip(".:")
    way = f"; {_WHEEL}" if said.startswith(_BUILD) else ""
    return f"uv could not install its packages: {said}{way}"


def _plain(line: str) -> str:
    return _LEAD.sub("", line.strip(_SIGNS), count=1)


def _causes(lines: Sequence[str]) -> list[str]:
    """Return the lines that belong to the one above: indented, without a gap."""
    end = next((at for at, line in enumerate(lines) if not line.startswith(" ")), len(lines))
    return [_plain(line) for line in lines[:end]]
