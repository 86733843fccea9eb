"""Whether the smallest or the largest value of a metric is its best, where nobody says."""

from __future__ import annotations

_SMALLER_IS_BETTER = ("loss", "error", "perplexity", "ppl", "wer", "cer", "mae", "mse", "rmse", "time", "latency")
"""Parts of a name whose best value is the smallest."""


def is_smaller_better(name: str) -> bool:
    """Whether a metric of that name is the better the smaller it is.

    >>> [is_smaller_better(name) for name in ("eval_loss", "accuracy")]
    [True, False]
    """
    return any(part in name.lower() for part in _SMALLER_IS_BETTER)
