"""Texts in which a function or class of a notebook may stand: those of its cells, and what `linecache` has."""

from __future__ import annotations

import ast
import linecache
from typing import TYPE_CHECKING

from hfjobs_magic.script.syntax.command_names import is_shell

if TYPE_CHECKING:
    import types
    from collections.abc import Iterator, Sequence

_TIMED = "<timed exec>"
"""What ``%%time`` calls the code below it, whose lines it counts from there."""

_RUN_BELOW = frozenset({"time", "prun"})
"""Magics that run what stands below them in the notebook's names; ``%%capture`` runs it as a cell of its own."""


def sources(file: str, history: Sequence[str]) -> Iterator[list[str]]:
    """Yield the lines of a file, and of every cell."""
    lines = linecache.getlines(file)
    if lines:
        yield lines
    yield from cells(history)


def cells(history: Sequence[str]) -> Iterator[list[str]]:
    """Yield the lines of each cell, the newest first."""
    for text in reversed(history):
        yield (_below_magic(text) or text).splitlines(keepends=True)
    # A program may run cells without a history (nbval does); IPython keeps their lines for tracebacks all the same.
    for name in reversed(list(linecache.cache)):
        if name.startswith("<ipython-input-") or "ipykernel_" in name:
            yield linecache.getlines(name)


def line_of(code: types.CodeType) -> int:
    """Return the line of its cell on which code begins."""
    return code.co_firstlineno + (code.co_filename == _TIMED)


def parse(lines: Sequence[str]) -> ast.AST:
    """Parse lines; an empty module where they are no Python."""
    try:
        return ast.parse("".join(lines))
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def last_line(lines: Sequence[str], node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    """Return the number of the last line of a definition: comments below its last statement are its own."""
    last = node.end_lineno or 0
    if node.body[0].lineno == node.lineno:
        return last
    for number, line in enumerate(lines[last:], last + 1):
        comment = line.lstrip()
        if comment and not (comment.startswith("#") and len(line) - len(comment) >= node.body[0].col_offset):
            break
        last = number if comment else last
    return last


def _below_magic(text: str) -> str:
    """Return what stands below a magic that runs it, behind an empty line in its place; empty for every other cell."""
    if "run_cell_magic" not in text:
        return ""
    call = getattr(parse([text]).body[0], "value", None) if parse([text]).body else None  # type: ignore[attr-defined]
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and is_shell(call.func.value)):
        return ""
    words = [item.value for item in call.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return f"\n{words[2]}" if len(words) == 3 and words[0] in _RUN_BELOW else ""
