"""pyarrow, with which pandas and pyarrow itself read and write Parquet."""

from __future__ import annotations

from typing import Any

from .format import MissingPackageError, RefusedError

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
        import pyarrow.parquet  # noqa: PLC0415 - it is not a part of what `import pyarrow` gives
    except ImportError:
        raise MissingPackageError("needs pyarrow to travel as Parquet", "pyarrow") from None
    check_version(pa.__version__)
    return pa


def check_version(version: str) -> None:
    """Refuse a pyarrow that could be made to unpickle.

    Raises
    ------
    RefusedError
        With the version.
    """
    if int(version.partition(".")[0]) < SAFE_FROM:
        raise RefusedError(f"needs pyarrow {SAFE_FROM} or newer; {version} can unpickle what a file holds")
