"""numpy's arrays as its own ``.npy``, which never holds a pickle here."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from .format import RefusedError, Written, find_module, name_type

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "npy"


def accepts(value: Any) -> bool:
    """Return whether it is an array of numpy's, of any kind."""
    numpy = find_module("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


def needs(value: Any) -> tuple[str, ...]:  # noqa: ARG001 - every format's signature
    """Return what reading it takes."""
    return ("numpy",)


def write(value: Any, folder: Path, stem: str) -> Written:
    """Write ``stem.npy``, in one pass."""
    import numpy as np  # noqa: PLC0415 - the value is numpy's

    if type(value) not in (np.ndarray, np.memmap):
        raise RefusedError(f"is a {name_type(value)}, which npy would make a plain array; convert it with np.asarray()")
    if value.dtype.hasobject or value.dtype.kind == "T":
        raise RefusedError(f"has the dtype {value.dtype}, which only a pickle could hold")
    if value.dtype.metadata:
        raise RefusedError("has a dtype with metadata, which npy leaves out")
    name = f"{stem}.npy"
    with (folder / name).open("wb") as file, warnings.catch_warnings():
        # Names of fields beyond Latin-1 need version 3 of the format, which numpy has read since 2019.
        warnings.simplefilter("ignore", UserWarning)
        np.lib.format.write_array(file, np.asarray(value), allow_pickle=False)
    return Written((name,))


def read(folder: Path, files: Sequence[str], extra: dict[str, Any]) -> Any:  # noqa: ARG001 - every format's signature
    """Read it."""
    try:
        import numpy as np  # noqa: PLC0415 - only for such a value
    except ImportError:
        raise RefusedError("is an array of numpy's, which is not installed here") from None
    path = folder / files[0]
    try:
        # It looks only at the header: one that claims more than the file holds is no reason to make room for it.
        np.load(path, mmap_mode="r", allow_pickle=False)
        return np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise RefusedError(f"is no npy file ({error})") from error
