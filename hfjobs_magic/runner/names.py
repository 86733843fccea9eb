"""Definitions of the notebook that came along with the cell: run before it, in the cell's own namespace.

Their file is Python, in parts; each begins with a line ``# %% from the notebook: train, line 4``, or without a line
where it is an import or a constant.
"""

from __future__ import annotations

import linecache
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_PART = re.compile(r"^# %% from the notebook: (?P<name>.+?)(?:, line (?P<line>\d+))?\n", re.MULTILINE)
_FUTURE = re.compile(r"(?:from __future__ import [^\n]*\n)*")


@dataclass(frozen=True)
class Part:
    """One definition, or one import."""

    name: str
    """What it defines."""
    text: str
    """Its source, with as many empty lines in front as its line number needs."""

    @property
    def file(self) -> str:
        """Name of its file in tracebacks."""
        return f"{self.name}, from the notebook"

    def code(self) -> Any:
        """Compile it."""
        return compile(self.text, self.file, "exec", dont_inherit=True)


def parts(text: str) -> Iterator[Part]:
    """Read the file."""
    heads = list(_PART.finditer(text))
    for head, following in zip(heads, [*heads[1:], None]):
        source = text[head.end() : following.start() if following else len(text)].rstrip("\n") + "\n"
        future = _FUTURE.match(source)
        above = future[0] if future else ""
        padding = "\n" * max(0, int(head["line"] or 1) - 1 - above.count("\n"))
        yield Part(head["name"], above + padding + source[len(above) :])


def remember(part: Part) -> None:
    """Let tracebacks and `inspect` find the source of a part, which is in no file of that name."""
    linecache.cache[part.file] = (len(part.text), None, part.text.splitlines(keepends=True), part.file)
