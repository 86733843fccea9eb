"""Samples of the Hub's metrics stream, many of them in little memory, and as a list or a frame.

A sample as a dict takes about a kilobyte; here each of its numbers takes eight bytes.
"""

from __future__ import annotations

import heapq
import math
from array import array
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

MAX_VALUES = 4_000_000
"""Numbers kept, 32 MB: of a job with one GPU four days at a sample a second, of one with eight GPUs a day."""

MAX_TEXTS = 1_000
"""Different texts kept of one column; one that is another in each sample, such as a date, is left out from then on."""

Path = tuple[str, ...]


class Samples(list[dict[str, Any]]):
    """Samples, oldest first, each with its ``time`` in seconds since the epoch; a list of dicts."""

    def to_pandas(self) -> pd.DataFrame:
        """Give a frame with a row a sample.

        ``time`` is in UTC. What is nested is a column with dots, ``gpus.<id>.utilization``. Samples of a job
        with several replicas are rows of their own, told apart by ``replica``.

        Raises
        ------
        ImportError
            When pandas is not installed.
        """
        pandas = _pandas()
        rows = [{".".join(path): value for path, value in flat(item) if value != {}} for item in self]
        frame: pd.DataFrame = pandas.DataFrame(rows, columns=None if rows else ["time"])
        return frame.assign(time=pandas.to_datetime(frame["time"].astype(float), unit="s", utc=True))


def make_frame(rows: list[dict[str, Any]], index: str) -> pd.DataFrame:
    """Give a frame with a row for each of `rows`, counted from 1 in an index of that name.

    Raises
    ------
    ImportError
        When pandas is not installed.
    """
    pandas = _pandas()
    frame: pd.DataFrame = pandas.DataFrame(rows, index=pandas.RangeIndex(1, len(rows) + 1, name=index))
    return frame


def _pandas() -> Any:
    try:
        import pandas as pd  # noqa: PLC0415 - not a dependency
    except ImportError:
        raise ImportError("to_pandas() needs pandas, and it is not installed here: %pip install pandas") from None
    return pd


class SampleStore:
    """Samples in columns, a table for each replica, because each has GPUs of its own. The oldest give way."""

    def __init__(self, max_values: int = MAX_VALUES) -> None:
        self._max = max_values
        self._tables: dict[str, _Table] = {}

    def add(self, at: float, sample: dict[str, Any]) -> None:
        """Keep a sample that was seen `at`."""
        table = self._tables.setdefault(str(sample.get("replica") or ""), _Table())
        table.add({**sample, "time": at})
        if sum(table.values for table in self._tables.values()) > self._max:
            longest = max(self._tables.values(), key=lambda table: table.values)
            longest.drop(max(1, len(longest) // 16))

    def records(self) -> Samples:
        """Give what is kept, oldest first."""
        return Samples(heapq.merge(*self._tables.values(), key=lambda item: item["time"]))


class _Table:
    """Columns of equal length; a number or the place of a text among `_texts`."""

    def __init__(self) -> None:
        self._length = 0
        self._columns: dict[Path, array[float]] = {}
        # Columns that hold more than whole numbers.
        self._fractions: set[Path] = set()
        # What is not a number, by column: each text once.
        self._texts: dict[Path, list[Any]] = {}

    def __len__(self) -> int:
        return self._length

    @property
    def values(self) -> int:
        return self._length * len(self._columns)

    def add(self, sample: dict[str, Any]) -> None:
        for path, value in flat(sample):
            number = isinstance(value, int | float) and not isinstance(value, bool)
            column = (*path, "") if not number else path
            if column not in self._columns:
                self._columns[column] = array("d", [math.nan]) * self._length
            if number and isinstance(value, float):
                self._fractions.add(column)
            self._columns[column].append(float(value) if number else self._place(column, value))
        self._length += 1
        for values in self._columns.values():
            if len(values) < self._length:
                values.append(math.nan)

    def drop(self, count: int) -> None:
        """Forget the oldest."""
        for values in self._columns.values():
            del values[:count]
        self._length -= count

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for row in range(self._length):
            sample: dict[str, Any] = {}
            for column, values in self._columns.items():
                value = values[row]
                if not math.isnan(value):
                    _put(sample, column, self._restore(column, value))
            yield sample

    def _place(self, column: Path, value: Any) -> float:
        texts = self._texts.setdefault(column, [])
        if value not in texts:
            if len(texts) == MAX_TEXTS:
                return math.nan
            texts.append(value)
        return float(texts.index(value))

    def _restore(self, column: Path, value: float) -> Any:
        if column in self._texts:
            return self._texts[column][int(value)]
        return value if column in self._fractions else int(value)


def flat(sample: dict[str, Any], at: Path = ()) -> Iterable[tuple[Path, Any]]:
    """Leaves of nested dicts, with the keys that lead there; an empty dict is a leaf."""
    for key, value in sample.items():
        path = (*at, str(key))
        if isinstance(value, dict) and value:
            yield from flat(value, path)
        else:
            yield path, value


def _put(sample: dict[str, Any], column: Path, value: Any) -> None:
    *parents, key = column if column[-1] else column[:-1]
    for parent in parents:
        inner = sample.get(parent)
        if not isinstance(inner, dict):
            inner = sample[parent] = {}
        sample = inner
    sample[key] = dict(value) if value == {} else value
