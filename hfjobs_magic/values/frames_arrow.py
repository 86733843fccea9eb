"""Tables of pyarrow and frames of polars as Parquet; both keep their schemas there, or are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .format import MissingPackageError, RefusedError, Written, find_module
from .parquet import import_pyarrow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "parquet"


def accepts(value: Any) -> bool:
    """Return whether it is a table of pyarrow, or a frame or series of polars."""
    arrow, polars = find_module("pyarrow"), find_module("polars")
    return (arrow is not None and isinstance(value, arrow.Table)) or (
        polars is not None and isinstance(value, (polars.DataFrame, polars.Series, polars.LazyFrame))
    )


def needs(value: Any) -> tuple[str, ...]:
    """Return what reading it takes."""
    return ("pyarrow",) if type(value).__module__.startswith("pyarrow") else ("polars",)


def write(value: Any, folder: Path, stem: str) -> Written:
    """Write ``stem.parquet``."""
    path = folder / f"{stem}.parquet"
    if type(value).__module__.startswith("pyarrow"):
        return _write_arrow(value, path)
    return _write_polars(value, path)


def read(folder: Path, files: Sequence[str], extra: dict[str, Any]) -> Any:
    """Read it."""
    path = folder / files[0]
    return _read_polars(path, extra) if extra.get("library") == "polars" else _read_arrow(path)


def _write_arrow(value: Any, path: Path) -> Written:
    pa = import_pyarrow()
    pq = pa.parquet
    if len(set(value.column_names)) < value.num_columns:
        raise RefusedError(
            "has two columns of one name, which cannot be read back",
            way="send {name}={x}.rename_columns([…]) with others",
        )
    if value.num_rows and not value.num_columns:
        raise RefusedError(
            f"has {value.num_rows} rows and no column, of which Parquet keeps nothing", way="send {name}={x}.num_rows"
        )
    _check_extensions(value.schema)
    try:
        # Compliant names would rename the items of lists.
        pq.write_table(value, path, use_compliant_nested_type=False)
    except pa.ArrowException as error:
        raise RefusedError(f"cannot be Parquet: {_first_line(error)}") from error
    again = pq.read_schema(path)
    if not again.equals(value.schema, check_metadata=True):
        path.unlink()
        raise RefusedError(f"would come back changed: {_find_difference(value.schema, again)}")
    return Written((path.name,), {"library": "pyarrow"})


def _read_arrow(path: Path) -> Any:
    pa = import_pyarrow()
    try:
        table = pa.parquet.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise RefusedError(f"is no Parquet file ({_first_line(error)})") from error
    _check_extensions(table.schema)
    return table


def _check_extensions(fields: Any) -> None:
    """Refuse types of the program's own where nobody has registered them: pyarrow takes what they store for them."""
    for field in fields:
        name = (field.metadata or {}).get(b"ARROW:extension:name")
        if name is not None:
            said = f"column {field.name!r} of the extension type {name.decode(errors='replace')}"
            raise RefusedError(f"has a {said}, which is not registered here")
        kind = field.type
        _check_extensions([kind.field(at) for at in range(kind.num_fields)] if hasattr(kind, "field") else [])


def _write_polars(value: Any, path: Path) -> Written:
    import polars as pl  # noqa: PLC0415 - the value is polars'

    if isinstance(value, pl.LazyFrame):
        raise RefusedError("is a LazyFrame, which is a plan and not yet a value; .collect() makes it one")
    series = isinstance(value, pl.Series)
    frame = value.to_frame() if series else value
    try:
        frame.write_parquet(path)
        again = pl.read_parquet_schema(path)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        path.unlink(missing_ok=True)
        raise RefusedError(f"cannot be Parquet: {_first_line(error)}") from error
    if list(again.items()) != list(frame.schema.items()):
        path.unlink()
        raise RefusedError(f"would come back changed: {_find_difference(frame.schema, again)}")
    return Written((path.name,), {"library": "polars", "series": series})


def _read_polars(path: Path, extra: dict[str, Any]) -> Any:
    try:
        import polars as pl  # noqa: PLC0415 - only for such a value
    except ImportError:
        raise MissingPackageError("is a frame of polars'", "polars") from None
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise RefusedError(f"is no Parquet file ({_first_line(error)})") from error
    return frame.to_series() if extra.get("series") else frame


def _find_difference(one: Any, other: Any) -> str:
    """Return the first column whose type differs between two schemas."""
    for name in one.names if hasattr(one, "field") else one:
        before, after = (
            (schema.field(name).type if hasattr(schema, "field") else schema.get(name)) for schema in (one, other)
        )
        if before != after:
            return f"column {name!r} of type {before} would be {after}"
    return "its metadata"


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
