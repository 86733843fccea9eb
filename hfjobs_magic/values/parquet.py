"""pyarrow, with which pandas and pyarrow itself read and write Parquet."""

from __future__ import annotations

from typing import Any

from .format import RefusedError

SAFE_FROM = 15
"""Major version of pyarrow from which on no file makes it unpickle anything: until 14.0.1 an extension type did
(CVE-2023-47248)."""


def import_pyarrow() -> Any:
    """Return pyarrow.

    Raises
    ------
    RefusedError
        When it is not installed, or is one that unpickles what a file holds.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - only for such a value
        import pyarrow.parquet  # noqa: PLC0415 - it is no part of what `import pyarrow` gives
    except ImportError:
        raise RefusedError("needs pyarrow to travel as Parquet, which is not installed here (-p pyarrow)") from None
    check_version(pa.__version__)
    return pa


MAX_CELLS = 5_000_000_000
"""Rows times columns of a file: a few bytes can claim any number of them, and reading makes room for all."""


def check_claims(rows: int, columns: int) -> None:
    """Refuse a file that claims more than anybody sends.

    Raises
    ------
    RefusedError
        With what it claims.
    """
    if rows * max(columns, 1) > MAX_CELLS:
        raise RefusedError(f"claims {rows:,} rows × {columns:,} columns, which is more than is read unasked")


def check_version(version: str) -> None:
    """Refuse a pyarrow that could be made to unpickle.

    Raises
    ------
    RefusedError
        With the version.
    """
    if int(version.partition(".")[0]) < SAFE_FROM:
        raise RefusedError(f"needs pyarrow {SAFE_FROM} or newer; {version} can unpickle what a file holds")
