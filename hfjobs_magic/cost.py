"""Flavor and time to money, and both to text."""

from __future__ import annotations

_MINUTE_S = 60


def cost_usd(usd_per_minute: float | None, seconds: float) -> float | None:
    """Cost of `seconds` on a flavor, in US dollars; None where the price is not known.

    The Hub bills by the minute while a job is starting or running
    (hub-docs, ``jobs-pricing.md``); the estimate is linear in between.
    """
    return None if usd_per_minute is None else usd_per_minute * seconds / _MINUTE_S


def most_usd(usd_per_minute: float | None, timeout_s: float, attempts: int) -> float | None:
    """Upper bound of what a job can cost: price x timeout x attempts."""
    return cost_usd(usd_per_minute, timeout_s * attempts)


def capped_timeout_s(usd_per_minute: float, cap_usd: float, attempts: int) -> int:
    """Longest timeout, in whole seconds, with which all attempts together cannot pass `cap_usd`."""
    # A hair more, for 200 s that floats make 199.99… of.
    return int(cap_usd * _MINUTE_S / (usd_per_minute * attempts) + 1e-9)


def format_usd(amount: float | None) -> str:
    """Money as a reader wants it: cents for dollars, more digits for less."""
    if amount is None:
        return "unknown"
    if amount >= 0.1 or amount == 0:
        return f"${amount:.2f}"
    return f"${amount:.4f}"


def format_duration(seconds: float) -> str:
    """Seconds as ``1:02:03`` or ``2:03``, the way a clock shows them.

    >>> format_duration(123)
    '2:03'
    """
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, _MINUTE_S)
    return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes}:{secs:02}"
