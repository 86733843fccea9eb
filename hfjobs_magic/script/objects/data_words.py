"""What a reader is told of an object that can't come along: ``DataFrame, 1,204 × 7, 82.4 kB``."""

from __future__ import annotations

from typing import Any

from hfjobs_magic.values.sizes import format_size

_SHAPED = frozenset(
    {
        "numpy",
        "pandas",
        "polars",
        "torch",
        "tensorflow",
        "jax",
        "jaxlib",
        "pyarrow",
        "xarray",
        "scipy",
        "datasets",
        "cupy",
    }
)
"""Libraries whose objects are asked for shape and size: elsewhere such an attribute could do anything."""


def describe(value: Any) -> str:
    """Type, shape and size, as far as they are known without any work."""
    kind = type(value)
    parts = [kind.__name__]
    try:
        if kind.__module__.partition(".")[0] in _SHAPED:
            shape = getattr(value, "shape", None)
            if isinstance(shape, tuple) and shape and all(isinstance(length, int) for length in shape):
                parts.append(" × ".join(f"{length:,}" for length in shape))
            size = count_bytes(value)
            if size is not None:
                parts.append(format_size(size))
        elif kind in {list, tuple, set, frozenset, dict, str, bytes, bytearray}:
            unit = "character" if kind is str else "byte" if kind in {bytes, bytearray} else "item"
            parts.append(f"{len(value):,} {unit}{'' if len(value) == 1 else 's'}")
    except Exception:  # noqa: BLE001 - an attribute of somebody else's object may raise anything
        return kind.__name__
    return ", ".join(parts)


def count_bytes(value: Any) -> int | None:
    """Bytes of memory that arrays and frames say they take; None for everything else."""
    size = getattr(value, "nbytes", None)
    if isinstance(size, int):
        return size
    if hasattr(value, "memory_usage"):  # pandas
        used = value.memory_usage(deep=False)
        return int(used if isinstance(used, int) else used.sum())
    if hasattr(value, "estimated_size"):  # polars
        return int(value.estimated_size())
    return None
