"""Tables of metrics with a row a step or an epoch: CSV, TSV, Markdown, rich, and columns that blanks keep apart.

The head names the columns, a step or an epoch among them. A row has as many cells as the head and numbers in all that
count: a frame that pandas prints has one more, its index, and a table of tasks has their names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from hfjobs_magic.metrics.numbers import NUMBER, has_decimal_comma, read_number
from hfjobs_magic.metrics.progress_frames import read_frame
from hfjobs_magic.metrics.training_keys import read_key
from hfjobs_magic.metrics.training_names import NameTable
from hfjobs_magic.metrics.training_report import Report
from hfjobs_magic.metrics.training_words import BATCHES, EPOCHS, HELD_OUT, STEPS, TRAIN, prefix_split, split_of

MIN_COLUMNS = 3
"""Names in a head that blanks keep apart; fewer are a phrase."""

MAX_COLUMNS = 40
"""Names in a head; more are data."""

MAX_LINES_BETWEEN = 500
"""Lines between two rows, such as the steps of an epoch; after more the table has ended."""

_METER = re.compile(r"\d{1,3}%\s?[|\u2500\u2501\u2578].*")
_RULE = re.compile(r"[-+|=:\s\u2500-\u257f]*")
_BARS = re.compile(r"[|\u2502\u2503\u2551]")
_BLANKS = re.compile(r"\s{2,}|\t")
_NAME = re.compile(r"[A-Za-z#\"'*][^=\n]{0,59}")
_CELL = re.compile(rf"[*'\"]{{0,2}}(?P<number>{NUMBER})\s?%?[*'\"\u2191\u2193\u2713\u2714]{{0,2}}(?:\s?[/(\u00b1].*)?")
_CLOCK = re.compile(r"[\d:.]+\s?(?:s|ms|m|h|min|it/s)?")
_MISSING = frozenset(
    {"", "-", "--", "None", "null", "NA", "N/A", "n/a", "\u2013", "\u2014", "*", "+", "\u2713", "\u2714"}
)
# Columns whose text says nothing against a table of metrics.
_NOTES = frozenset(
    {
        "status",
        "best",
        "saved",
        "checkpoint",
        "note",
        "notes",
        "cp",
        "eta",
        "date",
        "time",
        "elapsed",
        "duration",
        "dur",
        "timestamp",
    }
)


@dataclass(frozen=True)
class Head:
    """The columns of a table."""

    names: list[str]
    separator: str
    """``|``, a tab, a comma, a semicolon, two blanks or one."""


class TableReader:
    """Keeps the head of the table that a log is in."""

    def __init__(self) -> None:
        self._head: Head | None = None
        self._since = 0
        self._named = NameTable()

    @property
    def is_open(self) -> bool:
        """Whether the next line may be a row."""
        return self._head is not None or self._named.is_open

    def begins(self, text: str) -> bool:
        """Whether a line is the head of a table of metrics; its rows follow."""
        if "{" in text or ("%|" in text and text.endswith("]")):
            return False
        text = _METER.sub("", text) if "%" in text else text
        if "=" in text:
            return False  # No name of a column has one.
        for separator in _separators(text):
            cells = _split(text, separator)
            if _may_be_head(cells, separator) and _is_head(cells, separator):
                self._head, self._since = Head([_bare(cell) for cell in cells], separator), 0
                return True
        return False

    def read(self, text: str) -> Report | None:
        """Read a row; None where the line is none."""
        if (report := self._named.read(text)) is not None:
            return report
        if self._head is None or _RULE.fullmatch(text):
            return None
        self._since += 1
        if self._since > MAX_LINES_BETWEEN:
            self._head = None
            return None
        return self._row(self._head, text)

    def _row(self, head: Head, text: str) -> Report | None:
        cells, frame = _split(_METER.sub("", text), head.separator), read_frame(text)
        if len(cells) != len(head.names):
            if head.separator == "  " and len(cells) >= MIN_COLUMNS and not frame:
                self._head = None
            return None
        if head.names[0] == "Class":
            return _read_classes(head.names, cells)
        report = _read_row(head.names, cells)
        if report is None:
            self._head = None
            return None
        self._since = 0
        return replace(report, frame=replace(frame, label=f"{head.names[0]} {cells[0]}") if frame else None)


def _separators(text: str) -> list[str]:
    """Return what may keep the cells of a line apart, the clearest first."""
    if text.lstrip()[:1] in {"|", "\u2503", "\u2551"} or " | " in text:
        return ["|"]
    found = [separator for separator in ("\t", ";", ",") if separator in text]
    return [*found, "  "] if "  " in text.strip() else [*found, " "]


def _split(text: str, separator: str) -> list[str]:
    if separator == "|":
        return [cell.strip() for cell in _BARS.split(text.strip().strip("|\u2502\u2503\u2551"))]
    if separator == "  ":
        return [cell for cell in _BLANKS.split(text.strip(" |:\t")) if cell]
    if separator == " ":
        return text.split()
    return [cell.strip() for cell in text.strip().split(separator)]


def _bare(name: str) -> str:
    """Return the name of a column without quotes, stars and the group that it opens: ``Box(P`` and ``mAP50-95)``."""
    name = name.strip("*'\" ")
    return name if "(" in name and ")" in name else name.split("(")[-1].rstrip("):").strip()


def _may_be_head(cells: list[str], separator: str) -> bool:
    """Whether a line may be a head, before it is looked at more closely: most lines are none."""
    least = MIN_COLUMNS if separator == "  " else 2
    if not least <= len(cells) <= MAX_COLUMNS:
        return False
    return any(map(_is_place, cells)) if separator in "\t;,|" else _is_place(cells[0]) or cells[0] == "Class"


def _is_head(cells: list[str], separator: str) -> bool:
    # One after the other: as a rule it is one of the first that is none.
    if not all(_NAME.fullmatch(_bare(cell)) for cell in cells):
        return False
    names = [_bare(cell) for cell in cells]
    keys = [read_key(name) for name in names]
    if not any(key.is_metric for key in keys):
        return False
    counts = {name.lower() for name in names if _is_place(name)}
    if counts and counts <= BATCHES and not any(key.is_loss for key in keys):
        return False  # How fast and how good a model is, by the size of its batches.
    return separator != " " or all(_is_place(name) or read_key(name).is_metric for name in names)


def _is_place(name: str) -> bool:
    low = name.strip("*'\" ").lower()
    return low in STEPS or low in EPOCHS or low in BATCHES


def _read_row(names: list[str], cells: list[str]) -> Report | None:
    """Read the cells of a row; None where one is text that stands for no number."""
    places: dict[str, float] = {}
    values: dict[str, float] = {}
    written: list[tuple[str, str]] = []
    split = ""
    for name, cell in zip(names, cells, strict=True):
        found = _CELL.fullmatch(cell)
        if found and not (_is_place(name) and "." in cell.split("/")[0] and name.lower() in STEPS):
            written.append((name, found["number"]))
        elif cell.lower() in TRAIN or cell.lower() in HELD_OUT:
            split = split_of(cell)
        elif (
            cell not in _MISSING
            and name.lower() not in _NOTES
            and not read_key(name).is_aside
            and not _CLOCK.fullmatch(cell)
        ):
            return None
    comma = has_decimal_comma(number for _, number in written)
    for name, number in written:
        try:
            value = read_number(number, comma=comma)
        except ValueError:
            continue
        key, low = read_key(name), name.lower()
        if low in STEPS or low in BATCHES:
            places.setdefault("step", value)
        elif low in EPOCHS:
            places.setdefault("epoch", value)
        elif not key.is_aside:
            values.setdefault(name if key.split or key.is_setting else prefix_split(split, name), value)
    return Report(values, places.get("step"), places.get("epoch")) if places else None


def _read_classes(names: list[str], cells: list[str]) -> Report | None:
    """Read a row of a validation: only the one over all classes counts."""
    numbers = [_CELL.fullmatch(cell) for cell in cells[1:]]
    if not all(numbers):
        return None
    values = {name: read_number(found["number"]) for name, found in zip(names[1:], numbers, strict=True) if found}
    return Report({name: x for name, x in values.items() if not read_key(name).is_aside} if cells[0] == "all" else {})
