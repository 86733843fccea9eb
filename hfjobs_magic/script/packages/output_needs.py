"""What a job needs so that values of ``-o`` come back: formats write with packages that no code of the cell imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.values import frames_pandas, tensors

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from hfjobs_magic.options.value_names import ValueName

_WRITERS = {
    frames_pandas.NAME: ("pyarrow", frozenset({"pandas", "geopandas", "seaborn"})),
    tensors.NAME: ("safetensors", frozenset({"torch", "jax", "flax", "tensorflow", "keras"})),
}
"""By format, the module that writes it, and modules whose values take that format though they do not depend on it.

polars writes Parquet itself, and datasets depends on pyarrow.
"""


def find_writers(wanted: Sequence[ValueName], modules: Collection[str]) -> dict[str, str]:
    """Return what writes the values that may come back, each with the first of the values that may need it.

    Parameters
    ----------
    wanted
        What ``-o`` asks for.
    modules
        Top names of what the job imports, and names of what it declares.

    >>> from hfjobs_magic.options.value_names import parse_values
    >>> find_writers(parse_values(["n:json", "df"], "-o"), {"pandas"})
    {'pyarrow': 'df'}
    """
    found: dict[str, str] = {}
    for one in wanted:
        for name, (module, sources) in _WRITERS.items():
            writes_itself = name == frames_pandas.NAME and "polars" in modules
            if one.format in {None, name} and (sources & set(modules) or (one.format == name and not writes_itself)):
                found.setdefault(module, one.name)
    return found
