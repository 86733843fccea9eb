"""Progress bars in a log: what a tqdm or Keras frame says.

The layout of tqdm's frames is that of its ``bar_format``, see https://tqdm.github.io/docs/tqdm/.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

MAX_BARS = 16
"""Bars told apart by their labels; the one that moved last longest ago gives way."""

STALE_S = 120.0
"""A bar that has not moved for so many seconds while others did is not shown."""

# A label ends with what is no blank, and what stands before a blank takes no blank: else a line of nothing but blanks
# would be read again from each of them.
_NUMBER = r"\d{1,15}(?:\.\d{1,15})?"
_COUNT = rf"{_NUMBER}[kMGTP]?"
_TQDM = re.compile(
    rf"""(?:^|(?<=\s))(?:(?P<label>\S[^\r%]{{0,100}}?)(?<!\s):?\s+)?
    (?P<percent>\d{{1,3}})%\|[^|]{{0,300}}\|\s*
    (?P<n>{_COUNT})/(?P<total>{_COUNT})\s*
    \[(?P<elapsed>[\d:]+)<(?P<eta>[\d:?]+)(?:\s*days?,\s*[\d:]+)?,(?P<speed>[^\],]+)(?:,(?P<postfix>.*?))?\]""",
    re.VERBOSE,
)
_OPEN = re.compile(
    rf"""^(?:(?P<label>\S[^\r]{{0,100}}?):\s+)?(?P<n>{_COUNT})(?P<unit>[A-Za-z]+)\s
    \[(?P<elapsed>[\d:]+),(?P<speed>[^\],]+)(?:,(?P<postfix>.*?))?\]""",
    re.VERBOSE,
)
_KERAS = re.compile(
    r"^\s*(?P<n>\d{1,15})/(?P<total>\d{1,15})\s+(?=\S)(?:\[[=>.\s]*\]|[\u2501\u2578\u257a\s]*\u2501[\u2501\u2578\u257a\s]*)\s*(?:-\s+)?"
    r"(?:ETA:\s*)?(?P<eta>[\d:]+)?s?"
)
# Bars of ultralytics, fastprogress and Ignite.
_OTHERS = (
    re.compile(
        rf"""^(?:\s*(?P<label>\S.{{0,200}}?)(?<!\s):?\s+)?\d{{1,3}}%\s[\u2500\u2501\u2578]+\s
        (?P<n>{_COUNT})B?/(?P<total>{_COUNT})B?\b(?:\s(?P<speed>{_NUMBER}\S*))?(?:\s[\d:.]+s?<(?P<eta>[\d:]+(?:\.\d+)?))?""",
        re.VERBOSE,
    ),
    re.compile(
        r"""^(?P<label>[^|]{0,100}?)(?<!\s)\s*(?::\s*)?\|[\u2588-\u258f-]+\|\s[\d.]+%\s
        \[(?P<n>\d{1,15})/(?P<total>\d{1,15})\s[\d:]+<(?P<eta>[\d:?]+)""",
        re.VERBOSE,
    ),
    re.compile(
        r"""^(?:(?P<label>\S.{0,100}?)(?<!\s):?\s+)?\[(?P<n>\d{1,15})/(?P<total>\d{1,15})\]\s+\d{1,3}%\|
        [\u2588-\u258f\s]*(?![\u2588-\u258f\s]),?(?P<postfix>[^\[]*)\[[\d:]+<(?P<eta>[\d:?]+)\]""",
        re.VERBOSE,
    ),
)
_FIGURE = re.compile(r"[\w ]*[:=]\s*-?\d|\|")
_DIGITS = re.compile(r"\d+")
_SPEED = re.compile(rf"(?P<rate>{_NUMBER})(?P<scale>[kMGT]?)(?P<unit>[A-Za-z/]*)")
_SCALES = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}


@dataclass(frozen=True)
class Frame:
    """One state of a progress bar."""

    label: str
    """What stands before it; empty where nothing does."""
    n: float
    """How many are done."""
    total: float | None
    """Of how many; None where the bar does not know."""
    rate: float | None = None
    """How many a second."""
    unit: str = "it"
    """What is counted, as tqdm's ``unit``."""
    eta_s: float | None = None
    """Seconds left by the bar's own reckoning."""
    postfix: str = ""
    """What stands behind the rate, such as ``loss=0.1``."""

    @property
    def is_done(self) -> bool:
        """Whether all are done."""
        return self.total is not None and self.n >= self.total

    def trait(self) -> dict[str, Any]:
        """As the card's trait ``progress``."""
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


def read_frame(text: str) -> Frame | None:
    """Read the progress bar of a line without colours; None where there is none.

    >>> read_frame("train:  50%|#####     | 5/10 [00:05<00:05,  1.00it/s, loss=0.5]").postfix
    'loss=0.5'
    """
    if "%" in text and (found := _TQDM.search(text) or next(filter(None, (bar.match(text) for bar in _OTHERS)), None)):
        bar = found.groupdict()
        rate, unit = _speed(bar.get("speed") or "")
        return Frame(
            label=_label(bar["label"] or ""),
            n=_count(bar["n"]),
            total=_count(bar["total"]),
            rate=rate,
            unit=unit,
            eta_s=_seconds(bar["eta"] or "?"),
            postfix=(bar.get("postfix") or "").strip(),
        )
    if "/s" in text and (found := _OPEN.match(text)):
        rate, _ = _speed(found["speed"])
        postfix = (found["postfix"] or "").strip()
        return Frame(found["label"] or "", _count(found["n"]), None, rate, found["unit"], postfix=postfix)
    if "/" in text and (found := _KERAS.match(text)):
        running = int(found["n"]) < int(found["total"])
        return Frame(
            "",
            float(found["n"]),
            float(found["total"]),
            unit="step",
            eta_s=_seconds(found["eta"] or "?") if running else None,
            postfix=text[found.end() :],
        )
    return None


class Bars:
    """Bars of a log by what they count; the one worth a place in a header is the one that takes longest."""

    def __init__(self) -> None:
        self._bars: dict[tuple[str, float | None], tuple[float, Frame]] = {}

    def see(self, frame: Frame, at: float) -> None:
        """Take the newest state of a bar, seen `at`; the one of ``Epoch 2`` goes on where that of ``Epoch 1`` was."""
        bar = (_DIGITS.sub("", frame.label), frame.total)
        self._bars.pop(bar, None)
        self._bars[bar] = (at, frame)
        if len(self._bars) > MAX_BARS:
            del self._bars[next(iter(self._bars))]

    def find_foremost(self) -> Frame | None:
        """Bar that is not done, still moves, and has the longest to go; None where there is none."""
        newest = max((at for at, _ in self._bars.values()), default=0.0)
        running = [frame for at, frame in reversed(self._bars.values()) if not frame.is_done and newest - at <= STALE_S]
        return max(running, key=lambda frame: frame.eta_s or 0.0, default=None)


def _label(text: str) -> str:
    """Leave out figures that a label carries, which change with every frame (torchtune: ``1|50|Loss: 0.84``)."""
    found = _FIGURE.search(text)
    return (text[: found.start()].strip(" |0123456789") if found else text).strip().removesuffix(":")


def _count(text: str) -> float:
    return float(text.rstrip("kMGTP")) * _SCALES[text[-1] if text[-1] in _SCALES else ""]


def _speed(text: str) -> tuple[float | None, str]:
    """Rate a second and unit of ``12.3it/s`` or ``2.5s/it``."""
    found = _SPEED.search(text)
    if found is None:
        return None, "it"
    rate, unit = float(found["rate"]) * _SCALES[found["scale"]], found["unit"]
    if unit.startswith("s/"):
        return (1 / rate if rate else None), unit[2:] or "it"
    return rate, unit.removesuffix("/s") or "it"


def _seconds(text: str) -> float | None:
    if "?" in text:
        return None
    seconds = 0.0
    for part in text.split(":"):
        seconds = seconds * 60 + float(part or 0)
    return seconds if math.isfinite(seconds) else None
