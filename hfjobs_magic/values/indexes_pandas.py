"""What Parquet forgets of the indexes of a frame of pandas: noted where it is written, restored where it is read.

That are frequencies, ranges of labels, names that are not texts, and the levels of an index: those in use only, sorted.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from . import plain
from .format import RefusedError

MAX_LEVEL = 10_000
"""Entries of a level that are noted besides the file. What is longer comes back with the entries in use alone, which
is an equal index."""

_AXES = ("index", "columns")

_WAYS = {"index": "{x}.reset_index()", "columns": "{x}.rename(columns=str)"}
"""What has no frequency any more."""


def describe(frame: Any) -> dict[str, dict[str, Any]]:
    """Return what is to be restored of each axis, as JSON.

    Raises
    ------
    RefusedError
        When a frequency could not be.
    """
    axes = {axis: getattr(frame, axis) for axis in _AXES}
    return {axis: said for axis, index in axes.items() if (said := _describe(index, axis))}


def restore(frame: Any, said: dict[str, dict[str, Any]]) -> Any:
    """Return a frame with the indexes that it had.

    Raises
    ------
    RefusedError
        When the file holds others.
    """
    for axis in _AXES:
        if axis in said:
            setattr(frame, axis, _restore(getattr(frame, axis), said[axis]))
    return frame


def strip_names(frame: Any, said: dict[str, dict[str, Any]]) -> Any:
    """Return a frame without the names of its indexes that are noted besides."""
    for axis in _AXES:
        if "names" in said.get(axis, ()):
            index = getattr(frame, axis)
            frame = frame.set_axis(index.set_names([None] * index.nlevels), axis=axis)
    return frame


def _describe(index: Any, axis: str) -> dict[str, Any]:
    import pandas as pd  # noqa: PLC0415 - the value is pandas'

    said: dict[str, Any] = {}
    if not all(name is None or type(name) is str for name in index.names):
        said["names"] = plain.encode(list(index.names))
    if isinstance(index, pd.MultiIndex):
        if levels := [[at, noted] for at in range(index.nlevels) if (noted := _describe_level(index, at, axis))]:
            said["levels"] = levels
    elif axis == "columns" and type(index) is pd.RangeIndex:
        said["range"] = [index.start, index.stop, index.step]
    elif frequency := _describe_frequency(index, axis):
        said["freq"] = frequency
    return said


def _describe_level(index: Any, at: int, axis: str) -> dict[str, Any]:
    import numpy as np  # noqa: PLC0415 - the value is pandas'
    import pandas as pd  # noqa: PLC0415

    level, codes = index.levels[at], index.codes[at]
    if type(level) is pd.RangeIndex:
        return {"range": [level.start, level.stop, level.step]}
    said: dict[str, Any] = {}
    frequency = _describe_frequency(level, axis)
    if frequency:
        said["freq"] = frequency
    is_as_made = level.is_monotonic_increasing and np.bincount(codes[codes >= 0], minlength=len(level)).all()
    if is_as_made and axis == "index":
        return said
    if len(level) <= MAX_LEVEL and not isinstance(level.dtype, pd.CategoricalDtype):
        with suppress(RefusedError):
            said["values"] = plain.encode(level.tolist())
    if frequency and "values" not in said and not is_as_made:
        raise RefusedError(
            f"would come back changed: level {at} of its {axis} has entries that are not in use, and would lose its "
            "frequency",
            way=f"send {{name}}={{x}}.set_axis({{x}}.{axis}.remove_unused_levels()"
            f"{', axis=1' if axis == 'columns' else ''})",
        )
    return said


def _describe_frequency(index: Any, axis: str) -> str:
    # A PeriodIndex has it in its type.
    if type(index).__name__ not in {"DatetimeIndex", "TimedeltaIndex"} or index.freq is None:
        return ""
    from pandas.tseries.frequencies import to_offset  # noqa: PLC0415 - the value is pandas'

    try:
        again: Any = to_offset(index.freqstr)
    except ValueError:
        again = None
    # Two that are equal can differ in it.
    if again != index.freq or again.normalize != index.freq.normalize:
        raise RefusedError(
            f"would come back changed: the frequency {index.freq!r} of its {axis} has no name that tells all of it",
            way=f"send {{name}}={_WAYS[axis]}",
        )
    return str(index.freqstr)


def _restore(index: Any, said: dict[str, Any]) -> Any:
    import pandas as pd  # noqa: PLC0415 - the value is pandas'

    if "range" in said:
        index = pd.RangeIndex(*said["range"], name=index.name)
    for at, noted in said.get("levels", ()):
        index = _restore_level(index, at, noted)
    if "names" in said:
        index = index.set_names(plain.decode(said["names"]))
    if "freq" in said:
        index.freq = said["freq"]
    return index


def _restore_level(index: Any, at: int, noted: dict[str, Any]) -> Any:
    import pandas as pd  # noqa: PLC0415 - the value is pandas'

    if not isinstance(index, pd.MultiIndex):
        raise RefusedError("would come back changed: an index of one level without it")
    level = index.levels[at]
    if "range" in noted or "values" in noted:
        made = (
            pd.RangeIndex(*noted["range"])
            if "range" in noted
            else pd.Index(plain.decode(noted["values"]), dtype=level.dtype, tupleize_cols=False)
        )
        cells = index.get_level_values(at)
        codes = made.get_indexer(cells)
        if ((codes < 0) & ~cells.isna()).any():
            raise RefusedError("would come back changed: a level of an index without its entries")
        levels, all_codes = list(index.levels), list(index.codes)
        levels[at], all_codes[at] = made, codes
        index, level = pd.MultiIndex(levels, all_codes, names=index.names), made
    if "freq" in noted:
        level.freq = noted["freq"]
        index = index.set_levels(level, level=at)
    return index
