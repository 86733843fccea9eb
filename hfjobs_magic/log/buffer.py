"""The log of a job: numbered lines, as a terminal would show them, however many there are.

Lines live in an unnamed temporary file; memory holds eight bytes a line and the newest lines, which
may still change: a piece that begins with a carriage return is written over the line before it, so that
a tqdm bar is one line that moves, and a cursor can go up among them, so that bars above each other are, too.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
import threading
import weakref
from array import array
from bisect import bisect_right
from itertools import accumulate, islice
from typing import IO, TYPE_CHECKING

from hfjobs_magic.log.batch import LineTimes
from hfjobs_magic.log.clip import FOLD_CHARS, count_fitting, count_json_bytes, cut, fold
from hfjobs_magic.log.screen import Screen, is_moving

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROWS = 64
"""Newest lines that may still change, as the rows of a terminal's window."""

CHUNK_LINES = 4_096
"""Lines taken at a time by `LogBuffer.extend`, about a millisecond in which no other thread runs Python."""

BLOCK_BYTES = 1 << 18
"""About how much of the log is read at a time where all of it is gone through; a few milliseconds of work."""

LINE_BYTES = 20_000
"""Bytes of one line that travel to a page, which folds lines long before that."""

_NO_CHARACTERS = re.compile("[\ud800-\udfff]")


