"""Lines of a log that say that an output can be read: ``[output 3] figure, 640×480``.

The runner prints one when it has closed the output's file (`hfjobs_magic.runner.outputs`). A program may print such a
line, too; then there is no such file, or it has other words (`hfjobs_magic.follow.cue_lines`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CUE = re.compile(r"\[output (?P<number>[1-9]\d{0,5})\] (?P<words>[^\r\n]*)$")
"""At the end of a line: a program may have begun one, and not ended it."""


@dataclass(frozen=True)
class Cue:
    """One such line."""

    number: int
    """Of the output's file."""
    words: str
    """What it is."""
    before: str
    """What a program had printed in the same line."""

    @property
    def is_update(self) -> bool:
        """Whether it is of something that takes the place of what is shown: no line of the log stands for it."""
        return self.words.startswith("update: ") or self.words == "cleared"


def read_cue(line: str) -> Cue | None:
    """Read a line of the log; None for every other line.

    >>> read_cue("[output 3] table, 5 × 3")
    Cue(number=3, words='table, 5 × 3', before='')
    """
    if "[output " not in line:
        return None
    found = _CUE.search(line)
    return Cue(int(found["number"]), found["words"], line[: found.start()]) if found else None


def mark(line: str) -> str:
    """Write such a line for readers: what it is, with a sign.

    >>> mark("[output 3] table, 5 × 3")
    '▸ table, 5 × 3'
    """
    cue = read_cue(line)
    return line if cue is None else f"{cue.before}▸ {cue.words}"
