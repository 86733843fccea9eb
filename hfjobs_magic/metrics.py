"""What a job uses, over time, in a bounded number of points.

Samples are those of the Hub's metrics stream, one a second. Points are bins of a power of two of
samples; when there are too many, neighbours are joined once and the bins double, so a bin that
was drawn stays where it was.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Any

MAX_POINTS = 300
"""Points a series, about one a pixel pair of a card's chart."""

MAX_SAMPLES = 100_000
"""Raw samples kept for ``Job.metrics()``: more than a day at one a second, about 30 MB."""

GAP_S = 5.0
"""A silence longer than this, in seconds, is drawn as a gap."""

_SERIES = {
    "cpu_pct": "cpu_usage_pct",
    "memory": "memory_used_bytes",
    "rx": "rx_bps",
    "tx": "tx_bps",
}


@dataclass
class _Bin:
    """Sums over some samples; the mean is what is drawn."""

    start: float
    end: float
    count: int
    sums: dict[str, float]
    lows: dict[str, float]
    highs: dict[str, float]

    def join(self, other: _Bin) -> None:
        self.end = other.end
        self.count += other.count
        for key, value in other.sums.items():
            self.sums[key] = self.sums.get(key, 0.0) + value
        for key, value in other.lows.items():
            self.lows[key] = min(self.lows.get(key, value), value)
        for key, value in other.highs.items():
            self.highs[key] = max(self.highs.get(key, value), value)


class MetricsBuffer:
    """Samples in, a bounded picture out. One writer; readers on any thread."""

    def __init__(self, max_points: int = MAX_POINTS) -> None:
        self._lock = threading.Lock()
        self._max_points = max_points
        self._bins: list[_Bin] = []
        self._samples_per_bin = 1
        self._samples: deque[dict[str, Any]] = deque(maxlen=MAX_SAMPLES)
        self._memory_total: float | None = None
        self._gpu_totals: dict[str, float | None] = {}

    def append(self, at: float, sample: dict[str, Any]) -> None:
        """Take one sample of the metrics stream, seen `at` (seconds since the epoch)."""
        with self._lock:
            self._samples.append({"time": at, **sample})
            self._memory_total = sample.get("memory_total_bytes", self._memory_total)
            sums = {key: float(sample[name]) for key, name in _SERIES.items() if sample.get(name) is not None}
            for gpu, use in (sample.get("gpus") or {}).items():
                self._gpu_totals[gpu] = use.get("memory_total_bytes")
                sums[f"gpu {gpu} util"] = float(use.get("utilization") or 0)
                sums[f"gpu {gpu} memory"] = float(use.get("memory_used_bytes") or 0)
            # A sample of a history that was thinned out stands for more than its second.
            until = at + sample.get("span", 1.0) - 1.0
            self._add(_Bin(at, until, 1, sums, dict(sums), dict(sums)))

    def records(self) -> list[dict[str, Any]]:
        """All samples kept, oldest first, each with its ``time``."""
        with self._lock:
            return list(self._samples)

    def points(self) -> dict[str, Any]:
        """Series for the card: ``t`` in seconds, percent, bytes and bytes a second; None in gaps."""
        with self._lock:
            rows = self._with_gaps()
            return {
                "t": [at for at, _ in rows],
                **{name: column for key in _SERIES for name, column in _columns(rows, key, key).items()},
                "memory_total": self._memory_total,
                "gpus": [
                    {
                        "id": gpu,
                        **_columns(rows, f"gpu {gpu} util", "util"),
                        **_columns(rows, f"gpu {gpu} memory", "memory"),
                        "memory_total": total,
                    }
                    for gpu, total in self._gpu_totals.items()
                ],
            }

    def _add(self, sample: _Bin) -> None:
        last = self._bins[-1] if self._bins else None
        if last and last.count < self._samples_per_bin and sample.start - last.end <= GAP_S:
            last.join(sample)
            return
        self._bins.append(sample)
        if len(self._bins) > self._max_points:
            self._halve()

    def _halve(self) -> None:
        self._samples_per_bin *= 2
        joined: list[_Bin] = []
        for item in self._bins:
            last = joined[-1] if joined else None
            if last and last.count + item.count <= self._samples_per_bin and item.start - last.end <= GAP_S:
                last.join(item)
            else:
                joined.append(item)
        if len(joined) > self._max_points:  # gaps everywhere: keep the newest
            joined = joined[-self._max_points :]
        self._bins = joined

    def _with_gaps(self) -> list[tuple[float, _Bin | None]]:
        rows: list[tuple[float, _Bin | None]] = []
        for item in self._bins:
            if rows and (last := rows[-1][1]) and item.start - last.end > GAP_S:
                rows.append(((item.start + last.end) / 2, None))
            rows.append((item.start, item))
        return rows


def _columns(rows: list[tuple[float, _Bin | None]], key: str, name: str) -> dict[str, list[float | None]]:
    """Mean, lowest and highest value of each bin, None in gaps."""
    held = [item if item and key in item.sums else None for _, item in rows]
    return {
        name: [item.sums[key] / item.count if item else None for item in held],
        f"{name}_min": [item.lows[key] if item else None for item in held],
        f"{name}_max": [item.highs[key] if item else None for item in held],
    }
