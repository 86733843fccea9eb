"""Names of the notebook that ``-i`` can send, and that ``--map`` takes values of, with type and size; never a value.

Behind a colon formats: of ``-i`` those that take the value, of ``-o`` all.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING

from hfjobs_magic.magics.completion.grammar import Candidate
from hfjobs_magic.script.objects.data_words import describe
from hfjobs_magic.values.pickles import NAME as PICKLE
from hfjobs_magic.values.table import NAMES, has_format, list_formats

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_IPYTHON = frozenset({"In", "Out", "exit", "quit", "open", "get_ipython"})
"""What IPython puts into every notebook."""

_NOTES = {PICKLE: "for the same versions of Python and of its modules"}

_CODE = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)


def input_names(names: Mapping[str, object], typed: str) -> Iterable[Candidate]:
    """Return what may stand at the end of `typed`: of ``df,c`` a name, of ``df:p`` a format; behind ``=`` nothing."""
    before, comma, last = typed.rpartition(",")
    name, colon, _ = last.partition(":")
    if "=" in typed or (colon and name not in names):
        return []
    if colon:
        return _offer_formats(f"{before}{comma}{name}:", list_formats(names[name]))
    given = {name.partition(":")[0] for name in before.split(",")}
    return [
        Candidate(f"{before}{comma}{name}", describe(value))
        for name, value in sorted(names.items())
        if not name.startswith("_") and name not in _IPYTHON | given and _is_data(value)
    ]


def output_names(_names: Mapping[str, object], typed: str) -> Iterable[Candidate]:
    """Return formats behind a name and its colon, such as ``acc:j``; the names are the job's."""
    before, colon, _ = typed.rpartition(":")
    is_name = colon and before.rpartition(",")[2].isidentifier()
    return _offer_formats(f"{before}:", NAMES) if is_name and "=" not in typed else []


def _offer_formats(before: str, formats: Iterable[str]) -> list[Candidate]:
    return [Candidate(f"{before}{name}", _NOTES.get(name, "format")) for name in formats]


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
