"""Words that reports of a training are made of, and what one line says with them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hfjobs_magic.metrics.progress_bars import Frame

VALUE = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|nan|NaN|-?inf(?:inity)?"
"""A number as it is printed."""

STEPS = frozenset(
    {
        *("step", "steps", "global_step", "global step", "train_step", "training_step", "current_step"),
        *("iter", "iters", "iteration", "iterations", "it", "update", "num_updates", "trainer/global_step"),
        *("current_steps", "total_timesteps", "#"),
    }
)
"""Names of what counts steps, in lower case."""

EPOCHS = frozenset({"epoch", "ep", "e", "train/epoch", "current_epoch"})
"""Names of what counts epochs, in lower case."""

_METRIC = re.compile(
    r"""(?:^|[\W_\d])(?:[a-z]*loss|acc|acc\d|top\d|accuracy|ppl|perplexity|lr|learning[ _]rate|grad[ _]?norm|gnorm
    |rewards?|kl|f1|auc|auroc|rmse|rmsle|mse|mae|mape|r2|m?ap(?:50(?:-95)?)?|m?iou|dice|bleu|rouge[-\w]*|wer|cer
    |precision|recall|logloss|entropy|elbo|nll|bpb|bpc|psnr|ssim|fid|mfu|merror|logps|logits)
    (?:$|[\W_\d])""",
    re.VERBOSE | re.IGNORECASE,
)
_PLAIN = re.compile(r"(?:^|[\W_\d])(?:[a-z]*loss|acc|accuracy|ppl|perplexity)\d*$", re.IGNORECASE)
_ASIDE = re.compile(
    r"(?:runtime|(?:samples|steps)_per_second|total_flos|timestamp|percentage|(?:total|max)_steps"
    r"|(?:^|[\W_])(?:time|eta|seed|rank|pid|port|lineno|ts|memory|mem|dur|size|images|instances"
    r"|date|elapsed|created|thread|process|duration_ms)$)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Seen:
    """What one line says of a training."""

    values: dict[str, float] = field(default_factory=dict)
    """Metrics by name; finite."""
    step: float | None = None
    """Step, iteration or update it is of."""
    epoch: float | None = None
    """Epoch it is of, often with a fraction."""
    frame: Frame | None = None
    """A progress bar in it."""


def number(text: str) -> float | None:
    """Read a number; None where there is none, or one that can't be drawn."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


@lru_cache(maxsize=1000)
def is_metric(key: str) -> bool:
    """Whether a key has a word that only reports of a training, or of how good something is, have."""
    return bool(_METRIC.search(key)) and not is_aside(key)


@lru_cache(maxsize=1000)
def is_plain(key: str) -> bool:
    """Whether a key needs no step beside it: nothing but a training repeats it with ever new values."""
    return bool(_PLAIN.search(key)) and not is_aside(key)


@lru_cache(maxsize=1000)
def is_aside(key: str) -> bool:
    """Whether a key is of what comes with a report and tells nothing of the training."""
    return bool(_ASIDE.search(key))
