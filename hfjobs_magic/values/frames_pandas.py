"""Frames and series of pandas as Parquet.

Parquet keeps nearly everything of a frame. What it would change is found before it is sent: a few rows make the whole
way there and back, and so do all columns of Python objects, which can hold anything.
"""

from __future__ import annotations

import io
import warnings
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from . import dtypes_pandas, indexes_pandas, plain
from .format import MissingPackageError, RefusedError, Written, find_module
from .parquet import import_pyarrow
from .sameness import find_different, is_same

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "parquet"

_PROBE = 50
"""Rows that make the whole way: types, indexes and names are the same in every row."""

_COLUMN = "value"
"""The column of a series, whose name may be anything."""

_RENAMED = "send {name}={x}.rename(columns=str)"
"""What to do with labels of columns that are not texts."""


def accepts(value: Any) -> bool:
    """Return whether it is a frame or a series of pandas."""
    pandas = find_module("pandas")
    return pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series))


def needs(value: Any) -> tuple[str, ...]:
    """Return what reading it takes."""
    return ("pandas", "pyarrow", *(["pytz"] if dtypes_pandas.has_pytz(value) else []))


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
            "{x}.sparse.to_dense()"
            if frame is not value
            else "{x}.astype({n: t.subtype for n, t in {x}.dtypes.items() if 'Sparse' in str(t)})"
        )
        raise RefusedError("is sparse, which Parquet is not", way=f"send {{name}}={dense}")
    if not frame.flags.allows_duplicate_labels:
        raise RefusedError(
            "forbids duplicate labels, which Parquet leaves out",
            way="send {name}={x}.set_flags(allows_duplicate_labels=True)",
        )
    extra.update(_describe(frame))
    _check_same(frame.iloc[:_PROBE])
    if doubtful := [at for at, dtype in enumerate(extra["dtypes"]["columns"]) if _is_doubtful(dtype)]:
        _check_same(frame.iloc[:, doubtful])
    elif any(map(_is_doubtful, extra["dtypes"]["index"])):
        _check_same(frame.iloc[:, :1])
    name = f"{stem}.parquet"
    _write(frame, extra, folder / name)
    return Written((name,), extra)


def read(folder: Path, files: Sequence[str], extra: dict[str, Any]) -> Any:
    """Read it."""
    try:
        import pandas as pd  # noqa: PLC0415 - only for such a value
    except ImportError:
        raise MissingPackageError("is a frame of pandas'", "pandas") from None
    frame = _restore(_convert(pd.read_parquet, folder / files[0], engine="pyarrow"), extra)
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
        raise RefusedError(f"cannot be Parquet: {reason[:300].rstrip('.')}{way}") from error


def _describe(frame: Any) -> dict[str, Any]:
    """Return what Parquet forgets of a frame, as JSON."""
    import pandas as pd  # noqa: PLC0415 - the value is pandas'

    objects = [at for at, dtype in enumerate(frame.dtypes) if pd.api.types.is_object_dtype(dtype)]
    found: dict[str, Any] = {
        "objects": objects,
        "lists": [at for at in objects if _holds(frame.iloc[:, at], list)],
        "decimals": [at for at in objects if _holds(frame.iloc[:, at], Decimal)],
        "dtypes": dtypes_pandas.describe(frame),
    }
    return {**found, "axes": axes} if (axes := indexes_pandas.describe(frame)) else found


def _write(frame: Any, extra: dict[str, Any], file: Any) -> None:
    """Write a frame; its decimals as texts, for Parquet has one scale for all of a column."""
    import pandas as pd  # noqa: PLC0415 - the value is pandas'

    frame = indexes_pandas.strip_names(frame, extra.get("axes", {}))
    if extra["decimals"]:
        frame = frame.copy(deep=False)
        for at in extra["decimals"]:
            texts = [None if cell is None else str(cell) for cell in frame.iloc[:, at]]
            frame.isetitem(at, pd.array(texts, "string"))
    _convert(frame.to_parquet, file, engine="pyarrow")


def _is_doubtful(dtype: Any) -> bool:
    """Return whether a dtype says little of its values: the one row that changes may come late."""
    # In the last two a missing value and NaN are two things.
    return bool(dtype == "object" or dtype[0] == "category" or dtype in ("Float32", "Float64"))


def _holds(column: Any, kind: type) -> bool:
    return all(cell is None or type(cell) is kind for cell in column)


def _restore(frame: Any, extra: dict[str, Any]) -> Any:
    """Return a frame with what Parquet forgets of it."""
    for at in extra.get("objects", ()):
        column = frame.iloc[:, at].astype(object)
        column = column.where(column.notna(), None)
        for part, make in (("lists", lambda cell: cell.tolist()), ("decimals", Decimal)):
            if at in extra.get(part, ()):
                made = [None if cell is None else make(cell) for cell in column]
                column = type(column)(made, index=column.index, dtype=object)
        frame.isetitem(at, column)
    if "dtypes" not in extra:
        return frame
    frame = indexes_pandas.restore(dtypes_pandas.restore(frame, extra["dtypes"]), extra.get("axes", {}))
    if difference := dtypes_pandas.find_difference(frame, extra["dtypes"]):
        raise RefusedError(f"would come back changed: {difference}")
    return frame


def _check_same(frame: Any) -> None:
    """Refuse a frame that would come back another one."""
    import pandas as pd  # noqa: PLC0415 - the value is pandas'

    file, extra = io.BytesIO(), _describe(frame)
    _write(frame, extra, file)
    again = _restore(_convert(pd.read_parquet, io.BytesIO(file.getvalue()), engine="pyarrow"), extra)
    parts = [
        (f"column {frame.columns[at]!r}", frame.iloc[:, at], again.iloc[:, at])
        for at, dtype in enumerate(frame.dtypes)
        if pd.api.types.is_object_dtype(dtype)
    ]
    if "object" in extra["dtypes"]["index"]:
        parts.append(("its index", frame.index, again.index))
    if "object" in extra["dtypes"]["labels"]:
        parts.append(("its columns", frame.columns, again.columns))
    for name, ones, others in parts:
        if different := find_different(ones, others):
            way = _RENAMED if name == "its columns" else ""
            raise RefusedError(f"would come back changed: in {name} {different}", way=way)
    try:
        pd.testing.assert_frame_equal(frame, again, check_exact=True, check_freq=False, check_flags=False)
    except AssertionError as error:
        what = str(error).strip().partition("\n")[0]
        way = _RENAMED if what.startswith("DataFrame.columns") else ""
        raise RefusedError(f"would come back changed: {what}", way=way) from None
    if not is_same(frame.attrs, again.attrs):
        raise RefusedError("would come back without all of its .attrs")
