"""Python's own values as JSON, with a tag for everything that JSON has no word for: ``{"$tuple": [1, 2]}``."""

from __future__ import annotations

import base64
import json
import math
from collections import Counter, OrderedDict, defaultdict, deque
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from uuid import UUID

from . import scalars_pandas
from .format import MissingPackageError, RefusedError, Written, find_module, name_type

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

NAME = "json"

_TYPES = (
    type(None), bool, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset, range,
    datetime, date, time, timedelta, Decimal, Fraction, UUID, OrderedDict, defaultdict, Counter, deque,
)  # fmt: skip

MAX_SIZE = 1_000_000_000
"""Bytes of JSON that are read."""

_FACTORIES = {kind.__name__: kind for kind in (list, dict, set, tuple, int, float, str, bool)}
"""What a defaultdict may fill itself with; anything else is code."""

_LARGE = 2**63
"""Whole numbers from here on are written in hexadecimal: Python refuses decimal ones of more than 4,300 digits."""


def accepts(value: Any) -> bool:
    """Return whether it is a plain value, or a number of numpy's."""
    return type(value) in _TYPES or _is_numpy_number(value) or scalars_pandas.is_scalar(value)


def needs(value: Any) -> tuple[str, ...]:
    """Return what reading it takes: numpy or pandas, where something of theirs is in it."""
    if find_module("numpy") is None:
        return ()
    # Text of the value's own has its quotes escaped.
    text = json.dumps(encode(value))
    tags = (("numpy", "$number"), ("numpy", "$array"), ("pandas", scalars_pandas.TAG))
    return tuple(dict.fromkeys(module for module, tag in tags if f'{{"{tag}": [' in text))


def write(value: Any, folder: Path, stem: str) -> Written:
    """Write ``stem.json``."""
    name = f"{stem}.json"
    try:
        text = json.dumps(encode(value))
    except RecursionError:
        raise RefusedError("is nested too deeply for JSON") from None
    if len(text) > MAX_SIZE:
        raise RefusedError(f"is {len(text) / 1e9:.1f} GB of JSON; make it an array or a frame")
    (folder / name).write_text(text, encoding="ascii")
    return Written((name,))


def read(folder: Path, files: Sequence[str], extra: dict[str, Any]) -> Any:  # noqa: ARG001 - every format's signature
    """Read it."""
    if (size := (folder / files[0]).stat().st_size) > MAX_SIZE:
        raise RefusedError(f"is JSON of {size / 1e9:.1f} GB, which takes ten times as much memory to read")
    try:
        return decode(json.loads((folder / files[0]).read_text(encoding="ascii")))
    except RefusedError:
        raise
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, ArithmeticError) as error:
        raise RefusedError(f"is damaged ({type(error).__name__})") from error


def encode(value: Any, above: tuple[int, ...] = ()) -> Any:
    """Return a value as JSON has it.

    Parameters
    ----------
    value
        Any plain value.
    above
        Ids of the containers it is in.

    Raises
    ------
    RefusedError
        When it is, or holds, something else.
    """
    kind = type(value)
    if _is_json(value):
        return value
    if kind in _SIMPLE:
        tag, encode_one, _ = _SIMPLE[kind]
        return {tag: encode_one(value)}
    if kind in (list, tuple, set, frozenset, dict, OrderedDict, defaultdict, Counter, deque):
        if id(value) in above:
            raise RefusedError("contains itself")
        return _encode_container(value, (*above, id(value)))
    if scalars_pandas.is_scalar(value):
        return {scalars_pandas.TAG: scalars_pandas.encode(value, encode_zone)}
    if _is_numpy_number(value):
        return {"$number": [value.dtype.str, _to_text(value.tobytes())]}
    if _is_numpy_array(value):
        return {"$array": [value.dtype.str, list(value.shape), _to_text(value.tobytes())]}
    raise RefusedError(_explain(value, inside=bool(above)))


def _is_json(value: Any) -> bool:
    """Return whether JSON, as Python reads and writes it, has this value itself."""
    kind = type(value)
    if kind is int:
        return bool(-_LARGE < value < _LARGE)
    return value is None or kind in (bool, str) or bool(kind is float and math.isfinite(value))


def _encode_container(value: Any, above: tuple[int, ...]) -> Any:
    if type(value) is dict:
        if all(type(key) is str and not key.startswith("$") for key in value):
            return {key: encode(item, above) for key, item in value.items()}
        return {"$dict": _encode_pairs(value, above)}
    if isinstance(value, dict):
        return _encode_dict(value, above)
    items = [encode(item, above) for item in value]
    if type(value) is deque:
        return {"$deque": [value.maxlen, items]}
    return items if type(value) is list else {f"${type(value).__name__}": items}


def _encode_pairs(value: dict[Any, Any], above: tuple[int, ...]) -> list[Any]:
    return [[encode(key, above), encode(item, above)] for key, item in value.items()]


