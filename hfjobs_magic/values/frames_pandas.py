"""Frames and series of pandas as Parquet.

Parquet keeps nearly everything of a frame. What it would change is found before it is sent: a few rows make the whole
way there and back, and so do all columns of Python objects, which can hold anything.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

from . import dtypes_pandas, plain
from .format import MissingPackageError, RefusedError, Written, find_module
from .parquet import import_pyarrow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "parquet"

_PROBE = 50
"""Rows that make the whole way: types, indexes and names are the same in every row."""

_COLUMN = "value"
"""The column of a series, whose name may be anything."""


def accepts(value: Any) -> bool:
    """Return whether it is a frame or a series of pandas."""
    pandas = find_module("pandas")
    return pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series))


def needs(value: Any) -> tuple[str, ...]:  # noqa: ARG001 - every format's signature
    """Return what reading it takes."""
    return ("pandas", "pyarrow")


def write(value: Any, folder: Path, stem: str) -> Written:
    """Write ``stem.parquet``."""
    import pandas as pd  # noqa: PLC0415 - the value is pandas'

    if type(value) not in (pd.DataFrame, pd.Series):
        raise RefusedError(f"is a {type(value).__name__}, a kind of frame that would come back as a plain one")
    import_pyarrow()
    extra: dict[str, Any] = {}
    frame = value
    if isinstance(value, pd.Series):
        extra["series"] = plain.encode(value.name)
        frame = value.to_frame(_COLUMN)
    if not frame.columns.is_unique:
        raise RefusedError("has two columns of one name, which Parquet does not allow")
    if any("Sparse" in str(dtype) for dtype in frame.dtypes):
        dense = (
            "x.sparse.to_dense()"
            if frame is not value
            else "x.astype({n: t.subtype for n, t in x.dtypes.items() if 'Sparse' in str(t)})"
        )
        raise RefusedError(f"is sparse, which Parquet is not; send {dense}")
    if not frame.flags.allows_duplicate_labels:
        raise RefusedError("forbids duplicate labels, which Parquet leaves out; allow them with .set_flags()")
    objects = [at for at, dtype in enumerate(frame.dtypes) if pd.api.types.is_object_dtype(dtype)]
    if type(frame.columns) is pd.RangeIndex:
        extra["range"] = [frame.columns.start, frame.columns.stop, frame.columns.step]
    extra["objects"] = objects
    extra["lists"] = [at for at in objects if _holds_lists(frame.iloc[:, at])]
    extra["dtypes"] = dtypes_pandas.describe(frame)
    extra.update(_find_frequencies(frame))
    _check_same(frame.iloc[:_PROBE], extra)
    if doubtful := [at for at, dtype in enumerate(extra["dtypes"]["columns"]) if _is_doubtful(dtype)]:
        _check_same(frame.iloc[:, doubtful], _only(extra, doubtful))
    elif any(map(_is_doubtful, extra["dtypes"]["index"])):
        _check_same(frame.iloc[:, :1], _only(extra, [0] if len(frame.columns) else []))
    name = f"{stem}.parquet"
    _convert(frame.to_parquet, folder / name, engine="pyarrow")
    return Written((name,), extra)


def read(folder: Path, files: Sequence[str], extra: dict[str, Any]) -> Any:
    """Read it."""
    try:
        import pandas as pd  # noqa: PLC0415 - only for such a value
    except ImportError:
        raise MissingPackageError("is a frame of pandas'", "pandas") from None
    frame = _restore(_convert(pd.read_parquet, folder / files[0], engine="pyarrow"), extra)
    for axis, index in (("index", frame.index), ("columns", frame.columns)):
        if axis in extra:
            index.freq = extra[axis]
    for at, frequency in extra.get("levels", ()):
        level = frame.index.levels[at]
        level.freq = frequency
        frame.index = frame.index.set_levels(level, level=at)
    if "series" not in extra:
        return frame
    series = frame[_COLUMN]
    series.name = plain.decode(extra["series"])
    return series


def _convert(convert: Any, *arguments: Any, **options: Any) -> Any:
    """Call pandas; whatever it or pyarrow cannot do is a refusal, whose first line says what."""
    pa = import_pyarrow()
    try:
        with warnings.catch_warnings():
            # Of names that it makes texts: that is found by comparing.
            warnings.simplefilter("ignore", UserWarning)
            return convert(*arguments, **options)
    except (pa.ArrowException, ValueError, TypeError, NotImplementedError, OSError, OverflowError) as error:
        # pyarrow says the column last, as an argument of its own.
        reason = ": ".join(str(part).strip().partition("\n")[0] for part in reversed(error.args)) or str(error)
        way = "; convert it, as with .astype(str)" if reason.startswith("Conversion failed for column") else ""
        raise RefusedError(f"cannot be Parquet: {reason.rstrip('.')}{way}") from error


def _find_frequencies(frame: Any) -> dict[str, Any]:
    """Return the frequencies of its indexes, which Parquet leaves out."""
    indexes = {"index": frame.index, "columns": frame.columns}
    found = {axis: index.freqstr for axis, index in indexes.items() if _has_frequency(index)}
    levels = getattr(frame.index, "levels", ())
    of_levels = {at: level.freqstr for at, level in enumerate(levels) if _has_frequency(level)}
    return {**found, "levels": list(of_levels.items())} if of_levels else found


def _has_frequency(index: Any) -> bool:
    # A PeriodIndex has it in its type.
    return type(index).__name__ in {"DatetimeIndex", "TimedeltaIndex"} and index.freq is not None


def _is_doubtful(dtype: Any) -> bool:
    """Return whether a dtype says little of its values: the one row that changes may come late."""
    return bool(dtype == "object" or dtype[0] == "category")


def _only(extra: dict[str, Any], columns: list[int]) -> dict[str, Any]:
    """Return what is said of some columns of a frame."""
    dtypes = {**extra["dtypes"], "columns": [extra["dtypes"]["columns"][at] for at in columns]}
    parts = {part: [columns.index(at) for at in extra[part] if at in columns] for part in ("objects", "lists")}
    return {**parts, "dtypes": dtypes}


def _holds_lists(column: Any) -> bool:
    return all(cell is None or type(cell) is list for cell in column)


def _restore(frame: Any, extra: dict[str, Any]) -> Any:
    """Return a frame with what Parquet forgets of columns of objects: that they are, and that arrays were lists."""
    for at in extra.get("objects", ()):
        column = frame.iloc[:, at].astype(object)
        column = column.where(column.notna(), None)
        if at in extra.get("lists", ()):
            column = column.map(lambda cell: cell if cell is None else cell.tolist()).astype(object)
        frame.isetitem(at, column)
    if "dtypes" not in extra:
        return frame
    frame = dtypes_pandas.restore(frame, extra["dtypes"])
    if "range" in extra:
        import pandas as pd  # noqa: PLC0415 - the value is pandas'

        frame.columns = pd.RangeIndex(*extra["range"], name=frame.columns.name)
    if difference := dtypes_pandas.find_difference(frame, extra["dtypes"]):
        raise RefusedError(f"would come back changed: {difference}")
    return frame


def _check_same(frame: Any, extra: dict[str, Any]) -> None:
    """Refuse a frame that would come back another one."""
    import pandas as pd  # noqa: PLC0415 - the value is pandas'

    file = io.BytesIO()
    _convert(frame.to_parquet, file, engine="pyarrow")
    again = _restore(_convert(pd.read_parquet, io.BytesIO(file.getvalue()), engine="pyarrow"), extra)
    try:
        pd.testing.assert_frame_equal(frame, again, check_exact=True, check_freq=False, check_flags=False)
    except AssertionError as error:
        what = str(error).strip().partition("\n")[0]
        way = "; send x.rename(columns=str)" if what.startswith("DataFrame.columns") else ""
        raise RefusedError(f"would come back changed: {what}{way}") from None
    for at, dtype in enumerate(frame.dtypes):
        if pd.api.types.is_object_dtype(dtype) and not all(map(_is_same, frame.iloc[:, at], again.iloc[:, at])):
            raise RefusedError(f"would come back changed: column {frame.columns[at]!r} mixes types")
    if "object" in extra["dtypes"]["index"] and not all(map(_is_same, frame.index, again.index)):
        raise RefusedError("would come back changed: its index mixes types")
    if frame.attrs != again.attrs:
        raise RefusedError("would come back without all of its .attrs")


def _is_same(one: Any, other: Any) -> bool:
    """Return whether two Python objects are one value: 1 is not 1.0 nor True, and a list is no array."""
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(_is_same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_is_same(one[key], other[key]) for key in one)
    same = one == other
    if hasattr(same, "all"):
        return bool(same.all())
    return bool(same) or (one != one and other != other)  # noqa: PLR0124 - NaN
