"""What is said of a line, as it is said of a call: ``Send it with inputs=["df"]`` for ``Send it with -i df``.

Sentences are written for the line, which most people write; whoever calls `hfjobs_magic.run` gets keyword arguments.
"""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import TYPE_CHECKING

from hfjobs_magic.options.table import OPTIONS
from hfjobs_magic.values.table import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

PROSE = frozenset({
    "and", "are", "as", "be", "belongs", "brings", "can", "do", "does", "for", "from", "goes", "has", "have", "if",
    "in", "is", "it", "its", "larger", "leaves", "make", "makes", "means", "needs", "of", "on", "only", "or", "out",
    "says", "sends", "so", "takes", "than", "that", "the", "then", "there", "this", "to", "together", "was", "which",
    "will", "with", "take", "starts",
})  # fmt: skip
"""Words of a sentence that follow an option, and are no value of it."""

_BY_FLAG = {flag: option for option in OPTIONS for flag in option.flags}
_FLAG = "|".join(sorted(map(re.escape, _BY_FLAG), key=len, reverse=True))
_QUOTED = r"'[^']*'|\"[^\"]*\""
_VALUE = rf"(?:[^\s,;'\"()]|,(?=\w)|{_QUOTED}|\((?:[^()]|\([^()]*\))*\))+"
"""A word; quotes and parentheses keep their spaces, and a comma goes on where no space follows."""

_ONE = re.compile(rf"(?P<flag>{_FLAG})(?:[ =](?P<value>{_VALUE}))?")
_START = re.compile(rf"(?<![\w%/.=-])(?={_FLAG})(?:{_FLAG})(?![\w-])")
_QUOTE = re.compile(r"`[^`]*`|-o \w+ to the %%hfjob line")
"""What stays as it is: code, and what is to be done to a cell that has a line."""

_FORMAT = re.compile(rf":(?:{'|'.join(NAMES)})$")

_PLACES = (
    (re.compile(r"\b(to|on) the line\b"), r"\1 the call"),
    (re.compile(r"\b(?:the|this) cell\b"), "the code"),
    (re.compile(r"\bThe cell\b"), "The code"),
    (re.compile(r"\byes=True \(yes=True\)"), "yes=True"),
)


def as_call(text: str) -> str:
    """Return sentences about options of a line, with keyword arguments in their place.

    Examples
    --------
    >>> as_call("Send it with -i df, or load it in the cell.")
    'Send it with inputs=["df"], or load it in the code.'
    >>> as_call("Add -v ./lib:/code/lib -e PYTHONPATH=/code to the line.")
    'Add volumes=["./lib:/code/lib"], env={"PYTHONPATH": "/code"} to the call.'
    """
    made, at = "", 0
    for quote in _QUOTE.finditer(text):
        made += _translate(text[at : quote.start()]) + quote[0]
        at = quote.end()
    return made + _translate(text[at:])


def _translate(text: str) -> str:
    made, at = "", 0
    while found := _START.search(text, at):
        made += text[at : found.start()]
        pairs, at = _read(text, found.start())
        made += ", ".join(_write(flag, values) for flag, values in _group(pairs))
    made += text[at:]
    for pattern, way in _PLACES:
        made = pattern.sub(way, made)
    return made


def _read(text: str, at: int) -> tuple[list[tuple[str, str]], int]:
    """Read options that follow each other, with their values; return them and where they end."""
    pairs: list[tuple[str, str]] = []
    end = at - 1
    while found := _ONE.match(text, end + 1):
        value = (found["value"] or "").rstrip(".:")
        is_flag = _BY_FLAG[found["flag"]].kind in {"flag", "switch"}
        value = "" if is_flag or value in PROSE or value in _BY_FLAG else value
        end = found.end("flag") + (1 + len(value) if value else 0)
        pairs.append((found["flag"], value))
        if not _START.match(text, end + 1) or text[end] != " ":
            break
    return pairs, end


def _group(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Yield each option once, with all its values."""
    for _, group in groupby(pairs, key=lambda pair: _BY_FLAG[pair[0]].dest):
        items = list(group)
        yield items[0][0], [value for _, value in items if value]


def _write(flag: str, values: list[str]) -> str:
    option = _BY_FLAG[flag]
    if option.kind in {"flag", "switch"}:
        return f"{option.dest}={not flag.startswith('--no-') or option.flags[0] == flag}"
    if not values:
        return option.dest
    plain = [_unquote(value) for value in values]
    if option.dest in {"inputs", "env", "labels"} and all("=" in value for value in plain):
        items = [value.partition("=")[::2] for value in plain]
        if option.dest == "inputs":
            # Behind an expression a line has the format, of which a call has it behind the name.
            items = [
                (f"{key}{found[0]}" if (found := _FORMAT.search(item)) else key, _FORMAT.sub("", item))
                for key, item in items
            ]
        # What is sent is an expression, everything else a text.
        inside = (f"{_text(key)}: {item if option.dest == 'inputs' else _text(item)}" for key, item in items)
        return f"{option.dest}={{{', '.join(inside)}}}"
    if option.kind == "many":
        return f"{option.dest}=[{', '.join(map(_text, plain))}]"
    return f"{option.dest}={plain[0] if option.kind == 'count' and plain[0].isdecimal() else _text(plain[0])}"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _unquote(value: str) -> str:
    return value[1:-1] if re.fullmatch(_QUOTED, value) else value
