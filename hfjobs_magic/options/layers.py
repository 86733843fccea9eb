"""Where an option's value comes from: the line, the script's header, the session, the environment, pyproject.toml.

Every source is a mapping that the caller has read. From the strongest to the weakest::

    line  >  [tool.hf-jobs] of the cell  >  %hfjobs config  >  HFJOBS_*  >  [tool.hfjobs-magic] of pyproject.toml
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.help import did_you_mean
from hfjobs_magic.options.mounts import parse_mount
from hfjobs_magic.options.option_values import parse_pair
from hfjobs_magic.options.run_options import RunOptions, from_keywords
from hfjobs_magic.options.table import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hfjobs_magic.options.option import Option

VARIABLE_PREFIX = "HFJOBS_"
"""``HFJOBS_FLAVOR=t4-small`` sets ``--flavor``."""

_WITHOUT_DEFAULT = {"as_", "dry_run", "yes", "name", "detach", "env_file", "schedule", "suspend", "concurrency"}
SETTABLE = {option.dest: option for option in OPTIONS if option.dest not in _WITHOUT_DEFAULT}
"""Options that can have a default, by keyword; the others describe one job."""

BUDGET = "budget"
"""Not an option of a job: the most that the session's jobs may cost in total, in US dollars."""

REPLACE = "replace"
"""Not an option of a job: what becomes of the earlier job of a cell that is run again."""

REPLACE_CHOICES = ("ask", "cancel", "keep")
"""``ask`` says on the new card that it still runs; ``keep`` says nothing."""

BELL = "bell"
"""Not an option of a job: whether a terminal rings when a job ends that was followed there."""

NOT_OF_JOBS = (BUDGET, REPLACE, BELL)
"""Settings of the session that are no options."""

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


@dataclass(frozen=True)
class Layer:
    """Values from one source."""

    origin: str
    """The name that the Details tab gives it."""
    values: Mapping[str, Any]
    """By keyword of ``run()``."""


def resolve(layers: Sequence[Layer]) -> RunOptions:
    """Merge layers, the strongest first, into options that know where each value came from.

    Variables, secrets and labels merge by name, volumes by mount path, and packages add up; of everything else the
    strongest layer's value wins. These are the rules of ``hf jobs uv run`` for its script header.

    Raises
    ------
    OptionError
        For a name or a value that cannot be used.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for layer in reversed(layers):
        for key, value in layer.values.items():
            is_merged = key in _IDENTITIES and key in values
            values[key] = _merge(_IDENTITIES[key], values[key], value) if is_merged else value
            origins[key] = f"{layer.origin}, {origins[key]}" if is_merged else layer.origin
    return from_keywords({**values, "origins": origins})


def _name_of(flag: str) -> Callable[[str], str]:
    return lambda item: parse_pair(item, flag)[0]


_IDENTITIES: dict[str, Callable[[str], str]] = {
    "env": _name_of("--env"),
    "labels": _name_of("--label"),
    "secrets": _name_of("--secrets"),
    "volumes": lambda item: parse_mount(item).path,
    "dependencies": lambda item: item,
}
"""What two items of an option have in common when the stronger layer's replaces the other."""


def _merge(identity: Callable[[str], str], below: Any, above: Any) -> tuple[str, ...]:
    items = {identity(item): item for item in _items_of(below)}
    items.update((identity(item), item) for item in _items_of(above))
    return tuple(items.values())


def _items_of(value: Any) -> tuple[str, ...]:
    if isinstance(value, dict):
        return tuple(f"{key}={item}" for key, item in value.items())
    return (value,) if isinstance(value, str) else tuple(value or ())


def from_environment(variables: Mapping[str, str]) -> Layer:
    """Return the layer of ``HFJOBS_*``; variables with that prefix that name no option are left alone."""
    found = {}
    for key, option in SETTABLE.items():
        name = VARIABLE_PREFIX + key.upper()
        if name in variables:
            found[key] = _read(option, variables[name], name)
    return Layer("environment", found)


def from_table(table: Mapping[str, Any], where: str) -> Layer:
    """Return the layer of ``[tool.hfjobs-magic]``; keys may be written with dashes or underscores.

    Raises
    ------
    OptionError
        For a key that names no option, with the nearest ones.
    """
    found = {}
    for written, value in table.items():
        key = written.replace("-", "_")
        option = _find_setting(key, written, where)
        found[key] = _read(option, value, f"{written} in {where}") if isinstance(value, str) else value
    return Layer(where, found)


def parse_setting(text: str) -> tuple[str, Any]:
    """Return key and value of one ``KEY=VALUE`` of ``%hfjobs config``.

    Raises
    ------
    OptionError
        When it is not of that form or names no option.
    """
    written, found, value = text.partition("=")
    key = written.strip().lstrip("-").replace("-", "_")
    if not found or not key:
        raise OptionError(f"{text!r} is not a setting. Write %hfjobs config flavor=t4-small, or --reset to clear all.")
    if key in NOT_OF_JOBS:
        return key, value
    return key, _read(_find_setting(key, written, "%hfjobs config"), value, written)


def _find_setting(key: str, written: str, where: str) -> Option:
    option = SETTABLE.get(key)
    if option is None:
        settings = [*SETTABLE, *NOT_OF_JOBS]
        way = did_you_mean(key, settings) or " Each long option of %%hfjob --help is one, without its dashes."
        raise OptionError(f"{where} has no setting {written!r}.{way}")
    return option


def parse_switch(text: str, where: str, words: str = "true or false") -> bool:
    """Return whether a text says yes, as in ``true`` and ``on``; `words` are those that a reader is told to write.

    Raises
    ------
    OptionError
        When it says neither yes nor no.
    """
    lowered = text.strip().lower()
    if lowered not in _TRUE | _FALSE:
        raise OptionError(f"{where} is {text!r}; write {words}.")
    return lowered in _TRUE


def _read(option: Option, text: str, where: str) -> Any:
    if option.kind == "flag":
        return parse_switch(text, where)
    if option.kind == "count":
        if not text.strip().isdecimal():
            raise OptionError(f"{where} is {text!r}; write a whole number.")
        return int(text)
    return tuple(shlex.split(text)) if option.kind == "many" else text
