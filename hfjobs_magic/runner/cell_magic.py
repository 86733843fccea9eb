"""A cell whose first code is a ``%%magic`` line, or that is one magic without its sign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_READS_PYTHON = frozenset({"time", "timeit", "capture", "prun", "debug"})
"""Magics below which Python stands; below the others stands something else, in which a comment may be text."""


def of_cell(text: str) -> tuple[str, frozenset[str]]:
    """Give the text for IPython, and what of it is the cell's own when it is compiled.

    The file begins with the ``%%hfjob`` line as a comment, and IPython knows a ``%%magic`` on the first line only. So
    what stands above is left out, and as many comments put below, for the line numbers.
    """
    lines = text.splitlines(keepends=True)
    at = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    if at == len(lines) or not lines[at].startswith("%%"):
        return text, frozenset({text})
    name = lines[at][2:].split(maxsplit=1)[:1]
    padding = ["#\n"] * (at + 1) if name and name[0] in _READS_PYTHON else []
    body = "".join([*padding, *lines[at + 1 :]])
    return lines[at] + body, frozenset({body, "".join(lines[at + 1 :])})


def with_sign(text: str, shell: InteractiveShell) -> str:
    """Put the sign before a magic that is all that the cell has (``ls``, ``pip list``), where IPython would take it.

    IPython asks that of cells of one line alone, and the file has the ``%%hfjob`` line, too.
    """
    lines = text.splitlines(keepends=True)
    rows = [at for at, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")]
    if len(rows) != 1:
        return text
    line = lines[rows[0]].lstrip()
    reader: Any = shell.prefilter_manager
    if line[0] in "%!?" or "run_line_magic(" not in reader.prefilter_lines(line):
        return text
    lines[rows[0]] = f"%{line}"
    return "".join(lines)
