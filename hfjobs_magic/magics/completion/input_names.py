"""Names of the notebook that ``-i`` can send, and that ``--map`` takes values of, with type and size; never a value."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING

from hfjobs_magic.magics.completion.grammar import Candidate
from hfjobs_magic.script.data_words import describe
from hfjobs_magic.values.table import has_format

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_IPYTHON = frozenset({"In", "Out", "exit", "quit", "open", "get_ipython"})
"""What IPython puts into every notebook."""

_CODE = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)


def input_names(names: Mapping[str, object], typed: str) -> Iterable[Candidate]:
    """Return names that may stand at the end of `typed`, such as ``df,c``; none behind an equals sign."""
    before, comma, _ = typed.rpartition(",")
    if "=" in typed or ":" in typed.rpartition(",")[2]:
        return []
    given = {name.partition(":")[0] for name in before.split(",")}
    return [
        Candidate(f"{before}{comma}{name}", describe(value))
        for name, value in sorted(names.items())
        if not name.startswith("_") and name not in _IPYTHON | given and _is_data(value)
    ]


def list_names(names: Mapping[str, object], typed: str) -> Iterable[Candidate]:
    """Return the lists of the notebook that may stand at the end of ``lr={ra``, each with its closing brace."""
    variables, equals, value = typed.partition("=")
    before, brace, _ = value.rpartition("{")
    if not equals or "}" in value or (before and not brace):
        return []
    return [
        Candidate(f"{variables}={before}{{{name}}}", describe(found))
        for name, found in sorted(names.items())
        if not name.startswith("_") and name not in _IPYTHON and _is_list(found)
    ]


def _is_list(value: object) -> bool:
    """Whether the runs of a sweep may have its items: of arrays and the like, too."""
    return isinstance(value, (list, tuple, range)) or (not isinstance(value, type) and hasattr(value, "tolist"))


def _is_data(value: object) -> bool:
    return not isinstance(value, _CODE) and has_format(value)
