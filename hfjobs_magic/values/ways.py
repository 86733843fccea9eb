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


def find_way(name: str, value: Any) -> str:
    """Return an expression for a value that is called `name`; empty where there is none that is sure to work.

    >>> find_way("codes", re.compile("a+"))
    'codes.pattern'
    """
    if isinstance(value, io.IOBase) and isinstance(getattr(value, "name", None), str):
        return f"Path({value.name!r})"  # type: ignore[attr-defined] # it has one
    if isinstance(value, enum.Enum):
        return f"{name}.value"
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return f"{name}._asdict()"
    if is_dataclass(value) and not isinstance(value, type) and hasattr(value, "__dict__"):
        return f"vars({name})"
    for module, kinds, way in _OF_LIBRARIES:
        library = find_module(module)
        if library is not None and isinstance(value, tuple(getattr(library, kind, ()) for kind in kinds)):
            return way.format(name)
    return next((way.format(name) for kinds, way in _PLAIN if isinstance(value, kinds)), "")


_OF_LIBRARIES = (
    ("pandas", ("Index",), "{}.to_frame(index=False)"),
    ("pandas", ("Categorical",), "{}.tolist()"),
    ("pandas.api.extensions", ("ExtensionArray",), "{}.tolist()"),
    ("pandas", ("Interval",), "({0}.left, {0}.right, {0}.closed)"),
    ("pandas", ("Period", "DateOffset"), "str({})"),
    ("pyarrow", ("Array", "ChunkedArray", "RecordBatch"), "{}.to_pylist()"),
    ("numpy", ("void",), "{}.tolist()"),
    ("numpy", ("dtype",), "{}.str"),
    ("numpy.random", ("Generator",), "{}.bit_generator.state"),
    ("scipy.sparse", ("spmatrix", "sparray"), "{}.toarray()"),
    ("xarray", ("DataArray", "Dataset"), "{}.to_dict()"),
)
"""Modules, classes in them, and the way; the first that fits counts."""

_PLAIN: tuple[tuple[Any, str], ...] = (
    ((io.StringIO, io.BytesIO), "{}.getvalue()"),
    (re.Pattern, "{}.pattern"),
    (array.array, "{}.tolist()"),
    (memoryview, "bytes({})"),
    (slice, "({0}.start, {0}.stop, {0}.step)"),
    (types.SimpleNamespace, "vars({})"),
    (PurePath, "str({})"),
    ((ipaddress.IPv4Address, ipaddress.IPv6Address), "str({})"),
    (Mapping, "dict({})"),
    ((KeysView, ValuesView, Iterator), "list({})"),
    (list, "list({})"),
    (tuple, "tuple({})"),
    (Set, "set({})"),
    (str, "str({})"),
    (bytes, "bytes({})"),
    (int, "int({})"),
    (float, "float({})"),
)
