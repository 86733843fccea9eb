"""What uv printed when it gave up: what failed, the causes, what a program that it called printed, and its hints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEAD = re.compile(r"(?:error: |  × )(?P<text>\S.*)")
_CAUSE = re.compile(r"\s+(?:cause:|Caused by:|[├╰]─▶)\s*(?P<text>.*)")
"""Versions up to 0.12 draw ``×`` and ``╰─▶``."""

_HINT = re.compile(r"\s*hint: (?P<text>.*)")
_STREAM = re.compile(r"\s*(?:\[(?:stdout|stderr)\]|--- (?:stdout|stderr))$")
_BUILD_HINT = re.compile(r"(?:Build failures|This) usually indicates? a problem with the package")
"""Stands below what a build printed, which may be longer than the end of a log that is read."""

_UNREACHABLE = r"Failed to (?:fetch|download)\b"
_KNOWN = re.compile(
    rf"{_UNREACHABLE}|No solution found when resolving|Failed to build|.*was not found in the package registry"
    r"|Failed to (?:resolve (?:`--with`|script) requirements?$|prepare distributions$|determine installation plan$)"
    r"|No interpreter found |Git operation failed"
)
"""How uv begins; a program may print ``error:``, too."""


@dataclass(frozen=True)
class UvError:
    """Why uv ended."""

    texts: tuple[str, ...]
    """What it was about to do, and below it each cause of the one before; empty where a build printed too much."""
    printed: tuple[str, ...] = ()
    """What a build or git wrote last, line by line."""
    hints: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        """All of it in one text, in which words can be looked for."""
        return "\n".join((*self.texts, *self.hints, *self.printed))


def read_uv_error(lines: Sequence[str]) -> UvError | None:
    """Read the first error of uv in a log; None where there is none.

    >>> read_uv_error(["error: Failed to fetch: http://x/simple/six/", "  cause: dns error"]).texts
    ('Failed to fetch: http://x/simple/six/', 'dns error')
    """
    for at, line in enumerate(lines):
        head = _HEAD.match(line)
        if head:
            error = _read(head["text"], lines[at + 1 :])
            if any(map(_KNOWN.match, error.texts)):
                return error
    hints = tuple(found["text"] for line in lines if (found := _HINT.match(line)))
    if any(map(_BUILD_HINT.match, hints)):
        end = next(at for at, line in enumerate(lines) if _HINT.match(line))
        printed = (line.strip() for line in lines[:end] if not _STREAM.match(line))
        return UvError((), tuple(filter(None, printed)), hints)
    return None


def _read(head: str, lines: Sequence[str]) -> UvError:
    texts, hints = [head], []
    printed: list[str] = []
    is_printing = False
    for line in lines:
        hint, cause = _HINT.match(line), _CAUSE.match(line)
        if hint:
            is_printing = False
            hints.append(hint["text"])
        elif _STREAM.match(line):
            is_printing = True
        elif is_printing and (line.startswith(" ") or not line.strip()):
            printed.append(line.strip())
        elif cause:
            texts.append(cause["text"].strip())
        elif line.startswith(" ") and line.strip():
            goes_on = hints or texts
            goes_on[-1] += " " + line.strip(" │")
        elif line.strip():
            break
    return UvError(tuple(texts), tuple(filter(None, printed)), tuple(hints))
