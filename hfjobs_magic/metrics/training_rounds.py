r"""Rounds of boosted trees, as XGBoost, LightGBM and CatBoost print them.

``[10]\tvalidation_0-rmse:0.53``, ``[10]\ttrain's auc: 0.98``, ``10:\tlearn: 0.35\ttest: 0.39``.
"""

from __future__ import annotations

import re

from hfjobs_magic.metrics.numbers import NUMBER

_ROUND = re.compile(r"(?:\[(\d{1,15})\]|(\d{1,15}):)\t")
_SCORE = re.compile(rf"(\w+(?:-|'s ).+|learn|test\d*|best):\s*({NUMBER})(?:\s?\+.*|\s\(.*)?")
_LOOK_BACK = "best iteration is:"


class RoundReader:
    """Reads rounds of one log. The best one is printed again when training has stopped early: that is not another."""

    def __init__(self) -> None:
        self.is_over = False
        """Whether training has stopped; the next line has its best round."""

    def read(self, text: str) -> tuple[float, dict[str, str]] | None:
        """Return the round and its metrics, numbers as they were printed; None where a line is not a round."""
        found = _ROUND.match(text)
        if found is None:
            self.is_over = text.rstrip().lower().endswith(_LOOK_BACK)
            return None
        is_over, self.is_over = self.is_over, False
        scores = (_SCORE.fullmatch(cell) for cell in text.split("\t")[1:] if not is_over)
        return float(found[1] or found[2]), {score[1]: score[2] for score in scores if score}
