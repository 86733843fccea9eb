"""What says that numbers are none of a training, though their keys are: trade, settings, folds, a lone rate."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# What stands in the settings of a run, and in no report.
_SETTINGS = frozenset(
    {"num_train_epochs", "num_epochs", "max_epochs", "epochs", "dropout", "warmup_steps", "hidden_size", "optimizer"}
)
_RATE = re.compile(r"lrs?|learning[ _-]rate", re.IGNORECASE)
_OTHER = re.compile(
    # Of trade and of games: what is lost there is no loss.
    r"(?<![a-z])(?:(?:take[ _-]?profit|profit|pnl|p&l|packets?|wins?|draws?|buy|sell|dividends?|portfolio)(?![a-z])"
    # Each of these is reported once.
    r"|(?:fold|trial|run|seed|sample|image|file|question|query|example|class)\s?(?:no\.?\s?|#)?[:=]?\s?\d)",
    re.IGNORECASE,
)
_STEMS = (
    *("profit", "p&l", "pnl", "packet", "win", "draw", "buy", "sell", "dividend", "portfolio"),
    *("fold", "trial", "run", "seed", "sample", "image", "file", "question", "query", "example", "class"),
)


def is_of_other(text: str) -> bool:
    """Whether a line that names no step speaks of something else than a training, or of one thing after the other."""
    low = text.lower()
    return any(map(low.__contains__, _STEMS)) and bool(_OTHER.search(text))


def has_settings(names: Iterable[str]) -> bool:
    """Whether a dict with these keys, in lower case, says how a run is set up."""
    return not _SETTINGS.isdisjoint(names)


def is_rate(name: str) -> bool:
    """Whether a key is the learning rate, which any solver has and which says nothing alone."""
    return bool(_RATE.fullmatch(name))
