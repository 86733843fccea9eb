"""One state of a progress bar, read from the text that drew it.

The layout of tqdm's frames is that of its ``bar_format``, see https://tqdm.github.io/docs/tqdm/; huggingface_hub has
one of its own, in ``utils/_xet_progress_reporting.py``.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from hfjobs_magic.metrics.training_keys import read_phrase

MAX_LABEL = 100
"""Characters of a label."""

COMPLETED = "% Completed |"
"""How vLLM and SGLang draw the bar of a model's files: ``50% Completed | 2/4 [00:03<00:03, 1.50s/it]``."""

# A label ends with what is no blank, and what stands before a blank takes no blank: else a line of nothing but blanks
# would be read again from each of them.
_NUMBER = r"\d{1,15}(?:\.\d{1,15})?"
_COUNT = rf"{_NUMBER}[kMGTP]?"
# What a terminal too narrow has cut off ends without its bracket.
_TQDM = re.compile(
    rf"""(?<![\w.])\d{{1,3}}%(?:\|[^|]{{0,300}}|\sCompleted\s)\|\s*
    (?P<n>{_COUNT})/(?P<total>{_COUNT})\s*
    \[(?P<elapsed>[\d:]+)<(?P<eta>[\d:?]+)(?:\s*days?,\s*[\d:]+)?,(?P<speed>[^\],]+)(?:,(?P<postfix>[^\]]*))?(?P<end>\]|$)""",
    re.VERBOSE,
)
_HUB = re.compile(
    rf"(?<![\w.])\d{{1,3}}%\|[^|]{{0,300}}\|\s*(?P<n>{_COUNT})B\s/\s{{1,5}}(?P<total>{_COUNT})B(?:,\s{{1,9}}(?P<speed>{_COUNT}B/s))?"
)
_OPEN = re.compile(
    rf"""^(?:(?P<label>\S[^\r]{{0,100}}?):\s+)?(?P<n>{_COUNT})\s?(?P<unit>[A-Za-z]+)\s
    \[(?P<elapsed>[\d:]+),(?P<speed>[^\],]+)(?:,(?P<postfix>[^\]]*))?(?P<end>\]|$)""",
    re.VERBOSE,
)
_KERAS = re.compile(
    r"^\s*(?P<n>\d{1,15})/(?P<total>\d{1,15})\s+(?=\S)(?:\[[=>.\s]*\]|[\u2501\u2578\u257a\s]*\u2501[\u2501\u2578\u257a\s]*)\s*(?:-\s+)?"
    r"(?:ETA:\s*)?(?P<eta>[\d:]+)?s?"
)
# Bars of ultralytics, rich, fastprogress and Ignite, and what each has one of, looked for before anything slower.
_OTHERS = (
    (
        ("\u2500", "\u2501"),
        re.compile(
            rf"""^(?:\s*(?P<label>\S.{{0,200}}?)(?<!\s):?\s+)?\d{{1,3}}%\s[\u2500\u2501\u2578]+\s
            (?P<n>{_COUNT})B?/(?P<total>{_COUNT})B?\b(?:\s(?P<speed>{_NUMBER}\S*))?(?:\s[\d:.]+s?<(?P<eta>[\d:]+(?:\.\d+)?))?""",
            re.VERBOSE,
        ),
    ),
    (
        ("\u2501",),
        re.compile(
            r"""^\s*(?:(?P<label>\S.{0,100}?)(?<!\s)\s+)?[\u2501\u2578\u257a]{10,200}\s{1,3}(?P<n>\d{1,3})(?P<percent>%)
            \s(?P<eta>[-\d]{1,3}:[-\d]{2}:[-\d]{2})\s*$""",
            re.VERBOSE,
        ),
    ),
    (
        ("% [",),
        re.compile(
            r"""^(?P<label>[^|]{0,100}?)(?<!\s)\s*(?::\s*)?\|[\u2588-\u258f-]+\|\s[\d.]+%\s
            \[(?P<n>\d{1,15})/(?P<total>\d{1,15})\s[\d:]+<(?P<eta>[\d:?]+)""",
            re.VERBOSE,
        ),
    ),
    (
        ("%|",),
        re.compile(
            r"""^(?:(?P<label>\S.{0,100}?)(?<!\s):?\s+)?\[(?P<n>\d{1,15})/(?P<total>\d{1,15})\]\s+\d{1,3}%\|
            [\u2588-\u258f\s]*(?![\u2588-\u258f\s]),?(?P<postfix>[^\[]*)\[[\d:]+<(?P<eta>[\d:?]+)\]""",
            re.VERBOSE,
        ),
    ),
)
_DRAWN = re.compile(
    rf"""^(?:\s*(?P<label>[^\s\[|][^\[|]{{0,80}}?)(?<!\s):?\s*)?
    [\[|](?=[^\]|]{{0,200}}[=\#\u2588*>])[=\#>*.\u2588-\u2593\s-]{{5,200}}[\]|]\s*
    (?P<n>{_COUNT})\s?/\s?(?P<total>{_COUNT})(?![\w/])""",
    re.VERBOSE,
)
_FIGURE = re.compile(
    r"(?<![\w.@/-])(?P<key>[A-Za-z][\w.@/'-]*(?: [A-Za-z][\w.@/'-]*){0,3})\s*[:=\s]\s*[-+]?(?:\d|\.\d|nan)"
)
_SPEED = re.compile(rf"(?P<rate>{_NUMBER})(?P<scale>[kMGT]?)\s?(?P<unit>[A-Za-z/]*)")
_SCALES = {"k": "e3", "M": "e6", "G": "e9", "T": "e12", "P": "e15"}


