"""One metric over steps, epochs and time, in a bounded number of points.

Points are bins of a power of two of values, counted from the first: when there are too many, neighbours are joined once
and the bins double, so that a bin that was drawn stays where it was. What is not a finite number leaves a gap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from hfjobs_magic.metrics.direction import is_smaller_better

if TYPE_CHECKING:
    from hfjobs_magic.metrics.training_report import Report

MAX_POINTS = 300
"""Points a series, as many as a card's chart can show apart."""

LOG_SPAN = 100.0
"""A series that is positive and whose greatest value is so many times its least is better read on a log scale."""


class Bin(NamedTuple):
    """Some neighbouring values; it stands where the first of them stood. A tuple, because a flood makes one a line."""

    step: float | None
    epoch: float | None
    time: float
    finite: int
    """Finite values in it, and of these the sum and the bounds."""
    total: float
    low: float
    high: float
    odd: float | None = None
    """The last of its values that is nan or infinite."""

    @classmethod
    def of(cls, step: float | None, epoch: float | None, time: float, value: float) -> Bin:
        """Return the bin of one value."""
        if math.isfinite(value):
            return cls(step, epoch, time, 1, value, value, value)
        return cls(step, epoch, time, 0, 0.0, math.inf, -math.inf, value)

    @property
    def mean(self) -> float | None:
        """In eight digits, or as it came: all of them travel. None where no value is finite."""
        if self.finite > 1:
            return float(f"{self.total / self.finite:.8g}")
        return self.total if self.finite else None

    def join(self, other: Bin) -> Bin:
        """Return both in one."""
        return Bin(
            self.step,
            self.epoch,
            self.time,
            self.finite + other.finite,
            self.total + other.total,
            min(self.low, other.low),
            max(self.high, other.high),
            self.odd if other.odd is None else other.odd,
        )


@dataclass
class Axis:
    """Steps or epochs as they are drawn: those of a loop that begins again go on where it had been."""

    last: float | None = None
    base: float = 0.0

    def place(self, x: float, *, begins: bool) -> float | None:
        """Place on the axis; None for what came late, such as the report of a slower process."""
        last, at = self.last, x + self.base
        if last is not None and (at < last or (begins and at == last)):
            if not begins and x > (last - self.base) / 2:
                return None
            self.base = last
            at = x + last
        self.last = at
        return at


@dataclass
class Series:
    """The values of one key."""

    has_place: bool
    """Whether its reports name a step or an epoch."""
    per_bin: int = 1
    """Values a bin."""
    bins: list[Bin] = field(default_factory=list)
    steps: Axis = field(default_factory=Axis)
    epochs: Axis = field(default_factory=Axis)
    count: int = 0
    """Values so far."""
    values: int = 0
    """Values a bin holds, of the last one."""
    last: float = math.nan
    """The value that was printed last."""

    def add(self, at: float, report: Report, value: float) -> None:
        """Take one value; at the same step or epoch as the last one it takes the place of that."""
        before = self._ends()
        place = self._place(report.step, report.epoch)
        if place is None:
            return
        self.last = value
        point = Bin.of(*place, at, value)
        stands = before == self._ends() and not report.is_rounded
        if self.count and self.has_place and stands:
            if self.values == 1:
                self.bins[-1] = point
            return
        self.count += 1
        if self.bins and self.values < self.per_bin:
            self.bins[-1] = self.bins[-1].join(point)
            self.values += 1
            return
        self.bins.append(point)
        self.values = 1
        if len(self.bins) > MAX_POINTS:
            self._halve()

    def _ends(self) -> tuple[float | None, float, float | None, float]:
        return self.steps.last, self.steps.base, self.epochs.last, self.epochs.base

    def _place(self, step: float | None, epoch: float | None) -> tuple[float | None, float | None] | None:
        """Places on both axes; None for what came late."""
        before = self.epochs.last
        if epoch is not None:
            epoch = self.epochs.place(epoch, begins=False)
            if epoch is None:
                return None
        if step is not None:
            # With a new epoch steps may begin again; epochs with fractions count on beside them.
            begins = epoch is not None and before is not None and epoch != before and (epoch - before).is_integer()
            step = self.steps.place(step, begins=begins)
            if step is None:
                return None
        return step, epoch

    def _halve(self) -> None:
        self.per_bin *= 2
        pairs = zip(self.bins[::2], self.bins[1::2], strict=False)
        left = self.bins[-1:] if len(self.bins) % 2 else []
        self.bins = [*(first.join(second) for first, second in pairs), *left]

    @property
    def is_shown(self) -> bool:
        """Whether it is worth a chart: reported twice or, where it names no step or epoch, with three values."""
        return self.count > 1 if self.has_place else len({item.low for item in self.bins}) > 2

    def curve(self, key: str, mode: str = "") -> dict[str, Any]:
        """Return it as it is laid over those of other jobs; `mode`, ``min`` or ``max``, says what is best.

        Values without a step or an epoch are counted: when a line was read says nothing of when it was printed.
        """
        line = self.trait(key)
        if line["step"] is None and line["epoch"] is None:
            line["step"] = self.count_values(len(line["y"]))
        odd = line["odd"]["text"] if line["odd"] else ""
        return {"key": key, **{name: line[name] for name in ("step", "epoch", "y", "log")}, "odd": odd} | {
            "best": self._best(mode == "min" if mode else is_smaller_better(key)),
            "last": self.last if math.isfinite(self.last) else None,
        }

    def value(self, key: str, mode: str = "") -> dict[str, Any]:
        """Return it as `curve` does, without places: there is nothing to draw, but a best and a last value."""
        line = self.curve(key, mode)
        return {**line, "step": None, "epoch": None, "y": line["y"][-1:]}

    def _best(self, is_smallest: bool) -> float | None:
        """Return the best value that was printed, however many are joined to a point; None where none was a number."""
        finite = [item for item in list(self.bins) if item.finite]
        if not finite:
            return None
        return min(item.low for item in finite) if is_smallest else max(item.high for item in finite)

    def count_values(self, points: int) -> list[int]:
        """Return the numbers of the values with which so many points begin, from 1."""
        return [1 + number * self.per_bin for number in range(points)]

    def trait(self, key: str) -> dict[str, Any]:
        """Return it as the card's trait ``training`` has it: columns of one length, None in gaps."""
        bins = list(self.bins)  # once, so that all columns are as long while more comes in
        low, high = min(item.low for item in bins), max(item.high for item in bins)
        steps, epochs = [item.step for item in bins], [item.epoch for item in bins]
        return {
            "key": key,
            "step": None if None in steps else steps,
            "epoch": None if None in epochs else epochs,
            "time": [round(item.time, 2) for item in bins],
            "y": [item.mean for item in bins],
            "min": [item.low if item.finite else None for item in bins],
            "max": [item.high if item.finite else None for item in bins],
            "log": low > 0 and LOG_SPAN * low <= high,
            "odd": _odd_end(bins),
        }


def _odd_end(bins: list[Bin]) -> dict[str, Any] | None:
    """Say since which point a series is not a finite number, and what it is now; None where it is one."""
    since = next((n + 1 for n in range(len(bins) - 1, -1, -1) if bins[n].finite), 0)
    return {"since": since, "text": str(bins[-1].odd)} if since < len(bins) else None
