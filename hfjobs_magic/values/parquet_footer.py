"""The footer of a Parquet file: how many cells each column has, read here.

pyarrow ends the whole process where the footer of a column contradicts itself and Python asks for that column; as it
reads a table it raises an error. The form: https://github.com/apache/parquet-format, in Thrift's compact protocol.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAGIC = b"PAR1"
"""First and last bytes of a file."""

_MAX_SIZE = 100_000_000
"""Bytes of a footer that is read."""


@dataclass(frozen=True)
class Column:
    """A column in one part of the rows."""

    path: str
    """Its name, and of one that is nested the names down to the cells, with dots."""
    kind: int
    """Type of its cells, as the format numbers them."""
    cells: int
    """As many as it claims to have."""
    size: int
    """Bytes without compression, as it claims."""


def read_columns(path: Path) -> list[Column]:
    """Return the columns of each part of the rows.

    Raises
    ------
    ValueError
        When the footer is none.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - 8, 0))
        end = file.read(8)
        length = int.from_bytes(end[:4], "little")
        if end[4:] != MAGIC or length > min(size - 8, _MAX_SIZE):
            raise ValueError("no footer of Parquet")
        file.seek(size - 8 - length)
        data = file.read(length)
    try:
        footer = _Reader(data).read_struct()
        parts = [chunk[3] for group in footer.get(4, ()) for chunk in group[1]]
        return [
            Column(".".join(name.decode() for name in part[3]), int(part[1]), int(part[5]), int(part[6]))
            for part in parts
        ]
    except (LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("a footer of Parquet that cannot be read") from error


class _Reader:
    """Reads what Thrift writes: structures as dicts by the numbers of their fields."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def read_struct(self) -> dict[int, Any]:
        """Read one, with all that is in it."""
        fields: dict[int, Any] = {}
        number = 0
        while head := self._read_byte():
            number = number + (head >> 4) if head >> 4 else self._read_signed()
            kind = head & 15
            fields[number] = kind == 1 if kind in {1, 2} else self._read(kind)
        return fields

    def _read(self, kind: int) -> Any:
        return self._KINDS[kind](self)

    def _read_byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _read_number(self) -> int:
        number = shift = 0
        while True:
            byte = self._read_byte()
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128 or shift > 70:
                return number

    def _read_signed(self) -> int:
        number = self._read_number()
        return (number >> 1) ^ -(number & 1)

    def _read_bytes(self, size: int | None = None) -> bytes:
        size = self._read_number() if size is None else size
        if size > len(self._data) - self._at:
            raise LookupError("more than there is")
        self._at += size
        return self._data[self._at - size : self._at]

    def _read_list(self) -> list[Any]:
        head = self._read_byte()
        size = head >> 4 if head >> 4 < 15 else self._read_number()
        return [self._read(head & 15) for _ in range(size)]

    def _read_map(self) -> list[Any]:
        size = self._read_number()
        kinds = self._read_byte() if size else 0
        return [(self._read(kinds >> 4), self._read(kinds & 15)) for _ in range(size)]

    _KINDS: ClassVar[dict[int, Callable[[_Reader], Any]]] = {
        **dict.fromkeys((1, 2, 3), _read_byte),
        **dict.fromkeys((4, 5, 6), _read_signed),
        7: lambda self: self._read_bytes(8),
        8: _read_bytes,
        **dict.fromkeys((9, 10), _read_list),
        11: _read_map,
        12: read_struct,
    }
