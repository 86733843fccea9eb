"""Training metrics in log lines: what transformers, Keras, Lightning, fastai, timm and loops of one's own print.

Precision comes first: text counts only where it says of what step or epoch it is, or names what only
trainings print, such as a loss. Whether a key becomes a chart is decided by `hfjobs_magic.metrics.training`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from hfjobs_magic.metrics.progress_bars import Frame, read_frame
from hfjobs_magic.metrics.training_tables import TableReader
from hfjobs_magic.metrics.training_words import EPOCHS, STEPS, VALUE, Seen, is_aside, is_metric, is_plain, number

MAX_LINE_CHARS = 2_000
"""Longer lines are not looked at: they are data, not reports."""

MAX_KEYS = 64
"""Most metrics taken from one line."""

# In all patterns here: no two runs of blanks side by side, and no run that can begin anywhere in itself, so that a line
# of nothing but blanks or digits takes one pass; and a count of more than 15 digits is none.
_QUOTED = re.compile(rf"""['"]([^'"\\]{{1,80}})['"]\s*:\s*['"]?({VALUE})['"]?\s*(?=[,}}])""")
_PAIR = re.compile(
    rf"""(?<![\w.@/?&'"-])
    (?P<key>[A-Za-z][\w.@/'-]{{0,59}}(?:\s(?:loss|norm|rate|accuracy|ppl|PPL|scale))?)
    (?P<sign>\s*[=:]\s*|\s+)
    (?P<value>{VALUE})
    (?P<percent>%?)(?=[\s,;|)\]}}]|:\s|:?$|\.$|\.\s)""",
    re.VERBOSE,
)
# Steps over all epochs; they count more than a place within one.
_GLOBAL = re.compile(r"(?<![\w/?&])(?:num_updates|global[_ ]step)\s*(?:[=:]\s*)?(\d{1,15})(?![\w.%])", re.IGNORECASE)
_STEP = re.compile(
    r"(?<![\w/?&])(?:step|iter|iteration|update|it)\s*(?:[=:#]\s*)?(?:[\[(]\s*)?(\d{1,15})(?![\w.%]|\s*%)",
    re.IGNORECASE,
)
_EPOCH = re.compile(
    r"(?<![\w/?&])(?:epoch|ep)\s*(?:[=:#]\s*)?(?:[\[(]\s*)?(\d{1,15}(?:\.\d+)?)(?![\w%])", re.IGNORECASE
)
# "Train: 3 [ 50/1251 (4%)]", "Train Epoch: 1 [640/60000 (1%)]", "Epoch: [0][  10/5005]", "epoch 001:   100 / 1000",
# "Epoch(train) [1][ 4/16]", "Train:  1/3 ( 33%) [  49/323 ( 15%)]".
_INSIDE = re.compile(
    r"(?:train\w{0,20}|epoch)(?:\(\w{1,20}\)|\s+epoch)?\s*(?::\s*)?"
    r"(?:\[(\d{1,15})\]\s*\[\s*|(\d{1,15})(?:/\d{1,15})?\s*(?:\([^)]{0,20}\)\s*)?[\[:]\s*)(\d{1,15})\s*/\s*(\d{1,15})",
    re.IGNORECASE,
)
# Where nothing better is said: "[12/100] train loss: 0.5", "loss: 0.5  [ 640/60000]", and "[1,  2000] loss: 2.173".
_COUNTER = re.compile(r"^\[(\d{1,15}),\s+(\d{1,15})\]|\[\s*()(\d{1,15})/(\d{1,15})\]")
# Boosted trees: "[10]\tvalidation_0-rmse:0.53", "[10]\ttrain's auc: 0.98", "10:\tlearn: 0.35\ttest: 0.39".
_ROUND = re.compile(r"^(?:\[(\d{1,15})\]|(\d{1,15}):)\t")
_SCORE = re.compile(rf"(\w+(?:-|'s ).+|learn|test\d*|best):\s*({VALUE})(?:\s?\+.*|\s\(.*)?")
# What a line reports of other data than that of the training: its keys are told apart from those of the training.
_HELD_OUT = re.compile(r"(?<![\w/.@-])(test|val|valid|validation|eval|evaluation|dev)(?![\w/.=@-])", re.IGNORECASE)
_METER = re.compile(r"\d{1,3}(?:\.\d{1,9})?%\s?(?:\|[^|]*\||[\u2500\u2501\u2578]+)")
_STYLE = re.compile(r"\x1b\[[0-9;:?]*[A-Za-z]|[\x00-\x08\x0b-\x1f]")
# A line without any of these says nothing to us; in lower case, looked for before anything slower.
_HINTS = (
    *("loss", "acc", "ppl", "perplex", "norm", "epoch", "step", "iter", "update"),
    *("%|", "/s", "%\u2501", "% \u2501", "% \u2500", "]\t", ":\tlearn", "rmse", "auc", "| rollout/", "| time/"),
)


