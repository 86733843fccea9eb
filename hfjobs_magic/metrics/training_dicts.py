"""Metrics in dicts as Python and JSON write them, on one line or over several, nested or not.

What is nested has its names joined: ``{"val": {"loss": 0.5}}`` reports ``val/loss``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from hfjobs_magic.metrics.numbers import NUMBER
from hfjobs_magic.metrics.training_keys import read_key
from hfjobs_magic.metrics.training_words import PLACES, prefix_split, split_of

MAX_CHARS = 20_000
"""Text of a dict over several lines that is waited for."""

MAX_DEPTH = 8
"""Dicts within one another."""

_QUOTE = r"""['"]"""
_TOKEN = re.compile(
    rf"""(?P<open>[{{])
    |(?P<close>[}}])
    |{_QUOTE}(?P<key>[^'"\\{{}}\[\]\n]{{1,80}}){_QUOTE}\s*(?::|,(?=\s*[-+\d]))\s*
     (?:(?P<quote>{_QUOTE}?)(?P<number>{NUMBER})(?:/\d+)?\s?%?(?P=quote)(?=\s*[,}})\n]|\s*$)
       |{_QUOTE}(?P<text>[^'"\\\n]{{0,60}}){_QUOTE}
       |(?P<inner>[{{]))?""",
    re.VERBOSE,
)
_BEGINS = re.compile(rf"[{{]\s*(?:$|{_QUOTE})")
# Keys whose text says what data the numbers beside it are of.
_ABOUT = frozenset(
    {
        "split",
        "phase",
        "mode",
        "stage",
        "subset",
        "set",
        "dataset",
        "partition",
        "event",
        "kind",
        "name",
        "prefix",
        "job",
        "task",
        "type",
        "loop",
    }
)


def may_begin_dict(lines: str) -> bool:
    """Whether a dict may begin in lines, joined by ends of line, that goes on on the next ones."""
    return lines.endswith("{") or "{\n" in lines


@dataclass
class Record:
    """What one line says in dicts."""

    numbers: dict[str, str] = field(default_factory=dict)
    """As they were printed, by key; a word for held-out data stands before those that are of such data."""
    start: int = 0
    """Where the first dict begins in the text."""
    end: int = 0
    """Where the last one ends."""


class DictReader:
    """Puts together the dicts of a log that stand on several lines."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    @property
    def is_open(self) -> bool:
        """Whether a dict continues on the next line."""
        return bool(self._lines)

    def read(self, text: str) -> Record | None:
        """Read a line; None where it has no dict, an empty record where one goes on."""
        if self._lines:
            return self._go_on(text)
        if "{" not in text:
            return read_record(text) if "('" in text and text.rstrip().endswith(("]", "])")) else None
        missing = text.count("{") - text.count("}")
        if missing <= 0:
            return read_record(text)
        if missing < MAX_DEPTH and _BEGINS.search(text):
            self._lines = [text]
            return Record()
        return None

    def _go_on(self, text: str) -> Record | None:
        self._lines.append(text)
        whole = "\n".join(self._lines)
        if len(whole) > MAX_CHARS:
            self._lines = []
            return None
        if whole.count("{") > whole.count("}"):
            return Record()
        self._lines = []
        return read_record(whole)


def read_record(text: str) -> Record | None:
    """Read the dicts of a text; None where there is none. A key that comes twice names no one number."""
    numbers: dict[str, str] = {}
    twice: set[str] = set()
    path: list[str] = []
    start, end, label, about = -1, 0, "", ""
    for found in _TOKEN.finditer(text):
        start = found.start() if start < 0 else start
        if found["open"] or found["inner"]:
            if not path:
                label = split_of(text[end : found.start()]) or label
            path.append(found["key"] or "")
        elif found["close"]:
            path = path[:-1]
            end = found.end()
        elif found["number"]:
            name = _name("/".join([*filter(None, path), found["key"]]), label)
            twice |= {name} & numbers.keys()
            numbers[name] = found["number"]
        elif found["text"] and found["key"].lower() in _ABOUT:
            about = split_of(found["text"].replace("_", " ")) or about
    numbers = {_name(name, about): number for name, number in numbers.items() if name not in twice}
    return Record(numbers, start, end) if numbers else None


@lru_cache(maxsize=1000)
def _name(name: str, split: str) -> str:
    key = read_key(name)
    return name if name.lower() in PLACES or key.split or key.is_setting else prefix_split(split, name)
