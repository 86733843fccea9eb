"""Which flavors would have had the memory that a job used.

Of memory alone: how fast another flavor is, nobody knows before it is tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfjobs_magic.cost import format_duration, format_usd

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hfjobs_magic.facts import Hardware
    from hfjobs_magic.metrics.usage import Usage

SHORTEST_S = 300
"""Seconds that a job has to run before anything is said: shorter ones cost too little to be worth a sentence."""

SPARE = 1.1
"""Memory that a flavor must have, as a multiple of the peak: samples miss what comes between two seconds, and of the
"24 GB" of an A10G the Hub's metrics count 22.8."""

COVERED = 0.8
"""Share of its time in which a job must have been sampled before flavors are named: a peak may have been elsewhere."""

NAMED = 3
"""Flavors that a sentence names."""

GB = 10**9
"""Bytes in a GB of a flavor; the Hub counts 14 GiB as 15 GB."""


@dataclass(frozen=True)
class RightSize:
    """What a job used of its hardware, and what would have been enough."""

    usage: Usage
    """Peaks and means."""
    ran_s: float
    """Seconds that it ran."""
    ran_on: Hardware | None = None
    """Its flavor; None where that is not known, or it ran on this machine."""
    cheaper: tuple[Hardware, ...] = ()
    """Flavors with that memory that cost less, the cheapest first; none where nothing can be claimed."""
    of: str = ""
    """Which part was sampled; empty where `usage` says it."""

    @property
    def used(self) -> str:
        """What it used, as a sentence without its full stop."""
        seen, ran = self.usage.seconds, self.ran_s
        part = "" if seen >= COVERED * ran else f" for {format_duration(seen)} of {format_duration(ran)}"
        return f"{self.usage} ({self.of or f'sampled{part}'})"

    @property
    def offer(self) -> str:
        """Cheaper flavors with their prices; empty where there are none."""
        if not self.cheaper or self.ran_on is None:
            return ""
        named = ", ".join(f"{item.flavor} {_an_hour(item)}" for item in self.cheaper[:NAMED])
        more = len(self.cheaper) - NAMED
        others = f" and {more} more" if more > 0 else ""
        return (
            f"Cheaper with memory for that: {named}{others}; {self.ran_on.flavor} is {_an_hour(self.ran_on)} an hour. "
            "Memory only; speed is not known."
        )

    @property
    def advice(self) -> str:
        """What it used and what would have been enough; empty where nothing is cheaper."""
        return f"{self.used}. {self.offer}" if self.offer else ""

    def __str__(self) -> str:
        return self.advice or f"{self.used}."

    def rows(self) -> list[tuple[str, str]]:
        """Return label and value for the Details tab."""
        return [("Used", self.used), ("Cheaper", self.offer.partition(": ")[2])]


def right_size(
    usage: Usage, ran_s: float, ran_on: Hardware | None, offered: Iterable[Hardware], *, of: str = ""
) -> RightSize:
    """Compare what a job used with what there is.

    Parameters
    ----------
    usage
        What its samples say, of a sweep those of all runs (`hfjobs_magic.metrics.usage.join`).
    ran_s
        Seconds that it ran, of a sweep all runs together.
    ran_on
        Its flavor; None for what ran on this machine, where nothing is cheaper.
    offered
        All flavors.
    of
        Which part was sampled, in words, where that is not said by the time.
    """
    cheaper: list[Hardware] = []
    if ran_on is not None and ran_on.usd_per_minute is not None and usage.seconds >= COVERED * ran_s:
        limit = ran_on.usd_per_minute
        cheaper = [item for item in fitting(usage, ran_on, offered) if (item.usd_per_minute or 0.0) < limit]
    return RightSize(usage, ran_s, ran_on, tuple(cheaper), of)


def fitting(usage: Usage, ran_on: Hardware | None, offered: Iterable[Hardware]) -> Sequence[Hardware]:
    """Return flavors that would have had the memory, the cheapest first; those without a price are left out.

    Where the job's accelerator was not measured it is taken to have been needed whole.
    """
    found = [item for item in offered if item.usd_per_minute is not None and _has_memory(item, usage, ran_on)]
    return sorted(found, key=lambda item: item.usd_per_minute or 0.0)


def _has_memory(item: Hardware, usage: Usage, ran_on: Hardware | None) -> bool:
    if usage.memory is None or item.memory_gb * GB < usage.memory.bytes * SPARE:
        return False
    if ran_on is not None and ran_on.accelerator and (usage.gpu_memory is None or ran_on.accelerator != "gpu"):
        same = item.accelerator == ran_on.accelerator and item.accelerators >= ran_on.accelerators
        return same and item.gpu_memory_of_one_gb >= ran_on.gpu_memory_of_one_gb
    if not usage.gpus_used or usage.gpu_memory is None:
        return item.accelerator in {"", "gpu"}
    enough = item.accelerator == "gpu" and item.accelerators >= usage.gpus_used
    return enough and item.gpu_memory_of_one_gb * GB >= usage.gpu_memory.bytes * SPARE


def _an_hour(item: Hardware) -> str:
    return format_usd(None if item.usd_per_minute is None else 60 * item.usd_per_minute)
