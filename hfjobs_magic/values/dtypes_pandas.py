"""What Parquet, and another version of pandas, forget of dtypes: noted where a frame is written, restored where read.

Parquet has categories only of texts and times only of milliseconds and finer. From pandas 3 on a text is of the dtype
``str``, and an object before.
"""

from __future__ import annotations

from itertools import repeat
from typing import Any

from . import plain
from .format import RefusedError

MAX_CATEGORIES = 10_000
"""Categories that are noted besides the file; it keeps those that are texts itself."""

_TIMES = ("datetime64", "timedelta64")


def describe(frame: Any) -> dict[str, list[Any]]:
    """Return the dtypes of a frame, as JSON: of its columns, of the levels of its index, of those of its labels."""
    return {
        "columns": [_describe(dtype) for dtype in frame.dtypes],
        "index": [_describe(level.dtype) for level in _levels(frame.index)],
        "labels": [_describe(level.dtype) for level in _levels(frame.columns)],
    }


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
        # pandas.NA is no float.
        return ["string", dtype.storage, isinstance(getattr(dtype, "na_value", None), float)]
    if kind == "CategoricalDtype":
        return ["category", _describe(dtype.categories.dtype), bool(dtype.ordered), _note(dtype.categories)]
    return str(dtype)


def _note(categories: Any) -> Any:
    # A frequency is no part of what is noted.
    has_more = len(categories) > MAX_CATEGORIES or getattr(categories, "freq", None) is not None
    if has_more or _is_text(_describe(categories.dtype)):
        return None
    try:
        return plain.encode(categories.tolist())
    except RefusedError:
        return None


def _name(said: Any) -> str:
    if isinstance(said, str):
        return said
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
    return isinstance(there, str) and any(there.startswith(time) and wanted.startswith(time) for time in _TIMES)


def _convert(values: Any, wanted: Any) -> Any:
    """Return a column or an index in another dtype."""
    import pandas as pd  # noqa: PLC0415 - the value is pandas'

    try:
        if wanted[0] != "category":
            return values.astype(_make(wanted))
        if wanted[3] is None:
            # A dtype whose categories are equal texts is taken for the same.
            there = getattr(values, "cat", values)
            return there.rename_categories(there.categories.astype(_make(wanted[1])))
        categories = pd.Index(plain.decode(wanted[3]), dtype=_make(wanted[1]))
        return values.astype(pd.CategoricalDtype(categories, ordered=bool(wanted[2])))
    except (TypeError, ValueError) as error:
        raise RefusedError(f"has the dtype {_name(wanted)}, which pandas {pd.__version__} has not") from error


def _make(said: Any) -> Any:
    import pandas as pd  # noqa: PLC0415 - the value is pandas'

    if isinstance(said, str):
        return said
    return pd.StringDtype(said[1], na_value=float("nan")) if said[2] else pd.StringDtype(said[1])
