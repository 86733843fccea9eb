"""How much of its hardware a job used, in a few numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

USED_GPU_BYTES = 2**30
"""Memory above which a GPU was used, whatever its utilization: drivers alone hold some hundred megabytes."""


@dataclass(frozen=True)
class Peak:
    """The most memory that was seen in use."""

    bytes: float
    """In use."""
    total: float | None = None
    """Bytes there were; None where no sample says."""

    def __str__(self) -> str:
        of = f" of {_gigabytes(self.total)} GB ({100 * self.bytes / self.total:.0f} %)" if self.total else " GB"
        return f"{_gigabytes(self.bytes)}{of}"


@dataclass(frozen=True)
class GpuUsage:
    """What samples say of one GPU."""

    seconds: float
    """Time that the samples cover."""
    pct: float
    """Mean utilization."""
    highest_pct: float
    """Highest utilization."""
    memory: Peak | None
    """None where no sample says."""

    @property
    def is_used(self) -> bool:
        """Whether it did anything."""
        return self.highest_pct > 0 or (self.memory is not None and self.memory.bytes > USED_GPU_BYTES)


@dataclass(frozen=True)
class Usage:
    """What samples say of a job; they come once a second, and what was between them nobody saw."""

    seconds: float = 0.0
    """Time that the samples cover."""
    memory: Peak | None = None
    """Of the machine, of several replicas the fullest; None without samples."""
    gpu_memory: Peak | None = None
    """Of one GPU, the fullest; None where no GPU was measured."""
    gpus_used: int = 0
    """GPUs of one machine that did anything."""
    gpu_pct: float | None = None
    """Mean utilization of all GPUs over time; None where no GPU was measured."""

    def __str__(self) -> str:
        said = [f"peak memory {self.memory}"] if self.memory else []
        if self.gpu_memory and self.gpus_used:
            said.append(f"peak GPU memory {self.gpu_memory}")
        if self.gpu_pct is not None:
            said.append(f"GPU {self.gpu_pct:.0f} % on average" if self.gpus_used else "GPU not used")
        text = ", ".join(said) or "no samples"
        return f"{text[:1].upper()}{text[1:]}"


def join(usages: Iterable[Usage]) -> Usage:
    """Return what several jobs used, such as the runs of a sweep: the highest peaks, and the mean over their time."""
    some = [usage for usage in usages if usage.memory or usage.gpu_memory]
    measured = [(usage.seconds, usage.gpu_pct) for usage in some if usage.gpu_pct is not None]
    seconds = sum(time for time, _ in measured)
    return Usage(
        seconds=sum(usage.seconds for usage in some),
        memory=highest(usage.memory for usage in some),
        gpu_memory=highest(usage.gpu_memory for usage in some),
        gpus_used=max((usage.gpus_used for usage in some), default=0),
        gpu_pct=sum(time * pct for time, pct in measured) / seconds if seconds else None,
    )


def highest(peaks: Iterable[Peak | None]) -> Peak | None:
    """Return the highest of some peaks; None where there is none."""
    return max((peak for peak in peaks if peak), key=lambda peak: peak.bytes, default=None)


def _gigabytes(size: float) -> str:
    """Binary units, as the charts have them; three figures."""
    value = size / 2**30
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"
