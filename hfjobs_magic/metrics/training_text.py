"""The text of a line as pairs are read from it: without the bar, with a colon between key and number."""

from __future__ import annotations

import re

from hfjobs_magic.metrics.numbers import NUMBER
from hfjobs_magic.metrics.plain_text import UP

# The round, the epoch or the step that was best is named again when all is over; the training is not there.
_LOOK_BACK = re.compile(r"(?<![\w-])(?:best|lowest|restor\w{1,6}|resum\w{1,6}|load\w{1,6})(?![\w-])")
_LOOK_BACK_STEMS = ("best", "lowest", "restor", "resum", "load")
# "Epoch 0, global step 16: 'val_loss' reached 0.26152 (best 0.26152)", as Lightning's checkpoints say it.
_REACHED = re.compile(r"'([\w/.@-]{1,60})' reached ")
# "iter: 0, 'loss': '7.2', eta: 0:00", without the braces of a dict.
_QUOTED = re.compile(rf"'([\w/.@-]{{1,60}})': '({NUMBER})'")
_METER = re.compile(r"\d{1,3}(?:\.\d{1,9})?%\s?(?:\|[^|]*\||[\u2500\u2501\u2578]+)")
_BEHIND = re.compile(r"\][^\S\n]*(?=[A-Za-z\[{|])")


def write_pairs(text: str) -> str:
    """Return a text with a colon between key and number where a program puts something else."""
    text = _REACHED.sub(r"\1: ", text) if "' reached " in text else text
    return _QUOTED.sub(r"\1: \2", text) if "': '" in text else text


def hide_meter(text: str, cut_at: int | None) -> str:
    """Return a text without the meter of its bar, and without the figure at `cut_at` where the bar was cut off."""
    if cut_at is not None:
        text = text[: max(text.rfind(",", 0, cut_at), text.rfind("[", 0, cut_at))]
    return _METER.sub(" ", text)


def text_behind_bar(text: str) -> str:
    """Return what was printed behind tqdm's bar on the same line."""
    end = text.find("]", text.find("%|")) if "%|" in text else -1
    if end in {-1, len(text) - 1}:
        return ""
    found = _BEHIND.search(text, end)
    return text[found.end() :] if found else ""


def find_look_back(text: str, end: int) -> str:
    """Return the word in lower case by which a text looks back, before `end`; nothing where it does not."""
    low = text[:end].lower()
    # Before anything slower: most lines have none.
    if not any(map(low.__contains__, _LOOK_BACK_STEMS)):
        return ""
    found = _LOOK_BACK.search(low)
    return found[0] if found else ""


def depth_of(line: str) -> int:
    """Return how many bars stand above the one of a frame."""
    depth = 0
    while line.endswith(UP, 0, len(line) - depth * len(UP)):
        depth += 1
    return depth
