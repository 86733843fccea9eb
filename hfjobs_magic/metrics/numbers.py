"""Numbers as programs print them, and which of them can be read without a guess.

``1,234`` is one thousand two hundred and thirty-four in English and 1.234 in German. Where neither the number itself
nor the rest of the line settles it, it is not a number: better none than another one than was printed.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SIGN = r"[-+\u2212]?"
_GROUPED = r"\d+(?:[.,'_\u2019\u00a0\u2009\u202f]\d+)*"
NUMBER = rf"{_SIGN}(?:(?:{_GROUPED}|\.\d+)(?:[eE]{_SIGN}\d+)?[kKMB]?|nan|NaN|NAN|[iI]nf(?:inity)?|INF)"
"""Whatever looks like one number; `read_number` says which it is. It neither begins nor ends with a blank."""

COUNT = r"(?:\d{1,3}(?:[,'_\u2019\u00a0\u2009\u202f]\d{3})+|\d{1,15})(?:\.\d{1,3}(?=[kKM]))?[kKM]?(?![\w%])"
"""A whole number that counts something, such as steps; of more than 15 digits it counts nothing."""

MAX_POWER = 400
"""Of ten; a float holds less."""

# Of bytes, which takes a tenth of the time that it takes of text.
_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
_ORDINARY = re.compile(r"[-+]?\d{1,40}(?:\.\d{0,40})?(?:[eE][-+]?\d{1,3})?")
_PLAIN = re.compile(r"(?:\d+\.?\d*|\.\d+)")
_APART = re.compile(r"\d{1,3}(?:(['_\u2019\u00a0\u2009\u202f])\d{3})(?:\1\d{3})*(?:\.\d+)?")
_COMMAS = re.compile(r"\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:,\d{3}){2,}|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?")
_DOTS = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}")
_EITHER = re.compile(r"[1-9]\d{0,2},\d{3}")
_COMMA = re.compile(r"\d+,\d+")
_PARTS = re.compile(rf"({_SIGN})(.*?)(?:[eE]({_SIGN}\d+))?([kKMB]?)", re.DOTALL)
_SCALES = {"": 0, "k": 3, "K": 3, "M": 6, "B": 9}


def shape_of(text: str) -> bytes:
    """Return a text with 0 for each digit: what a program prints again and again has few shapes."""
    return text.encode("utf-8", "replace").translate(_DIGITS)


def has_decimal_comma(numbers: Iterable[str]) -> bool | None:
    """Say whether numbers that stand together have decimal commas; None where nothing settles it.

    >>> has_decimal_comma(["3,000", "0,10"])
    True
    """
    found = None
    for text in numbers:
        if "," not in text and text.count(".") < 2:
            found = False if "." in text else found
            continue
        _, mantissa, exponent, _ = _parts(text)
        if exponent and _COMMA.fullmatch(mantissa):
            return True  # "3,000e+00": before an exponent, nothing parts thousands
        if "," not in mantissa and "." not in mantissa:
            continue
        if _DOTS.fullmatch(mantissa) or (_COMMA.fullmatch(mantissa) and not _EITHER.fullmatch(mantissa)):
            return True
        if _PLAIN.fullmatch(mantissa) or _COMMAS.fullmatch(mantissa):
            found = False
    return found


def read_number(text: str, *, comma: bool | None = None) -> float:
    """Read what `NUMBER` matches; nan and the infinities as they are.

    Parameters
    ----------
    text
        One number, without what stands around it.
    comma
        Whether the numbers beside it have decimal commas, see `has_decimal_comma`.

    Raises
    ------
    ValueError
        Where it is not a number, or could be two.
    """
    if comma is not True and _ORDINARY.fullmatch(text):
        value = float(text)
    else:
        sign, mantissa, exponent, scale = _parts(text)
        value = _read_mantissa(mantissa, comma)
        power = int(exponent or 0) + _SCALES[scale]
        value = float(f"{value!r}e{power}") if power and math.isfinite(value) and abs(power) < MAX_POWER else value
        value = -value if sign in {"-", "\u2212"} else value
    if math.isinf(value) and text[-1:].isdigit():
        raise ValueError(f"{text[:50]} is beyond what a float holds")
    return value


def read_count(text: str) -> float:
    """Read what `COUNT` matches: commas can only part thousands.

    Raises
    ------
    ValueError
        Where it is no such number.
    """
    return read_number(text, comma=False)


def is_rounded(text: str) -> bool:
    """Whether a number was printed as so many thousands: ``1K`` may be any from 950 to 1,049."""
    return text[-1:] in _SCALES


def _read_mantissa(text: str, comma: bool | None) -> float:  # noqa: PLR0911 - one form after the other
    if _PLAIN.fullmatch(text):
        # Where commas are decimal, a dot before three digits parts thousands.
        return float(text.replace(".", "") if comma and re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", text) else text)
    if _APART.fullmatch(text):
        return float(re.sub(r"[^\d.]", "", text))
    if _COMMAS.fullmatch(text):
        return float(text.replace(",", ""))
    if _DOTS.fullmatch(text):
        return float(text.replace(".", "").replace(",", "."))
    if _EITHER.fullmatch(text):
        if comma is None:
            raise ValueError(f"{text} may be thousands or have a decimal comma")
        return float(text.replace(",", "." if comma else ""))
    if _COMMA.fullmatch(text) and comma is not False:
        return float(text.replace(",", "."))
    if text[:1] in "nNiI" and text:
        return float(text)
    raise ValueError(f"{text} is not one number")


def _parts(text: str) -> tuple[str, str, str, str]:
    found = _PARTS.fullmatch(text)
    if found is None:
        raise ValueError(f"{text} is not one number")
    sign, mantissa, exponent, scale = found.groups()
    return sign, mantissa, (exponent or "").replace("\u2212", "-"), scale
