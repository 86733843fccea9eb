"""A job as it was asked for: one checked value of every option."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.checks import check_together
from hfjobs_magic.options.help import did_you_mean
from hfjobs_magic.options.option_values import (
    check_no_secret,
    parse_labels,
    parse_metric,
    parse_out_dir,
    split_packages,
)
from hfjobs_magic.options.quantities import parse_size, parse_timeout, parse_usd
from hfjobs_magic.options.table import DEFAULT_FLAVOR, DEFAULT_MAX_INPUT, DEFAULT_TIMEOUT_S, OPTIONS
from hfjobs_magic.options.value_names import ValueName, parse_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hfjobs_magic.options.option import Option


@dataclass(frozen=True)
class RunOptions:
    """A job as it was asked for; every field is an option of the table but the last two."""

    flavor: str = DEFAULT_FLAVOR
    """Hardware, as the Hub names it."""
    dependencies: tuple[str, ...] = ()
    """Requirements (PEP 508) on top of those the script declares."""
    python: str | None = None
    """Interpreter for ``uv run --python``."""
    image: str | None = None
    """Docker image; None is the Hub's uv image."""
    env: tuple[str, ...] = ()
    """``NAME=VALUE`` or ``NAME``."""
    secrets: tuple[str, ...] = ()
    """Names only; values are read at submission."""
    env_file: str | None = None
    """Path of a file of ``NAME=VALUE`` lines."""
    secrets_file: str | None = None
    """Path of a file of ``NAME=VALUE`` lines, kept secret."""
    name: str | None = None
    """Stored as the label ``name``."""
    labels: tuple[str, ...] = ()
    """``KEY=VALUE`` or ``KEY``."""
    volumes: tuple[str, ...] = ()
    """Mounts in the syntax of ``hf jobs``."""
    timeout: str | None = None
    """As written; `timeout_s` is the number."""
    attempts: int | None = None
    """Tries in all; None is one."""
    namespace: str | None = None
    """User or organisation; None is the token's own."""
    expose: tuple[str, ...] = ()
    """Ports, reachable with a token."""
    expose_public: tuple[str, ...] = ()
    """Ports, reachable by anyone."""
    ssh: bool = False
    """Reachable over SSH."""
    network_group: str | None = None
    """Group whose jobs reach each other."""
    network_aliases: tuple[str, ...] = ()
    """Names of the job in its group."""
    resource_group_id: str | None = None
    """24 hex digits."""
    detach: bool = False
    """Show no card."""
    dry_run: bool = False
    """Submit nothing."""
    local: bool = False
    """Use the local service."""
    wait: bool = False
    """Block until the job ends."""
    as_: str | None = None
    """Name to bind the Job to."""
    deps: str | None = None
    """``infer`` (as None), ``pin`` or ``none``."""
    max_cost: str | None = None
    """US dollars, as written; `max_cost_usd` is the number."""
    cancel_if_idle: str | None = None
    """Time without work after which it is cancelled, as written; `idle_s` is the number."""
    reuse: bool = False
    """Show the job with the same hash, where there is one."""
    script: bool = False
    """Run a cell as a plain uv script."""
    inputs: tuple[str, ...] = ()
    """Values to send along, as written; `values_sent` are what they say."""
    max_input: str | None = None
    """Size of values from which to ask, as written; `max_input_bytes` is the number."""
    yes: bool = False
    """Start sweeps, and send large values, unasked; a budget still asks."""
    outputs: tuple[str, ...] = ()
    """Values to bring back, as written; `values_back` are what they say."""
    out_dir: str | None = None
    """Folder to bring back, as written; `folder_back` is how everybody writes it."""
    names: str | None = None
    """``none`` where no name of the notebook is to come along."""
    no_log_metrics: bool = False
    """Read no training metrics from the log."""
    no_mask: bool = False
    """Show values of secrets in what comes from the job."""
    map: tuple[str, ...] = ()
    """Variables of a sweep and their values, as written."""
    map_file: str | None = None
    """CSV file with a sweep's runs."""
    sample: int | None = None
    """So many of a sweep's combinations; None is all."""
    seed: str | None = None
    """Of the sample, as written; None is 0."""
    max_parallel: int | None = None
    """Jobs of a sweep at a time; None is `MAX_PARALLEL`."""
    stop_on_fail: int | None = None
    """Failed runs after which a sweep starts no more; None goes on."""
    metric: str | None = None
    """Metric by which a sweep's runs are compared, as written; `metric_wanted` is what it says."""
    schedule: str | None = None
    """When to start it, as the Hub takes it; None is once, now."""
    suspend: bool | None = None
    """Start suspended; None leaves it to the Hub, which does not."""
    concurrency: bool | None = None
    """Runs may overlap; None leaves it to the Hub, which lets none overlap."""
    script_args: tuple[str, ...] = ()
    """Arguments of the script, after ``--``."""
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Where each value came from, by field; a field that is missing here has its default."""

    @property
    def timeout_s(self) -> int:
        """Timeout in seconds, the Hub's default where none was given."""
        return DEFAULT_TIMEOUT_S if self.timeout is None else parse_timeout(self.timeout)

    @property
    def idle_s(self) -> int | None:
        """Seconds without work after which it is cancelled; None where it is not."""
        return None if self.cancel_if_idle is None else parse_timeout(self.cancel_if_idle, "--cancel-if-idle")

    @property
    def label_values(self) -> dict[str, str]:
        """Labels by key."""
        return parse_labels(self.labels)

    @property
    def values_back(self) -> tuple[ValueName, ...]:
        """Values of the job that are to come back."""
        return parse_values(self.outputs, "-o")

    @property
    def values_sent(self) -> tuple[ValueName, ...]:
        """Values of the notebook that are to go along."""
        return parse_values(self.inputs, "-i")

    @property
    def max_input_bytes(self) -> int:
        """Bytes of values from which to ask before they are sent."""
        return DEFAULT_MAX_INPUT if self.max_input is None else parse_size(self.max_input)

    @property
    def folder_back(self) -> str:
        """Folder to bring back, below the working directory of the job and of the kernel; empty without one."""
        return parse_out_dir(self.out_dir) if self.out_dir else ""

    @property
    def metric_wanted(self) -> tuple[str, str]:
        """Name of the metric by which runs are compared, and ``min`` or ``max``; each empty where nothing says so."""
        return parse_metric(self.metric) if self.metric else ("", "")

    @property
    def is_sweep(self) -> bool:
        """Whether it is several jobs."""
        return bool(self.map or self.map_file)

    @property
    def max_cost_usd(self) -> float | None:
        """Cap in US dollars; None is no cap."""
        return None if self.max_cost is None else parse_usd(self.max_cost, "--max-cost")


