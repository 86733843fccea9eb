"""Many runs of one cell from Python: ``sweep(code, {"lr": [1e-3, 1e-4]})``."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, overload

from hfjobs_magic.api.connect import connect_for
from hfjobs_magic.api.run import notebook_for, said_of_call, with_inputs, with_names
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.source import read_source
from hfjobs_magic.api.sweep import Sweep
from hfjobs_magic.api.sweep_plan import ask_for_all, describe_sweep, plan_sweep
from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.layers import Layer
from hfjobs_magic.options.sweep_values import write_map
from hfjobs_magic.views.table import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path


@overload
def sweep(
    code_or_path: str | Path,
    parameters: Mapping[Any, Iterable[Any]] | None = None,
    *,
    dry_run: Literal[True],
    **options: Any,
) -> Text: ...


@overload
def sweep(code_or_path: str | Path, parameters: Mapping[Any, Iterable[Any]] | None = None, **options: Any) -> Sweep: ...


def sweep(
    code_or_path: str | Path,
    parameters: Mapping[Any, Iterable[Any]] | None = None,
    *,
    names: Mapping[str, Any] | str | None = None,
    inputs: Mapping[str, Any] | Sequence[str] | str = (),
    endpoint: str | None = None,
    token: str | None = None,
    **options: Any,
) -> Sweep | Text:
    """Run Python code once for each combination of values; keyword arguments are those of ``%%hfjob``.

    Parameters
    ----------
    code_or_path
        As for `run`; in text, which IPython runs as it does a cell, each parameter is a variable that is there.
    parameters
        Values by name: ``{"lr": [1e-3, 1e-4], "seed": range(3)}`` is six runs. A tuple of names changes together:
        ``{("lr", "batch"): [(1e-3, 32), (1e-4, 64)]}`` is two.
    names, inputs, endpoint, token
        As for `run`.
    **options
        As for `run`; ``max_parallel=4`` jobs at a time, ``stop_on_fail=3``, ``sample=20``, ``seed=0``,
        ``map_file="runs.csv"``, ``max_cost=5`` for all of them together.

    Raises
    ------
    OptionError, CellError, BudgetError, HubError
        Before anything is submitted, when it can be known to fail.
    """
    caller = sys._getframe(1)  # noqa: SLF001 - of the cell that calls
    with said_of_call(names):
        maps = tuple(write_map(key, values) for key, values in (parameters or {}).items())
        given = with_names({**options, **({"map": maps} if maps else {})}, names)
        given, values = with_inputs(given, inputs, names, caller)
        notebook = notebook_for(names, caller)
        request = read_source(code_or_path, [Layer("keyword", given), *RUNTIME.session.layers()], notebook, values)
        request = replace(request, in_call=True)
        if not request.options.is_sweep:
            way = 'as in sweep(code, {"lr": [1e-3, 1e-4]}). run(code) is one job.'
            raise OptionError(f"A sweep needs parameters, {way}")
        if request.options.dry_run:
            return Text(describe_sweep(request, endpoint=endpoint, token=token))
        planned = plan_sweep(request, connect_for(request.options, endpoint=endpoint, token=token))
        made = Sweep(ask_for_all(planned, None))
    return made.wait() if request.options.wait else made
