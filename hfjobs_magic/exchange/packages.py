"""Why uv could not install a job's packages, in one clause, from what it printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIGNS = " ×├╰▶─"
"""What uv 0.12 and older draw before a line; newer ones write ``error:`` and ``cause:``."""

_LEAD = re.compile(r"(?:error|cause|Caused by):\s*")
_UNREACHABLE = re.compile(r"(?:×|╰─▶|(?:error|cause|Caused by):)\s*Failed to (?:fetch|download)\b")
_UNRESOLVED = re.compile(
    r"No solution found when resolving|Failed to build|was not found in the package registry"
    r"|^(?:error:|\s*×)\s*Failed to (?:resolve (?:`--with`|script) requirements?$|prepare distributions$"
    r"|determine installation plan$|download and build `)"
)
_GENERAL = re.compile(r"(?:No solution|Failed to (?:resolve|prepare|determine))\b")
"""Heads that say nothing: the cause below them does."""
_GIT = "Git operation failed"
_REPOSITORY = re.compile(r"git\+[^`\s]+|(?<=')\w+://[^'\s]+")
_FATAL = re.compile(r"^(?:fatal|error): (?P<why>.+)", re.MULTILINE)
_ADDRESS = re.compile(r"Failed to download `[^`@]+ @ (?P<address>[^`]+)`")
_LOGIN = re.compile(r"(?<=://)[^/@\s]*@")
"""In an address: may be a token."""
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
    block = [lines[at], *_below(lines[at + 1 :])]
    said = [_plain(line) for line in block]
    asked = next((line for line in block if _UNREACHABLE.search(line)), None)
    if any(_OFFLINE in line for line in lines[at:]):
        return "uv may not use the network, and its cache lacks some packages; allow it, or run it once with a network"
    if _FULL.search(" ".join(said)):
        return "uv has no room for its packages: the disk where the job ran is full; free some space, then run it again"
    if _GIT in said or asked is not None:
        return _read_git(said) if asked is None or _GIT in said else _read_download(asked, said)
    what = next((line for line in said[1:] if line), said[0]) if _GENERAL.match(said[0]) else said[0]
    what, way = what.rstrip(".:"), "change what is asked for, then run it again"
    if what.startswith(_BUILD):
        printed, way = _read_build(lines[at + 1 :]), _WHEEL
        what += f" ({printed})" if printed else ""
    return f"uv could not install its packages: {what}; {way}"


def _read_git(said: Sequence[str]) -> str:
    text = "\n".join(said)
    repository, fatal = _REPOSITORY.search(text), _FATAL.search(text)
    name = _LOGIN.sub("", repository[0]) if repository else "a repository"
    why = fatal["why"] if fatal else "no answer"
    return (
        f"uv could not fetch {name} ({_LOGIN.sub('', why)}); check its address, its branch, "
        "and that the job may reach and read it"
    )


def _read_download(asked: str, said: Sequence[str]) -> str:
    why = next((line for line in reversed(said[1:]) if line), "no answer")
    if _PYTHON.search(asked):
        found = _VERSION.search(asked)
        name = f"Python {found['version']}" if found else "The job's Python"
        return (
            f"{name} is not where the job ran, and uv could not "
            f"download it ({why}); name one that is there by its path with -p, or leave -p out"
        )
    if found := _ADDRESS.search(asked):
        address = _LOGIN.sub("", found["address"])
        return f"uv could not download {address} ({why}); check the address and the network, then run it again"
    return f"uv could not reach the package index ({why}); check the network and the index, then run it again"


def _read_build(lines: Sequence[str]) -> str:
    """Return the last that a build printed, or the cause where it printed nothing."""
    end = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith(" ")), len(lines))
    return next((_plain(line) for line in reversed(lines[:end]) if line.strip()), "")


def _plain(line: str) -> str:
    return _LEAD.sub("", line.strip(_SIGNS), count=1)


def _below(lines: Sequence[str]) -> list[str]:
    """Return the lines that belong to the one above: indented, without a gap."""
    end = next((at for at, line in enumerate(lines) if not line.startswith(" ")), len(lines))
    return list(lines[:end])
