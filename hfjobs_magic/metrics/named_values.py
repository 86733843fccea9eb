"""Metrics that a reader has named, ``--metric accuracy``: of these every value in a log counts, were it the only one.

Lines are read in the forms that `training_lines` reads, without its doubts: whoever names a key says that it is a
metric. A chart is made of none of this, it takes what `training` calls a series.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from hfjobs_magic.metrics.numbers import NUMBER, has_decimal_comma, read_number
from hfjobs_magic.metrics.plain_text import split_states, strip_styles, unwrap_numbers
from hfjobs_magic.metrics.training_dicts import read_record
from hfjobs_magic.metrics.training_keys import is_beside_key, read_key
from hfjobs_magic.metrics.training_pairs import find_all_pairs
from hfjobs_magic.metrics.training_report import Report
from hfjobs_magic.metrics.training_series import Series
from hfjobs_magic.metrics.training_words import PLACES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_LINE_CHARS = 20_000
"""Longer lines are data, as for `training_lines`."""

LONE_CHARS = 400
"""Longer lines are more than a name and its number."""

_APART = re.compile(r"[\W_]+")
_WORD = re.compile(r"[^\W_]+")
_BARS = re.compile(r"[|\u2502\u2503\u2551]")
_LONE = re.compile(
    rf"(?P<key>[A-Za-z][\w.@/-]{{0,59}}(?: [A-Za-z][\w.@/-]{{0,59}}){{0,3}})\s?[:=]\s{{0,8}}(?P<number>{NUMBER})\s?%?"
)
_CELL = re.compile(rf"({NUMBER})\s?%?")
# Before what comes last: "Final eval_loss: 0.3".
_ENDS = frozenset({"final", "finally", "last", "overall", "result", "results"})


class NamedValues:
    """Lines in, the values of some keys out. One writer; readers on any thread."""

    def __init__(self, names: Iterable[str]) -> None:
        self._series = {name: Series(has_place=False) for name in names}
        self._names = {_form(name): name for name in self._series}
        # The longest word of each, in lower case: looked for before anything slower.
        self._hints = [max(_WORD.findall(name.lower()), key=len, default=name) for name in self._series]

    def may_say(self, lines: str) -> bool:
        """Whether reading lines, joined by ends of line, can give anything."""
        return bool(self._hints) and any(map(lines.lower().__contains__, self._hints))

    def read(self, at: float, lines: str) -> bool:
        """Read lines, joined by ends of line, seen `at` (seconds since the epoch); whether a value was found."""
        found = False
        for line in lines.split("\n"):
            if len(line) > MAX_LINE_CHARS or not self.may_say(line):
                continue
            for state in split_states(line):
                for name, value in self._find(unwrap_numbers(strip_styles(state))):
                    self._series[name].add(at, Report(), value)
                    found = True
        return found

    def values(self) -> dict[str, Series]:
        """Return the values of each key of which one was printed."""
        return {name: series for name, series in list(self._series.items()) if series.count}

    def _find(self, text: str) -> Iterator[tuple[str, float]]:
        written = {name: number for key, number in _find_numbers(text) if (name := self._match(key))}
        comma = has_decimal_comma(written.values())
        for name, number in written.items():
            try:
                yield name, read_number(number, comma=comma)
            except ValueError:
                continue  # it could be two

    def _match(self, key: str) -> str | None:
        """Return the name that a key is, without words that belong to none: ``INFO and the final accuracy is``."""
        words = key.split(" ")
        while len(words) > 1 and is_beside_key(words[-1]):
            words.pop()
        for at in range(len(words)):
            if name := self._names.get(_form(" ".join(words[at:]))):
                return name
            if not is_beside_key(words[at]) and words[at].lower() not in _ENDS:
                return None
        return None


def find_lone_names(line: str) -> list[str]:
    """Return what a line names that is nothing but a name and its number, or a dict of them, in order.

    Without a reader who has named them these may be metrics, were they printed only once; counters and what is always
    beside a metric are not.

    >>> find_lone_names("score: 0.28"), find_lone_names("Final f2 = 0.9"), find_lone_names("took 3 s: 2 files")
    (['score'], ['f2'], [])
    """
    text = unwrap_numbers(strip_styles(line)).strip()
    if len(text) > LONE_CHARS:
        return []
    record = read_record(text) if text.startswith("{") else None
    if record and record.end and not text[record.end :].strip():
        keys = list(record.numbers)
    else:
        found = _LONE.fullmatch(text)
        keys = [_drop_beside(found["key"])] if found and any(map(str.isdigit, found["number"])) else []
    return [key for key in keys if (" " not in key or read_key(key).is_metric) and not _is_counter(key)]


def _drop_beside(key: str) -> str:
    """Return a key without the words before it that belong to none: ``INFO Final score``."""
    words = key.split()
    while len(words) > 1 and (is_beside_key(words[0]) or words[0].lower() in _ENDS):
        words.pop(0)
    return " ".join(words)


def _is_counter(key: str) -> bool:
    return key.lower() in PLACES or read_key(key).is_aside


def _form(name: str) -> str:
    """Return a key in one of its spellings: ``Eval Loss``, ``eval/loss`` and ``eval_loss`` are one."""
    return _APART.sub("_", name.strip().rstrip(".").lower())


def _find_numbers(text: str) -> Iterator[tuple[str, str]]:
    """Give keys and numbers as they were printed: of dicts, of a table's cells, else of what stands before a number."""
    record = read_record(text) if "'" in text or '"' in text else None
    if record:
        yield from record.numbers.items()
        text = text[: record.start] + text[record.end :] if record.end else text
    cells = [cell.strip() for cell in _BARS.split(text)]
    for key, cell in pairwise(cells):
        if key and (number := _CELL.fullmatch(cell)):
            yield key, number[1]
    yield from find_all_pairs(text)
