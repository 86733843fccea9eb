"""Whether Python can read a cell, and what to make of it when the job's Python is newer."""

from __future__ import annotations

import ast
import re
import sys
import warnings

from hfjobs_magic.errors import CellError
from hfjobs_magic.script.lines import split_lines

CELL = "<%%hfjob cell>"
"""Stands for the file name in a syntax error of the cell."""

RUNNING = (sys.version_info.major, sys.version_info.minor)

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
"""What each Python added to the grammar ("What's New", 3.11 to 3.15), loosely: where one of these
stands in a cell, an older compiler's word is not final."""


def find_syntax_error(text: str, *, awaiting: bool = False) -> SyntaxError | None:
    """Say why this kernel's Python cannot read a text; None when it can.

    Parameters
    ----------
    text
        Python code.
    awaiting
        Whether ``await`` may stand at the top level.

    Raises
    ------
    CellError
        For what no line can be named for: a null character, lone surrogates, endless nesting.
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
    """Version that is asked for, when this kernel's Python is older than it; else None."""
    asked = [(3, int(minor)) for minor in _VERSION.findall(python or "")]
    return max(asked) if asked and max(asked) > RUNNING else None


def may_compile(text: str, asked: tuple[int, int]) -> bool:
    """Whether a newer Python may read what this one cannot."""
    if asked > _NEW_SYNTAX[-1][0]:
        return True  # of what comes then, nothing is known
    return any(RUNNING < version <= asked and pattern.search(text) for version, pattern in _NEW_SYNTAX)


def parse_leniently(text: str) -> ast.Module:
    """Parse a text; where this Python cannot, only its import lines, at their place."""
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
