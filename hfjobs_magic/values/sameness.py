"""Whether two Python objects are one value, in everything that a program can tell, and how two differ."""

from __future__ import annotations

import math
import reprlib
from decimal import Decimal
from typing import Any

from .format import name_type


def is_same(one: Any, other: Any) -> bool:
    """Return whether two objects are one value: 1 is not 1.0 nor True, 2.5 is not 2.50, and a list is not an array."""
    if one is other or type(one) is not type(other):
        return one is other
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(map(is_same, one.values(), other.values()))
    if getattr(one, "dtype", None) is not None:
        return _is_same_array(one, other)
    told = _tell(one) == _tell(other)
    return told and bool(one == other or one != one)  # noqa: PLR0124 - NaN


def _tell(value: Any) -> Any:
    """Return what is not compared where two objects are equal."""
    if isinstance(value, (float, Decimal)):
        return repr(value)
    return type(getattr(value, "tzinfo", None)), getattr(value, "fold", 0), getattr(value, "unit", "")


def find_different(ones: Any, others: Any) -> str:
    """Return how the first two objects differ that do, as in "int would be float"; empty where none do."""
    different = next((pair for pair in zip(ones, others) if not is_same(*pair)), None)
    if different is None:
        return ""
    said = list(map(_name, different))
    if said[0] == said[1]:
        said = list(map(reprlib.repr, different))
    return " would be ".join(said) if said[0] != said[1] else f"{said[0]} would not be the same"


def _name(value: Any) -> str:
    is_missing = (
        value is None
        or type(value).__name__ in {"NAType", "NaTType"}
        or (isinstance(value, float) and math.isnan(value))
    )
    return repr(value) if is_missing else name_type(value)


def _is_same_array(one: Any, other: Any) -> bool:
    if (one.dtype, one.shape) != (other.dtype, other.shape):
        return False
    if one.dtype.hasobject:
        return all(map(is_same, one.ravel().tolist(), other.ravel().tolist()))
    return bool(one.tobytes() == other.tobytes())
