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
    return Written((name,), {"aligned": aligned} if (aligned := _find_aligned(value.dtype)) else {})


def read(folder: Path, files: Sequence[str], extra: dict[str, Any]) -> Any:
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
            return _align(np.load(path, allow_pickle=False), extra)
        # Whoever shortened the file would end this process.
        path.chmod(0o400)
        # What is written into it goes into memory, and never into the file.
        return _align(np.asarray(np.load(path, mmap_mode="c", allow_pickle=False)), extra)
    except (ValueError, TypeError, KeyError, EOFError, OSError) as error:
        raise RefusedError(f"is not an npy file ({error})") from error


def _find_aligned(dtype: Any) -> Any:
    """Return what npy forgets of a dtype of fields, as JSON: which of it were made with ``align=True``; None for none.

    Fields and their places are in the file; a dtype that lacks the mark is equal.
    """
    if dtype.subdtype is not None:
        return _find_aligned(dtype.subdtype[0])
    if dtype.names is None:
        return None
    inside = {name: said for name in dtype.names if (said := _find_aligned(dtype.fields[name][0]))}
    return [dtype.isalignedstruct, inside] if dtype.isalignedstruct or inside else None


def _align(array: Any, extra: dict[str, Any]) -> Any:
    """Return an array whose dtype has these marks again."""
    return array.view(_mark(array.dtype, extra["aligned"])) if "aligned" in extra else array


def _mark(dtype: Any, said: Any) -> Any:
    import numpy as np  # noqa: PLC0415 - only for such a value

    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return np.dtype((_mark(base, said), shape))
    if dtype.names is None or not said:
        return dtype
    is_aligned, inside = said
    fields = [dtype.fields[name] for name in dtype.names]
    made: Any = {
        "names": list(dtype.names),
        "formats": [_mark(dtype.fields[name][0], inside.get(name)) for name in dtype.names],
        "offsets": [field[1] for field in fields],
        "titles": [field[2] if len(field) > 2 else None for field in fields],
        "itemsize": dtype.itemsize,
    }
    return np.dtype(made, align=bool(is_aligned))
