"""Whether a job does nothing, by its samples: the rule of ``--cancel-if-idle``; no clock, no thread.

Where samples leave a doubt the job is not idle: what ends by mistake is work and money lost, what runs on is money.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hfjobs_magic.cost import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

GAP_S = 30.0
"""Seconds without a sample, of which one comes each second, after which nobody knows what the job did meanwhile."""

SAID_AT = 0.75
"""Share of the time after which it is said that the job will be cancelled; it has at least the rest of it from then."""

BUSY_MILLICORES = 50.0
"""Thousandths of a processor from which on it works: a process that sleeps and writes a line now and then uses one."""

BUSY_BYTES_S = 50_000.0
"""Bytes a second over the network from which on something is being fetched or sent; a log and its like need fewer."""

LOADED_BYTES = 100 * 2**20
"""Growth of memory, of the machine's or of a GPU's, that is taken for loading, whatever a disk is read with."""


@dataclass(frozen=True)
class Idle:
    """A job that does nothing, and what becomes of it."""

    since: float
    """When it last did something, in seconds since the epoch."""
    until: float
    """When it will be cancelled unless it does something."""
    is_over: bool = False
    """Whether that has been done."""

    @property
    def ending(self) -> str:
        """Why the job was cancelled, in a sentence; empty where it was not."""
        if not self.is_over:
            return ""
        lasted = format_duration(self.until - self.since)
        return f"It had been idle for {lasted}, so it was cancelled (--cancel-if-idle)."


class IdleRule:
    """Samples in; out whether the job is to be warned of, or to be cancelled.

    A job with a GPU is idle while no GPU does anything, whatever the processor does; another one while the processor
    does nothing. Neither is while something comes or goes over the network, or memory grows.

    Parameters
    ----------
    after_s
        Seconds without work after which it is cancelled.
    has_own_network
        Whether samples count the job's own traffic; those of the local service count this machine's.
    has_gpu
        Whether it was given one: then it is not judged by samples that have none.
    """

    def __init__(self, after_s: float, *, has_own_network: bool, has_gpu: bool = False) -> None:
        self._after_s, self._has_own_network, self._has_gpu = after_s, has_own_network, has_gpu
        self._since = self._newest = -math.inf
        self._said_at: float | None = None
        self._memory: dict[tuple[str, str], float] = {}
        """Least bytes since it was last busy, by replica and kind."""

    def take(self, at: float, sample: Mapping[str, Any]) -> None:
        """Take a sample of the metrics stream, seen `at` (seconds since the epoch)."""
        grows = self._grows(sample)
        is_unseen = at - self._newest > GAP_S
        self._newest = at
        if is_unseen or grows or self._is_busy(sample):
            self._since, self._said_at = at, None
            self._memory = dict(_memory(sample))

    def state(self) -> Idle | None:
        """Return how long it has been idle as of the newest sample; None while there is nothing to be said."""
        if self._newest - self._since < SAID_AT * self._after_s or self._newest == -math.inf:
            return None
        if self._said_at is None:
            self._said_at = self._newest
        until = max(self._since + self._after_s, self._said_at + (1 - SAID_AT) * self._after_s)
        return Idle(self._since, until, is_over=self._newest >= until)

    def _grows(self, sample: Mapping[str, Any]) -> bool:
        grown = False
        for key, size in _memory(sample):
            least = self._memory[key] = min(size, self._memory.get(key, size))
            grown |= size > least + LOADED_BYTES
        return grown

    def _is_busy(self, sample: Mapping[str, Any]) -> bool:
        traffic = max(_number(sample.get("rx_bps"), 0.0), _number(sample.get("tx_bps"), 0.0))
        if self._has_own_network and traffic > BUSY_BYTES_S:
            return True
        gpus = [gpu for gpu in _gpus(sample).values() if isinstance(gpu, dict)]
        if not gpus:
            return self._has_gpu or _is_computing(sample)
        # Of a GPU that does not say, it is not known.
        return any(_number(gpu.get("utilization"), math.inf) > 0 for gpu in gpus)


def _is_computing(sample: Mapping[str, Any]) -> bool:
    """Whether the processor works, or may."""
    share = sample.get("cpu_usage_pct")
    millicores = _number(sample.get("cpu_millicores"), 1000.0)
    # In whole percents a processor that works may be rounded away, of two hundred and more.
    is_coarse = share == 0 and isinstance(share, int) and millicores * 0.005 >= 1000
    return is_coarse or _number(share, math.inf) / 100 * millicores > BUSY_MILLICORES


def _memory(sample: Mapping[str, Any]) -> list[tuple[tuple[str, str], float]]:
    replica = str(sample.get("replica") or "")
    sizes = {"": sample.get("memory_used_bytes")}
    sizes |= {str(gpu): use.get("memory_used_bytes") for gpu, use in _gpus(sample).items() if isinstance(use, dict)}
    return [((replica, name), _number(size, 0.0)) for name, size in sizes.items() if size is not None]


def _gpus(sample: Mapping[str, Any]) -> dict[str, Any]:
    gpus = sample.get("gpus")
    return gpus if isinstance(gpus, dict) else {}


def _number(value: Any, other: float) -> float:
    is_real = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_real else other
