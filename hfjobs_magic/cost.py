"""Flavor and time to money, and both to text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hfjobs_magic.errors import BudgetError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.facts import Hardware, JobFacts
    from hfjobs_magic.options.run_options import RunOptions

_MINUTE_S = 60


def cost_usd(usd_per_minute: float | None, seconds: float) -> float | None:
    """Cost of `seconds` on a flavor, in US dollars; None where the price is not known.

    The Hub bills by the minute while a job is starting or running
    (hub-docs, ``jobs-pricing.md``); the estimate is linear in between.
    """
    return None if usd_per_minute is None else usd_per_minute * seconds / _MINUTE_S


def usd_until(facts: JobFacts, usd_per_minute: float | None, now: float) -> float | None:
    """Cost of a job until `now`, in seconds since the epoch; None where its price or its end is not known."""
    if facts.started_at is None:
        return 0.0
    until = facts.finished_at or (None if facts.is_terminal else now)
    return None if until is None else cost_usd(usd_per_minute, until - facts.started_at)


def most_usd(usd_per_minute: float | None, timeout_s: float, attempts: int) -> float | None:
    """Upper bound of what a job can cost: price x timeout x attempts."""
    return cost_usd(usd_per_minute, timeout_s * attempts)


def cap_timeout_s(usd_per_minute: float, cap_usd: float, attempts: int) -> int:
    """Longest timeout, in whole seconds, with which all attempts together cannot pass `cap_usd`."""
    # A hair more, for 200 s that floats make 199.99… of.
    return int(cap_usd * _MINUTE_S / (usd_per_minute * attempts) + 1e-9)


def check_cap(
    cap_usd: float | None, most: float | None, usd_per_minute: float | None, *, of_sweep: bool = False
) -> None:
    """Refuse to start a job that may cost more than `cap_usd`, as its timeout is not shortened unasked.

    Parameters
    ----------
    cap_usd
        What ``--max-cost`` says; None is no cap.
    most
        Most that the job can cost; None where that is not known.
    usd_per_minute
        Price of its hardware; None where that is not known.
    of_sweep
        Whether the cap is that of a sweep, and the job one of its runs.

    Raises
    ------
    BudgetError
        When the most it can cost, in US dollars, is more or is not known.
    """
    if cap_usd is None or (most is not None and most <= cap_usd):
        return
    cap = f"--max-cost {format_usd(cap_usd)}"
    if most is not None:
        who, whole = ("One run", ", which is for all runs together") if of_sweep else ("It", "")
        why = f"{who} can cost {format_usd(most)}, more than {cap}{whole}."
    else:
        what = "price" if usd_per_minute is None else "timeout"
        whose = f"The {what} of a run" if of_sweep else f"Its {what}"
        why = f"{whose} is not known, so {cap} cannot be guaranteed."
    way = "Shorten --timeout" if of_sweep else "Run it again with a shorter --timeout"
    raise BudgetError(f"{why} {way}, or raise --max-cost.")


def format_usd(amount: float | None) -> str:
    """Money as a reader wants it: cents for dollars, more digits for less."""
    if amount is None:
        return "unknown"
    if amount >= 0.1 or amount == 0:
        return f"${amount:.2f}"
    return f"${amount:.4f}"


def format_estimate(amount: float | None) -> str:
    """Money that was counted from a price and a time.

    >>> format_estimate(0.0123), format_estimate(0.00002)
    ('~$0.0123', '<$0.0001')
    """
    return "<$0.0001" if amount is not None and 0 < amount < 0.00005 else f"~{format_usd(amount)}"


def format_duration(seconds: float) -> str:
    """Seconds as ``1:02:03`` or ``2:03``, the way a clock shows them.

    >>> format_duration(123)
    '2:03'
    """
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, _MINUTE_S)
    return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes}:{secs:02}"


SHORTEST_S = 60
"""A cap that leaves less than this many seconds is refused: starting alone takes as long, and is billed."""


def within_cap(options: RunOptions, usd_per_minute: float | None) -> tuple[RunOptions, str]:
    """Shorten the timeout so that `options.max_cost` cannot be passed; also say so, in one sentence or none.

    Raises
    ------
    BudgetError
        When the price is not known, when a timeout that was asked for costs more, or when the cap leaves no time.
    """
    cap = options.max_cost_usd
    if cap is None or options.local:
        return options, ""
    if usd_per_minute is None:
        raise BudgetError(
            f"The price of {options.flavor} is not known, so --max-cost {options.max_cost} cannot be guaranteed. "
            "Take a flavor with a price (%hfjobs hardware), or leave --max-cost out."
        )
    attempts = options.attempts or 1
    most = most_usd(usd_per_minute, options.timeout_s, attempts)
    if most is not None and most <= cap:
        return options, ""
    fits = cap_timeout_s(usd_per_minute, cap, attempts)
    if fits < SHORTEST_S:
        raise BudgetError(
            f"--max-cost {options.max_cost} buys {fits} s of {options.flavor}, too little to run anything. "
            "Raise it, or take a smaller flavor."
        )
    if options.timeout is not None:
        raise BudgetError(
            f"--timeout {options.timeout} can cost {format_usd(most)}, more than --max-cost {options.max_cost}. "
            f"Write --timeout {fits}s, or raise --max-cost."
        )
    told = f"The timeout is {format_duration(fits)}, so that it cannot cost more than {format_usd(cap)} (--max-cost)."
    origins = {**options.origins, "timeout": "--max-cost"}
    return replace(options, timeout=f"{fits}s", origins=origins), told


def larger_flavor(flavor: str, offered: Sequence[Hardware], *, gpu: bool) -> Hardware | None:
    """Return the cheapest flavor that has more memory and is of the same kind; None where there is none.

    Parameters
    ----------
    flavor
        The one whose memory was too small.
    offered
        All flavors.
    gpu
        Whether the memory of a GPU was too small, and not that of the machine. A job that uses one GPU is not helped by
        a second one of the same size.
    """
    now = next((item for item in offered if item.flavor == flavor), None)
    if now is None:
        return None
    larger = [
        item
        for item in offered
        if item.usd_per_minute is not None
        and item.accelerator == now.accelerator
        and (item.gpu_memory_of_one_gb > now.gpu_memory_of_one_gb if gpu else item.memory_gb > now.memory_gb)
        and item.gpu_memory_gb >= now.gpu_memory_gb
        and item.memory_gb >= now.memory_gb
    ]
    return min(larger, key=lambda item: item.usd_per_minute or 0.0, default=None)
