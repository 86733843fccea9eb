"""Training metrics in log lines: what transformers, Keras, Lightning, fastai, timm and loops of one's own print.

Precision comes first: text counts only where it says of what step or epoch it is, or names what only
trainings print, such as a loss. Whether a key becomes a chart is decided by `hfjobs_magic.training`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from hfjobs_magic.progress import Frame, read_frame

MAX_LINE_CHARS = 2_000
"""Longer lines are not looked at: they are data, not reports."""

MAX_KEYS = 64
"""Most metrics taken from one line."""

_VALUE = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|nan|NaN|-?inf(?:inity)?"
_STEPS = frozenset(
    {
        "step",
        "steps",
        "global_step",
        "global step",
        "iter",
        "iters",
        "iteration",
        "iterations",
        "it",
        "update",
        "num_updates",
        "train_step",
        "trainer/global_step",
        "training_step",
        "current_step",
    }
)
_EPOCHS = frozenset({"epoch", "ep", "train/epoch", "current_epoch"})

# A word of a key that only reports of a training, or of how good something is, have.
_METRIC = re.compile(
    r"""(?:^|[\W_\d])(?:[a-z]*loss|acc|acc\d|top\d|accuracy|ppl|perplexity|lr|learning[ _]rate|grad[ _]?norm|gnorm
    |rewards?|kl|f1|auc|auroc|rmse|rmsle|mse|mae|mape|r2|m?ap(?:50(?:-95)?)?|m?iou|dice|bleu|rouge[-\w]*|wer|cer
    |precision|recall|logloss|entropy|elbo|nll|bpb|bpc|psnr|ssim|fid|mfu|merror|logps|logits|error_rate)
    (?:$|[\W_\d])""",
    re.VERBOSE | re.IGNORECASE,
)
# Of those, the ones that need no step beside them: nothing but a training repeats them.
_PLAIN = re.compile(
    r"(?:^|[\W_\d])(?:[a-z]*loss|acc|accuracy|ppl|perplexity|grad[ _]?norm)(?:$|[\W_\d])", re.IGNORECASE
)
# Numbers that come with a report and tell nothing of the training.
_ASIDE = re.compile(
    r"(?:runtime|_per_second|total_flos|timestamp|(?:^|[\W_])(?:time|eta|seed|rank|pid|port|lineno|ts|memory|mem"
    r"|date|elapsed|created|thread|process|duration_ms)$)",
    re.IGNORECASE,
)

_QUOTED = re.compile(rf"""['"]([^'"\\]{{1,80}})['"]\s*:\s*['"]?({_VALUE})['"]?\s*(?=[,}}])""")
_PAIR = re.compile(
    rf"""(?<![\w.@/'"-])
    (?P<key>[A-Za-z][\w.@/'-]{{0,59}}(?:\s(?:loss|norm|rate|accuracy|ppl|PPL|scale))?)
    (?P<sign>\s*[=:]\s*|\s+)
    (?P<value>{_VALUE})
    (?P<percent>%?)(?=[\s,;|)\]}}]|:\s|:?$|\.$|\.\s)""",
    re.VERBOSE,
)
_STEP = re.compile(
    r"(?<![\w/])(?:global[_ ]?)?(?:steps?|iters?|iterations?|updates?|it)\s*[=:#]?\s*[\[(]?\s*(\d+)(?![\w.%]|\s*%)"
    r"(?:\s*/\s*(\d+))?",
    re.IGNORECASE,
)
_EPOCH = re.compile(
    r"(?<![\w/])(?:epochs?|ep)\s*[=:#]?\s*[\[(]?\s*(\d+(?:\.\d+)?)(?![\w%])(?:\s*/\s*(\d+))?", re.IGNORECASE
)
# "Train: 3 [ 50/1251 (4%)]", "Train Epoch: 1 [640/60000 (1%)]", "Epoch: [0][  10/5005]", "epoch 001:   100 / 1000".
_INSIDE = re.compile(
    r"(?:train\w*|epoch)(?:\s+epoch)?\s*:?\s*(?:\[(\d+)\]\s*\[\s*|(\d+)(?:/\d+)?\s*(?:\[|:)\s*)(\d+)\s*/\s*(\d+)",
    re.IGNORECASE,
)
# Boosted trees: "[10]\tvalidation_0-rmse:0.53".
_ROUND = re.compile(r"^\[(\d+)\]\s")
_STYLE = re.compile(r"\x1b\[[0-9;:?]*[A-Za-z]|[\x00-\x08\x0b-\x1f]")
# A line without any of these says nothing to us; in lower case, looked for before anything slower.
_HINTS = (
    "loss",
    "acc",
    "ppl",
    "perplex",
    "norm",
    "epoch",
    "step",
    "iter",
    "update",
    "%|",
    "/s",
    "]\t",
    "rmse",
    "auc",
    "error",
)
_WORD = re.compile(r"\S+")


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


