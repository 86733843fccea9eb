"""What Parquet, and another version of pandas, forget of dtypes: noted where a frame is written, restored where read.

Parquet has categories only of texts and times only of milliseconds and finer. From pandas 3 on a text is of the dtype
``str``, and an object before.
"""

from __future__ import annotations

import json
from itertools import repeat
from typing import Any

from . import atoms, plain
from .format import MissingPackageError, RefusedError

MAX_CATEGORIES = 10_000
"""Categories that are noted besides the file; it keeps those that are texts itself."""

_TIMES = ("datetime64", "timedelta64")

_ZONE = "zone"
"""First word of a dtype whose time zone is not of the library that this pandas takes for its name."""


def describe(frame: Any) -> dict[str, list[Any]]:
    """Return the dtypes of a frame, as JSON: of its columns, of the levels of its index, of those of its labels."""
    return {
        "columns": [_describe(dtype) for dtype in frame.dtypes],
        "index": [_describe(level.dtype) for level in _levels(frame.index)],
        "labels": [_describe(level.dtype) for level in _levels(frame.columns)],
    }


def has_pytz(value: Any) -> bool:
    """Return whether reading a frame or series takes pytz, for a time zone of its own."""
    frame = value if hasattr(value, "columns") else value.to_frame()
    # Texts of its own have their quotes escaped.
    return '{"pytz": ' in json.dumps(describe(frame))


def restore(frame: Any, said: dict[str, list[Any]]) -> Any:
    """Return a frame with the dtypes that it had, where its values are the same in them.

    Raises
    ------
    RefusedError
        When this pandas has no such dtype.
    """
    for at, (dtype, wanted) in enumerate(zip(frame.dtypes, said["columns"])):
        if _describe(dtype) != wanted and _is_lossless(dtype, wanted):
            frame.isetitem(at, _convert(frame.iloc[:, at], wanted))
    frame.index = _restore_index(frame.index, said["index"])
    frame.columns = _restore_index(frame.columns, said["labels"])
    return frame


def find_difference(frame: Any, said: dict[str, list[Any]]) -> str:
    """Return the first dtype that is not as it was, as a clause; empty where all are."""
    there = describe(frame)
    names = {
        "columns": map("column {!r}".format, frame.columns),
        "index": repeat("its index"),
        "labels": repeat("its columns"),
    }
    for part, wanted in said.items():
        for name, one, other in zip(names[part], wanted, there[part]):
            if one != other:
                return f"{name} of dtype {_name(one)} would be {_name(other)}"
        if len(wanted) != len(there[part]):
            return f"{next(iter(names[part]), 'it')} would have other levels"
    return ""


def _levels(index: Any) -> Any:
    return getattr(index, "levels", None) or [index]


def _restore_index(index: Any, said: list[Any]) -> Any:
    levels = _levels(index)
    for at, (level, wanted) in enumerate(zip(levels, said)):
        if _describe(level.dtype) == wanted or not _is_lossless(level.dtype, wanted):
            continue
        made = _convert(level, wanted)
        index = index.set_levels(made, level=at) if hasattr(index, "levels") else made
    return index


def _describe(dtype: Any) -> Any:
    """Return a dtype as JSON has it; two that are equal are described in the same words by all versions of pandas."""
    kind = type(dtype).__name__
    if kind == "StringDtype":
        # pandas.NA is not a float.
        return ["string", dtype.storage, isinstance(getattr(dtype, "na_value", None), float)]
    if kind == "CategoricalDtype":
        return ["category", _describe(dtype.categories.dtype), bool(dtype.ordered), _note(dtype.categories)]
    if kind == "DatetimeTZDtype" and (zone := _describe_zone(dtype)):
        return [_ZONE, dtype.unit, zone]
    return str(dtype)


def _describe_zone(dtype: Any) -> Any:
    """Return the time zone of a dtype as JSON; None where it is the one that its name stands for."""
    usual = _find_zone(str(dtype.tz))
    if type(usual) is type(dtype.tz) and repr(usual) == repr(dtype.tz):
        return None
    if type(dtype.tz).__module__.partition(".")[0] == "pytz" and getattr(dtype.tz, "zone", None):
        return {"pytz": dtype.tz.zone}
    return atoms.encode_zone(dtype.tz)


