"""Metrics in a line of prose or of a logger: ``key=value``, ``key: value``, ``key value``, with all words of the key.

A word for held-out data that stands before a key holds for the keys behind it: ``Test: [1/8] Loss 2.9 Acc 12`` and
``val Loss: 0.3 Acc: 0.9`` report no loss of the training.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from hfjobs_magic.metrics.numbers import NUMBER, shape_of
from hfjobs_magic.metrics.training_keys import Key, read_phrase
from hfjobs_magic.metrics.training_words import HELD_OUT, TRAIN, prefix_split, split_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_KEYS = 64
"""Most metrics taken from one line."""

MAX_PLANS = 1_000
"""Shapes of lines for which it is remembered where their metrics stand, some 500 kB."""

PLAN_CHARS = 400
"""Longer lines are read from the start each time."""

# What is remembered: names, where the number of each begins and ends, and where the first name begins.
_PLANS: dict[tuple[bytes, Look], tuple[list[tuple[str, int, int]], int]] = {}
# Digits that belong to a name, such as f1 or top-5: lines of one shape may have different ones.
_GLUED = re.compile(r"[A-DF-Za-df-z_@][-/.]?\d|(?<![\d.])[eE][-/.]?\d|[(\[][^)\]\d]*[A-Za-z][^)\]\d]*\d")
_DIGIT = re.compile(r"\d")
# In all patterns here: no two runs of blanks side by side, and no run that can begin anywhere in itself, so that a line
# of nothing but blanks or digits takes one pass.
_WORD = r"[A-Za-z][\w.@/'-]{0,59}(?:\(\w{1,12}\))?"
_PAIR = re.compile(
    rf"""(?<![\w.@/?&'"-])
    (?P<key>{_WORD}(?:[ ]{_WORD}){{0,6}}(?:[ ]?[(\[][\w @%.-]{{1,24}}[)\]])?)
    (?P<sign>\s*(?:[=:]{{1,2}}|[=-]>|\u2192)\s*|\s+)
    (?:\[\s?(?P<boxed>{NUMBER})\.?\s?\]|"(?P<quoted>{NUMBER})"|\((?P<share>{NUMBER})\s?%\)|(?P<value>{NUMBER}))
    (?P<percent>\s?%)?
    (?=[\s,;|)\]}}\u2502\u00b1]|:\s|:?$|\.$|\.[\s,)\]]|\+/-)""",
    re.VERBOSE,
)
# "Accuracy: 9012/10000 (90%)": what is correct of all, and its share.
_SHARE = re.compile(
    rf"""(?<![\w.@/?&'"-])(?P<key>{_WORD}(?:[ ]{_WORD}){{0,6}})(?P<sign>\s*[=:]\s*)
    \d{{1,15}}/\d{{1,15}}\s?\((?P<value>\d{{1,3}}(?:\.\d{{1,9}})?)\s?%\)""",
    re.VERBOSE,
)
# "Loss after epoch 1: 0.69": the place between the key and its value.
_AFTER = re.compile(
    r"(?P<key>.{1,60}?) (?:after|at|for|in|on|@)(?: the)? (?:epoch|step|iter|iteration|update|batch|round)s?",
    re.IGNORECASE,
)
_THEN = re.compile(rf"\s*[:=]\s*(?P<value>{NUMBER})(?=[\s,;|)\]}}]|$|\.$|\.\s)")
_BEHIND = re.compile(r"\s?[(\[]\s?([A-Za-z]{2,12})\s?[)\]]")
_UNIT = re.compile(
    r"\s?(?:dBm?|kg|lbs?|[Uu][Ss][Dd]|EUR|GBP|[$\u20ac\u00a3]|dollars?|euros?|pips?|points?|pts|ms|s|secs?|seconds?|min|minutes?|hours?"
    r"|days?|[KMGT]i?B|bytes|packets?|frames|rows|files|items)(?![\w/])"
)
_MORE_DIGITS = re.compile(r" \d{3}(?![\w.,:/%])")
# A bare metric before the data that it is of, "Loss: train 0.5, val 0.6"; keys without a number each, "loss, acc: 0.5".
_LABEL = re.compile(r"([A-Za-z][\w .]{0,40}?)\s*[:=(\[{|-]\s*$")
_LISTED = re.compile(r"([A-Za-z][\w.]{0,40})\s*(?:,|/|&|\band\b|\|)\s*$")
_LISTS = tuple(",/&|d")
# What TensorFlow's Estimator says of an evaluation, in the words of a training.
_EVALUATED = "Saving dict for global step"
_EQUALS = (" is", " was", " of")
_SPLITS = frozenset({*TRAIN, *HELD_OUT})
# "Time Elapsed: 114.8 s Mean Reward: 0.4": the unit of the number before.
_UNITS = frozenset({"s", "ms", "sec", "secs", "seconds", "min", "mins", "minutes", "h", "hours", "it", "its"})
_NOT_HELD_OUT = frozenset({"", *TRAIN})
_BEST = re.compile(r"(?<![\w-])(?:best|lowest|highest)(?![\w-])", re.IGNORECASE)


class Pair(NamedTuple):
    """A metric and its number."""

    key: Key
    number: str
    """As it was printed."""
    start: int
    """Where the key begins in the text."""
    stop: int
    """Where the number ends."""


class Look(NamedTuple):
    """What to look for in a line."""

    is_placed: bool = False
    """Whether it names a step or an epoch; if not, only what nothing but a training prints is a metric."""
    is_counted: bool = False
    """Whether it has a counter of something: then a key may stand before its number with only a blank between ..."""
    is_training: bool = False
    """... as one of held-out data may where the log is that of a training."""
    is_episode: bool = False
    """Whether its place is an episode, which has a score."""


def read_pairs(text: str, look: Look) -> tuple[dict[str, str], int]:
    """Return the metrics of a line without colours and bars: numbers as printed by key, and where the first begins."""
    if len(text) > PLAN_CHARS:
        named, start = _name_numbers(text, _find_pairs(text, look))
        return {name: pair.number for name, pair in named.items()}, start
    shape = (shape_of(text), look)
    plan = _PLANS.get(shape)
    if plan is not None:
        names, start = plan
        return {name: text[begin:end] for name, begin, end in names}, start
    pairs = _find_pairs(text, look)
    named, start = _name_numbers(text, pairs)
    if not _GLUED.search(text) and not any(_DIGIT.search(name) for name in named):
        begins = {name: text.rfind(pair.number, pair.start, pair.stop) for name, pair in named.items()}
        names = [(name, begin, begin + len(named[name].number)) for name, begin in begins.items()]
        if len(_PLANS) >= MAX_PLANS:
            _PLANS.clear()
        _PLANS[shape] = names, start
    return {name: pair.number for name, pair in named.items()}, start


def find_all_pairs(text: str) -> Iterator[tuple[str, str]]:
    """Give every key of a line, whatever it is of, and the number behind it, as they were printed."""
    end = 0
    for found in _PAIR.finditer(text):
        key, number, stop = _read_match(text, found)
        # "Score 3 of the best": with a blank alone between them a whole number is of what follows.
        is_bare = found["sign"].isspace() and number.isdigit() and bool(text[stop:].strip(" .,;|)"))
        if number and not is_bare and not _is_other(text, key, number, stop, text[end : found.start()]):
            yield found["key"], number
        end = stop


def _name_numbers(text: str, pairs: list[Pair]) -> tuple[dict[str, Pair], int]:
    return (_name_pairs(text, pairs), pairs[0].start) if pairs else ({}, 0)


def _find_pairs(text: str, look: Look) -> list[Pair]:
    pairs: list[Pair] = []
    end, measure = 0, ""
    found: Iterable[re.Match[str]] = _PAIR.finditer(text)
    if "%)" in text:
        found = sorted([*found, *_SHARE.finditer(text)], key=re.Match.start)
    for one in found:
        key, number, stop = _read_match(text, one)
        gap = text[end : one.start()]
        if key.name.lower() in _SPLITS:
            # "Loss: train 0.5, val 0.6"
            label = _LABEL.search(gap)
            measure = label[1] if label and read_phrase(label[1]).is_metric else measure
            if measure:
                key = read_phrase(f"{measure} {key.name}")
            elif pairs and look.is_placed and "." in number:
                # "Loss: 0.7, Train: 0.8, Val: 0.5" of PyTorch Geometric: what is measured is not said.
                key = replace(key, is_metric=True, split=key.name.lower())
        start = one.start() + max(0, one["key"].find(key.name))
        is_held_out = look.is_training and key.is_metric and (key.split or split_of(text[:start])) not in _NOT_HELD_OUT
        if not (key.is_metric if look.is_placed else key.is_plain or is_held_out) and not (
            look.is_episode and key.is_score
        ):
            continue
        is_bare = one["sign"].isspace() and not one["key"].endswith(_EQUALS)
        if is_bare and not (
            look.is_placed or look.is_counted or (look.is_training and (key.split or split_of(text[:start])))
        ):
            continue
        if number and not _is_other(text, key, number, stop, text[end:start]):
            pairs.append(Pair(key, number, start, stop))
        end = stop
        if len(pairs) == MAX_KEYS:
            break
    return pairs


def _read_match(text: str, found: re.Match[str]) -> tuple[Key, str, int]:
    """Return key and number of a match, and where they end; no number where it belongs to what stands between."""
    written = found["key"]
    if " " in written and (after := _AFTER.fullmatch(written)) and (then := _THEN.match(text, found.end())):
        # The "cost" of a course in machine learning; anywhere else it is money.
        key = read_phrase(f"{after['key']} loss" if after["key"].lower() == "cost" else after["key"])
        return replace(key, name=after["key"] if "cost" in key.name.lower() else key.name), then["value"], then.end()
    if " " in written:
        unit, _, rest = written.partition(" ")
        if unit in _UNITS and text[max(0, found.start() - 2) : found.start()].rstrip()[-1:].isdigit():
            written = rest
    number = found["value"] or (found.re is _PAIR and (found["boxed"] or found["quoted"] or found["share"])) or ""
    return read_phrase(written), number, found.end()


def _is_other(text: str, key: Key, number: str, stop: int, gap: str) -> bool:
    """Whether a number is not, or not surely, that of the key before it."""
    if gap.rstrip()[-1:] in _LISTS and (listed := _LISTED.search(gap)) and read_phrase(listed[1]).is_metric:
        return True  # "loss, acc: 0.5, 0.9"
    if key.is_loss and _UNIT.match(text, stop):
        return True
    return number.isdigit() and len(number) < 4 and bool(_MORE_DIGITS.match(text, stop))


def _name_pairs(text: str, pairs: list[Pair]) -> dict[str, Pair]:
    """Return pairs by key; a word for held-out data holds for what follows it."""
    values: dict[str, Pair] = {}
    scope, end = "eval" if _EVALUATED in text else "", 0
    splits = {pair.key.split for pair in pairs if pair.key.split}
    best = _BEST.search(text) if "est" in text.lower() else None
    may_be_held_out = bool(splits or scope or split_of(text))
    for pair in pairs:
        name = pair.key.name
        if may_be_held_out:
            scope = split_of(text[end : pair.start]) or scope
            name = _scope_name(text, pair, scope)
            if name in values and splits and not pair.key.split and not pair.key.is_setting:
                # "train loss 0.5, acc 0.9, val loss 0.6, acc 0.8"
                name = prefix_split(_latest_split(pairs, pair), name)
            if len(splits) == 1 and pair.key.split and " " in name and split_of(name.split(" ", 1)[0].rstrip(".")):
                scope = pair.key.split  # "val Loss: 0.3 Acc: 0.9"
        if best and best.start() < pair.start and not _BEST.search(name):
            name = f"best {name}"
        values.setdefault(name, pair)
        end = pair.stop
    return values


def _scope_name(text: str, pair: Pair, scope: str) -> str:
    """Return the name of a pair after what stands before it, or in brackets behind it."""
    if pair.key.split or pair.key.is_setting:
        return pair.key.name
    if scope == "train" and "[train]" in text and "[valid]" in text:
        return f"train {pair.key.name}"  # ESPnet sums an epoch up; its batches say nothing of what they are of.
    behind = _BEHIND.match(text, pair.stop)
    return prefix_split((behind and split_of(behind[1])) or scope, pair.key.name)


def _latest_split(pairs: list[Pair], before: Pair) -> str:
    earlier = pairs[: pairs.index(before)]
    return next((pair.key.split for pair in reversed(earlier) if pair.key.split), "")
