"""Names of the notebook that ``-i`` can send, with type and size; never a value."""

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


def _is_data(value: object) -> bool:
    return not isinstance(value, _CODE) and has_format(value)