class LineReader:
    """Reads one log, line by line; keeps the step and epoch, and the table, that it is in."""

    def __init__(self) -> None:
        self._epoch: float | None = None
        self._latest: tuple[float | None, float | None] = (None, None)
        self._tables = TableReader()

    def may_say(self, lines: str) -> bool:
        """Whether reading lines, joined by ends of line, can give anything."""
        return self._tables.is_open or _has_hint(lines)

    def read(self, line: str) -> Seen | None:
        """Read a line, or a frame of one; None where it is an ordinary one."""
        if len(line) > MAX_LINE_CHARS:
            return None
        text = _STYLE.sub("", line) if "\x1b" in line or not line.isprintable() else line
        if (row := self._tables.read(text)) is not None:
            return self._find_place(row)
        if not _has_hint(text) or self._tables.begins(text):
            return None
        if found := _ROUND.match(text):
            return self._find_place(Seen(_scores(text), float(found[1] or found[2])))
        if "{" in text and text.rstrip().endswith("}"):
            return self._find_place(self._read_structured(text))
        return self._find_place(self._read_pairs(text))

    def _find_place(self, seen: Seen) -> Seen | None:
        """Say where a report belongs that names no step, or no epoch: to those of the one before."""
        if not seen.values:
            return seen if seen.frame else None
        if seen.epoch is not None:
            self._epoch = seen.epoch
        step, epoch = self._latest
        if seen.step is not None or epoch != self._epoch:
            step = seen.step
        if step is not None:
            self._latest = (step, self._epoch)
        return replace(seen, step=step, epoch=self._epoch)

    def _read_structured(self, text: str) -> Seen:
        """Read a line that ends with a dict of Python or JSON."""
        start = text.index("{")
        step, epoch, _ = self._place(text[:start], None)
        values: dict[str, float] = {}
        for key, written in _QUOTED.findall(text, start)[:MAX_KEYS]:
            value, name = number(written), key.lower()
            if value is None:
                continue
            if name in STEPS:
                step = value
            elif name in EPOCHS:
                epoch = value
            elif not is_aside(key):
                values[key] = value
        if (step is None and epoch is None) or not any(map(is_metric, values)):
            values = {key: value for key, value in values.items() if is_plain(key)}
        return Seen(values, step, epoch)

    def _read_pairs(self, text: str) -> Seen:
        """Read a line with ``key=value``, ``key: value`` or ``key value``, and a bar perhaps."""
        frame = read_frame(text)
        step, epoch, inside = self._place(text, frame)
        if frame is not None and not frame.n:
            return Seen(frame=frame)  # What stands behind a bar that has not moved yet is of the one before.
        told = _METER.sub(" ", text) if frame else text
        is_placed = step is not None or epoch is not None or frame is not None
        values, start = _pairs(told, is_placed=is_placed)
        if held_out := _HELD_OUT.search(told, 0, start):
            word = held_out[1].lower()
            values = {
                key if _HELD_OUT.search(key.replace("_", " ")) else f"{word} {key}": value
                for key, value in values.items()
            }
            return Seen(values, None if inside else step, epoch, frame)
        if values and step is None:
            step, epoch = self._read_step(text, frame, epoch)
        return Seen(values, step, epoch, frame)

    def _place(self, text: str, frame: Frame | None) -> tuple[float | None, float | None, bool]:
        """Step and epoch that the text names, and whether the step is one within the epoch."""
        everywhere = _GLOBAL.search(text)
        if found := _INSIDE.search(text):
            run, n, total = float(found[1] or found[2]), float(found[3]), float(found[4])
            step = float(everywhere[1]) if everywhere else run * total + n if n <= total else n
            return step, run, not everywhere
        epoch: float | None = None
        if (found := _EPOCH.search(text)) and not (frame and frame.label and found.start() > len(frame.label) + 2):
            epoch = self._epoch = float(found[1])
        found = everywhere or _STEP.search(text)
        return float(found[1]) if found else None, epoch, False

    def _read_step(self, text: str, frame: Frame | None, epoch: float | None) -> tuple[float | None, float | None]:
        """Step by the bar of a line, or by a counter in brackets, and the epoch."""
        if frame is not None:
            return frame.n, epoch
        if found := _COUNTER.search(text):
            if found[1]:
                return float(found[2]), float(found[1])
            n, total = float(found[4]), float(found[5])
            return (self._epoch or 0.0) * total + n, epoch
        return None, epoch


def _has_hint(text: str) -> bool:
    low = text.lower()
    return any(hint in low for hint in _HINTS)


def _pairs(text: str, *, is_placed: bool) -> tuple[dict[str, float], int]:
    """Metrics among ``key=value``, ``key: value`` and ``key value``, and where the first of them stands."""
    is_wanted = is_metric if is_placed else is_plain
    values: dict[str, float] = {}
    start = 0
    for found in _PAIR.finditer(text):
        key, value = found["key"], number(found["value"])
        if value is None or key in values or not is_wanted(key):
            continue
        if found["sign"].isspace() and not is_placed:
            continue
        start = start if values else found.start()
        values[key] = value
        if len(values) == MAX_KEYS:
            break
    return values, start


def _scores(text: str) -> dict[str, float]:
    """Metrics of a round of boosting, by data set."""
    found = (_SCORE.fullmatch(cell) for cell in text.split("\t")[1:])
    return {cell[1]: value for cell in found if cell and (value := number(cell[2])) is not None}
