"""Lines too long to be laid out: cut, with a mark that says how much more there was."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLD_CHARS = 1_000_000
"""Longest line kept, in characters; the rest is counted and left out. A page cannot lay out more."""

_MARK_BYTES = 43
"""The longest mark."""

_MARK = re.compile(r"… \+([\d,]+) characters")


def fold(text: str, hidden: int = 0) -> str:
    """`text` up to `FOLD_CHARS`, with a mark for what is left out here and for `hidden` characters left out before.

    >>> fold("abc", 1234)
    'abc… +1,234 characters'
    """
    hidden += max(0, len(text) - FOLD_CHARS)
    return f"{text[:FOLD_CHARS]}… +{hidden:,} characters" if hidden else text


def unfold(line: str) -> tuple[str, int]:
    """Take the mark of `fold` off: the text, and how many characters were left out."""
    # A line that is no longer than that was never folded, whatever it ends with.
    mark = _MARK.fullmatch(line, FOLD_CHARS) if len(line) > FOLD_CHARS else None
    return (line[:FOLD_CHARS], int(mark[1].replace(",", ""))) if mark else (line, 0)


def cut(line: str, size: int) -> str:
    """`line` in at most `size` bytes of UTF-8, with a mark if that is not all of it.

    >>> cut("café" * 20, 48)
    'café… +76 characters'
    """
    if len(line) * 4 <= size or len(data := line.encode()) <= size:
        return line
    text, hidden = unfold(line)
    # Half a character at the end is left out, too.
    kept = data[: size - _MARK_BYTES].decode(errors="ignore")
    return f"{kept}… +{len(text) - len(kept) + hidden:,} characters"


def count_json_bytes(line: str) -> int:
    """Bytes of `line` in a message: in JSON an escape character takes six."""
    return len(json.dumps(line, ensure_ascii=False).encode())


def count_fitting(sizes: Iterable[int], size: int) -> int:
    """How many of `sizes` fit in `size` one after the other; the first always does."""
    count = 0
    for item in sizes:
        size -= item
        if size < 0 and count:
            break
        count += 1
    return count