def _encode_dict(value: dict[Any, Any], above: tuple[int, ...]) -> Any:
    """Encode one of the library's own kinds of dict."""
    if getattr(value, "__dict__", None):
        raise RefusedError(f"is or holds a {name_type(value)} with attributes of its own; send dict(x)")
    pairs = _encode_pairs(value, above)
    if not isinstance(value, defaultdict):
        return {f"${type(value).__name__}": pairs}
    factory = value.default_factory
    name = None if factory is None else getattr(factory, "__name__", "")
    if factory is not (None if name is None else _FACTORIES.get(name, ...)):
        raise RefusedError("is or holds a defaultdict that fills itself with code of its own; send dict(x)")
    return {"$defaultdict": [name, pairs]}


def _decode_pairs(pairs: list[Any]) -> Any:
    return ((decode(key), decode(item)) for key, item in pairs)


def decode(value: Any) -> Any:
    """Return the value of what `encode` has made."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (tag, content), *_ = value.items()
        if tag.startswith("$"):
            return _DECODERS[tag](content)
    return {key: decode(item) for key, item in value.items()}


def _explain(value: Any, *, inside: bool) -> str:
    kind = name_type(value)
    if isinstance(value, PurePath):
        return "holds a path; a path to a file travels as a value of its own"
    plain = next((base for base in type(value).__mro__[1:] if base in _TYPES), None)
    what = f"{kind}, a kind of {plain.__name__}" if plain is not None else kind
    if inside:
        return f"holds a value of type {what}, which JSON has no room for; send it under a name of its own"
    return f"is of type {what}, which has no format"


def _is_numpy_number(value: Any) -> bool:
    numpy = find_module("numpy")
    return numpy is not None and isinstance(value, numpy.generic) and not _holds_objects(value.dtype)


def _is_numpy_array(value: Any) -> bool:
    numpy = find_module("numpy")
    return numpy is not None and type(value) is numpy.ndarray and not _holds_objects(value.dtype)


def _holds_objects(dtype: Any) -> bool:
    # A record has names, and others have notes, which its short form does not tell.
    return bool(dtype.hasobject or dtype.kind in "VT" or dtype.metadata)


def _to_text(data: bytes) -> str:
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


def _decode_number(parts: list[Any]) -> Any:
    return _read_array(parts[0], [], parts[1])[()]


def _read_array(dtype: str, shape: list[int], text: str) -> Any:
    try:
        import numpy as np  # noqa: PLC0415 - the value is numpy's
    except ImportError:
        raise MissingPackageError("holds numbers of numpy's", "numpy") from None
    return np.frombuffer(_to_bytes(text), np.dtype(dtype)).reshape(shape).copy()


_SIMPLE: dict[type, tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = {
    int: ("$int", hex, lambda text: int(text, 16)),
    float: ("$float", str, float),
    complex: ("$complex", lambda it: [encode(it.real), encode(it.imag)], lambda c: complex(decode(c[0]), decode(c[1]))),
    bytes: ("$bytes", _to_text, _to_bytes),
    bytearray: ("$bytearray", _to_text, lambda c: bytearray(_to_bytes(c))),
    range: ("$range", lambda it: [encode(n) for n in (it.start, it.stop, it.step)], lambda c: range(*map(decode, c))),
    datetime: ("$datetime", _encode_moment, _decode_datetime),
    date: ("$date", date.isoformat, date.fromisoformat),
    time: ("$time", _encode_moment, _decode_time),
    timedelta: ("$timedelta", lambda it: [it.days, it.seconds, it.microseconds], lambda c: timedelta(*c)),
    Decimal: ("$decimal", str, Decimal),
    Fraction: (
        "$fraction",
        lambda it: [encode(it.numerator), encode(it.denominator)],
        lambda c: Fraction(decode(c[0]), decode(c[1])),
    ),
    UUID: ("$uuid", str, UUID),
}
"""Types that hold no other values: their tag, and both ways. Whole numbers and floats are those JSON has not."""

_DECODERS: dict[str, Callable[[Any], Any]] = {
    **{tag: decode_one for tag, _, decode_one in _SIMPLE.values()},
    "$tuple": lambda items: tuple(map(decode, items)),
    "$set": lambda items: set(map(decode, items)),
    "$frozenset": lambda items: frozenset(map(decode, items)),
    "$dict": lambda pairs: dict(_decode_pairs(pairs)),
    "$OrderedDict": lambda pairs: OrderedDict(_decode_pairs(pairs)),
    "$Counter": lambda pairs: Counter(dict(_decode_pairs(pairs))),
    "$defaultdict": lambda c: defaultdict(None if c[0] is None else _FACTORIES[c[0]], _decode_pairs(c[1])),
    "$deque": lambda c: deque(map(decode, c[1]), c[0]),
    scalars_pandas.TAG: lambda parts: scalars_pandas.decode(parts, decode_zone),
    "$number": _decode_number,
    "$array": lambda parts: _read_array(*parts),
}
