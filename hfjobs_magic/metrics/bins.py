"""What a job uses, over time, in a bounded number of points.

Samples are those of the Hub's metrics stream: one a second from each replica. Points are bins of
1, 2, 4 … seconds that begin at multiples of their width; when there are too many, neighbours are joined in pairs and
the width doubles. So a bin that is drawn stays where it was, a week is drawn with as many points as ten
minutes, and however many gaps there are, what is old is joined and nothing dropped.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hfjobs_magic.metrics.samples import MAX_VALUES, SampleStore
from hfjobs_magic.metrics.usage import GpuUsage, Peak, Usage, highest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hfjobs_magic.metrics.samples import Samples

MAX_POINTS = 300
"""Points a series, gaps included: about one a pixel pair of a card's chart."""

MIN_POINTS = 60
"""Points a series however many series there are."""

MAX_DRAWN = 30_000
"""Numbers in the picture, about 270 kB: many GPUs and replicas get fewer points each."""

GAP_S = 5.0
"""A silence longer than this, in seconds, is drawn as a gap."""

_SERIES = {
    "cpu_pct": "cpu_usage_pct",
    "memory": "memory_used_bytes",
    "rx": "rx_bps",
    "tx": "tx_bps",
}


@dataclass
class _Stat:
    """Some values of one series."""

    count: int
    sum: float
    low: float
    high: float


@dataclass
class _Bin:
    """What one replica used between two moments."""

    start: float
    end: float
    stats: dict[str, _Stat]

    def join(self, other: _Bin) -> None:
        self.start = min(self.start, other.start)
        self.end = max(self.end, other.end)
        for key, stat in other.stats.items():
            mine = self.stats.setdefault(key, _Stat(0, 0.0, math.inf, -math.inf))
            mine.count += stat.count
            mine.sum += stat.sum
            mine.low = min(mine.low, stat.low)
            mine.high = max(mine.high, stat.high)


@dataclass
class _Replica:
    """One machine of the job."""

    bins: dict[int, _Bin] = field(default_factory=dict)
    """By the place of their beginning, in widths."""
    memory_total: float | None = None
    """Bytes."""
    gpus: dict[str, float | None] = field(default_factory=dict)
    """Bytes of memory by id."""


Row = tuple[float, dict[str, _Bin] | None]
"""When, and the bin of each replica; None in a gap."""


