"""Moments and spans of pandas, each with its unit and its time zone, as parts of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .format import MissingPackageError, RefusedError, find_module, name_type

if TYPE_CHECKING:
    from collections.abc import Callable

TAG = "$pandas"
"""In front of the kind and its parts."""


def is_scalar(value: Any) -> bool:
    """Return whether it is one."""
    pandas = find_module("pandas")
    return pandas is not None and hasattr(pandas, "NaT") and type(value) in _kinds(pandas)


def encode(value: Any, encode_zone: Callable[[Any], Any]) -> list[Any]:
    """Return its kind and parts.

    Raises
    ------
    RefusedError
        When it would not come back the same.
    """
    import pandas as pd  # noqa: PLC0415 - the value is of pandas

    kind = type(value).__name__
    if kind in {"NaTType", "NAType"}:
        return [kind]
    bare = value.asm8
    made = [kind, bare.dtype.str, int(bare.view("i8"))]
    if kind == "Timestamp":
        # With a time zone the fold follows from it.
        made += [encode_zone(value.tzinfo), 0 if value.tzinfo else value.fold]
    again = decode(made, lambda _: getattr(value, "tzinfo", None))
    # Not by `value`, which is in nanoseconds: of the years 1677 to 2262.
    is_same = (again.asm8.dtype, again.asm8) == (bare.dtype, bare)
    if not is_same or any(getattr(again, name, None) != getattr(value, name, None) for name in ("fold", "tzinfo")):
        raise RefusedError(f"is or holds a {name_type(value)} that pandas {pd.__version__} would make {again!r}")
    return made


def decode(parts: list[Any], decode_zone: Callable[[Any], Any]) -> Any:
    """Return what `encode` has taken apart.

    Raises
    ------
    RefusedError
        When pandas is not here, or has not its unit.
    """
    try:
        import numpy as np  # noqa: PLC0415 - only for such a value
        import pandas as pd  # noqa: PLC0415 - only for such a value
    except ImportError:
        raise MissingPackageError("holds a moment or span of pandas", "pandas") from None
    if parts[0] in {"NaTType", "NAType"}:
        return pd.NaT if parts[0] == "NaTType" else pd.NA
    made = {"Timestamp": pd.Timestamp, "Timedelta": pd.Timedelta}[parts[0]](np.int64(parts[2]).view(parts[1]))
    if made.asm8.dtype.str != parts[1]:
        raise RefusedError(f"holds a {parts[0]} in {parts[1]}, which pandas {pd.__version__} does not have")
    if parts[0] == "Timedelta":
        return made
    zone = decode_zone(parts[3])
    if zone is not None:
        return made.tz_localize("UTC").tz_convert(zone)
    return made.replace(fold=1) if parts[4] else made


def _kinds(pandas: Any) -> tuple[type, ...]:
    return pandas.Timestamp, pandas.Timedelta, type(pandas.NaT), type(pandas.NA)
