"""The table of formats: which one a value takes, and both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import arrays, files, frames_arrow, frames_pandas, pickles, pictures, plain
from .format import RefusedError, name_type

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .format import Format, Written

FORMATS: dict[str, Format] = {
    "plain": plain,
    "arrays": arrays,
    "pandas": frames_pandas,
    "arrow": frames_arrow,
    "pictures": pictures,
    "files": files,
    "pickle": pickles,
}
"""By the name that a manifest has."""

NAMES = tuple(sorted({module.NAME for module in FORMATS.values()}))
"""What may stand behind the colon."""


def has_format(value: Any) -> bool:
    """Return whether any format takes the type of a value."""
    return any(module.accepts(value) for module in FORMATS.values())


def choose_format(value: Any, wanted: str | None = None) -> str:
    """Return the key in `FORMATS` of the format for a value.

    Parameters
    ----------
    value
        To be sent.
    wanted
        What stood behind the colon; None to go by the type.

    Raises
    ------
    RefusedError
        When there is none, or the one that is wanted is not for such a value.
    """
    if wanted == pickles.NAME:
        return pickles.NAME
    fitting = [key for key, module in FORMATS.items() if module.accepts(value)]
    if not fitting:
        raise RefusedError(
            f"is of type {name_type(value)}, which has no format; send its parts, save it to a file, "
            "or write :pickle behind its name"
        )
    if wanted is None:
        return fitting[0]
    key = next((key for key in fitting if wanted == FORMATS[key].NAME), None)
    if key is None:
        raise RefusedError(f"is of type {name_type(value)}, which {wanted} is not for ({FORMATS[fitting[0]].NAME} is)")
    return key


def find_needs(key: str, value: Any) -> tuple[str, ...]:
    """Return the modules that reading a value of a format takes, besides the standard library.

    Raises
    ------
    RefusedError
        When it has a format, and something in it has none.
    """
    return FORMATS[key].needs(value)


def write_value(value: Any, folder: Path, stem: str, wanted: str | None = None) -> tuple[str, Written]:
    """Write a value; return its format's key, and its files.

    Raises
    ------
    RefusedError
        When it would not come back the same.
    """
    key = choose_format(value, wanted)
    return key, FORMATS[key].write(value, folder, stem)


def read_value(key: str, folder: Path, names: Sequence[str], extra: dict[str, Any]) -> Any:
    """Return a value from its files.

    Raises
    ------
    RefusedError
        When the format is unknown, or the files are not what they claim to be.
    """
    if key not in FORMATS:
        raise RefusedError(f"has the format {key!r}, which this version does not know")
    return FORMATS[key].read(folder, names, extra)
