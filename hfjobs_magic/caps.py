"""``--max-cost``: a timeout that cannot pass the cap, or a refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hfjobs_magic.cost import capped_timeout_s, format_duration, format_usd, most_usd
from hfjobs_magic.errors import BudgetError

if TYPE_CHECKING:
    from hfjobs_magic.options.table import RunOptions

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
            f"The price of {options.flavor} is not known, so --max-cost {options.max_cost} cannot be kept. "
            "Take a flavor with a price (%hfjobs hardware), or leave --max-cost out."
        )
    attempts = options.attempts or 1
    most = most_usd(usd_per_minute, options.timeout_s, attempts)
    if most is not None and most <= cap:
        return options, ""
    fits = capped_timeout_s(usd_per_minute, cap, attempts)
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
