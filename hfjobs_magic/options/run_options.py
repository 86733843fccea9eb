"""A job as it was asked for: one checked value of every option."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.cron import checked
from hfjobs_magic.options.help import did_you_mean
from hfjobs_magic.options.table import DEFAULT_FLAVOR, DEFAULT_TIMEOUT_S, OPTIONS
from hfjobs_magic.options.values import (
    check_secret,
    check_variable,
    parse_labels,
    parse_mount,
    parse_pair,
    parse_timeout,
    parse_usd,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class RunOptions:
    """A job as asked for; every field is an option of the table but the last."""

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
    """Ports, reachable by anybody."""
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
    reuse: bool = False
    """Take the job of the same hash, where there is one."""
    no_log_metrics: bool = False
    """Read no training metrics from the log."""
    schedule: str | None = None
    """When to start it, as the Hub takes it; None is now, once."""
    suspend: bool | None = None
    """Begin suspended; None leaves it to the Hub, which does not."""
    concurrency: bool | None = None
    """Runs may overlap; None leaves it to the Hub, which lets none."""
    script_args: tuple[str, ...] = ()
    """Arguments of the script, after ``--``."""
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Where each value came from, by field; what is not here is the default."""

    @property
    def timeout_s(self) -> int:
        """Timeout in seconds, the Hub's default where none was given."""
        return DEFAULT_TIMEOUT_S if self.timeout is None else parse_timeout(self.timeout)

    @property
    def max_cost_usd(self) -> float | None:
        """Cap in US dollars; None is no cap."""
        return None if self.max_cost is None else parse_usd(self.max_cost, "--max-cost")


def from_keywords(given: Mapping[str, Any], *, origin: str = "") -> RunOptions:
    """Make options from keyword arguments, checking names and values.

    Lists and tuples are taken where an option may be repeated; mappings where it is
    ``NAME=VALUE``.

    Raises
    ------
    OptionError
        For an unknown name (with the nearest one) or a value that cannot be used.
    """
    known = [field.name for field in fields(RunOptions)]
    values: dict[str, Any] = {}
    many = {option.dest for option in OPTIONS if option.kind == "many"} | {"script_args"}
    for key, value in given.items():
        if key not in known:
            raise OptionError(f"There is no option {key!r}.{did_you_mean(key, known)}")
        values[key] = _as_tuple(value) if key in many else value
    if "timeout" in values and values["timeout"] is not None:
        values["timeout"] = str(values["timeout"])
    if "max_cost" in values and values["max_cost"] is not None:
        values["max_cost"] = str(values["max_cost"])
    values.setdefault("origins", dict.fromkeys(given, origin) if origin else {})
    return _checked(RunOptions(**values))


def _as_tuple(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, dict):
        return tuple(f"{key}={item}" for key, item in value.items())
    return tuple(str(item) for item in value)


def _checked(options: RunOptions) -> RunOptions:
    if options.timeout is not None:
        parse_timeout(options.timeout)
    if options.attempts is not None and options.attempts < 1:
        raise OptionError(f"--attempts must be 1 or more, not {options.attempts}.")
    if options.as_ is not None and not options.as_.isidentifier():
        raise OptionError(f"--as needs a Python name, not {options.as_!r}.")
    if options.deps not in {None, "infer", "pin", "none"}:
        raise OptionError(f"--deps {options.deps}: write --deps infer, --deps pin or --deps none.")
    _ = options.max_cost_usd
    check_ports(options)
    check_network(options)
    check_schedule(options)
    parse_labels(options.labels)
    for secret in options.secrets:
        check_secret(secret)
    for name, _ in (parse_pair(item, "--env") for item in options.env):
        check_variable(name, "--env")
    seen: dict[str, str] = {}
    for volume in options.volumes:
        path = parse_mount(volume).path
        if path in seen:
            raise OptionError(f"--volume {volume}: {path} is the place of {seen[path]} already.")
        seen[path] = volume
    return options


MAX_PORTS = 20
"""Ports a job may expose, as the Hub's OpenAPI document says."""


def check_ports(options: RunOptions) -> None:
    """Refuse what is no port, and more ports than the Hub takes."""
    for flag, ports in (("--expose", options.expose), ("--expose-public", options.expose_public)):
        for port in ports:
            if not (port.isdecimal() and 1 <= int(port) <= 65535):
                raise OptionError(f"{flag} {port} is not a port. Write a number from 1 to 65535.")
    if len({*options.expose, *options.expose_public}) > MAX_PORTS:
        raise OptionError(f"A job can expose {MAX_PORTS} ports at most.")


_GROUP = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


def check_network(options: RunOptions) -> None:
    """Refuse names of groups and aliases that the Hub refuses (``hf jobs uv run --help``)."""
    if options.network_aliases and not options.network_group:
        raise OptionError("--network-alias needs a --network-group to be a name in.")
    named = [("--network-group", name, 46) for name in [options.network_group] if name is not None]
    for flag, name, most in [*named, *(("--network-alias", alias, 34) for alias in options.network_aliases)]:
        if not _GROUP.fullmatch(name) or len(name) > most:
            raise OptionError(f"{flag} {name}: use lowercase letters, digits and - only, {most} characters at most.")
    group = options.resource_group_id
    if group is not None and not re.fullmatch(r"[0-9a-f]{24}", group):
        raise OptionError(f"--resource-group-id {group}: it has 24 hexadecimal digits.")


def check_schedule(options: RunOptions) -> None:
    """Refuse a bad schedule, options that a scheduled job cannot have, and options that need one."""
    if options.schedule is None:
        for flag, given in (("--suspend", options.suspend), ("--concurrency", options.concurrency)):
            if given is not None:
                raise OptionError(f'{flag} says something of a schedule. Add one, as in --schedule "0 9 * * 1".')
        return
    checked(options.schedule)
    for key, flag in _NOT_ON_SCHEDULE.items():
        if getattr(options, key):
            raise OptionError(f"{flag}: the Hub takes none for a scheduled job. Leave it out, or leave --schedule out.")
    for key, (flag, why) in _OF_ONE_JOB.items():
        # A default of the session is about jobs that start now; only who writes it here means it.
        if getattr(options, key) and options.origins.get(key, "keyword") in {"line", "keyword"}:
            raise OptionError(f"{flag} and --schedule do not go together: {why}")


_NOT_ON_SCHEDULE = {
    "ssh": "--ssh",
    "network_group": "--network-group",
    "network_aliases": "--network-alias",
}
"""What ``hf jobs scheduled`` does not take either."""


_OF_ONE_JOB = {
    "wait": ("--wait", "there is no end to wait for. Trigger a run on the card and wait for that job."),
    "reuse": ("--reuse", "every run is a new job. Leave one of them out."),
}
