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

FOLD_CHARS = 1_000_000
"""Longest line kept, in characters; the rest is counted and left out. A page cannot lay out more."""

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
        # The newest line, which a carriage return may rewrite; None before the first.
        self._last: str | None = None

    @property
    def total(self) -> int:
        """How many lines there are."""
        with self._lock:
            return self._total()

    def append(self, piece: str) -> None:
        """Take one log event: a new line, or after a carriage return a new text for the last line."""
        rewrites = piece.startswith("\r")
        with self._lock:
            before = self._last if rewrites and self._last is not None else ""
            if not rewrites or self._last is None:
                self._settle()
            self._last = _fold(overwrite(before, piece.rstrip("\r\n")))

    def lines(self, first: int, count: int) -> list[str]:
        """Lines `first` to `first + count`, fewer where the log is shorter."""
        with self._lock:
            start, stop = max(0, first), min(first + count, self._total())
            settled = len(self._offsets) - 1
            found: list[str] = []
            if start < min(stop, settled):
                begin, end = self._offsets[start], self._offsets[min(stop, settled)]
                self._file.seek(begin)
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

    def _settle(self) -> None:
        if self._last is None:
            return
        data = (self._last + "\n").encode("utf-8", "surrogatepass")
        self._file.seek(0, 2)
        self._file.write(data)
        self._offsets.append(self._offsets[-1] + len(data))


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


def _fold(line: str) -> str:
    if len(line) <= FOLD_CHARS:
        return line
    return f"{line[:FOLD_CHARS]}… +{len(line) - FOLD_CHARS:,} characters"
