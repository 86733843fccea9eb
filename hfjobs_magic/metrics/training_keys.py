"""What a key of a report says: whether it is a metric, of what kind, and of what data.

A key is all that names a number: ``loss``, ``Val. Loss``, ``critic/rewards/mean``, ``Accuracy (top-1)``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from hfjobs_magic.metrics.training_words import CAMEL, HELD_OUT, TOKENS, TRAIN, first_split, tokens

_LOSS = r"[a-z]*loss(?:es)?|ppl|perplexity|perplexities"
_ACCURACY = r"acc\d?|[a-z]*accuracy|accuracies"
_METRIC = re.compile(
    rf"""(?:^|[\W_\d])(?:{_LOSS}|{_ACCURACY}|top[- ]?\d|prec\d?|lrs?|learning[ _-]?rate|grad(?:ient)?[ _-]?norm|gnorm
    |grdn|rewards?|episodic_return|ep_rew|kl|f1|f_?beta|auc|auroc|auprc|roc|rmse|rmsle|mse|mae|mape|smape|r2|[mw]?ap(?:50(?:-95)?)?|m?iou
    |dice|jaccard|mcc|bleu|chrf|meteor|rouge[-\w]*|wer|cer|ter|precision|recall|ndcg|mrr|logloss|[a-z]*entropy|xent|elbo|nll|bpb|bpc
    |psnr|ssim|lpips|fid|mfu|merror|logps|logits|exact_match|matthews_correlation|pearson[rn]?|spearman[rn]?|log_likelihood
    |(?:squared|absolute)[ _](?:percentage[ _]|logarithmic[ _])?error
    |(?-i:[GD]_(?:GAN(?:_Feat)?|L1|VGG|real|fake|[AB])|(?:cycle|idt)_[AB]))  # of CycleGAN and pix2pix
    (?:$|[\W_\d])""",
    re.VERBOSE | re.IGNORECASE,
)
# Those of two or three words.
_OF_WORDS = re.compile(
    r"(?:learning rate|grad(?:ient)? norm|(?:squared|absolute)(?: percentage| logarithmic)? error|cross entropy"
    r"|log likelihood|exact match|top \d|matthews correlation)$",
    re.IGNORECASE,
)
_PLAIN = re.compile(rf"(?:^|[\W_\d])(?:{_LOSS}|{_ACCURACY})(?:$|[\W_\d])", re.IGNORECASE)
_LOSS_WORD = re.compile(rf"(?:^|[\W_\d])(?:{_LOSS})(?:$|[\W_\d])", re.IGNORECASE)
# Metrics where the key says of what data it is, or the line of which episode.
_SPLIT_METRIC = re.compile(r"(?:^|[\W_\d])(?:err|error|error[ _]rate|score)(?:$|[\W_\d])", re.IGNORECASE)
_SCORE = re.compile(r"(?:^|[\W_\d])(?:scores?|returns?)(?:$|[\W_\d])", re.IGNORECASE)
_SETTING = re.compile(
    r"(?:^|[\W_\d])(?:lrs?|learning[ _-]?rate|grad(?:ient)?[ _-]?norm|gnorm|grdn|mfu|scale)(?:$|[\W_\d])", re.IGNORECASE
)
_ASIDE = re.compile(
    r"(?:^time_|runtime|(?:samples|steps)_per_second|total_flos|timestamp|percentage|(?:total|max)_steps"
    r"|(?:^|[\W_])(?:time|times|eta|seed|rank|pid|port|lineno|ts|memory|mem|dur|duration|size|images|instances"
    r"|date|elapsed|created|thread|process|duration_ms"
    r"|weights?|coef|coeff|coefficients?|fn|type|thresholds?|limits?|patience|delta|target|goal|improvement)$)",
    re.IGNORECASE,
)
# Losses of trade, transmission and bodies.
_OTHER_LOSS = re.compile(
    r"(?:^|[\W_])(?:stop(?:ped)?|trailing[\W_]stop|take|packets?|profit|net|win|gain|heat|hearing|hair|path|return|insertion|job|blood|water|power|signal"
    r"|market|trading|trade|(?:un)?realized|realised|unrealised|weight|memory|frames?|capital|credit|daily|max|maximum|position|pkt|line|data\s?packet)"
    r"(?:[\W_]|[\W_]?and[\W_]|[\W_]?&[\W_])?[\W_]?loss|loss[\W_](?:limit|given|ratio|percent|percentage|pct|leader|prevention|event|events|count|cut)"
    r"|(?:^|[\W_])p&l|pnl|take[\W_]?profit",
    re.IGNORECASE,
)

_LEVELS = frozenset(
    {
        "INFO",
        "DEBUG",
        "WARNING",
        "WARN",
        "ERROR",
        "CRITICAL",
        "NOTICE",
        "TRACE",
        "SUCCESS",
        "Info",
        "Debug",
        "info",
        "debug",
        "root",
        "main",
    }
)
# Words of a sentence, which end what belongs to the key; and those that may stand between a metric and its number.
_GLUE = frozenset(
    {
        *(
            "and",
            "with",
            "the",
            "a",
            "an",
            "has",
            "had",
            "have",
            "got",
            "is",
            "was",
            "are",
            "now",
            "then",
            "reached",
            "its",
            "their",
            "to",
        ),
        *(
            "finished",
            "done",
            "completed",
            "complete",
            "after",
            "at",
            "for",
            "on",
            "in",
            "by",
            "of",
            "from",
            "saw",
            "gives",
            "gave",
        ),
        *("ends", "ended", "end", "here", "our", "this", "that", "new"),
    }
)
_STATISTICS = frozenset(
    {
        "std",
        "stdev",
        "stddev",
        "deviation",
        "variance",
        "var",
        "number",
        "median",
        "max",
        "min",
        "mean",
        "average",
        "avg",
        "sum",
    }
)
_TRAILING = frozenset({"is", "was", "of", "now", "are", "equals", "at", "reached", "value"})
_QUALIFIERS = frozenset(
    {
        *TRAIN,
        *HELD_OUT,
        *(
            "avg",
            "average",
            "mean",
            "total",
            "sum",
            "min",
            "max",
            "std",
            "median",
            "ema",
            "smooth",
            "smoothed",
            "raw",
            "running",
            "value",
        ),
        *(
            "g",
            "d",
            "gen",
            "disc",
            "generator",
            "discriminator",
            "real",
            "fake",
            "actor",
            "critic",
            "policy",
            "a",
            "b",
            "x",
            "y",
            "c",
        ),
        *(
            "encoder",
            "decoder",
            "student",
            "teacher",
            "source",
            "target",
            "batch",
            "epoch",
            "step",
            "iter",
            "per",
            "token",
            "class",
        ),
        *(
            "cls",
            "reg",
            "box",
            "obj",
            "mask",
            "kl",
            "macro",
            "micro",
            "weighted",
            "top",
            "set",
            "data",
            "dataset",
            "network",
            "model",
        ),
        *("last", "moving", "window", "episode", "episodes"),
        *(
            "on",
            "of",
            "for",
            "in",
            "the",
            "score",
            "k",
            "rate",
            "norm",
            "scale",
            "accuracy",
            "dist",
            "div",
            "divergence",
            "coefficient",
        ),
    }
)


@dataclass(frozen=True)
class Key:
    """What a key says."""

    name: str
    """As it is shown: all its words, without those of the sentence around it."""
    is_metric: bool
    """Whether it has a word that only reports of a training, or of how good something is, have."""
    is_plain: bool
    """Whether it needs no step beside it: nothing but a training repeats it with ever new values."""
    is_loss: bool
    """Whether it is that of a loss or a perplexity."""
    is_setting: bool
    """Whether it is of the optimizer, and so of no data."""
    is_score: bool
    """Whether it is a metric where it is of an episode: a score or a return."""
    is_aside: bool
    """Whether it comes with a report and tells nothing of the training, such as a time."""
    split: str
    """Of what data it is: ``train``, a word of `HELD_OUT`, or nothing where it does not say."""


@lru_cache(maxsize=4000)
def read_key(text: str) -> Key:
    """Read the key of a dict, a column or a logger: it stands for itself, and all of it is its name."""
    spread = CAMEL.sub(" ", text)
    split = first_split(spread)
    is_aside, is_setting = bool(_ASIDE.search(text)), bool(_SETTING.search(spread))
    is_ours = not is_aside and not _OTHER_LOSS.search(spread)
    is_metric, is_plain, is_loss = (
        is_ours and bool(it.search(text) or it.search(spread)) for it in (_METRIC, _PLAIN, _LOSS_WORD)
    )
    is_metric |= is_ours and bool(split and _SPLIT_METRIC.search(spread))
    is_score = is_ours and bool(_SCORE.search(spread))
    return Key(text, is_metric, is_plain and not is_setting, is_loss, is_setting, is_score, is_aside, split)


@lru_cache(maxsize=4000)
def read_phrase(text: str) -> Key:
    """Read a key that stands in a sentence or a log line, with blanks between its words.

    >>> read_phrase("INFO and the Val. Loss").name
    'Val. Loss'
    """
    words = text.split(" ")
    if _OTHER_LOSS.search(text):
        return _nothing(text)
    while len(words) > 1 and words[-1].lower() in _TRAILING:
        words.pop()
    if len(words) > 1 and "/" in words[-1] and read_key(words[-1]).is_metric:
        words = words[-1:]  # A path says by itself what it is of.
    last = max((n for n in range(len(words)) if _ends_metric(words, n)), default=None)
    if last is None:
        return _nothing(text)
    for n, word in enumerate(words[:last]):
        if word.lower() == "of" and n and words[n - 1].lower() in _STATISTICS:
            continue  # "Std of Reward" is not a reward.
        if word in _LEVELS or word.lower() in _GLUE or (word.endswith(".") and len(word) > 6):
            if word.lower() in {"and", "or", "&"} and any(_ends_metric(words, before) for before in range(n)):
                return _nothing(text)  # Of which of them is the number?
            words[n] = ""
    begins = max((n for n, word in enumerate(words[:last]) if not word), default=-1) + 1
    name = " ".join(words[begins:]).rstrip(".")
    rest = {token.lower() for word in words[last + 1 :] for token in TOKENS.findall(word) if not word.startswith("(")}
    key = read_key(name)
    splits = {token in TRAIN for token in tokens(name) if token in TRAIN or token in HELD_OUT}
    if rest - _QUALIFIERS or (len(splits) > 1 and " " in name):
        return _nothing(text)
    return key


def is_beside_key(word: str) -> bool:
    """Whether a word before a key is none of its words: the level of a logger, or one of a sentence."""
    return word in _LEVELS or word.lower() in _GLUE


def _ends_metric(words: list[str], n: int) -> bool:
    """Whether a metric ends with a word; some have two or three words."""
    before = " ".join(words[max(0, n - 2) : n + 1])
    if _SPLIT_METRIC.search(words[n]) and first_split(" ".join(words[: n + 1])):
        return True
    return bool(
        _METRIC.search(words[n])
        or _METRIC.search(CAMEL.sub(" ", words[n]))
        or _SCORE.search(words[n])
        or _OF_WORDS.search(before)
    )


def _nothing(text: str) -> Key:
    return Key(text, False, False, False, False, False, False, "")