@dataclass(frozen=True)
class Frame:
    """One state of a progress bar."""

    label: str
    """What stands before it, without the metrics in it; empty where nothing does."""
    n: float
    """How many are done."""
    total: float | None
    """Of how many; None where the bar does not know."""
    rate: float | None = None
    """How many a second."""
    unit: str = "it"
    """What is counted, as tqdm's ``unit``."""
    eta_s: float | None = None
    """Seconds left by the bar's own reckoning; None where it has none."""
    postfix: str = ""
    """What stands behind the rate, such as ``loss=0.1``."""
    cut_at: int | None = field(default=None, compare=False)
    """Where the bar ends in the text that it was read from, if its end was cut off: its last number may be a part."""

    @property
    def is_done(self) -> bool:
        """Whether all are done."""
        return self.total is not None and self.n >= self.total

    def trait(self) -> dict[str, Any]:
        """Return what the card's trait ``progress`` has of it."""
        fraction = min(1.0, self.n / self.total) if self.total else None
        return {
            "label": self.label,
            "n": self.n,
            "total": self.total,
            "fraction": fraction,
            "rate": self.rate,
            "unit": self.unit,
            "eta_s": self.eta_s,
        }


def read_frame(text: str) -> Frame | None:  # noqa: PLR0911 - one kind of bar after the other
    """Read the progress bar of a line without colours; None where there is none.

    >>> read_frame("train:  50%|#####     | 5/10 [00:05<00:05,  1.00it/s, loss=0.5]").postfix
    'loss=0.5'
    """
    if ("%|" in text or COMPLETED in text) and (found := _TQDM.search(text) or _HUB.search(text)):
        return _frame(found, _label_before(text[: found.start()]))
    if "%" in text:
        for signs, bar in _OTHERS:
            if any(map(text.__contains__, signs)) and (found := bar.match(text)):
                return _frame(found, found["label"] or "")
    if "/s" in text and (found := _OPEN.match(text)):
        rate, _ = _speed(found["speed"])
        postfix = (found["postfix"] or "").strip()
        cut_at = None if found["end"] else found.end()
        return Frame(
            read_label(found["label"] or ""),
            _count(found["n"]),
            None,
            rate,
            found["unit"],
            postfix=postfix,
            cut_at=cut_at,
        )
    if "/" not in text:
        return None
    if found := _KERAS.match(text):
        running = int(found["n"]) < int(found["total"])
        return Frame(
            "",
            float(found["n"]),
            float(found["total"]),
            unit="step",
            eta_s=_seconds(found["eta"] or "?") if running else None,
            postfix=text[found.end() :],
        )
    if ("]" in text or "|" in text) and (found := _DRAWN.match(text)):
        return _frame(found, found["label"] or "")
    return None


@lru_cache(maxsize=1000)
def read_label(text: str) -> str:
    """Leave out figures that a label carries, which change with every frame (torchtune: ``1|50|Loss: 0.84``)."""
    text = text.lstrip("0123456789| ") if text[:1].isdigit() and "|" in text[:12] else text
    for found in _FIGURE.finditer(text):
        key = read_phrase(found["key"])
        if key.is_metric:
            text = text[: found.start() + found["key"].rindex(key.name)]
            opened = max(map(text.rfind, "(["))
            text = text[:opened] if opened > max(map(text.rfind, ")]")) else text
            break
    return text.strip(" |,-").removesuffix(":").rstrip()


def _label_before(text: str) -> str:
    """Return the label that ends where a bar begins; what stands before another bar, or far off, is none of it."""
    label = text[text.rfind("]", text.rfind("%|")) + 1 :] if "%|" in text else text
    if len(label) > MAX_LABEL:
        label = label[-MAX_LABEL:].partition(" ")[2]
    return label.rstrip().removesuffix(":")


def _frame(found: re.Match[str], label: str) -> Frame:
    bar = found.groupdict()
    rate, unit = _speed(bar.get("speed") or "")
    return Frame(
        label=read_label(label),
        n=_count(bar["n"]),
        total=100.0 if bar.get("percent") else _count(bar["total"]) or None,
        rate=rate,
        unit=bar.get("percent") or unit,
        eta_s=_seconds(bar.get("eta") or "?"),
        postfix=(bar.get("postfix") or "").strip(),
        cut_at=found.end() if bar.get("end") == "" else None,
    )


def _count(text: str) -> float:
    return float(text[:-1] + _SCALES[text[-1]] if text[-1] in _SCALES else text)


def _speed(text: str) -> tuple[float | None, str]:
    """Return rate a second and unit of ``12.3it/s`` or ``2.5s/it``."""
    found = _SPEED.search(text)
    if found is None:
        return None, "it"
    rate, unit = float(found["rate"] + _SCALES.get(found["scale"], "")), found["unit"]
    if unit.startswith("s/"):
        return (1 / rate if rate else None), unit[2:] or "it"
    return rate, unit.removesuffix("/s") or "it"


def _seconds(text: str) -> float | None:
    if "?" in text or "-" in text:
        return None
    seconds = 0.0
    for part in text.split(":"):
        seconds = seconds * 60 + float(part or 0)
    return seconds if math.isfinite(seconds) else None
