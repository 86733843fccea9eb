"""What is read of a training in the logs of the corpus: how much of what is drawn is right, and how much is missing."""

from __future__ import annotations

from tools.figures import Figure
from tools.training_corpus import Score, logs, score

AREA = "metrics"


def measure() -> list[Figure]:
    """Return precision and recall over the corpus."""
    corpus = logs()
    total = sum(map(score, corpus), Score())
    counted = f"{len(corpus)} logs, {total.expected:,} points"
    return [
        Figure(
            AREA,
            "points of charts that were printed so (precision)",
            "share",
            total.right / total.drawn,
            None,
            1.0,
            True,
        ),
        Figure(
            AREA,
            f"points printed that charts have (recall; {counted})",
            "share",
            total.right / total.expected,
            None,
            0.95,
            True,
        ),
    ]
