"""The corpus of logs: what is to be read in each of them, what is read, and how much of it is right.

A log says in its head where it comes from, what it shows, and what is to be read in it: the x axis, the first value,
the last and the number of points of each series, and the progress that the card showed last. An ordinary log has no
series. One of nested bars also says which of them the header shows one after the other.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hfjobs_magic.local.jobs.frames import LogFramer
from hfjobs_magic.metrics.numbers import NUMBER, read_number
from hfjobs_magic.metrics.plain_text import strip_styles
from hfjobs_magic.metrics.training_scan import TrainingScan

if TYPE_CHECKING:
    from collections.abc import Iterable

CORPUS = Path(__file__).parents[1] / "tests/metrics/corpus"
HEAD_KEYS = {"source", "shows", "expect"}

_NUMBER = re.compile(NUMBER)


@dataclass(frozen=True)
class Log:
    """One log of the corpus."""

    path: Path
    """Its file."""
    head: dict[str, str]
    """What its file says before the log, by name."""
    text: str
    """The log, with its carriage returns."""

    @classmethod
    def open(cls, path: Path) -> Log:
        """Read a file of the corpus."""
        head, text = path.read_bytes().decode().split("\n---\n", 1)
        return cls(path, dict(re.findall(r"^# (\w+): (.+)$", head, re.MULTILINE)), text)

    @property
    def bars(self) -> list[tuple[str, float | None] | None] | None:
        """Bars that the header shows one after the other, by label and total; None where that is not looked at."""
        written = self.head.get("bars")
        return [bar and (bar[0], bar[1]) for bar in json.loads(written)] if written else None

    @property
    def is_ordinary(self) -> bool:
        """Whether it is of no training."""
        return self.path.parent.name == "ordinary"

    @cached_property
    def expected(self) -> dict[str, Any]:
        """What is to be read in it, in the form of `read_events`."""
        expected = json.loads(self.head["expect"])
        return {"x_label": None, "series": {}, "progress": expected} if self.is_ordinary else expected


@dataclass(frozen=True)
class Score:
    """Points of charts."""

    drawn: int = 0
    """Points that are drawn."""
    expected: int = 0
    """Points that are to be drawn."""
    right: int = 0
    """Points that are both: printed in the log, under the key that the chart names."""

    def __add__(self, other: Score) -> Score:
        """Return the points of both."""
        return Score(self.drawn + other.drawn, self.expected + other.expected, self.right + other.right)


def logs() -> list[Log]:
    """Return all logs of the corpus."""
    return [Log.open(path) for path in sorted(CORPUS.glob("*/*.log"))]


def read_events(events: Iterable[str]) -> dict[str, Any]:
    """Return what the charts and the header show of a log that comes in event by event, one a second."""
    scan = TrainingScan()
    progress: dict[str, Any] = {}
    for second, event in enumerate(events):
        scan.feed([event], float(second))
        scan.advance(math.inf)
        progress = scan.progress() or progress
    trait = scan.trait()
    series = {one["key"]: [one["y"][0], one["y"][-1], len(one["y"])] for one in trait.get("series", [])}
    return {
        "x_label": trait.get("x_label"),
        "series": series,
        "progress": {name: progress[name] for name in ("label", "n", "total")} if progress else None,
    }


def cut_events(text: str) -> list[str]:
    """Return the events in which a log comes: the local service sends one a line, and one a carriage return."""
    framer = LogFramer()
    sent = framer.feed(text.encode(), "") + framer.close("")
    return [json.loads(event.removeprefix("data: "))["data"] for event in sent.split("\n\n") if event]


def read_bars(text: str) -> list[tuple[str, float | None] | None]:
    """Return the bars that the header shows one after the other, by label and total; None while it shows none."""
    scan = TrainingScan()
    shown: list[tuple[str, float | None] | None] = []
    for second, event in enumerate(cut_events(text)):
        scan.feed([event], float(second))
        scan.advance(math.inf)
        progress = scan.progress()
        bar = (progress["label"], progress["total"]) if progress else None
        if shown[-1:] != [bar]:
            shown.append(bar)
    return shown


def score(log: Log) -> Score:
    """Compare the points that are drawn of a log with those that are to be drawn."""
    scan = TrainingScan()
    scan.feed(log.text.split("\n"), 0.0)
    scan.advance(math.inf)
    wanted, printed = log.expected["series"], printed_numbers(log.text)
    drawn = right = 0
    for one in scan.trait().get("series", []):
        drawn += len(one["y"])
        first, last, count = wanted.get(one["key"], (None, None, 0))
        if (one["y"][0], one["y"][-1]) == (first, last):
            right += min(count, sum(value in printed for value in one["y"]))
    return Score(drawn, sum(count for _, _, count in wanted.values()), right)


def printed_numbers(text: str) -> set[float | None]:
    """Return all numbers that stand in a log; None, which is drawn as a gap, where nan or an infinity does."""
    numbers: set[float | None] = set()
    for written in _NUMBER.findall(strip_styles(text.replace("\r", "\n").replace("\b", " "))):
        for comma in (None, True, False):
            try:
                value = read_number(written, comma=comma)
            except ValueError:
                continue
            numbers.add(value if math.isfinite(value) else None)
    return numbers