class LogBuffer:
    """Lines numbered from 0. One writer; readers on any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Opened when the first lines leave the window: a list of all jobs is a buffer for each, and most stay empty.
        self._file: IO[bytes] | None = None
        self._files = contextlib.ExitStack()
        self.close = weakref.finalize(self, self._files.close)
        """Give the file back; also happens when the buffer is collected."""
        # Where each line that can no longer change begins in the file; one more for the end.
        self._offsets = array("Q", [0])
        # The newest lines, which may still change.
        self._screen = Screen()
        self.second: int | None = None
        """Second since the epoch in which the next lines were printed; None where nobody says."""
        self._times = LineTimes()
        # Characters that came since lines were last written to the file.
        self._since = 0

    @property
    def total(self) -> int:
        """How many lines there are."""
        with self._lock:
            return self._total()

    @property
    def settled(self) -> int:
        """How many of them can no longer change."""
        with self._lock:
            return len(self._offsets) - 1

    def append(self, piece: str) -> None:
        """Take one log event: a new line, or after a carriage return a new text for the line before."""
        self.extend([piece])

    def extend(self, pieces: Sequence[str]) -> None:
        """Take many log events, as one `append` after the other would; plain lines cost half a microsecond each.

        Where the disk is full OSError is raised; no line is lost, and the next call tries again.
        """
        full: OSError | None = None
        for start in range(0, len(pieces), CHUNK_LINES):
            chunk = pieces[start : start + CHUNK_LINES]
            joined = "\n".join(chunk)
            if not _is_encodable(joined):
                chunk = [_NO_CHARACTERS.sub("\ufffd", piece) for piece in chunk]
            plain = joined.count("\n") == len(chunk) - 1 and len(joined) <= FOLD_CHARS and not is_moving(joined)
            with self._lock:
                if self.second is not None:
                    self._times.note(self._total(), self.second)
                if plain and self._screen.at_end:
                    self._screen.add(chunk)
                else:
                    self._take(chunk)
                try:
                    self._settle(len(joined))
                except OSError as error:
                    full = error  # the lines stay where they are until there is room
        if full is not None:
            raise full

    def lines(self, first: int, count: int, size: int | None = None) -> list[str]:
        """Lines `first` to `first + count`, fewer where the log is shorter.

        With a `size` as many of them as can be sent in so many bytes, one at least, each cut to `LINE_BYTES`.
        """
        first, count = max(0, first), max(0, count + min(0, first))
        if size is None:
            return self._read(first, count)
        with self._lock:
            numbers = range(first, min(self._total(), first + count))
            count = count_fitting(map(self._size, numbers), size)
        found = [_fit_message(line, size) for line in self._read(first, count)]
        return found[: count_fitting(map(count_json_bytes, found), size)]

    def times(self, first: int, stop: int) -> list[list[int]]:
        """Give for lines ``first:stop`` each one where a second begins, and that second; none where nobody said."""
        with self._lock:
            return self._times.runs(first, min(stop, self._total()))

    def tail(self, count: int, size: int | None = None) -> tuple[int, list[str]]:
        """Give the number of the first line returned, and the newest `count` lines; `size` as for `lines`."""
        with self._lock:
            total = self._total()
            if size is not None:
                count = count_fitting(map(self._size, range(total - 1, max(-1, total - 1 - count), -1)), size)
        first = max(0, total - count)
        found = self._read(first, total - first)
        if size is not None:
            found = [_fit_message(line, size) for line in found]
            found = found[len(found) - count_fitting(map(count_json_bytes, reversed(found)), size) :]
        return total - len(found), found

    def blocks(self, first: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """Go through settled lines ``first:stop``: the number of a block's first line, and lines with their ends."""
        while first < stop:
            with self._lock:
                begin = self._offsets[first]
                last = min(stop, max(first + 1, bisect_right(self._offsets, begin + BLOCK_BYTES) - 1))
                data = self._read_settled(first, last)
            yield first, data
            first = last

    def _read(self, first: int, count: int) -> list[str]:
        with self._lock:
            stop = min(first + count, self._total())
            settled = len(self._offsets) - 1
            found: list[str] = []
            if first < min(stop, settled):
                found = self._read_settled(first, min(stop, settled)).decode().split("\n")[:-1]
            if stop > settled:
                found += map(str, self._screen.rows[max(0, first - settled) : stop - settled])
            return found

    def _read_settled(self, first: int, stop: int) -> bytes:
        """Read settled lines with their ends from the file, which is there where any have settled."""
        if self._file is None:
            return b""
        self._file.seek(self._offsets[first])
        return self._file.read(self._offsets[stop] - self._offsets[first])

    def _total(self) -> int:
        return len(self._offsets) - 1 + len(self._screen.rows)

    def _size(self, number: int) -> int:
        """Bytes of a line, at most as many as are shown of it."""
        settled = len(self._offsets) - 1
        if number < settled:
            return min(LINE_BYTES, self._offsets[number + 1] - self._offsets[number])
        return min(LINE_BYTES, len(self._screen.rows[number - settled]))

    def _take(self, chunk: Sequence[str]) -> None:
        """Take pieces of which some move the cursor, or that begin above the newest line."""
        plain: list[str] = []
        for piece in chunk:
            again, text = piece.startswith("\r"), piece.rstrip("\r\n")
            if again or is_moving(text) or not self._screen.at_end:
                self._screen.add(plain)
                plain = []
                self._screen.feed(text, again=again)
            else:
                plain.append(fold(text.replace("\n", "\u2424")))
        self._screen.add(plain)

    def _settle(self, more: int) -> None:
        """Write the lines that leave the window to the file, now that `more` characters came."""
        rows = self._screen.rows
        self._since += more
        # Not for each line: a write for many is cheaper.
        if len(rows) < 2 * ROWS and self._since < FOLD_CHARS:
            return
        self._since = 0
        leaving = len(rows) - count_fitting(map(len, islice(reversed(rows), ROWS)), FOLD_CHARS)
        if not leaving:
            return
        data = ("\n".join(map(str, rows[:leaving])) + "\n").encode()
        self._write(data)
        self._screen.drop(leaving)
        # Lines with their ends; no row holds a carriage return. None of this runs Python for a line: lines are many.
        self._offsets.extend(accumulate(map(len, data.splitlines(keepends=True)), initial=self._offsets.pop()))

    def _write(self, data: bytes) -> None:
        """Add settled lines to the file. Where the disk is full, what was written of them is written over next time."""
        if self._file is None:
            file = tempfile.TemporaryFile(prefix="hfjob-", buffering=0)  # noqa: SIM115 - lives as long as the buffer
            self._file = self._files.enter_context(file)
        self._file.seek(self._offsets[-1])
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]


def _fit_message(line: str, size: int) -> str:
    """`line` in `LINE_BYTES`, and in `size` bytes of JSON even if all of it is escape characters."""
    shown = cut(line, LINE_BYTES)
    return shown if 6 * len(shown) < size or count_json_bytes(shown) <= size else cut(line, (size - 2) // 6)


def _is_encodable(text: str) -> bool:
    """Whether it has no half of a surrogate pair, which JSON can carry and nothing else."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
