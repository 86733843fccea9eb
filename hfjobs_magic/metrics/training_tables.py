"""Tables of metrics: a row an epoch (fastai, ultralytics, skorch, spaCy), or a row a name (stable-baselines3).

Cells stand two blanks apart, or between bars. A row counts only where it has as many cells as the head has names: a
frame that pandas prints has one more, its index.
"""

from __future__ import annotations

import re
from dataclasses import replace

from hfjobs_magic.metrics.progress_bars import read_frame
from hfjobs_magic.metrics.training_words import EPOCHS, STEPS, VALUE, Seen, is_aside, is_metric, number

MIN_COLUMNS = 3
"""Names in a head; fewer are a phrase. What has fewer cells between two rows, such as a bar, does not end a table."""

MAX_COLUMNS = 24
"""Names in a head; more are no report for people."""

MAX_CELLS = 64
"""Names in a table of a row a name."""

_CLOCK = "total_timesteps"
_GAP = re.compile(r"\s{2,}|\s*\|\s*")
_METER = re.compile(r"\d{1,3}%\s?[|\u2500\u2501\u2578].*")
_RULE = re.compile(r"[-+|=:\s\u2500\u2501]*")
_NAMED = re.compile(rf"\|\s+(?P<name>[\w/]+(?: +[\w/]+)*)\s+\|\s+(?:(?P<value>{VALUE})\s*)?\|\s*$")


class TableReader:
    """Keeps the head of the table that a log is in."""

    def __init__(self) -> None:
        self._columns: list[str] | None = None
        self._group = ""
        self._named: dict[str, float] = {}

    @property
    def is_open(self) -> bool:
        """Whether the next line may be a row."""
        return bool(self._columns or self._group or self._named)

    def begins(self, text: str) -> bool:
        """Whether a line is the head of a table of metrics; its rows follow."""
        names = [cell.split("(")[-1].rstrip("):") for cell in _cells(text)]
        if not MIN_COLUMNS <= len(names) <= MAX_COLUMNS or any(re.search(r"^\d|[=,]", name) for name in names):
            return False
        if names[0].lower() not in {*EPOCHS, *STEPS, "class"} or not any(map(is_metric, names)):
            return False
        self._columns = names
        return True

    def read(self, text: str) -> Seen | None:
        """Read a row; None where the line is none, and then the table has ended."""
        if text.startswith("|") and (found := _NAMED.match(text)):
            self._name(found["name"], found["value"])
            return Seen()
        if _RULE.fullmatch(text):
            return self._close() if self._named and text.strip() else None
        self._named, self._group = {}, ""
        return self._row(text) if self._columns else None

    def _row(self, text: str) -> Seen | None:
        columns, cells, frame = self._columns or [], _cells(text), read_frame(text)
        counted = cells[1:2] if columns[0] == "Class" else cells[:1]
        if len(cells) != len(columns) or number(counted[0].split("/")[0]) is None:
            if len(cells) >= MIN_COLUMNS and not frame:
                self._columns = None
            return None
        values: dict[str, float] = {}
        places: dict[str, float] = {}
        for name, cell in zip(columns, cells, strict=True):
            value, low = number(cell.split("/")[0]), name.lower()
            if value is not None and low in STEPS:
                places["step"] = value
            elif value is not None and low in EPOCHS:
                places["epoch"] = value
            elif value is not None and not is_aside(name):
                values.setdefault(name, value)
        if columns[0] == "Class":
            return Seen(values) if cells[0] == "all" else Seen()
        return Seen(values, **places, frame=replace(frame, label=f"{columns[0]} {cells[0]}") if frame else None)

    def _name(self, name: str, value: str | None) -> None:
        if name.endswith("/"):
            self._group = name
        elif (read := number(value or "")) is not None and len(self._named) < MAX_CELLS:
            self._named[name if name == _CLOCK else self._group + name] = read

    def _close(self) -> Seen:
        named, self._named, self._group = self._named, {}, ""
        step = named.pop(_CLOCK, None)
        values = {name: value for name, value in named.items() if not name.startswith("time/")}
        return Seen(values, step) if step is not None else Seen()


def _cells(text: str) -> list[str]:
    return [cell for cell in _GAP.split(_METER.sub("", text).strip(" |:")) if cell]
