"""Headings that hold for what follows: ``Validation:``, ``***** Running Evaluation *****``, ``Epoch 3/30``.

What data a report is of is known from its keys, from its line, or else from the heading before it. A heading for
held-out data holds until another one comes, until the training is further on than it was, or until a key is reported
again: a validation reports each of its metrics once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hfjobs_magic.metrics.training_words import HELD_OUT, TRAIN, split_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hfjobs_magic.metrics.training_places import Place

MAX_HEADING_CHARS = 100
"""A longer line is not a heading."""

MAX_WORDS = 4
"""Words of a heading beside the place in it: ``--- Learning iteration 3/1500 ---``, ``Starting epoch 3 on 2 GPUs``."""

_WORDS = "|".join(sorted({*TRAIN, *HELD_OUT}, key=len, reverse=True))
_HEADING = re.compile(
    rf"""[\W_]*(?:(?:now|running|starting|started|start|begin|beginning|performing|doing|entering|end[ ]of)\s)?
    (?:the\s)?(?:final\s)?
    (?P<split>{_WORDS})
    (?:\s(?:of|on|for|at|after|the|set|phase|results?|metrics?|loop|stats|statistics|step|data|dataset|split|scores?|performance
        |summary|report|model|epochs?|mode|checking|iterations?|steps|batches|samples|examples|{_WORDS}|\d+(?:/\d+)?)){{0,6}}[\W_]*""",
    re.VERBOSE | re.IGNORECASE,
)
# Beside the place: how long it took, and another place.
_ASIDE = re.compile(
    r"\b(?:per-step time |in |took )?\d{1,9}(?:\.\d{1,9})?\s?(?:s|ms|sec|secs|seconds)\b"
    r"|\b(?:step|batch|iter)\W{1,3}\d{1,9}(?:/\d{1,9})?(?!\w)",
    re.IGNORECASE,
)
# "  training_iteration: 3", one of many figures: those before it are of it as well. An epoch stands first.
_FIELD = re.compile(r"(?!\s*epoch\s)(?:\s{1,60}\w[\w ]{0,60}|\w{1,60}_\w{1,60})[:=]\s{0,60}\S{1,60}\s*")
# What stands between the prefix of a logger and its message.
_BREAKS = (" - ", " | ", "] ", ": ", ":root:", ":__main__:")
_WORD = re.compile(r"[A-Za-z]{2,}")
_DIGIT = re.compile(r"\d")


def read_heading(text: str) -> str:
    """Return what data a line announces, in the words of `Key.split`; nothing where it is no such heading."""
    if len(text) > MAX_HEADING_CHARS:
        return ""
    found = _HEADING.fullmatch(text) or _HEADING.fullmatch(_message(text.rstrip(" -*=#:.")))
    return split_of(found["split"]) if found else ""


def is_place_heading(text: str, named: str) -> bool:
    """Whether a line says little but the place `named` in it."""
    if len(text) > MAX_HEADING_CHARS or _FIELD.fullmatch(text):
        return False
    rest = _message(_ASIDE.sub(" ", text.replace(named, " "))).strip(" -*=#:.")
    return len(_WORD.findall(rest)) <= MAX_WORDS and "=" not in rest and not _DIGIT.search(rest)


def _message(text: str) -> str:
    """Return what a logger was given to log."""
    return (
        text[max(text.rfind(it) + len(it) for it in _BREAKS if it in text) :]
        if any(map(text.__contains__, _BREAKS))
        else text
    )


class Scope:
    """What data the lines after a heading are of."""

    def __init__(self) -> None:
        self._split = ""
        # Keys reported under the heading; whether batches are, whose keys come again and again.
        self._keys: set[str] = set()
        self._has_batches = False
        # A key of held-out data was reported: what comes with a place is of the training again.
        self._is_served = False

    def begin(self, split: str) -> None:
        """Take a heading; one for training data, or an empty one, ends what was before."""
        self.__init__()  # type: ignore[misc]
        self._split = "" if split in TRAIN else split

    def serve(self) -> None:
        """Take a report that says itself that it is of held-out data."""
        self._is_served = True

    def split_for(self, keys: Iterable[str], place: Place, latest: tuple[float | None, float | None]) -> str:
        """Return what data a report is of that does not say so.

        Parameters
        ----------
        keys
            What it reports.
        place
            Where it says that it is.
        latest
            Step and epoch of the training so far.
        """
        if not self._split:
            return ""
        is_placed = place.step is not None or place.epoch is not None
        if is_placed and not self._has_batches:
            ahead = any(
                now is not None and before is not None and now > before
                for now, before in ((place.step, latest[0]), (place.epoch, latest[1]))
            )
            if ahead or self._is_served:
                self.begin("")
                return ""
            self._has_batches = place.is_inside
        keys = set(keys)
        if not self._has_batches and self._keys & keys:
            self.begin("")
            return ""
        self._keys |= keys
        return self._split
