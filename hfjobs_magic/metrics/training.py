"""Training metrics over steps, epochs and time, in a bounded number of points.

A key becomes a series when it was seen twice, the second time further on; one that names neither step nor epoch needs
three values. Points are bins of a power of two of values, counted from the first: when there are too many, neighbours
are joined once and the bins double, so that a bin that was drawn stays where it was. Where no report names a step or
an epoch they are counted, and the count is the step.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

MAX_POINTS = 300
"""Points a series, as many as a card's chart can show apart."""

MAX_SERIES = 24
"""Series in all; keys that come later are left out."""

MAX_KEYS = 500
"""Keys remembered before they are a series, so that a log that makes up keys costs no memory."""

MAX_RECORDS = 10_000
"""Reports kept for `Job.training_metrics`, some 5 MB; when there are more, every other one goes."""

LOG_SPAN = 100.0
"""A series that is positive and whose greatest value is so many times its least is better read on a log scale."""


@dataclass(frozen=True)
class _Bin:
    """Some neighbouring values; it stands where the first of them stood. It never changes, because others read."""

    step: float | None
    epoch: float | None
    time: float
    count: int
    total: float
    low: float
    high: float

    @property
    def mean(self) -> float:
        """In eight digits, or as it came: all of them travel."""
        return float(f"{self.total / self.count:.8g}") if self.count > 1 else self.total

    def join(self, other: _Bin) -> _Bin:
        return replace(
            self,
            count=self.count + other.count,
            total=self.total + other.total,
            low=min(self.low, other.low),
            high=max(self.high, other.high),
        )


@dataclass
class _Axis:
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
class _Series:
    has_place: bool
    """Whether its reports name a step or an epoch."""
    per_bin: int = 1
    bins: list[_Bin] = field(default_factory=list)
    steps: _Axis = field(default_factory=_Axis)
    epochs: _Axis = field(default_factory=_Axis)
    seen: int = 0

    def add(self, at: float, step: float | None, epoch: float | None, value: float) -> None:
        """Take one value; at the same step or epoch as the last one it takes the place of that."""
        before = (replace(self.steps), replace(self.epochs))
        place = self._place(step, epoch)
        if place is None:
            return
        point = _Bin(*place, at, 1, value, value, value)
        if self.seen and self.has_place and before == (self.steps, self.epochs):
            if self.bins[-1].count == 1:
                self.bins[-1] = point
            return
        self.seen += 1
        if self.bins and self.bins[-1].count < self.per_bin:
            self.bins[-1] = self.bins[-1].join(point)
            return
        self.bins.append(point)
        if len(self.bins) > MAX_POINTS:
            self._halve()

    def _place(self, step: float | None, epoch: float | None) -> tuple[float | None, float | None] | None:
        """Places on both axes; None for what came late."""
        before = self.epochs.last
        if epoch is not None:
            epoch = self.epochs.place(epoch, begins=False)
            if epoch is None:
                return None
        if step is not None:
            step = self.steps.place(step, begins=None not in (epoch, before) and epoch != before)
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
        """Whether it is worth a chart: seen twice or, where it names no step or epoch, with three values at least."""
        return self.seen > 1 if self.has_place else len({item.low for item in self.bins}) > 2

    def trait(self, key: str) -> dict[str, Any]:
        bins = list(self.bins)  # once, so that all columns are as long while more comes in
        low, high = min(item.low for item in bins), max(item.high for item in bins)
        steps, epochs = [item.step for item in bins], [item.epoch for item in bins]
        return {
            "key": key,
            "step": None if None in steps else steps,
            "epoch": None if None in epochs else epochs,
            "time": [round(item.time, 2) for item in bins],
            "y": [item.mean for item in bins],
            "min": [item.low for item in bins],
            "max": [item.high for item in bins],
            "log": low > 0 and high >= LOG_SPAN * low,
        }


class TrainingBuffer:
    """Reports in, bounded series out. One writer; readers on any thread."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str], _Series] = {}
        self._records: list[dict[str, Any]] = []
        self._every = 1
        self._reports = 0

    def add(self, at: float, step: float | None, epoch: float | None, values: dict[str, float]) -> None:
        """Take what one line reported, seen `at` (seconds since the epoch)."""
        place = {"step": step, "epoch": epoch}
        self._record({"time": at, **{name: _whole(x) for name, x in place.items() if x is not None}, **values})
        named = "step" if step is not None else "epoch" if epoch is not None else ""
        for key, value in values.items():
            if (key, named) in self._series or len(self._series) < MAX_KEYS:
                series = self._series.setdefault((key, named), _Series(has_place=bool(named)))
                series.add(at, step, epoch, value)

    def records(self) -> list[dict[str, Any]]:
        """Give the reports kept, oldest first: ``time``, ``step`` and ``epoch`` where the log has them, metrics."""
        shown = self._choose_shown().keys() | {"time", "step", "epoch"}
        found = ({key: value for key, value in record.items() if key in shown} for record in list(self._records))
        return [record for record in found if record.keys() - {"time", "step", "epoch"}]

    def trait(self) -> dict[str, Any]:
        """Series as the card's trait ``training`` has them, without its progress; empty where there are none."""
        shown = list(self._choose_shown().items())[:MAX_SERIES]
        if not shown:
            return {}
        series = [series.trait(key) for key, series in shown]
        if not any(one.has_place for _, one in shown):
            # The time is when a line was read, which is all at once when the job is taken up again.
            for item, (_, one) in zip(series, shown, strict=True):
                item["step"] = [1 + number * one.per_bin for number in range(len(item["y"]))]
        by_step, by_epoch = (sum(item[name] is not None for item in series) for name in ("step", "epoch"))
        choices = [*(["step"] if by_step else []), *(["epoch"] if by_epoch else []), "time"]
        label = "step" if by_step and by_step >= by_epoch else choices[0] if not by_epoch else "epoch"
        return {"x_choices": choices, "x_label": label, "series": series}

    def _choose_shown(self) -> dict[str, _Series]:
        """Series by key; of a key that is reported now with a step and now without, the one that has more values."""
        shown: dict[str, _Series] = {}
        for (key, _), series in list(self._series.items()):
            if series.is_shown and (key not in shown or series.seen > shown[key].seen):
                shown[key] = series
        return shown

    def _record(self, record: dict[str, Any]) -> None:
        self._reports += 1
        if self._reports % self._every:
            return
        self._records.append(record)
        if len(self._records) > MAX_RECORDS:
            self._every *= 2
            self._records = self._records[::2]


def _whole(x: float) -> float:
    """As an int where it is one: steps are counted."""
    return int(x) if float(x).is_integer() else x
