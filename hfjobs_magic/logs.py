"""The log of a job: numbered lines, as a terminal would show them, however many there are.

Lines live in an unnamed temporary file; memory holds eight bytes a line and the last line, which
may still change. A piece that begins with a carriage return rewrites that last line, so that a
tqdm bar is one line that moves.
"""

from __future__ import annotations

import re
import tempfile
import threading
import weakref
from array import array
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLD_CHARS = 1_000_000
"""Longest line kept, in characters; the rest is counted and left out. A page cannot lay out more."""

CHUNK_LINES = 4_096
"""Lines taken at a time by `LogBuffer.extend`, about a millisecond in which no other thread runs Python."""

SEARCH_LINES = 10_000
"""Lines read at a time by a search, so that it never holds the whole log."""

_STYLE = re.compile(r"\x1b\[[0-9;:]*[A-Za-z]")
_ERASE = re.compile(r"\x1b\[[012]?K")
_ESCAPE = re.compile(r"\x1b")


class LogBuffer:
    """Lines numbered from 0. One writer; readers on any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._file = tempfile.TemporaryFile(prefix="hfjob-")  # noqa: SIM115 - lives as long as the buffer
        self.close = weakref.finalize(self, self._file.close)
        """Give the file back; also happens when the buffer is collected."""
        # Where each line that can no longer change begins in the file; one more for the end.
        self._offsets = array("Q", [0])
        # Whether the file stands where the next line goes.
        self._at_end = True
        # The newest line, which a carriage return may rewrite; None before the first.
        self._last: str | None = None

    @property
    def total(self) -> int:
        """How many lines there are."""
        with self._lock:
            return self._total()

    def append(self, piece: str) -> None:
        """Take one log event: a new line, or after a carriage return a new text for the last line."""
        self.extend([piece])

    def extend(self, pieces: Sequence[str]) -> None:
        """Take many log events, as one `append` after the other would; plain lines cost a third of a microsecond."""
        for start in range(0, len(pieces), CHUNK_LINES):
            chunk = pieces[start : start + CHUNK_LINES]
            joined = "\n".join(chunk)
            with self._lock:
                if _is_plain(joined, len(chunk)):
                    self._settle(chunk)
                else:
                    for piece in chunk:
                        self._take(piece)

    def lines(self, first: int, count: int) -> list[str]:
        """Lines `first` to `first + count`, fewer where the log is shorter."""
        with self._lock:
            start, stop = max(0, first), min(first + count, self._total())
            settled = len(self._offsets) - 1
            found: list[str] = []
            if start < min(stop, settled):
                begin, end = self._offsets[start], self._offsets[min(stop, settled)]
                self._file.seek(begin)
                self._at_end = False
                found = self._file.read(end - begin).decode("utf-8", "surrogatepass").split("\n")[:-1]
            if self._last is not None and start <= settled < stop:
                found.append(self._last)
            return found

    def tail(self, count: int) -> tuple[int, list[str]]:
        """Give the number of the first line returned, and the newest `count` lines."""
        first = max(0, self.total - count)
        return first, self.lines(first, count)

    def search(self, query: str, *, case: bool = False, regex: bool = False) -> list[int]:
        """Numbers of the lines that hold `query` as they are seen, without colours.

        Raises
        ------
        re.error
            When `query` is meant as a regular expression and is none.
        """
        if not query:
            return []
        wanted = re.compile(query if regex else re.escape(query), 0 if case else re.IGNORECASE)
        total = self.total
        return [
            first + index
            for first in range(0, total, SEARCH_LINES)
            for index, line in enumerate(self.lines(first, min(SEARCH_LINES, total - first)))
            if wanted.search(_STYLE.sub("", line))
        ]

    def _total(self) -> int:
        return len(self._offsets) - 1 + (self._last is not None)

    def _take(self, piece: str) -> None:
        rewrites = piece.startswith("\r") and self._last is not None
        line = _fold(overwrite(self._last or "" if rewrites else "", piece.rstrip("\r\n")))
        if rewrites:
            self._last = line
        else:
            self._settle([line])

    def _settle(self, lines: Sequence[str]) -> None:
        """Write the last line and all of `lines` but their last, which is the new last line."""
        settled = [*([] if self._last is None else [self._last]), *lines[:-1]]
        self._last = lines[-1]
        if not settled:
            return
        data = ("\n".join(settled) + "\n").encode("utf-8", "surrogatepass")
        if not self._at_end:
            self._file.seek(0, 2)
            self._at_end = True
        self._file.write(data)
        # A line and its end; what follows the last end is empty and no line.
        ends = accumulate((len(line) + 1 for line in data.split(b"\n")[:-1]), initial=self._offsets.pop())
        self._offsets.extend(ends)


def overwrite(before: str, piece: str) -> str:
    r"""Line `before` after a terminal has written `piece` to it, with its ``\r`` and erase-line.

    Text is replaced column by column, as on a screen; where colours are in play the newest frame
    replaces the whole line, because columns and characters no longer agree.

    >>> overwrite("100%", "\rdone")
    'done'
    >>> overwrite("", "abcdef\rXY")
    'XYcdef'
    """
    line = before
    for index, frame in enumerate(piece.split("\r")):
        if index == 0:
            line += frame
            continue
        erased = _ERASE.search(frame)
        text = _ERASE.sub("", frame)
        if not text and not erased:
            continue
        coloured = _ESCAPE.search(line) or _ESCAPE.search(text)
        line = text if erased or coloured else text + line[len(text) :]
    return _ERASE.sub("", line).replace("\n", "\u2424")


def _is_plain(joined: str, count: int) -> bool:
    """Whether pieces that were joined by line ends are lines to be kept as they are."""
    return "\r" not in joined and "\x1b" not in joined and joined.count("\n") == count - 1 and len(joined) <= FOLD_CHARS


def _fold(line: str) -> str:
    if len(line) <= FOLD_CHARS:
        return line
    return f"{line[:FOLD_CHARS]}… +{len(line) - FOLD_CHARS:,} characters"
