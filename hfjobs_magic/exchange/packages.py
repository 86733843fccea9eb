"""Why uv could not install a job's packages or its Python, in one clause, from what it printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from hfjobs_magic.exchange.uv_error import UvError, read_uv_error

if TYPE_CHECKING:
    from collections.abc import Sequence

_GENERAL = re.compile(r"(?:No solution|Failed to (?:resolve|prepare|determine))\b")
"""Heads that say nothing: the cause below them does."""
_REPOSITORY = re.compile(r"git\+[^`\s]+|(?<=')\w+://[^'\s]+")
_FATAL = re.compile(r"(?:fatal|error): (?P<why>.+)")
_UNREACHABLE = re.compile(r"Failed to (?:fetch|download)\b:?\s*`?(?P<what>[^`]*)`?")
_ADDRESS = re.compile(r"[^`@]+ @ (?P<address>\S+)")
_PAGE = re.compile(r"(?P<index>\w+://.+?)/(?P<name>[\w.-]+)/?$")
"""Address of a package's page: the index, and the package."""
_LOGIN = re.compile(r"(?<=://)[^/@\s]*@")
"""In an address: may be a token."""
_PYTHON = re.compile(r"python-build-standalone|/(?:cpython|pypy|graalpy)-")
_VERSION = re.compile(r"/(?:cpython|pypy|graalpy)-(?P<version>\d+\.\d+)")
"""In the address of a Python that uv downloads, also from a mirror."""
_NO_PYTHON = re.compile(r"No interpreter found (?:for (?P<name>.+?) in |at path `(?P<path>[^`]+)`)")
_BUILD = "Failed to build"
_INCLUDED = re.compile(r"`(?P<name>[^`]+)`(?: \(v?(?P<version>[^)]+)\))? was included because")
_WHEEL = "a version with a wheel for the job's Python needs no build"
_FULL = re.compile(r"No space left on device|Disk quota exceeded")
_OFFLINE = re.compile(r"network was disabled|Network connectivity is disabled|offline mode")
_NOT_CACHED = re.compile(r"(?P<name>\S+) was not found in the cache")
_NOT_FOUND = re.compile(r"(?P<name>\S+) was not found in the package registry")
_STATUS = re.compile(r"HTTP status (?:client|server) error \((?P<status>\d{3}[^)]*)\)")
REFUSING = re.compile(r"index (?:URL )?\((?P<index>[^)\s]+)\) .*\b(?P<status>40[13] \w+)", re.IGNORECASE)
"""In a hint: an index that lets nobody, or not everybody, read it."""
_REFUSALS = ("401", "403", "407")


def read_packages(lines: Sequence[str]) -> tuple[Literal["packages", "python"], str] | None:
    """Return what uv could not have, and why and, where one can say, what to do; None where it did not fail.

    >>> read_packages(["error: Failed to fetch: http://x/simple/six/", "  cause: dns error"])
    ('packages', 'uv could not reach the package index for six (dns error); check the network and the index, then \
run it again')
    """
    error = read_uv_error(lines)
    if error is None:
        return None
    python = _read_python(error)
    return ("python", python) if python else ("packages", _LOGIN.sub("", _read(error)))


def _read(error: UvError) -> str:
    texts, whole = error.texts, error.whole
    if _OFFLINE.search(whole):
        missing = _NOT_CACHED.search(whole)
        lacks = missing["name"] if missing else "some packages"
        return f"uv may not use the network, and its cache lacks {lacks}; allow it, or run it once with a network"
    if _FULL.search(whole):
        return "uv has no room for its packages: the disk where the job ran is full; free some space, then run it again"
    if "Git operation failed" in texts:
        return _read_git(error)
    if refusing := next(filter(None, map(REFUSING.search, error.hints)), None):
        wanted = _NOT_FOUND.search(whole)
        return _say_refused(wanted["name"] if wanted else "its packages", refusing["index"], refusing["status"])
    if asked := next(filter(None, map(_UNREACHABLE.match, texts)), None):
        return _read_download(asked["what"], error)
    what = texts[1] if texts[1:] and _GENERAL.match(texts[0]) else texts[0] if texts else _BUILD
    what, way = what.rstrip(".:"), "change what is asked for, then run it again"
    if what.startswith(_BUILD):
        printed, way = error.printed[-1] if error.printed else (texts[-1] if texts[1:] else ""), _WHEEL
        what = what if texts else _name_build(error)
        what += f" ({printed})" if printed else ""
    return f"uv could not install its packages: {what}; {way}"


def _name_build(error: UvError) -> str:
    """Name what was built where the log is too long for its beginning: uv says it again where another wants it."""
    found = next(filter(None, map(_INCLUDED.search, error.hints)), None)
    if found is None:
        return f"{_BUILD} one, which the log names"
    return f"{_BUILD} `{found['name']}{'==' + found['version'] if found['version'] else ''}`"


def _read_git(error: UvError) -> str:
    repository = _REPOSITORY.search("\n".join(error.texts))
    fatal = next(filter(None, map(_FATAL.match, error.printed)), None)
    name, why = repository[0] if repository else "a repository", fatal["why"] if fatal else "no answer"
    return f"uv could not fetch {name} ({why}); check its address, its branch, and that the job may reach and read it"


def _read_python(error: UvError) -> str:
    """Say that uv has no such Python; empty where it did not fail for that."""
    none = next(filter(None, map(_NO_PYTHON.match, error.texts)), None)
    asked = next((text for text in error.texts if _UNREACHABLE.match(text) and _PYTHON.search(text)), None)
    if none:
        name = none["name"] or none["path"]
        why = "may not use the network" if _OFFLINE.search(error.whole) else "knows none to download"
        why = "may not download it" if "downloads are set to" in error.whole else why
        why = f", and uv {why}" if none["name"] else ""
    elif asked:
        found = _VERSION.search(asked)
        name = f"Python {found['version']}" if found else "The job's Python"
        why = f", and uv could not download it ({_why(error)})"
    else:
        return ""
    return f"{name} is not where the job ran{why}; name one that is there by its path with -p, or leave -p out"


def _read_download(what: str, error: UvError) -> str:
    why = _why(error)
    address, page = _ADDRESS.match(what), _PAGE.match(what)
    if address:
        check = "that the job may read it" if why.startswith(_REFUSALS) else "the network"
        return f"uv could not download {address['address']} ({why}); check the address and {check}, then run it again"
    if why.startswith(_REFUSALS) and page:
        return _say_refused(page["name"], page["index"], why)
    name = page["name"] if page else what
    wanted = f" for {name}" if name else ""
    if why[:3].isdigit():
        return f"uv could not install its packages: the index answered {why}{wanted}; run it again in a while"
    return f"uv could not reach the package index{wanted} ({why}); check the network and the index, then run it again"


def _say_refused(name: str, index: str, status: str) -> str:
    return (
        f"uv could not install {name}: the index {index} refuses to be read ({status}); check its address and login "
        "(--secrets UV_INDEX passes an address with a login), then run it again"
    )


def _why(error: UvError) -> str:
    """Return the last cause, or the status that was answered."""
    status = _STATUS.search(error.whole)
    return status["status"] if status else error.texts[-1] if error.texts[1:] else "no answer"
