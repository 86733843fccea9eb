"""Words that reports of a training are made of, and what a key says with them.

A key is all that names a number: ``loss``, ``Val. Loss``, ``critic/rewards/mean``, ``Accuracy (top-1)``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

STEPS = frozenset(
    {
        *("step", "steps", "global_step", "global step", "train_step", "training_step", "current_step", "step_num"),
        *("iter", "iters", "iteration", "iterations", "it", "update", "num_updates", "trainer/global_step", "#"),
        *("current_steps", "total_timesteps", "num_timesteps", "timestep", "timesteps", "env_step", "env_steps"),
        *("train/step", "train/global_step", "train_iter", "iter_num", "iteration_num", "n_iter", "round", "boosting_round"),
        *("episode", "num_episodes", "total_steps_so_far"),
    }
)
"""Names of what counts steps, in lower case."""

EPOCHS = frozenset({"epoch", "epch", "ep", "e", "train/epoch", "current_epoch", "epoch_num", "trainer/epoch", "n_epoch"})
"""Names of what counts epochs, in lower case."""

BATCHES = frozenset({"batch", "batch_idx", "batch_id", "batch_num", "minibatch", "mini_batch"})
"""Names of what counts batches, from the first of each epoch, in lower case."""

TRAIN = frozenset({"train", "training", "trn", "learn"})
"""Words for the data that is trained on."""

HELD_OUT = {
    **{word: word for word in ("test", "val", "valid", "validation", "eval", "evaluation", "dev", "holdout", "heldout")},
    **{"testing": "test", "validating": "val", "validate": "val", "evaluating": "eval", "evaluate": "eval", "sanity": "sanity"},
}
"""Words for other data, in lower case, and the one that stands before a key for each."""

SPLIT = re.compile(rf"(?<![\w/.@'-])({'|'.join(sorted({*TRAIN, *HELD_OUT}, key=len, reverse=True))})(?![\w/=@-]|\.\w)", re.IGNORECASE)
"""One of them on its own; not in a path, an option or a name."""

_LOSS = r"[a-z]*loss(?:es)?|ppl|perplexity|perplexities"
_ACCURACY = r"acc\d?|[a-z]*accuracy|accuracies"
_METRIC = re.compile(
    rf"""(?:^|[\W_\d])(?:{_LOSS}|{_ACCURACY}|top[- ]?\d|prec\d?|lrs?|learning[ _-]?rate|grad(?:ient)?[ _-]?norm|gnorm|grdn
    |rewards?|episodic_return|ep_rew|kl|f1|f_?beta|auc|auroc|auprc|roc|rmse|rmsle|mse|mae|mape|smape|r2|[mw]?ap(?:50(?:-95)?)?|m?iou
    |dice|jaccard|mcc|bleu|chrf|meteor|rouge[-\w]*|wer|cer|ter|precision|recall|ndcg|mrr|logloss|[a-z]*entropy|xent|elbo|nll|bpb|bpc
    |psnr|ssim|lpips|fid|mfu|merror|logps|logits|exact_match|matthews_correlation|pearson[rn]?|spearman[rn]?|log_likelihood
    |(?:squared|absolute)[ _](?:percentage[ _]|logarithmic[ _])?error)
    (?:$|[\W_\d])""",
    re.VERBOSE | re.IGNORECASE,
)
# Those of two or three words.
_OF_WORDS = re.compile(
    r"(?:learning rate|grad(?:ient)? norm|(?:squared|absolute)(?: percentage| logarithmic)? error|cross entropy|log likelihood"
    r"|exact match|top \d|matthews correlation)$",
    re.IGNORECASE,
)
_PLAIN = re.compile(rf"(?:^|[\W_\d])(?:{_LOSS}|{_ACCURACY})(?:$|[\W_\d])", re.IGNORECASE)
_LOSS_WORD = re.compile(rf"(?:^|[\W_\d])(?:{_LOSS})(?:$|[\W_\d])", re.IGNORECASE)
# Metrics where the key says of what data it is, or the line of which episode.
_SPLIT_METRIC = re.compile(r"(?:^|[\W_\d])(?:err|error|error[ _]rate|score)(?:$|[\W_\d])", re.IGNORECASE)
_SCORE = re.compile(r"(?:^|[\W_\d])(?:scores?|returns?)(?:$|[\W_\d])", re.IGNORECASE)
_SETTING = re.compile(r"(?:^|[\W_\d])(?:lrs?|learning[ _-]?rate|grad(?:ient)?[ _-]?norm|gnorm|grdn|mfu|scale)(?:$|[\W_\d])", re.IGNORECASE)
_ASIDE = re.compile(
    r"(?:runtime|(?:samples|steps)_per_second|total_flos|timestamp|percentage|(?:total|max)_steps"
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
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TOKENS = re.compile(r"[^\W_\d]+")

_LEVELS = frozenset({"INFO", "DEBUG", "WARNING", "WARN", "ERROR", "CRITICAL", "NOTICE", "TRACE", "SUCCESS", "Info", "Debug", "info", "debug", "root", "main"})
# Words of a sentence, which end what belongs to the key; and those that may stand between a metric and its number.
_GLUE = frozenset(
    {
        *("and", "with", "the", "a", "an", "has", "had", "have", "got", "is", "was", "are", "now", "then", "reached", "its", "their", "to"),
        *("finished", "done", "completed", "complete", "after", "at", "for", "on", "in", "by", "of", "from", "saw", "gives", "gave"),
        *("ends", "ended", "end", "here", "our", "this", "that", "new"),
    }
)
_TRAILING = frozenset({"is", "was", "of", "now", "are", "equals", "at", "reached", "value"})
_QUALIFIERS = frozenset(
    {
        *TRAIN, *HELD_OUT,
        *("avg", "average", "mean", "total", "sum", "min", "max", "std", "median", "ema", "smooth", "smoothed", "raw", "running", "value"),
        *("g", "d", "gen", "disc", "generator", "discriminator", "real", "fake", "actor", "critic", "policy", "a", "b", "x", "y", "c"),
        *("encoder", "decoder", "student", "teacher", "source", "target", "batch", "epoch", "step", "iter", "per", "token", "class"),
        *("cls", "reg", "box", "obj", "mask", "kl", "macro", "micro", "weighted", "top", "set", "data", "dataset", "network", "model"),
        *("last", "moving", "window", "episode", "episodes"),
        *("on", "of", "for", "in", "the", "score", "k", "rate", "norm", "scale", "accuracy", "dist", "div", "divergence", "coefficient"),
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
    spread = _CAMEL.sub(" ", text)
    split = _split(spread)
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
        if word in _LEVELS or word.lower() in _GLUE or (word.endswith(".") and len(word) > 6):
            if word.lower() in {"and", "or", "&"} and any(_ends_metric(words, before) for before in range(n)):
                return _nothing(text)  # Of which of them is the number?
            words[n] = ""
    begins = max((n for n, word in enumerate(words[:last]) if not word), default=-1) + 1
    name = " ".join(words[begins:]).rstrip(".")
    rest = {token.lower() for word in words[last + 1 :] for token in _TOKENS.findall(word) if not word.startswith("(")}
    key = read_key(name)
    splits = {token in TRAIN for token in _tokens(name) if token in TRAIN or token in HELD_OUT}
    if rest - _QUALIFIERS or (len(splits) > 1 and " " in name):
        return _nothing(text)
    return key


def split_of(text: str) -> str:
    """Say what data a label names last, in the words of `Key.split`; nothing where it names none."""
    found = SPLIT.findall(text) if len(text) > 2 else None  # noqa: PLR2004 - the shortest has three letters
    return _canonical(found[-1].lower()) if found else ""


def scoped(split: str, name: str) -> str:
    """Return the name of a metric of held-out data."""
    return f"{split} {name}" if split and split not in TRAIN else name


def _ends_metric(words: list[str], n: int) -> bool:
    """Whether a metric ends with a word; some have two or three words."""
    before = " ".join(words[max(0, n - 2) : n + 1])
    if _SPLIT_METRIC.search(words[n]) and _split(" ".join(words[: n + 1])):
        return True
    return bool(_METRIC.search(words[n]) or _METRIC.search(_CAMEL.sub(" ", words[n])) or _SCORE.search(words[n]) or _OF_WORDS.search(before))


def _tokens(text: str) -> list[str]:
    return [token.lower() for token in _TOKENS.findall(_CAMEL.sub(" ", text))]


def _split(text: str) -> str:
    return next((_canonical(token) for token in _tokens(text) if token in TRAIN or token in HELD_OUT), "")


def _canonical(word: str) -> str:
    return "train" if word in TRAIN else HELD_OUT[word]


def _nothing(text: str) -> Key:
    return Key(text, *[False] * 6, split="")
