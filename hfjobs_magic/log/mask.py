r"""Secrets in the lines of a log, masked before anybody sees them.

A look at many lines at once costs next to nothing: they are joined, without the ends of lines and the spaces there,
and each text that stands for a secret is looked for in the whole. So a value is found that was wrapped, or that ends
in the next lines to come. Lines with colours, frames or moves of a cursor are looked at twice: as they are sent, and
as they are seen.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from functools import lru_cache
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

from hfjobs_magic.log.screen import ESCAPES
from hfjobs_magic.log.secret_forms import MIN_CHARS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

MASK = "***"
"""Stands for a value, or for what a line has of one; as on GitHub and in the Hub's own logs of builds."""

MAX_BEGINNING = 16
"""Characters at the end of the newest line, the first ones of a secret, that are masked before the rest comes; a third
of it where that is less."""

_UNSEEN = re.compile(rf"{ESCAPES.pattern}|[ \t\u2502\u2503]*[\r\n\b]+[ \t\u2502\u2503]*")
_EDGES = " \t\r\n\b\u2502\u2503"
_SIGNS = "\x1b\r\n\b\u2502\u2503"
"""Only lines that have one of these look different from what is sent."""

_CUTS = ("\u2026", "...")
"""Of a text that was shortened; pandas and reprlib write three dots."""

_COMMON = "ZQXJYKVWUHGBFDMOPRNLCTSIAE)(\\'\"%/,_-zqjxkwvyfbghpmducrlsnoatie9876543=:.210 "
"""Characters of logs, rarest first; those that are not in it are rarer."""

Span = tuple[int, int]


class LineMask:
    """Masks one log, in which values may begin in one call and end in the next.

    Parameters
    ----------
    forms
        Gives the texts that stand for secrets, at the moment (`hfjobs_magic.log.secret_forms`).
    """

    def __init__(self, forms: Callable[[], Sequence[str]]) -> None:
        self._forms = forms
        self._as_sent = _Look(str.strip)
        self._as_seen = _Look(_as_seen)

    def mask(self, lines: list[str]) -> list[str]:
        """Give the next lines of the log with secrets masked: as many, and the same list where there is none."""
        forms = self._forms()
        if not forms or not lines:
            return lines
        text = "".join(map(str.strip, lines))
        masked = self._as_sent.mask(lines, text, forms)
        if not any(sign in text for sign in _SIGNS):
            self._as_seen.tail = self._as_sent.tail
            return masked
        return self._as_seen.mask(masked, "".join(map(_as_seen, masked)), forms)


def mask_text(text: str, forms: Sequence[str]) -> str:
    """Mask all of a text at once, line by line."""
    return "\n".join(LineMask(lambda: forms).mask(text.split("\n"))) if forms else text


class _Look:
    """One way to look at lines; knows how the log ended so far."""

    def __init__(self, clean: Callable[[str], str]) -> None:
        self._clean = clean
        self.tail = ""

    def mask(self, lines: list[str], text: str, forms: Sequence[str]) -> list[str]:
        """Mask lines, whose cleaned texts together are `text`."""
        before = len(self.tail)
        text = self.tail + text
        groups = [group for rarest, stem, group in _stems(tuple(forms)) if rarest in text and stem in text]
        found = [form for group in groups for form in group if form in text]
        begun = max((_beginning(text, form) for form in forms), default=0)
        cut = [span for group in groups for form in group for span in _cut_places(form, text)]
        self.tail = text[max(0, len(text) - max(map(len, forms)) + 1) :]
        if not (found or begun or cut):
            return lines
        spans = [*cut, *(span for form in found for span in _places(form, text))]
        if begun:
            spans.append((len(text) - begun, len(text)))
        return self._mask_spans(lines, before, _merge(spans))

    def _mask_spans(self, lines: list[str], before: int, spans: Iterable[Span]) -> list[str]:
        """Mask `spans` of the text, which begins with `before` characters of lines that are shown already."""
        cleaned = [self._clean(line) for line in lines]
        starts = list(accumulate(map(len, cleaned), initial=before))
        parts: defaultdict[int, list[Span]] = defaultdict(list)
        for start, end in spans:
            number = max(0, bisect_right(starts, start) - 1)
            while number < len(lines) and starts[number] < end:
                first, last = max(start, starts[number]), min(end, starts[number + 1])
                if first < last:
                    parts[number].append((first - starts[number], last - starts[number]))
                number += 1
        made = list(lines)
        for number, own in parts.items():
            made[number] = _mask_parts(lines[number], cleaned[number], own)
        return made


@lru_cache(maxsize=4)
def _stems(forms: tuple[str, ...]) -> list[tuple[str, str, list[str]]]:
    """Return forms that begin alike, with what they begin with and its rarest character: without these, none is there.

    Looking for one character takes a tenth of the time of looking for a few.
    """
    groups = [list(group) for _, group in groupby(sorted(forms), key=lambda form: form[:MIN_CHARS])]
    stems = [group[0][:MIN_CHARS] for group in groups]
    return [(min(stem, key=_COMMON.find), stem, group) for stem, group in zip(stems, groups, strict=True)]


def _beginning(text: str, form: str) -> int:
    """How many characters at the end of `text` may be the beginning of a form that goes on; 0 where too few are."""
    least = max(MIN_CHARS, min(MAX_BEGINNING, len(form) // 3))
    end = text[-len(form) + 1 :]
    if form[:least] not in end:
        return 0
    return next((size for size in range(len(form) - 1, least - 1, -1) if end.endswith(form[:size])), 0)


def _places(form: str, text: str) -> Iterator[Span]:
    at = text.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = text.find(form, at + 1)


def _cut_places(form: str, text: str) -> Iterator[Span]:
    """Find where a text was shortened in the middle of a secret, which then ends in an ellipsis."""
    for at, _ in _places(form[:MIN_CHARS], text):
        size = next(size for size in range(len(form), 0, -1) if text.startswith(form[:size], at))
        if text.startswith(_CUTS, at + size):
            yield at, at + size


def _merge(spans: Iterable[Span]) -> Iterator[Span]:
    """Join those that overlap or touch."""
    begin = end = -1
    for start, stop in sorted(spans):
        if start > end:
            if end >= 0:
                yield begin, end
            begin, end = start, stop
        else:
            end = max(end, stop)
    if end >= 0:
        yield begin, end


def _as_seen(line: str) -> str:
    return _UNSEEN.sub("", line).strip(_EDGES)


def _mask_parts(line: str, cleaned: str, parts: Iterable[Span]) -> str:
    """Mask parts of what is seen of a line; colours in them stay."""
    places = _map_places(line, cleaned)
    made, at = [], 0
    for first, last in parts:
        start, end = places[first], places[last - 1] + 1
        made += [line[at:start], MASK, *ESCAPES.findall(line[start:end])]
        at = end
    return "".join([*made, line[at:]])


def _map_places(line: str, cleaned: str) -> Sequence[int]:
    """Where in the line each character of its cleaned text stands."""
    start = line.find(cleaned)
    if start >= 0:
        return range(start, start + len(cleaned))
    places: list[int] = []
    at = 0
    for unseen in _UNSEEN.finditer(line):
        places += range(at, unseen.start())
        at = unseen.end()
    places += range(at, len(line))
    text = "".join(line[place] for place in places)
    return places[text.find(cleaned) :]