class MetricsBuffer:
    """Samples in, a bounded picture out. One writer; readers on any thread."""

    def __init__(self, max_points: int = MAX_POINTS, max_values: int = MAX_VALUES) -> None:
        self._lock = threading.Lock()
        self._max_points = max_points
        self._width = 1
        self._replicas: dict[str, _Replica] = {}
        self._samples = SampleStore(max_values)
        # Of the newest sample, to tell replicas beside each other from one attempt after the other.
        self._replica: str | None = None
        self._several = False
        self.taken = 0
        """How many samples there were."""

    def append(self, at: float, sample: dict[str, Any]) -> None:
        """Take one sample of the metrics stream, seen `at` (seconds since the epoch).

        Samples may be missing fields; ``span`` says how many seconds one of a thinned-out history stands for.
        """
        with self._lock:
            self._samples.add(at, {key: value for key, value in sample.items() if key != "time"})
            self.taken += 1
            name = str(sample.get("replica") or "")
            self._several |= name in self._replicas and name != self._replica
            self._replica = name
            replica = self._replicas.setdefault(name, _Replica())
            values = _values(sample, replica)
            stats = {key: _Stat(1, value, value, value) for key, value in values.items()}
            seen = _Bin(at, at + max(1.0, _number(sample.get("span")) or 1.0) - 1.0, stats)
            place = math.floor(at / self._width)
            if place in replica.bins:
                replica.bins[place].join(seen)
            else:
                replica.bins[place] = seen
                while self._points() > self._limit() and self._width < 1 << 40:
                    self._double()

    def records(self) -> Samples:
        """All samples kept, oldest first, each with its ``time``."""
        with self._lock:
            return self._samples.records()

    def points(self) -> dict[str, Any]:
        """Series for the card: ``t`` in seconds, percent, bytes and bytes a second; None in gaps.

        Each has its mean and, as ``_min`` and ``_max``, its bounds in each bin. The job's own are the mean of its
        replicas for ``cpu_pct`` and their sum for the others; ``replicas`` is empty where there is one.
        """
        with self._lock:
            rows = self._rows()
            names = list(self._replicas)
            return {
                "t": [at for at, _ in rows],
                **_usage(rows, names),
                "memory_total": _total(self._current()),
                "gpus": [
                    {
                        "id": gpu,
                        "replica": name if self._several else "",
                        **_columns(rows, [name], f"gpu {gpu} util", "util"),
                        **_columns(rows, [name], f"gpu {gpu} memory", "memory"),
                        "memory_total": total,
                    }
                    for name in names
                    for gpu, total in self._replicas[name].gpus.items()
                ],
                "replicas": [
                    {"id": name, **_usage(rows, [name]), "memory_total": self._replicas[name].memory_total}
                    for name in names
                ]
                if self._several
                else [],
            }

    def usage(self) -> Usage:
        """Peaks and means over the whole time; joining bins loses none of them."""
        with self._lock:
            replicas = list(self._replicas.values())
            gpus = [[_use_gpu(replica, gpu) for gpu in replica.gpus] for replica in replicas]
            used = [one for each in gpus for one in each]
            seconds = sum(one.seconds for one in used)
            return Usage(
                seconds=sum(_span(seen) for seen in self._by_place().values()),
                memory=highest(_peak(replica, "memory", replica.memory_total) for replica in replicas),
                gpu_memory=highest(one.memory for one in used),
                gpus_used=max((sum(one.is_used for one in each) for each in gpus), default=0),
                gpu_pct=sum(one.seconds * one.pct for one in used) / seconds if seconds else None,
            )

    def _by_place(self) -> dict[int, dict[str, _Bin]]:
        """Bins of all replicas, in the order of time."""
        places = sorted({place for replica in self._replicas.values() for place in replica.bins})
        return {
            place: {name: replica.bins[place] for name, replica in self._replicas.items() if place in replica.bins}
            for place in places
        }

    def _current(self) -> Iterable[_Replica]:
        """Replicas whose memory counts: all of them, or of attempts one after the other the newest."""
        return self._replicas.values() if self._several else list(self._replicas.values())[-1:]

    def _limit(self) -> int:
        gpus = sum(len(replica.gpus) for replica in self._replicas.values())
        columns = 3 * (len(_SERIES) * (len(self._replicas) + 1) + 2 * gpus)
        return min(self._max_points, max(MIN_POINTS, MAX_DRAWN // columns))

    def _points(self) -> int:
        places = {place for replica in self._replicas.values() for place in replica.bins}
        # There may be a gap beside each; they are counted when it matters.
        return len(places) if 2 * len(places) <= self._limit() else len(self._rows())

    def _double(self) -> None:
        self._width *= 2
        for replica in self._replicas.values():
            joined: dict[int, _Bin] = {}
            for place, item in sorted(replica.bins.items()):
                if place // 2 in joined:
                    joined[place // 2].join(item)
                else:
                    joined[place // 2] = item
            replica.bins = joined

    def _rows(self) -> list[Row]:
        rows: list[Row] = []
        latest: dict[str, _Bin] = {}
        end = 0.0
        for seen in self._by_place().values():
            start = min(item.start for item in seen.values())
            if rows and start - end > GAP_S:
                rows.append(((start + end) / 2, None))
            # Replicas speak at moments of their own: one that is silent for a moment is as it was.
            held = {name: item for name, item in latest.items() if self._several and start - item.end <= GAP_S}
            latest = held | seen
            end = max(item.end for item in latest.values())
            rows.append((start, latest))
        return rows


def _values(sample: dict[str, Any], replica: _Replica) -> dict[str, float]:
    """Numbers of a sample by series; notes totals."""
    total = _number(sample.get("memory_total_bytes"))
    replica.memory_total = replica.memory_total if total is None else total
    values = {key: _number(sample.get(name)) for key, name in _SERIES.items()}
    gpus = sample.get("gpus")
    for gpu, use in gpus.items() if isinstance(gpus, dict) else ():
        if isinstance(use, dict):
            replica.gpus[gpu] = _number(use.get("memory_total_bytes"))
            values[f"gpu {gpu} util"] = _number(use.get("utilization"))
            values[f"gpu {gpu} memory"] = _number(use.get("memory_used_bytes"))
    return {key: value for key, value in values.items() if value is not None}


def _number(value: Any) -> float | None:
    real = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if real else None


def _span(seen: dict[str, _Bin]) -> float:
    """Seconds from the first of some bins to the last; each sample stands for one."""
    return max(item.end for item in seen.values()) - min(item.start for item in seen.values()) + 1


def _peak(replica: _Replica, key: str, total: float | None) -> Peak | None:
    most = max((item.stats[key].high for item in replica.bins.values() if key in item.stats), default=None)
    return None if most is None else Peak(most, total)


def _use_gpu(replica: _Replica, gpu: str) -> GpuUsage:
    key = f"gpu {gpu} util"
    seen = [(item.end - item.start + 1, item.stats[key]) for item in replica.bins.values() if key in item.stats]
    seconds = sum(time for time, _ in seen)
    return GpuUsage(
        seconds=seconds,
        # Over time, not over samples: those of a thinned-out history are rarer.
        pct=sum(time * stat.sum / stat.count for time, stat in seen) / seconds if seconds else 0.0,
        highest_pct=max((stat.high for _, stat in seen), default=0.0),
        memory=_peak(replica, f"gpu {gpu} memory", replica.gpus[gpu]),
    )


def _total(replicas: Iterable[_Replica]) -> float | None:
    known = [replica.memory_total for replica in replicas if replica.memory_total is not None]
    return sum(known) if known else None


def _usage(rows: list[Row], names: list[str]) -> dict[str, list[float | None]]:
    return {name: column for key in _SERIES for name, column in _columns(rows, names, key, key).items()}


def _columns(rows: list[Row], names: list[str], key: str, name: str) -> dict[str, list[float | None]]:
    """Mean, lowest and highest value of each bin over some replicas, None where there is none."""
    held = [
        [item.stats[key] for each in names if each in bins and key in (item := bins[each]).stats] if bins else []
        for _, bins in rows
    ]
    share = key == "cpu_pct"
    low: Callable[[Iterable[float]], float] = min if share else sum
    high: Callable[[Iterable[float]], float] = max if share else sum
    digits = 2 if share or key.endswith("util") else 0

    def round_value(value: float) -> float:
        return round(value, digits)

    return {
        name: [
            round_value(sum(stat.sum / stat.count for stat in stats) / (len(stats) if share else 1)) if stats else None
            for stats in held
        ],
        f"{name}_min": [round_value(low(stat.low for stat in stats)) if stats else None for stats in held],
        f"{name}_max": [round_value(high(stat.high for stat in stats)) if stats else None for stats in held],
    }