def from_keywords(given: Mapping[str, Any]) -> RunOptions:
    """Return options made of keyword arguments, with names and values checked.

    Lists and tuples are accepted where an option may be repeated, mappings where its items are ``NAME=VALUE``, and
    numbers where a text says one, as in ``timeout=90``.

    Raises
    ------
    OptionError
        For an unknown name (with the nearest one) or a value that cannot be used.
    """
    known = [field.name for field in fields(RunOptions)]
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key not in known:
            raise OptionError(f"There is no option {key!r}.{did_you_mean(key, known)}")
        values[key] = _convert(key, value)
    options = RunOptions(**values)
    for option in OPTIONS:
        option.check_value(getattr(options, option.dest))
    _check_secrets(options)
    check_together(options)
    return options


def _check_secrets(options: RunOptions) -> None:
    """Refuse tokens in what is shown of a job; variables and secrets have rules of their own."""
    for option in OPTIONS:
        if option.kind in {"text", "many"} and option.dest not in {"env", "secrets", "env_file", "secrets_file"}:
            value = getattr(options, option.dest)
            for item in value if isinstance(value, tuple) else (value or "",):
                check_no_secret(item, option.flag)
    for item in options.script_args:
        check_no_secret(item, "An argument of the script")


_BY_KEYWORD = {option.dest: option for option in OPTIONS}


def _convert(key: str, value: Any) -> Any:
    """Return a keyword's value in the type of its field."""
    option = _BY_KEYWORD.get(key)
    if option is None:  # script_args, origins
        return _as_tuple(value) if key == "script_args" else value
    if option.kind == "many":
        items = _as_tuple(value)
        return tuple(one for item in items for one in split_packages(item)) if key == "dependencies" else items
    if value is None:
        return False if option.kind == "flag" else None
    if option.kind == "text":
        return _as_text(option, value)
    if option.kind in {"flag", "switch"} and not isinstance(value, bool):
        raise OptionError(f"{key} is {value!r}; write True or False.")
    if option.kind == "count":
        if isinstance(value, bool) or not isinstance(value, int):
            raise OptionError(f"{key} is {value!r}; write a whole number.")
        if value < 1:
            raise OptionError(f"{option.flag} must be 1 or more, not {value}.")
    return value


def _as_text(option: Option, value: Any) -> str:
    if isinstance(value, str):
        return value
    if option.dest == "python" and isinstance(value, float):
        # 3.10 is 3.1 by the time it gets here.
        raise OptionError(f'python is the number {value}; write it as text, as in python="3.12".')
    if isinstance(value, bool) or not isinstance(value, (int, float, os.PathLike)):
        raise OptionError(f"{option.dest} is a {type(value).__name__}; write text.")
    return os.fspath(value) if isinstance(value, os.PathLike) else str(value)


def _as_tuple(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, dict):
        return tuple(f"{key}={item}" for key, item in value.items())
    return tuple(str(item) for item in value)
