"""Paths that a job claims for its files: they may lead anywhere until they have been looked at."""

from __future__ import annotations

from hfjobs_magic.values.copies import leads_below

MAX_NAME = 255
"""Bytes of a name; Linux and macOS take no longer one."""


def is_inside(path: object) -> bool:
    """Return whether a path leads to a file below the folder that it is taken in, on every system.

    >>> is_inside("a/b.txt"), is_inside("../b.txt"), is_inside("/etc/passwd"), is_inside("C:x")
    (True, False, False, False)
    """
    return leads_below(path) and all(map(_is_name, str(path).split("/")))


def _is_name(part: str) -> bool:
    is_drive = part[1:2] == ":" and part[0].isalpha()
    if is_drive or any(char < " " or char == "\x7f" for char in part):
        return False
    try:
        return len(part.encode()) <= MAX_NAME
    except UnicodeEncodeError:
        return False
