"""numpy's arrays as its own ``.npy``, which never holds a pickle here."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

from .format import MissingPackageError, RefusedError, Written, find_module, name_type

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "npy"

MAPPED = 20_000_000
"""Bytes from which an array is mapped from its file, and takes no memory of its own: a copy costs seconds a gigabyte,
most of them for the memory."""


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
        what = f"is a {name_type(value)}, which npy would make a plain array"
        if isinstance(value, np.ma.MaskedArray):
            raise RefusedError(what, way="send {name}={x}.data and {name}_mask={x}.mask")
        raise RefusedError(what, way="send {name}=np.array({x}), which leaves out what else it has")
    if value.dtype.hasobject or value.dtype.kind == "T":
        said = f"has the dtype {value.dtype}, which only a pickle could hold"
        raise RefusedError(said, way="send {name}={x}.tolist()")
    if value.dtype.metadata:
        raise RefusedError(
            "has a dtype with metadata, which npy leaves out",
            way="send {name}={x}.view(np.dtype({x}.dtype.descr if {x}.dtype.names else {x}.dtype.str)) and "
            "{name}_metadata=dict({x}.dtype.metadata)",
        )
    plain = np.lib.format.descr_to_dtype(np.lib.format.dtype_to_descr(value.dtype))
    if plain != value.dtype:  # of another library, such as bfloat16
        raise RefusedError(
            f"has the dtype {value.dtype}, which npy would make {plain}", way="send {name}={x}.astype('float32')"
        )
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
        raise MissingPackageError("is an array of numpy's", "numpy") from None
    path = folder / files[0]
    try:
        # It looks only at the header: one that claims more than the file holds is not a reason to make room for it.
        there = np.load(path, mmap_mode="r", allow_pickle=False)
        if there.nbytes < MAPPED or os.name != "posix":
            return np.load(path, allow_pickle=False)
        # Whoever shortened the file would end this process.
        path.chmod(0o400)
        # What is written into it goes into memory, and never into the file.
        return np.asarray(np.load(path, mmap_mode="c", allow_pickle=False))
    except (ValueError, EOFError, OSError) as error:
        raise RefusedError(f"is not an npy file ({error})") from error
