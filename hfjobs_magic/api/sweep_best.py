"""The best run of a sweep, by a value of ``-o`` or by a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.sweep_metrics import read_all_printed, read_lone_names
from hfjobs_magic.errors import OptionError, ValueUnavailableError
from hfjobs_magic.metrics.direction import is_smaller_better
from hfjobs_magic.options.help import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.api.sweep import Sweep
    from hfjobs_magic.api.sweep_metrics import Printed

MOST_NAMED = 12
"""Metrics that a sentence names; a log may have hundreds."""


def find_best_run(sweep: Sweep, name: str | None, mode: str | None) -> Job:
    """Return the job with the best value, as `Sweep.best` does.

    Raises
    ------
    OptionError
        Where nothing says of what.
    ValueUnavailableError
        When no run has a number of that name.
    """
    if mode not in {None, "min", "max"}:
        raise OptionError(f'mode is {mode!r}; write "min" or "max".')
    metric, its_mode = sweep.plan.request.options.metric_wanted
    name = name or metric
    if not name:
        raise OptionError(f"{_list_choices(sweep)} Or write --metric NAME on the line of the sweep.")
    if name in sweep.values:
        found, there = sweep.values[name], []
    else:
        printed = read_all_printed(sweep.jobs, name)
        found, there = [one.series.get(name, one.singles.get(name)) for one in printed], _names_of(printed)
    job = find_best(found, sweep.jobs, name, mode or (its_mode if name == metric else ""))
    if job is None:
        raise ValueUnavailableError(_explain_none(sweep, name, there))
    return job


def find_best(values: Sequence[Any], jobs: Sequence[Job | None], name: str, mode: str | None) -> Job | None:
    """Return the job with the best of some values, one for each; None where none of them is a number.

    `mode` is ``"min"`` or ``"max"``; without one the name of what is compared decides.
    """
    numbers = [
        (float(value), job) for value, job in zip(values, jobs, strict=True) if job is not None and is_number(value)
    ]
    if not numbers:
        return None
    smaller = mode == "min" or (not mode and is_smaller_better(name))
    return (min if smaller else max)(numbers, key=lambda item: item[0])[1]


def is_number(value: Any) -> bool:
    """Whether it can be compared with other numbers."""
    try:
        return not isinstance(value, (str, Exception)) and float(value) == float(value)
    except (TypeError, ValueError):
        return False


def _list_choices(sweep: Sweep) -> str:
    """Say what there is to compare: values of ``-o``, and metrics, also those that were printed only once."""
    names = _names_of(read_all_printed(sweep.jobs))
    own = {name for run in sweep.parameters for name in run} | {*sweep.values, *names}
    names += [name for name in read_lone_names(sweep.jobs) if name not in own]
    said = [f"printed {_list(names)}"] if names else []
    said += [f"give back {_list(list(sweep.values))}"] if sweep.values else []
    if not said:
        nothing = "have printed no metric" if sweep.is_over else "have printed no metric yet"
        return f'Say of what, as in best("acc"): the runs {nothing} and give nothing back.'
    example = [*sweep.values, *names][0]
    return f'Say of what, as in best("{example}"): the runs {" and ".join(said)}.'


def _explain_none(sweep: Sweep, name: str, there: Sequence[str]) -> str:
    """Say why no run has a number of that name, and what to do."""
    yet = "" if sweep.is_over else " yet"
    if name in sweep.values:
        return f"No run of sweep {sweep.id} has given back a number as {name}{yet}. `sweep.errors` says what failed."
    others = f" They printed {_list(there)}." if there else ""
    way = "Print it in the cell"
    if name.isidentifier():
        way = f'Print it in the cell, as in print("{name}:", {name}), or bring it back with -o {name}'
    return f"No run of sweep {sweep.id} has printed a number as {name}{yet}.{did_you_mean(name, there)}{others} {way}."


def _names_of(printed: Sequence[Printed]) -> list[str]:
    """Return the names of metrics, those that are curves first."""
    series = [key for one in printed for key in one.series]
    return list(dict.fromkeys([*series, *(key for one in printed for key in one.singles)]))


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
