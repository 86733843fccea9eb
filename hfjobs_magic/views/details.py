"""What a job was asked to be, as label and value: the rows of the Details tab and of a plan.

Both loop over the one table of options, so that a new option shows in both.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hfjobs_magic.cost import format_duration, format_usd
from hfjobs_magic.options.cron import in_words
from hfjobs_magic.options.run_options import RunOptions
from hfjobs_magic.options.table import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hfjobs_magic.facts import Hardware, JobFacts
    from hfjobs_magic.options.option import Option
    from hfjobs_magic.script.script import Script


@dataclass(frozen=True)
class DetailRow:
    """One line of details."""

    label: str
    """What it is."""
    value: str
    """As text; empty rows are not shown."""
    origin: str = ""
    """Where the value came from; empty for what is on the line, and for what has one source only."""


def details(
    facts: JobFacts,
    *,
    endpoint: str,
    options: RunOptions | None = None,
    script: Script | None = None,
    hardware: Hardware | None = None,
    machine: str = "",
    happened: Sequence[tuple[str, str]] = (),
    asked: Mapping[str, str] | None = None,
) -> list[tuple[str, str]]:
    """Return label and value of everything known about a job, for people; of secrets only the names.

    Parameters
    ----------
    facts
        What the Hub says of it, which counts more than what was asked for.
    endpoint
        Where it runs.
    options, script
        What was asked for; None for a job that was submitted elsewhere.
    hardware
        Its flavor, where that is known.
    machine
        What it runs on where that is this machine, whatever its flavor has.
    happened
        Rows of `hfjobs_magic.views.life.life`.
    asked
        What the Hub says that a job was asked to be which was submitted elsewhere, as text by option.
    """
    runs_on = machine or (hardware.label if hardware else "")
    of_hub = {
        **(asked or {}),
        "name": facts.name,
        "namespace": facts.namespace,
        "flavor": f"{facts.flavor} ({runs_on})" if runs_on and not machine else facts.flavor,
        "image": facts.image or "",
        "labels": ", ".join(f"{key}={value}" for key, value in facts.labels.items()),
    }
    if machine:
        of_hub["local"] = f"this machine ({machine})"
    found = [DetailRow("Job", facts.id), *(DetailRow(*row) for row in happened), DetailRow("Endpoint", endpoint)]
    rows = option_rows(options, of_hub, whole=True)
    found += [row if options else replace(row, origin="the Hub") for row in rows]
    found += script_rows(script, options)
    return [(row.label, f"{row.value} · from {row.origin}" if row.origin else row.value) for row in found if row.value]


def option_rows(options: RunOptions | None, resolved: Mapping[str, str], *, whole: bool = False) -> list[DetailRow]:
    """Return a row for each option that has a label and a value, in the order of the table.

    Parameters
    ----------
    options
        What was asked for; None where only `resolved` is known.
    resolved
        Values by keyword that say more than the options do: a default of the Hub, what a variable was read as.
    whole
        Say of every value where it came from, of those on the line and of defaults, too.
    """
    rows = []
    for option in OPTIONS:
        if option.label:
            value = resolved.get(option.dest, _text(option, options))
            rows.append(DetailRow(option.label, value, _origin(option, options, whole=whole)))
    return [row for row in rows if row.value]


def script_rows(script: Script | None, options: RunOptions | None) -> list[DetailRow]:
    """Return rows for what comes along, for what a script's imports require, and for its arguments."""
    inferred = [DetailRow("Inferred", str(item)) for item in script.inferred] if script else []
    if script and script.brought:
        inferred.insert(0, DetailRow("From this notebook", ", ".join(script.brought)))
    return [*inferred, DetailRow("Arguments", shlex.join(options.script_args))] if options else inferred


_DEFAULTS = RunOptions()

_TEXTS: dict[str, Callable[[RunOptions], str]] = {
    "timeout": lambda options: format_duration(options.timeout_s),
    "attempts": lambda options: str(options.attempts or 1),
    "max_cost": lambda options: "" if options.max_cost is None else format_usd(options.max_cost_usd),
    "schedule": lambda options: _schedule(options.schedule),
    "local": lambda options: "this machine" if options.local else "Hugging Face Jobs",
}
"""Options, by keyword, that are shown otherwise than they were written."""


def _text(option: Option, options: RunOptions | None) -> str:
    if options is None:
        return ""
    if option.dest in _TEXTS:
        return _TEXTS[option.dest](options)
    value = getattr(options, option.dest)
    if option.kind == "many":
        return ", ".join(value)
    return "yes" if value is True else str(value or "")


_COST_DEFAULTS = ("flavor", "timeout", "attempts")
"""Options whose default is a value of its own; of the others nothing is shown where nothing was asked for."""


def _origin(option: Option, options: RunOptions | None, *, whole: bool) -> str:
    origin = options.origins.get(option.dest, "") if options else ""
    if origin in {"line", "keyword"}:
        return {"line": "the line", "keyword": "the call"}[origin] if whole else ""
    is_default = whole and options is not None and not origin and option.dest in _COST_DEFAULTS
    return "the defaults" if is_default and getattr(options, option.dest) == getattr(_DEFAULTS, option.dest) else origin


def _schedule(schedule: str | None) -> str:
    if schedule is None:
        return ""
    words = in_words(schedule)
    return schedule if words == schedule else f"{schedule}, {words}"
