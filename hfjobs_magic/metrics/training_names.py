"""Tables of metrics with a row a name, as stable-baselines3 prints them: a group, its names, and one number each."""

from __future__ import annotations

import re

from hfjobs_magic.metrics.numbers import NUMBER, read_number
from hfjobs_magic.metrics.training_report import Report

MAX_CELLS = 64
"""Names in a table."""

_CLOCK = "total_timesteps"
_ROW = re.compile(rf"\|\s+(?P<name>[\w/]+(?: +[\w/]+)*)\s+\|\s+(?:(?P<number>{NUMBER})\s*)?\|\s*$")
_RULE = re.compile(r"[-+|=:\s\u2500\u2501]*")


class NameTable:
    """Collects the rows of a table until the rule below it; a table that has no clock is none of a training."""

    def __init__(self) -> None:
        self._group = ""
        self._numbers: dict[str, float] = {}

    @property
    def is_open(self) -> bool:
        """Whether the next line may be a row."""
        return bool(self._group or self._numbers)

    def read(self, text: str) -> Report | None:
        """Read a row or the rule below; None where the line is neither. What was collected is given at the rule."""
        if text.startswith("|") and (found := _ROW.match(text)):
            self._take(found["name"], found["number"])
            return Report()
        if self._numbers and text.strip() and _RULE.fullmatch(text):
            return self._close()
        self._group, self._numbers = "", {}
        return None

    def _take(self, name: str, number: str | None) -> None:
        if name.endswith("/"):
            self._group = name
        elif number is not None and len(self._numbers) < MAX_CELLS:
            self._numbers[name if name == _CLOCK else self._group + name] = read_number(number, comma=False)

    def _close(self) -> Report:
        numbers, self._numbers, self._group = self._numbers, {}, ""
        step = numbers.pop(_CLOCK, None)
        values = {name: value for name, value in numbers.items() if not name.startswith("time/")}
        return Report(values, step) if step is not None else Report()
