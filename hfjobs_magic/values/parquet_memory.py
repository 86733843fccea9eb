"""How much memory a Parquet file takes once it is read: its footer says how many cells, its pages how long texts are.

A text that is repeated stands in a file once, so that one of a few kB can hold gigabytes of texts.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from .parquet import import_pyarrow
from .parquet_footer import read_columns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_POINTER = 8
"""Bytes of a cell that is not a number, besides what it holds."""

_OBJECT = 60
"""Bytes of a Python object, about; cells of pandas can be some."""

_WIDTHS = {0: 1, 1: 4, 2: 8, 3: 8, 4: 4, 5: 8}
"""Bytes of a cell by its type in the file: a Boolean, an INT32, INT64, INT96, FLOAT or DOUBLE."""

_TEXT = 6
"""The type of what is as long as it is: BYTE_ARRAY."""

_LARGE = 20_000_000
"""Bytes of a file whose texts are not all looked at, which takes longer than to read them."""

_PAGE = 1 << 31
"""Bytes that a page can have, and a text in it."""

_ROWS = 1 << 16
"""Rows that are looked at at a time."""


def count_parquet(path: Path, objects: int, most: float) -> int:
    """Return the bytes that the cells of a file take, at least about; of texts they may be fewer in a large file.

    Parameters
    ----------
    path
        Of the file.
    objects
        Columns whose cells become Python objects.
    most
        Bytes from which on it does not matter how many they are.
    """
    pa = import_pyarrow()
    metadata = pa.parquet.read_metadata(path)
    schema = metadata.schema.to_arrow_schema()
    widths = {field.name: _find_width(field.type) for field in schema}
    kept = {field.name for field in schema if pa.types.is_dictionary(field.type)}
    total = objects * metadata.num_rows * _OBJECT
    texts: dict[str, int] = {}
    bare = 0
    for column in read_columns(path):
        name, cells = column.path, column.cells
        width = widths.get(name)
        if width is None and column.kind == _TEXT:
            texts[name] = texts.get(name, 0) + cells
            bare += column.size
        elif width is None or name in kept:
            total += column.size
        total += cells * (width or _WIDTHS.get(column.kind, _POINTER))
        total += cells * (_OBJECT + _POINTER) if "." in name and objects else 0
    return int(total if total > most or not texts else total + _count_texts(pa, path, texts, bare, most - total))


def _find_width(kind: Any) -> int | None:
    """Return the bytes of a cell of a type of pyarrow; None where cells are as long as they are."""
    try:
        return max(int(kind.bit_width) // 8, 1)
    except ValueError:
        return None


def _count_texts(pa: Any, path: Path, texts: dict[str, int], bare: int, most: float) -> int:
    """Return the bytes of texts in columns with so many cells each, which have `bare` bytes in the file.

    In a large file every cell is taken for the longest that is repeated, where that is not too much.
    """
    read = {"columns": sorted({name.partition(".")[0] for name in texts}), "use_threads": False}
    try:
        with pa.parquet.ParquetFile(path, read_dictionary=list(texts)) as file:
            if path.stat().st_size > _LARGE:
                longest = max(map(_find_longest, _read_dictionaries(pa, file, read)), default=0)
                if (total := bare + longest * sum(texts.values())) <= most:
                    return total
            total = 0
            for batch in file.iter_batches(_ROWS, **read):
                total += sum(map(_count, _find_all(pa, batch)))
                if total > most:
                    break
            return total
    except (pa.ArrowException, OSError):
        # Of encodings that none of the libraries writes by itself, such as texts that begin as the one before.
        return sum(texts.values()) * _PAGE


def _read_dictionaries(pa: Any, file: Any, read: dict[str, Any]) -> Iterator[Any]:
    """Return arrays of texts with the dictionaries of each part of a file: they come before its first row."""
    for at in range(file.num_row_groups):
        for batch in islice(file.iter_batches(1, row_groups=[at], **read), 1):
            yield from _find_all(pa, batch)


def _find_all(pa: Any, batch: Any) -> Iterator[Any]:
    for column in batch.columns:
        yield from _find_texts(pa, column)


def _find_texts(pa: Any, array: Any) -> Iterator[Any]:
    """Return the arrays of texts in an array, each with its dictionary."""
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        yield from _find_texts(pa, array.storage)
    elif pa.types.is_dictionary(kind):
        yield array
    elif pa.types.is_struct(kind):
        for at in range(kind.num_fields):
            yield from _find_texts(pa, array.field(at))
    elif pa.types.is_map(kind):
        yield from _find_texts(pa, array.keys)
        yield from _find_texts(pa, array.items)
    elif pa.types.is_nested(kind):
        yield from _find_texts(pa, array.flatten())


def _count(array: Any) -> int:
    import pyarrow.compute as pc  # noqa: PLC0415 - only for such a value

    return pc.sum(pc.take(pc.binary_length(array.dictionary), array.indices).cast("int64")).as_py() or 0


def _find_longest(array: Any) -> int:
    import pyarrow.compute as pc  # noqa: PLC0415 - only for such a value

    return pc.max(pc.binary_length(array.dictionary)).as_py() or 0
