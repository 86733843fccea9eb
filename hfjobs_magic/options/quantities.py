"""Times, sizes and amounts of money as they are written on a line."""

from __future__ import annotations

import math
import re

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.identifiers import shorten
from hfjobs_magic.options.typography import DASHES

MAX_TIMEOUT_S = 366 * 86_400
"""A year; the Hub's document has no bound worth the name."""

MAX_SIZE = 1e15
"""Bytes; more is a slip of the finger, as 1,000 TB are."""

MAX_USD = 1e6
"""US dollars; the same."""

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kMG]?)B?", re.IGNORECASE)
_BYTES = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9}

_TIMEOUT = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SPELLED_OUT = re.compile(r"(\d+(?:[.,]\d+)?)\s*(s|m|h|d)(?:ec|econd|in|inute|r|our|ay)?s?\.?", re.IGNORECASE)
"""``10 minutes``, ``2 hrs``, ``1,5h``: refused, as `hf jobs` refuses them, but with what to write."""

_SUMMED = re.compile(r"(?:\d+(?:\.\d+)?[smhd]\s*){2,}")
"""``1h30m``: refused, too, with the sum."""

_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d):([0-5]\d)")
"""As other schedulers write a limit; ``1:30`` could be hours or minutes."""

_USD = re.compile(r"\$?(\d+(?:\.\d+)?|\.\d+)")

_MINUS = f"-{DASHES}"
"""Before a number, from a keyboard or from a page."""

SHORTEST_IDLE_S = 60
"""Shortest time of ``--cancel-if-idle``, in seconds."""


def parse_timeout(text: str, flag: str = "--timeout") -> int:
    """Return the seconds of ``90``, ``90s``, ``10m``, ``1.5h`` or ``1d``."""
    seconds = _seconds(text.strip())
    if seconds > MAX_TIMEOUT_S:
        raise OptionError(f"{flag} {shorten(text)} is longer than a year. Write a time such as {flag} 1d.")
    if seconds < 1:
        short = _nearest_time(text.strip())
        way = f"Write {f'{flag} {short}' if short else '90, 90s, 10m, 1.5h or 1d'}."
        is_time = _TIMEOUT.fullmatch(text.strip().lstrip(_MINUS))
        wrong = "must be a second or more" if is_time else "is not a time"
        raise OptionError(f"{flag} {shorten(text)} {wrong}. {way}")
    return seconds


def _nearest_time(text: str) -> str:
    """Return what was meant by ``10 minutes``, ``1h30m``, ``1:30:00`` or ``-5m``; empty where that cannot be told."""
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return format_timeout(hours * 3600 + minutes * 60 + seconds)
    if _SUMMED.fullmatch(text):
        return format_timeout(sum(_seconds(part) for part in re.findall(r"[\d.]+[smhd]", text)))
    spelled = _SPELLED_OUT.fullmatch(text)
    short = f"{spelled[1].replace(',', '.')}{spelled[2].lower()}" if spelled else text.lstrip(_MINUS).rstrip(",;")
    return short if _seconds(short) else ""


def parse_idle(text: str) -> int:
    """Return the seconds of ``--cancel-if-idle``; a job that begins, or reads a file, is idle for a few of them."""
    seconds = parse_timeout(text, "--cancel-if-idle")
    if seconds < SHORTEST_IDLE_S:
        raise OptionError(
            f"--cancel-if-idle {shorten(text)} is less than a minute, for which any job may be idle. "
            "Write at least --cancel-if-idle 1m."
        )
    return seconds


def format_timeout(seconds: float) -> str:
    """Write a time as ``--timeout`` takes it, such as ``2h``, ``45m`` or ``90s``."""
    for size, unit in ((3600, "h"), (60, "m")):
        if seconds >= size and not seconds % size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s"


def _seconds(text: str) -> int:
    """Return 0 for what is not a time, and for less than a second; of too long a time one that is too long."""
    found = _TIMEOUT.fullmatch(text)
    return int(min(float(found[1]) * _SECONDS[found[2]], 10.0 * MAX_TIMEOUT_S)) if found else 0


def parse_size(text: str, flag: str = "--max-input") -> int:
    """Return the bytes of ``500MB``, ``1.5GB`` or ``100000``."""
    found = _SIZE.fullmatch(text.strip())
    size = float(found[1]) * _BYTES[found[2].lower()] if found else math.inf
    if size > MAX_SIZE:
        raise OptionError(f"{flag} {shorten(text)} is not a size{' that fits' if found else ''}. Write 500MB or 2GB.")
    return int(size)


def parse_usd(text: str, flag: str = "--max-cost") -> float:
    """Return the US dollars of ``2``, ``0.50`` or ``$2``."""
    found = _USD.fullmatch(text.strip())
    amount = float(found[1]) if found else 0.0
    if not 0 < amount <= MAX_USD:
        plain = re.sub(r"(?i)us\$?d?|dollars?|[\s$]", "", text).replace(",", ".").lstrip("+")
        way = f"{flag} {plain}" if _USD.fullmatch(plain) and 0 < float(plain) <= MAX_USD else "2 or 0.50"
        raise OptionError(f"{flag} {shorten(text)} is not an amount of US dollars. Write {way}.")
    return amount
