"""Lines of a job's log as they come: some at a time, with when they were printed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class LogBatch:
    """Some lines that follow each other."""

    lines: list[str]
    """As the job printed them."""
    seconds: list[tuple[int, int]]
    """Index of a line, and the second since the epoch in which it and those behind it were printed; ascending."""
    size: int
    """Characters that they came in; at least as many as they have."""

    def runs(self) -> Iterator[tuple[int | None, list[str]]]:
        """Go through lines of the same second: which it is, None where that is as before, and the lines.

        >>> list(LogBatch(["a", "b", "c"], [(1, 7), (2, 8)], 3).runs())
        [(None, ['a']), (7, ['b']), (8, ['c'])]
        """
        start, second = 0, None
        for at, new in self.seconds:
            if at > start:
                yield second, self.lines[start:at]
            start, second = at, new
        if start < len(self.lines):
            yield second, self.lines[start:]


class LineTimes:
    """In which second each line of a log began to be printed; a second is kept once, however many lines it has."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._seconds: list[int] = []

    def note(self, line: int, second: int) -> None:
        """Take note that line `line` and those behind it are of a second."""
        if self._seconds[-1:] == [second]:
            return
        if self._firsts[-1:] == [line]:
            self._seconds[-1] = second
            return
        self._firsts.append(line)
        self._seconds.append(second)

    def runs(self, first: int, stop: int) -> list[list[int]]:
        """Return for lines `first:stop` each line where a second begins, and that second."""
        start, end = bisect_right(self._firsts, first), bisect_left(self._firsts, stop)
        before = [[first, self._seconds[start - 1]]] if start and first < stop else []
        return before + [[self._firsts[at], self._seconds[at]] for at in range(start, end)]
