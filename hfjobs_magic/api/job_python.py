"""Which Python a job runs with, and whether there is one."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from hfjobs_magic.api.uv_program import find_uv, run_uv
from hfjobs_magic.errors import OptionError

if TYPE_CHECKING:
    from hfjobs_magic.options.run_options import RunOptions
    from hfjobs_magic.script.script import Script

JOB_PYTHON = "3.12"
"""Python of the image that the Hub runs a uv script in (huggingface_hub 2.4, ``DEFAULT_UV_IMAGE``)."""

PATIENCE_S = 3.0
"""Longest that uv may take to list the Pythons it knows, in seconds; it needs a tenth and no network."""

_EXACT = re.compile(r"(?:cpython|cp)?@?(3\.\d+(?:\.\d+)?)t?", re.IGNORECASE)


def target_python(script: Script, options: RunOptions) -> tuple[str, bool]:
    """Return the Python version that the job runs with, and whether that is certain.

    uv takes the image's own Python where it satisfies what is asked for.
    """
    asked = (options.python or script.python or "").strip()
    exact = _EXACT.fullmatch(asked)
    if exact:
        return exact[1], True
    usual = ".".join(map(str, sys.version_info[:2])) if options.local else JOB_PYTHON
    try:
        allowed = SpecifierSet(asked)
    except InvalidSpecifier:
        return usual, False
    newest_first = (f"3.{minor}" for minor in range(15, 7, -1))
    fitting = usual if allowed.contains(usual) else next(filter(allowed.contains, newest_first), usual)
    return fitting, options.image is None and not options.local


def check_python(asked: str | None) -> list[str]:
    """Refuse a Python that does not exist; return a note for one that uv here is too old to know of.

    Raises
    ------
    OptionError
        When no version of Python is what is asked for.
    """
    known = _list_pythons()
    if not asked or not known:
        return []
    newest = max(known)
    exact = _EXACT.fullmatch(asked.strip())
    if exact:
        parts = tuple(map(int, exact[1].split(".")[1:]))
        if parts in known or parts in {version[:1] for version in known}:
            return []
        if parts[0] > newest[0] + 1 or (parts[0] <= newest[0] and parts < max(v for v in known if v[0] <= parts[0])):
            raise _no_python(asked)
        return [f"uv on this machine does not know Python {exact[1]}; the job's own may."]
    try:
        allowed = SpecifierSet(asked)
    except InvalidSpecifier:
        return []
    if not any(allowed.contains(f"3.{minor}.{patch}") for minor, patch in {*known, (newest[0] + 1, 0)}):
        raise _no_python(asked)
    return []


def _no_python(asked: str) -> OptionError:
    return OptionError(f"There is no Python {asked}. Write a version such as --python 3.12. Nothing was submitted.")


@lru_cache(maxsize=1)
def _list_pythons() -> frozenset[tuple[int, ...]]:
    """Return minor and patch of every Python 3 that uv can install; uv has the list in itself. Empty without uv."""
    uv = find_uv()
    if uv is None:
        return frozenset()
    try:
        done = run_uv(uv, *("python", "list", "--only-downloads", "--all-versions", "--offline"), patience_s=PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        return frozenset()
    found = re.findall(r"^cpython-3\.(\d+)\.(\d+)", done.stdout, re.MULTILINE)
    return frozenset((int(minor), int(patch)) for minor, patch in found)
