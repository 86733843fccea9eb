"""Reading a log for training metrics while it comes in, without holding it up.

Lines wait here and are read a few milliseconds at a time. A flood comes in faster than that: then every other portion
of what waits and of what comes is given up, never the newest, and the charts have fewer points for that stretch.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

from hfjobs_magic.metrics.named_values import NamedValues
from hfjobs_magic.metrics.plain_text import UP, split_states
from hfjobs_magic.metrics.progress_bars import Bars
from hfjobs_magic.metrics.samples import Samples
from hfjobs_magic.metrics.training import NO_MODES, TrainingBuffer
from hfjobs_magic.metrics.training_lines import LineReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hfjobs_magic.metrics.training_series import Series

WAITING_CHARS = 8_000_000
"""Text that waits to be read, in characters: all of a long training's log when it is taken up again."""

PORTION_LINES = 50
"""Lines looked at together for anything worth reading ..."""

PORTION_CHARS = 100_000
"""... and characters at most, if that is not one line: a portion is read to its end, however short the time is."""


class TrainingScan:
    """Log lines in, training metrics and progress out. Fed by the pump only; read on any thread.

    Parameters
    ----------
    clock
        Seconds that only grow.
    named
        Keys that a reader has named: their values count wherever they are printed.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter, *, named: Iterable[str] = ()) -> None:
        self._clock = clock
        self._named = NamedValues(named)
        self._reader = LineReader()
        self._buffer = TrainingBuffer()
        self._bars = Bars()
        # When each portion was seen, and its lines: in one text, because so many texts of their own are slow.
        self._waiting: deque[tuple[float, str]] = deque()
        self._chars = 0
        # Of so many portions that come one is kept; any other stands at the end only until the next one comes.
        self._every = 1
        self._fed = 0
        self.reports = 0
        """Lines with metrics so far, so that who shows them knows whether there are new ones."""

    @property
    def is_behind(self) -> bool:
        """Whether lines wait to be read."""
        return bool(self._waiting)

    def feed(self, lines: Sequence[str], at: float) -> None:
        """Take log events seen `at` (seconds since the epoch); a carriage return in one rewrites a line."""
        for start in range(0, len(lines), PORTION_LINES):
            if self._fed % self._every and self._waiting:
                self._chars -= len(self._waiting.pop()[1])
            portion = "\n".join(lines[start : start + PORTION_LINES])
            self._fed += 1
            pieces = [portion] if len(portion) <= PORTION_CHARS else lines[start : start + PORTION_LINES]
            self._waiting.extend((at, piece) for piece in pieces)
            self._chars += sum(map(len, pieces))
        if self._chars > WAITING_CHARS:
            self._thin()

    def advance(self, seconds: float) -> bool:
        """Read what waits, for so many seconds at most; whether there was anything."""
        deadline = self._clock() + seconds
        has_read = False
        while self._waiting and self._clock() < deadline:
            at, portion = self._waiting.popleft()
            self._chars -= len(portion)
            if self._named.may_say(portion) and self._named.read(at, portion):
                self.reports += 1
            if self._reader.may_say(portion) or _is_blank(portion):
                has_read |= self._read(at, portion)
            else:
                self._reader.skip(portion.count("\n") + 1)
                self._bars.write(portion)
        if not self._waiting:
            self._every = 1
        return has_read

    def records(self) -> Samples:
        """Give the reports kept, see `TrainingBuffer.records`."""
        return Samples(self._buffer.records())

    def trait(self) -> dict[str, Any]:
        """As the card's trait ``training``; empty where the log says nothing of a training."""
        return self._buffer.trait()

    def curves(self, modes: Mapping[str, str] = NO_MODES) -> list[dict[str, Any]]:
        """As `TrainingBuffer.curves`, and those of `modes` that are not series as `Series.value`."""
        curves = self._buffer.curves(modes)
        singles = self._singles() if modes else {}
        return curves + [singles[key].value(key, mode) for key, mode in modes.items() if key in singles]

    def has(self, key: str) -> bool:
        """Whether a metric has a value."""
        return self._buffer.is_series(key) or key in self._singles()

    def single_values(self) -> dict[str, float]:
        """Return the last value of each metric that is not a series, by name: it was printed only once, or named.

        Those that are series have their values in `records`.
        """
        return {key: series.last for key, series in self._singles().items()}

    def _singles(self) -> dict[str, Series]:
        named = {key: series for key, series in self._named.values().items() if not self._buffer.is_series(key)}
        return self._buffer.singles() | named

    def progress(self) -> dict[str, Any]:
        """As the card's trait ``progress``; empty where no bar moves."""
        return self._bars.trait()

    def _read(self, at: float, portion: str) -> bool:
        has_read = False
        for line in portion.split("\n"):
            self._bars.write(line)
            for state in split_states(line):
                if _is_blank(state):
                    if state:
                        self._bars.wipe(state.count(UP))
                    continue
                report = self._reader.read(state)
                if report is None:
                    continue
                has_read = True
                if report.frame:
                    self._bars.see(report.frame, at, report.depth)
                    if "%|" in state and not state.rstrip(UP + " ").endswith("]"):
                        self._bars.add_text()
                if report.values:
                    self.reports += 1
                    self._buffer.add(at, report)
        return has_read

    def _thin(self) -> None:
        newest = self._waiting.pop()
        self._waiting = deque([*list(self._waiting)[::2], newest])
        self._chars = sum(len(portion) for _, portion in self._waiting)
        self._every *= 2


def _is_blank(text: str) -> bool:
    """Whether a text is empty, or blanks that wipe a bar off."""
    return text[:1] in {"", " ", "\r"} and not text.replace(UP, "").strip()
