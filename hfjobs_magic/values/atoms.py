"""Plain values that hold no others, as parts of JSON: numbers, texts, moments, and numbers and arrays of numpy."""

from __future__ import annotations

import base64
import math
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any
from uuid import UUID

from .format import MissingPackageError, RefusedError, find_module, name_type

if TYPE_CHECKING:
    from collections.abc import Callable

_LARGE = 2**63
"""Whole numbers from here on are written in hexadecimal: Python refuses decimal ones of more than 4,300 digits."""


def is_json(value: Any) -> bool:
    """Return whether JSON, as Python reads and writes it, has this value itself."""
    kind = type(value)
    if kind is int:
        return bool(-_LARGE < value < _LARGE)
    return value is None or kind in (bool, str) or bool(kind is float and math.isfinite(value))


def is_numpy_number(value: Any) -> bool:
    """Return whether it is a number of numpy, of which a short form tells all."""
    numpy = find_module("numpy")
    return numpy is not None and isinstance(value, numpy.generic) and not _holds_objects(value.dtype)


def is_numpy_array(value: Any) -> bool:
    """Return whether it is an array of numpy, of whose dtype a short form tells all."""
    numpy = find_module("numpy")
    return numpy is not None and type(value) is numpy.ndarray and not _holds_objects(value.dtype)


def _holds_objects(dtype: Any) -> bool:
    # A record has names, and others have notes, which its short form does not tell.
    return bool(dtype.hasobject or dtype.kind in "VT" or dtype.metadata)


def to_text(data: bytes) -> str:
    """Return bytes as text."""
    return base64.b64encode(data).decode("ascii")


def _to_bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def encode_zone(zone: Any) -> Any:
    """Return a time zone: seconds from UTC, with its name where it was given one, or its name in the database."""
    if zone is None:
        return None
    if type(zone) is timezone:
        offset, *name = zone.__getinitargs__()  # type: ignore[attr-defined] # it is what pickle asks
        return [offset.total_seconds(), *name] if name else offset.total_seconds()
    key = getattr(zone, "key", None)
    if type(zone).__module__ == "zoneinfo" and isinstance(key, str):
        return key
    raise RefusedError(f"has a time zone of type {name_type(zone)}; `zoneinfo` has those that travel")


def decode_zone(zone: Any) -> Any:
    """Return the time zone of what `encode_zone` has made."""
    if zone is None:
        return None
    if isinstance(zone, str):
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - it searches the disk for its database

        return ZoneInfo(zone)
    if isinstance(zone, list):
        return timezone(timedelta(seconds=zone[0]), zone[1])
    return timezone(timedelta(seconds=zone))


def _encode_moment(value: datetime | time) -> list[Any]:
    return [value.replace(tzinfo=None, fold=0).isoformat(), value.fold, encode_zone(value.tzinfo)]


def _decode_datetime(parts: list[Any]) -> datetime:
    return datetime.fromisoformat(parts[0]).replace(fold=parts[1], tzinfo=decode_zone(parts[2]))


def _decode_time(parts: list[Any]) -> time:
    return time.fromisoformat(parts[0]).replace(fold=parts[1], tzinfo=decode_zone(parts[2]))


def decode_number(parts: list[Any]) -> Any:
    """Return a number of numpy from its dtype and bytes."""
    return read_array(parts[0], [], parts[1])[()]


def read_array(dtype: str, shape: list[int], text: str) -> Any:
    """Return an array of numpy from its dtype, shape and bytes."""
    try:
        import numpy as np  # noqa: PLC0415 - the value is numpy's
    except ImportError:
        raise MissingPackageError("holds numbers of numpy's", "numpy") from None
    return np.frombuffer(_to_bytes(text), np.dtype(dtype)).reshape(shape).copy()


SIMPLE: dict[type, tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = {
    int: ("$int", hex, lambda text: int(text, 16)),
    float: ("$float", str, float),
    complex: ("$complex", lambda it: [encode(it.real), encode(it.imag)], lambda c: complex(*map(decode, c))),
    bytes: ("$bytes", to_text, _to_bytes),
    bytearray: ("$bytearray", to_text, lambda c: bytearray(_to_bytes(c))),
    range: ("$range", lambda it: [encode(n) for n in (it.start, it.stop, it.step)], lambda c: range(*map(decode, c))),
    datetime: ("$datetime", _encode_moment, _decode_datetime),
    date: ("$date", date.isoformat, date.fromisoformat),
    time: ("$time", _encode_moment, _decode_time),
    timedelta: ("$timedelta", lambda it: [it.days, it.seconds, it.microseconds], lambda c: timedelta(*c)),
    Decimal: ("$decimal", str, Decimal),
    Fraction: (
        "$fraction",
        lambda it: [encode(it.numerator), encode(it.denominator)],
        lambda c: Fraction(*map(decode, c)),
    ),
    UUID: ("$uuid", str, UUID),
}
"""Types that hold no other values: their tag, and both ways. Whole numbers and floats are those JSON has not."""


def encode(value: Any) -> Any:
    """Return one as JSON has it."""
    if is_json(value):
        return value
    tag, encode_one, _ = SIMPLE[type(value)]
    return {tag: encode_one(value)}


def decode(made: Any) -> Any:
    """Return the value of what `encode` has made."""
    if not isinstance(made, dict):
        return made
    ((tag, content),) = made.items()
    return DECODERS[tag](content)


DECODERS: dict[str, Callable[[Any], Any]] = {tag: decode_one for tag, _, decode_one in SIMPLE.values()}
"""By their tags."""
