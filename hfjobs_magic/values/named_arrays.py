"""Dicts of numpy's arrays as safetensors, where a line says so; without a word they are JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .arrays import accepts as is_array
from .format import RefusedError
from .tensors import NAME, needs, read, write_dict

if TYPE_CHECKING:
    from pathlib import Path

    from .format import Written

__all__ = ["NAME", "accepts", "needs", "read", "write"]


def accepts(value: Any) -> bool:
    """Return whether it is a dict of arrays by text."""
    return (
        type(value) is dict and bool(value) and all(type(key) is str and is_array(item) for key, item in value.items())
    )


def write(value: Any, folder: Path, stem: str) -> Written:
    """Write ``stem.safetensors``."""
    import numpy as np  # noqa: PLC0415 - the values are numpy's

    for name, item in value.items():
        if type(item) is not np.ndarray or item.dtype.names or item.dtype.kind not in "biuf":
            raise RefusedError(f"holds {name} of {item.dtype}, which safetensors cannot hold; leave out the format")
        if not item.dtype.isnative or item.dtype.itemsize > 8:
            raise RefusedError(f"holds {name} of {item.dtype}, which safetensors cannot hold; leave out the format")
    # In order of memory: safetensors takes the bytes as they lie.
    whole = {
        name: np.array(item, order="C", copy=None if item.flags.c_contiguous else True) for name, item in value.items()
    }
    return write_dict("numpy", whole, folder / f"{stem}.safetensors", {})
