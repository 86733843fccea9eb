"""Data sets of the `datasets` library as Parquet, with their features; files that they only name travel inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import plain
from .format import MissingPackageError, RefusedError, Written, find_module
from .parquet import import_pyarrow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "parquet"

_SAID = ("description", "citation", "homepage", "license")
"""What a data set says of itself."""

_OTHERS = {
    "IterableDataset": ("is an IterableDataset, which is read as it is used", "send {name}=list({x})"),
    "DatasetDict": ("is a DatasetDict", "send its splits, each by a name: "),
    "IterableDatasetDict": ("is an IterableDatasetDict, whose splits are read as they are used", ""),
}
"""Its other classes, and what to do instead."""


def accepts(value: Any) -> bool:
    """Return whether it is a data set, also one that is refused."""
    library = find_module("datasets")
    kinds = (getattr(library, name, None) for name in ("Dataset", *_OTHERS))
    return library is not None and isinstance(value, tuple(kind for kind in kinds if isinstance(kind, type)))


def needs(value: Any) -> tuple[str, ...]:  # noqa: ARG001 - every format's signature
    """Return what reading it takes."""
    return ("datasets", "pyarrow")


def write(value: Any, folder: Path, stem: str) -> Written:
    """Write ``stem.parquet``."""
    if refusal := _OTHERS.get(type(value).__name__):
        said, way = refusal
        # A name that can stand on the line, whatever the split is called.
        split = next(iter(value), "") if way.endswith(": ") else ""
        raise RefusedError(said, way=f"{way}{{name}}_{split}={{x}}[{split!r}]" if split else way.rstrip(": "))
    view = value.format
    if view["type"] == "custom":
        raise RefusedError(
            "has a transform, which is code", way="send {name}={x}.with_format(None), which leaves it out"
        )
    from datasets.table import embed_table_storage  # noqa: PLC0415 - the value is of this library

    pa = import_pyarrow()
    path = folder / f"{stem}.parquet"
    try:
        table = embed_table_storage(value.with_format("arrow")[:])
        pa.parquet.write_table(table, path, use_compliant_nested_type=False)
        is_same = pa.parquet.read_schema(path).equals(table.schema) or _read_as(table.schema, path).equals(table)
    except (pa.ArrowException, OSError) as error:
        raise RefusedError(f"cannot be Parquet: {str(error).strip().partition(chr(10))[0]}") from error
    if not is_same:
        path.unlink()
        raise RefusedError("would come back changed: Parquet has other types for its columns")
    return Written(
        (path.name,),
        {
            "features": value.features.to_dict(),
            "split": None if value.split is None else str(value.split),
            "view": plain.encode(dict(view)),
            "info": {name: getattr(value.info, name) for name in _SAID},
        },
    )


def _read_as(schema: Any, path: Path) -> Any:
    """Read a table with its own types: times of seconds are of milliseconds in the file. A loss is an error."""
    return import_pyarrow().parquet.read_table(path).cast(schema)


def read(folder: Path, files: Sequence[str], extra: dict[str, Any]) -> Any:
    """Read it."""
    try:
        import datasets  # noqa: PLC0415 - only for such a value
        from datasets.table import InMemoryTable  # noqa: PLC0415
    except ImportError:
        raise MissingPackageError("is a data set of the datasets library", "datasets") from None
    pa = import_pyarrow()
    path = folder / files[0]
    try:
        features = datasets.Features.from_dict(extra["features"])
        table = _read_as(features.arrow_schema, path)
        info = datasets.DatasetInfo(features=features, **{name: extra["info"][name] for name in _SAID})
        split = None if extra["split"] is None else datasets.NamedSplit(extra["split"])
        view = plain.decode(extra["view"])
        made = datasets.Dataset(InMemoryTable(table), info=info, split=split)
        made.set_format(view["type"], view["columns"], view["output_all_columns"], **view["format_kwargs"])
    except RefusedError:
        raise
    except (pa.ArrowException, OSError, ValueError, TypeError, LookupError, AttributeError, ImportError) as error:
        raise RefusedError(f"is not a data set that can be read ({str(error).partition(chr(10))[0]})") from error
    return made
