"""Signs that mean something else on a line than where they come from: typographic ones, and Windows' backslashes."""

from __future__ import annotations

import re
import unicodedata

from hfjobs_magic.errors import OptionError

_QUOTED = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.", re.DOTALL)
"""What a shell takes as it is: any sign may be in there."""

_BETWEEN_QUOTES = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"|\\[^\w]", re.DOTALL)

_LITERAL = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|\\[^\w]", re.DOTALL)

DASHES = "‐‑‒–—―−﹘﹣－"  # noqa: RUF001 - these are what it is about
"""What pages have in the place of ``-``."""

_OPENING, _CLOSING = "“„‟«‹‘‚‛″′＂", "”“‟»›’‘‛″′＂"  # noqa: RUF001 - see above
_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200f\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]")
_DASHED = re.compile(rf"(?<!\S)(?P<start>[-{DASHES}]+)(?P<name>[A-Za-z][\w{DASHES}-]*)")
_OPENED = re.compile(rf"(?:(?<!\S)|(?<==))[{_OPENING}]")


def check_typography(line: str) -> None:
    """Refuse typographic quotes, dashes and spaces where a line's own signs should be.

    Between straight quotes, and inside a word, they are text.

    Raises
    ------
    OptionError
        With what to write instead.
    """
    bare = _QUOTED.sub(lambda quoted: "x" * len(quoted[0]), line)
    _check_spaces(bare)
    _check_dashes(bare)
    _check_quotes(bare, line)
    _check_backslashes(line)


def _check_backslashes(line: str) -> None:
    r"""Refuse ``C:\data``, of which a shell leaves ``C:data``; nobody escapes a letter."""
    # As a shell reads quotes, and as Python does: a value may be a literal of its.
    readings = (between.sub(lambda quoted: "x" * len(quoted[0]), line) for between in (_BETWEEN_QUOTES, _LITERAL))
    if all(re.search(r"\\\w", bare) for bare in readings):
        raise OptionError(
            "A backslash outside quotes would be dropped. Put the value in single quotes, as in 'C:\\data'."
        )


def _check_spaces(bare: str) -> None:
    found = _SPACES.search(bare)
    if found is None:
        return
    before = bare[: found.start()].split()
    place = f"after {before[-1]}" if before else "at its beginning"
    name = unicodedata.name(found[0], "invisible character").lower()
    way = "Type an ordinary space there." if unicodedata.category(found[0]).startswith("Z") else "Delete it."
    raise OptionError(f"The line has U+{ord(found[0]):04X} ({name}) {place}, as pasted from a page. {way}")


def _check_dashes(bare: str) -> None:
    for found in _DASHED.finditer(bare):
        if not set(found[0]) & set(DASHES):
            continue
        name = re.sub(f"[{DASHES}]", "-", found["name"])
        option = f"-{name}" if len(name) == 1 else f"--{name}"
        raise OptionError(f"{found[0]} has a typographic dash, as pasted from a page. Write {option}.")


def _check_quotes(bare: str, line: str) -> None:
    found = _OPENED.search(bare)
    if found is None:
        return
    closed = re.compile(f"[{_CLOSING}]").search(line, found.end())
    text = line[found.start() + 1 : closed.start()] if closed else line[found.start() + 1 :].split(" ", 1)[0]
    is_secret = re.search(r"(?:^|\s)(?:-s|--secrets)[=\s]*$", line[: found.start()])
    way = "" if is_secret else f': "{text}"'
    raise OptionError(f"The line has typographic quotes, as pasted from a page. Write straight ones{way}.")