def _find_zone(name: str) -> Any:
    """Return what this pandas takes for the name of a time zone; None where that is nothing that it stands for.

    ``tzlocal()`` is another zone on another machine.
    """
    import pandas as pd  # noqa: PLC0415 - the value is pandas'

    try:
        zone = pd.DatetimeTZDtype("ns", name).tz
    except (TypeError, ValueError, LookupError):
        return None
    return None if type(zone).__module__.partition(".")[0] == "dateutil" else zone


def _note(categories: Any) -> Any:
    values = _list(categories)
    # A frequency is not a part of what is noted.
    has_more = len(categories) > MAX_CATEGORIES and not isinstance(values, range)
    if has_more or getattr(categories, "freq", None) is not None or _is_text(_describe(categories.dtype)):
        return None
    try:
        return plain.encode(values)
    except RefusedError:
        return None


def _list(categories: Any) -> Any:
    """Return categories as what makes an index of the same class."""
    is_range = type(categories).__name__ == "RangeIndex"
    return range(categories.start, categories.stop, categories.step) if is_range else categories.tolist()


def _name(said: Any) -> str:
    if isinstance(said, str):
        return said
    if said[0] == _ZONE:
        return f"datetime64[{said[1]}, {_decode_zone(said[2])!r}]"
    if said[0] == "category":
        return f"category (of {_name(said[1])})"
    return ("str" if said[2] else "string") + f" ({said[1]})"


def _is_text(said: Any) -> bool:
    return bool(said == "object" or said[0] == "string")


def _is_lossless(dtype: Any, wanted: Any) -> bool:
    there = _describe(dtype)
    if wanted[0] == "category":
        # One of texts is one already.
        return bool(wanted[3] is not None or (there[0] == "category" and _is_text(there[1]) and _is_text(wanted[1])))
    if _is_text(wanted):
        return _is_text(there)
    return any(_is_kind(there, time) and _is_kind(wanted, time) for time in _TIMES)


def _is_kind(said: Any, time: str) -> bool:
    return bool(said.startswith(time) if isinstance(said, str) else said[0] == _ZONE and time == _TIMES[0])


def _convert(values: Any, wanted: Any) -> Any:
    """Return a column or an index in another dtype."""
    import pandas as pd  # noqa: PLC0415 - the value is pandas'

    try:
        if wanted[0] != "category":
            made = values.astype(_make(wanted))
            zone = getattr(made.dtype, "tz", None)
            # Two dtypes of one zone of two libraries are equal, and astype() does nothing.
            return getattr(made, "dt", made).tz_convert(_make(wanted).tz) if zone is not None else made
        if wanted[3] is None:
            # A dtype whose categories are equal texts is taken for the same.
            there = getattr(values, "cat", values)
            return there.rename_categories(there.categories.astype(_make(wanted[1])))
        noted = plain.decode(wanted[3])
        categories = pd.RangeIndex(noted) if isinstance(noted, range) else pd.Index(noted, dtype=_make(wanted[1]))
        return values.astype(pd.CategoricalDtype(categories, ordered=bool(wanted[2])))
    except (TypeError, ValueError) as error:
        raise RefusedError(f"has the dtype {_name(wanted)}, which pandas {pd.__version__} does not have") from error


def _make(said: Any) -> Any:
    import pandas as pd  # noqa: PLC0415 - the value is pandas'

    if isinstance(said, str):
        return pd.api.types.pandas_dtype(said)
    if said[0] == _ZONE:
        return pd.DatetimeTZDtype(said[1], _decode_zone(said[2]))
    return pd.StringDtype(said[1], na_value=float("nan")) if said[2] else pd.StringDtype(said[1])


def _decode_zone(said: Any) -> Any:
    if not isinstance(said, dict):
        return atoms.decode_zone(said)
    try:
        import pytz  # type: ignore[import-untyped,import-not-found,unused-ignore] # noqa: PLC0415 - only for such a zone
    except ImportError:
        raise MissingPackageError("has a time zone of pytz", "pytz") from None
    return pytz.timezone(said["pytz"])