class LineReader:
    """Reads one log, line by line; keeps the epoch and the head of the table that it is in."""

    def __init__(self) -> None:
        self._epoch: float | None = None
        self._columns: list[str] | None = None

    def may_say(self, lines: str) -> bool:
        """Whether reading lines, joined by ends of line, can give anything."""
        return self._columns is not None or _has_hint(lines)

    def read(self, line: str) -> Seen | None:
        """Read a line, or a frame of one; None where it is an ordinary one."""
        if len(line) > MAX_LINE_CHARS:
            return None
        text = _STYLE.sub("", line) if "\x1b" in line or not line.isprintable() else line
        if (row := self._row(text)) is not None:
            return row
        if not _has_hint(text) or self._is_head(text):
            return None
        if "{" in text and text.rstrip().endswith("}"):
            return _structured(text)
        return self._reported(text)

    def _reported(self, text: str) -> Seen | None:
        frame = read_frame(text)
        step, epoch = self._place(text, frame)
        values = _pairs(text, placed=step is not None or epoch is not None or frame is not None)
        if frame is not None and step is None and values:
            step = frame.n
        if values and epoch is None:
            epoch = self._epoch
        if not values and frame is None:
            return None
        return Seen(values, step, epoch, frame)

    def _place(self, text: str, frame: Frame | None) -> tuple[float | None, float | None]:
        """Step and epoch that the text names."""
        if found := _INSIDE.search(text):
            run, n, total = float(found[1] or found[2]), float(found[3]), float(found[4])
            self._epoch = run
            return (run * total + n if n <= total else n), run
        step: float | None = None
        epoch: float | None = None
        if (found := _EPOCH.search(text)) and not (frame and frame.label and found.start() > len(frame.label) + 2):
            epoch = self._epoch = float(found[1])
        if found := _STEP.search(text) or _ROUND.match(text):
            step = float(found[1])
        return step, epoch

    # -- tables: fastai, ultralytics --------------------------------------------------------------

    def _is_head(self, text: str) -> bool:
        """Whether a line is the head of a table of metrics; its rows follow."""
        words = _WORD.findall(text.split("%|", maxsplit=1)[0].replace("|", " "))
        if not 3 <= len(words) <= 24 or any(word[0].isdigit() for word in words):
            return False
        metrics = [word for word in words if _METRIC.search(word.strip(":()"))]
        begins = words[0].lower() in _EPOCHS | _STEPS or words[0] == "Class"
        if not begins or not metrics or any("=" in word or word.endswith(",") for word in words):
            return False
        self._columns = [word.strip(":()") for word in words]
        return True

    def _row(self, text: str) -> Seen | None:
        """Read a row of the table that the reader is in; leaves the table at a line that is none."""
        columns = self._columns
        if columns is None or not text.strip():
            return None
        frame = read_frame(text) if "%|" in text else None
        words = _WORD.findall(re.split(r"\d+%\|", text)[0].replace("|", " "))[: len(columns)]
        cells = [_number(word.rstrip(":")) for word in words]
        place = _number(words[0].split("/")[0]) if words else None
        if (
            len(words) < min(len(columns), 3)
            or (place is None and columns[0] != "Class")
            or all(c is None for c in cells[1:])
        ):
            self._columns = None
            return None
        values = {
            name: cell
            for name, cell in zip(columns[1:], cells[1:], strict=False)
            if cell is not None and _METRIC.search(name) and not _ASIDE.search(name)
        }
        if columns[0] == "Class":
            return Seen(values, None, self._epoch, frame) if words[0] == "all" else Seen()
        if columns[0].lower() in _STEPS:
            return Seen(values, place, None, frame)
        self._epoch = place
        return Seen(values, None, place, frame)


def _has_hint(text: str) -> bool:
    low = text.lower()
    return any(hint in low for hint in _HINTS)


def _structured(text: str) -> Seen | None:
    """Read a line that ends with a dict of Python or JSON."""
    step = epoch = None
    values: dict[str, float] = {}
    for key, written in _QUOTED.findall(text[text.index("{") :])[:MAX_KEYS]:
        value, name = _number(written), key.lower()
        if value is None:
            continue
        if name in _STEPS:
            step = value
        elif name in _EPOCHS:
            epoch = value
        elif not _ASIDE.search(key):
            values[key] = value
    if step is None and epoch is None:
        values = {key: value for key, value in values.items() if _PLAIN.search(key)}
    return Seen(values, step, epoch) if values else None


def _pairs(text: str, *, placed: bool) -> dict[str, float]:
    """Metrics among ``key=value``, ``key: value`` and ``key value``."""
    wanted = _METRIC if placed else _PLAIN
    values: dict[str, float] = {}
    for found in _PAIR.finditer(text):
        key, value = found["key"], _number(found["value"])
        if value is None or key in values or not wanted.search(key) or _ASIDE.search(key):
            continue
        if found["sign"].isspace() and not placed:
            continue
        values[key] = value
        if len(values) == MAX_KEYS:
            break
    return values


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
