"""Lines as Python counts them."""

from __future__ import annotations

import re

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def split_lines(text: str) -> list[str]:
    r"""Cut after ``\n``, ``\r\n`` and ``\r`` alone, and keep them.

    ``str.splitlines`` also cuts at form feeds and the line separators of Unicode; Python's
    compiler, editors and uv do not, and line numbers would drift apart.

    >>> split_lines("a\x0cb\r\nc")
    ['a\x0cb\r\n', 'c']
    """
    return _LINE.findall(text)


def normalize_line_ends(text: str) -> str:
    r"""Return text with every line end as ``\n``, as PEP 723's expression needs it; line numbers stay."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def strip_line_end(line: str) -> str:
    """Return a line without its end."""
    return line.rstrip("\r\n")
