"""Training metrics of a job: reports in, bounded series out.

A key becomes a series when it was reported twice, the second time further on; one that names neither step nor epoch
needs three values. Where no report names a step or an epoch they are counted, and the count is the step.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hfjobs_magic.metrics.training_series import Series

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hfjobs_magic.metrics.training_report import Report

NO_MODES: Mapping[str, str] = MappingProxyType({})
"""Of a reader who has named no metric."""

MAX_SERIES = 24
"""Series in all; keys that come later are left out."""

MAX_KEYS = 500
"""Keys remembered before they are a series, so that a log that makes up keys costs no memory."""

MAX_RECORDS = 10_000
"""Reports kept for `Job.training_metrics`, some 5 MB; when there are more, every other one goes."""


class TrainingBuffer:
    """Reports in, bounded series out. One writer; readers on any thread."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str], Series] = {}
        self._records: list[dict[str, Any]] = []
        self._every = 1
        self._reports = 0

    def add(self, at: float, report: Report) -> None:
        """Take what one line reported, seen `at` (seconds since the epoch)."""
        record, named = {"time": at}, ""
        if report.epoch is not None:
            record["epoch"], named = _whole(report.epoch), "epoch"
        if report.step is not None:
            record["step"], named = _whole(report.step), "step"
        record.update(report.values)
        self._record(record)
        for key, value in report.values.items():
            if (key, named) in self._series or len(self._series) < MAX_KEYS:
                self._series.setdefault((key, named), Series(has_place=bool(named))).add(at, report, value)

    def records(self) -> list[dict[str, Any]]:
        """Return the reports kept, oldest first: ``time``, ``step`` and ``epoch`` where the log has them, metrics."""
        places = {"time", "step", "epoch"}
        keys = self._choose_shown().keys() | places
        records = ({key: value for key, value in record.items() if key in keys} for record in list(self._records))
        return [record for record in records if record.keys() - places]

    def trait(self) -> dict[str, Any]:
        """Return the card's trait ``training``; empty where there is no series."""
        shown = list(self._choose_shown().items())[:MAX_SERIES]
        if not shown:
            return {}
        series = [one.trait(key) for key, one in shown]
        if not any(one.has_place for _, one in shown):
            # The time is when a line was read, which is all at once when the job is taken up again.
            for item, (_, one) in zip(series, shown, strict=True):
                item["step"] = one.count_values(len(item["y"]))
        by_step, by_epoch = (sum(item[name] is not None for item in series) for name in ("step", "epoch"))
        choices = [*(["step"] if by_step else []), *(["epoch"] if by_epoch else []), "time"]
        label = "step" if by_step and by_step >= by_epoch else choices[0] if not by_epoch else "epoch"
        return {"x_choices": choices, "x_label": label, "series": series}

    def curves(self, modes: Mapping[str, str] = NO_MODES) -> list[dict[str, Any]]:
        """Return the series as they are laid over those of other jobs; `modes` says ``min``, ``max`` or nothing by key.

        Each is ``{"key", "step", "epoch", "y", "log", "odd", "best", "last"}``: columns of one length, None in gaps and
        for a place that it does not name; ``odd`` is what came last where that was no finite number, and the best and
        the last value are as they were printed, however many are joined to a point. Those that `modes` names are among
        them however many there are.
        """
        shown = list(self._choose_shown().items())
        chosen = shown[:MAX_SERIES] + [item for item in shown[MAX_SERIES:] if item[0] in modes]
        return [one.curve(key, modes.get(key, "")) for key, one in chosen]

    def is_series(self, key: str) -> bool:
        """Whether a key has become a series."""
        return key in self._choose_shown()

    def singles(self) -> dict[str, Series]:
        """Return what was reported of each key that is no series, because it was printed only once."""
        shown, found = self._choose_shown(), {}
        for (key, named), series in list(self._series.items()):
            if key not in shown and series.count and (named or key not in found):
                found[key] = series
        return found

    def _choose_shown(self) -> dict[str, Series]:
        """Return series by key; of a key with and without a step, the one that has more values."""
        shown: dict[str, Series] = {}
        for (key, _), series in list(self._series.items()):
            if series.is_shown and (key not in shown or series.count > shown[key].count):
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
    """Return an int where it is one: steps are counted."""
    return int(x) if float(x).is_integer() else x
