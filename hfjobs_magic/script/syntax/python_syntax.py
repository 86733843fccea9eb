"""Whether Python can read a cell, and what follows when the job's Python is newer."""

from __future__ import annotations

import ast
import re
import sys
import warnings

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from hfjobs_magic.errors import CellError
from hfjobs_magic.script.syntax.lines import split_lines

CELL = "<%%hfjob cell>"
"""The file name in a syntax error of the cell."""

RUNNING = (sys.version_info.major, sys.version_info.minor)

MIN_FEATURE_VERSION = 7
"""The oldest minor version that every ``ast.parse`` of ours takes as a ``feature_version``."""

_VERSION = re.compile(r"(?<![\d.])3\.(\d+)")

_NEW_SYNTAX = (
    ((3, 11), re.compile(r"\bexcept\s*\*|\[[^\]]*\*")),
    (
        (3, 12),
        re.compile(r"^\s*type\s+\w|^\s*(?:async\s+)?(?:def|class)\s+\w+\s*\[|\b(?:[fF][rR]?|[rR][fF])['\"]", re.M),
    ),
    ((3, 13), re.compile(r"^\s*(?:type|def|class|async\s+def)\s+\w+\s*\[[^\]]*=", re.M)),
    ((3, 14), re.compile(r"\b(?:[tT][rR]?|[rR][tT])['\"]|\bexcept\s+\w[\w.]*\s*,|\bfinally\b")),
    ((3, 15), re.compile(r"^\s*lazy\s+(?:import|from)\b|[\[({]\s*\*", re.M)),
)
"""What each Python added to the grammar ("What's New", 3.11 to 3.15), loosely: where one of these is in a cell, the
verdict of an older compiler is not final."""


_F_STRINGS = (3, 12)
"""The Python whose f-strings hold any expression (PEP 701)."""

REMOVED_MODULES = {
    **dict.fromkeys(("asynchat", "asyncore", "distutils", "imp", "smtpd"), 12),
    **dict.fromkeys(("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap"), 13),
    **dict.fromkeys(("msilib", "nis", "nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau"), 13),
    **dict.fromkeys(("telnetlib", "uu", "xdrlib"), 13),
}
"""Modules of the standard library and the Python 3 that no longer has them ("What's New", 3.12 and 3.13)."""


def find_syntax_error(text: str, *, awaiting: bool = False) -> SyntaxError | None:
    """Return the error of this kernel's Python for a text; None when it can read it.

    Parameters
    ----------
    text
        Python code.
    awaiting
        Whether ``await`` may stand at the top level.

    Raises
    ------
    CellError
        For what has no line: a null character, lone surrogates, endless nesting.
    """
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if awaiting else 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the job's own Python says these
            compile(text, CELL, "exec", flags=flags, dont_inherit=True)
    except SyntaxError as error:
        return error
    except ValueError as error:
        raise CellError(f"The cell cannot be compiled: {error}. Remove the character.") from None
    except (RecursionError, MemoryError):
        raise CellError("The cell is nested too deeply for Python to compile. Split the expression.") from None
    return None


def newer_python(python: str | None) -> tuple[int, int] | None:
    """Return the version that is asked for, when this kernel's Python is older; else None."""
    named = [(3, int(minor)) for minor in _VERSION.findall(python or "")]
    if not named:
        return None
    asked = max(named) if max(named) > _NEW_SYNTAX[-1][0] else min(max(named), find_newest_python(python))
    return asked if asked > RUNNING else None


def find_newest_python(python: str | None) -> tuple[int, int]:
    """Return the newest Python whose grammar is known here and that a request allows; None allows all."""
    newest = _NEW_SYNTAX[-1][0]
    try:
        allowed = SpecifierSet(python or "")
    except InvalidSpecifier:
        named = [(3, int(minor)) for minor in _VERSION.findall(python or "")]
        return max(named, default=newest)
    return max((3, minor) for minor in range(newest[1] + 1) if minor == 0 or allowed.contains(f"3.{minor}"))


def may_compile(text: str, asked: tuple[int, int]) -> bool:
    """Whether a newer Python may read what this one cannot."""
    if asked > _NEW_SYNTAX[-1][0]:
        return True  # of what comes then, nothing is known
    return any(RUNNING < version <= asked and pattern.search(text) for version, pattern in _NEW_SYNTAX)


def newer_syntax(text: str, error: SyntaxError) -> tuple[int, int] | None:
    """Return the Python whose new grammar is on the line of an error, when this kernel's Python is older; else None."""
    # What is wrong in a text of several lines has the line of its end here.
    if str(error.msg).startswith("f-string") and RUNNING < _F_STRINGS:
        return _F_STRINGS
    lines = split_lines(text)
    number = error.lineno or 0
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    for version, pattern in _NEW_SYNTAX:
        # Every f-string looks like one of 3.12; what older compilers say of the new ones is dealt with.
        is_other = version == _F_STRINGS and not re.match(r"\s*(?:type|async|def|class)\b", line)
        if version > RUNNING and pattern.search(line) and not is_other:
            return version
    return None


def find_newer_syntax(text: str, minor: int) -> SyntaxError | None:
    """Return what an older Python, 3.`minor`, cannot read; None for what it can, as far as this one tells."""
    if not (MIN_FEATURE_VERSION <= minor < RUNNING[1]):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text, feature_version=(3, minor))
    except SyntaxError as error:
        return error
    return None


def parse_leniently(text: str) -> ast.Module:
    """Parse a text; where this Python cannot, parse only its import lines, in their places."""
    try:
        return ast.parse(text)
    except SyntaxError:
        rows = [line.strip() if re.match(r"\s*(?:import|from)\s", line) else "" for line in split_lines(text)]
    return ast.parse("\n".join(row if _parses(row) else "" for row in rows))


def _parses(row: str) -> bool:
    try:
        ast.parse(row)
    except SyntaxError:
        return False
    return True
