"""Expressions that make a value without a format one that has one: what a refusal recommends can be run as it is."""

from __future__ import annotations

import array
import enum
import io
import ipaddress
import re
import types
from collections.abc import Iterator, KeysView, Mapping, Set, ValuesView
from dataclasses import is_dataclass
from pathlib import PurePath
from typing import Any

from .format import find_module


def find_way(value: Any) -> str:
    """Return an expression for a value, which is ``{x}`` in it; empty where there is none that is sure to work.

    >>> find_way(re.compile("a+"))
    '{x}.pattern'
    """
    if isinstance(value, io.IOBase) and isinstance(getattr(value, "name", None), str):
        return f"Path({value.name!r})"  # type: ignore[attr-defined] # it has one
    if isinstance(value, enum.Enum):
        return "{x}.value"
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return "{x}._asdict()"
    if is_dataclass(value) and not isinstance(value, type) and hasattr(value, "__dict__"):
        return "vars({x})"
    for module, kinds, way in _OF_LIBRARIES:
        library = find_module(module)
        if library is not None and isinstance(value, tuple(getattr(library, kind, ()) for kind in kinds)):
            return way
    return next((way for kinds, way in _PLAIN if isinstance(value, kinds)), "")


_OF_LIBRARIES = (
    ("pandas", ("Index",), "{x}.to_frame(index=False)"),
    ("pandas", ("Categorical",), "{x}.tolist()"),
    ("pandas.api.extensions", ("ExtensionArray",), "{x}.tolist()"),
    ("pandas", ("Interval",), "({x}.left, {x}.right, {x}.closed)"),
    ("pandas", ("Period", "DateOffset"), "str({x})"),
    ("pyarrow", ("Array", "ChunkedArray", "RecordBatch"), "{x}.to_pylist()"),
    ("numpy", ("void",), "{x}.tolist()"),
    ("numpy", ("dtype",), "{x}.str"),
    ("numpy.random", ("Generator",), "{x}.bit_generator.state"),
    ("scipy.sparse", ("spmatrix", "sparray"), "{x}.toarray()"),
    ("xarray", ("DataArray", "Dataset"), "{x}.to_dict()"),
)
"""Modules, classes in them, and the way; the first that fits counts."""

_PLAIN: tuple[tuple[Any, str], ...] = (
    ((io.StringIO, io.BytesIO), "{x}.getvalue()"),
    (re.Pattern, "{x}.pattern"),
    (array.array, "{x}.tolist()"),
    (memoryview, "bytes({x})"),
    (slice, "({x}.start, {x}.stop, {x}.step)"),
    (types.SimpleNamespace, "vars({x})"),
    (PurePath, "str({x})"),
    ((ipaddress.IPv4Address, ipaddress.IPv6Address), "str({x})"),
    (Mapping, "dict({x})"),
    ((KeysView, ValuesView, Iterator), "list({x})"),
    (list, "list({x})"),
    (tuple, "tuple({x})"),
    (Set, "set({x})"),
    (str, "str({x})"),
    (bytes, "bytes({x})"),
    (int, "int({x})"),
    (float, "float({x})"),
)
