"""Rules that several options have to keep together; each option's own rule is in the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.mounts import parse_mount
from hfjobs_magic.options.sweep_grid import make_grid
from hfjobs_magic.options.value_names import parse_values

if TYPE_CHECKING:
    from hfjobs_magic.options.run_options import RunOptions

MAX_PORTS = 20
"""Ports a job may expose (the Hub's OpenAPI document, ``expose``)."""


def check_together(options: RunOptions) -> None:
    """Refuse options that contradict each other.

    Raises
    ------
    OptionError
        With the option to change.
    """
    _check_ports(options)
    _check_network(options)
    _check_mounts(options)
    parse_values(options.inputs, "-i")
    parse_values(options.outputs, "-o")
    for flag, value in (("-i", options.inputs), ("-o", options.outputs), ("--out-dir", options.out_dir)):
        if value and options.script:
            raise OptionError(f"{flag} needs IPython in the job, which --script leaves out. Leave one of them out.")
    _check_sweep(options)
    if options.schedule is None:
        _check_once(options)
    else:
        _check_scheduled(options)


def _check_sweep(options: RunOptions) -> None:
    if options.is_sweep:
        make_grid(options.map)
        if options.schedule is not None:
            raise OptionError("A schedule starts one job at a time. Leave --map or --schedule out.")
        return
    of_sweeps = {
        "sample": "--sample",
        "seed": "--seed",
        "max_parallel": "--max-parallel",
        "stop_on_fail": "--stop-on-fail",
        "metric": "--metric",
    }
    for key, flag in of_sweeps.items():
        if getattr(options, key) is not None and options.origins.get(key, "keyword") in {"line", "keyword"}:
            raise OptionError(f"{flag} is about the runs of a sweep. Add --map NAME=V1,V2, or leave it out.")


def _check_ports(options: RunOptions) -> None:
    if len({*options.expose, *options.expose_public}) > MAX_PORTS:
        raise OptionError(f"A job can expose at most {MAX_PORTS} ports.")


def _check_network(options: RunOptions) -> None:
    if options.network_aliases and not options.network_group:
        raise OptionError("--network-alias needs a --network-group to be a name in.")


def _check_mounts(options: RunOptions) -> None:
    """Refuse two volumes in one place."""
    seen: dict[str, str] = {}
    for volume in options.volumes:
        path = parse_mount(volume).path.rstrip("/")
        if path in seen:
            raise OptionError(f"--volume {volume}: {seen[path]} is already mounted at {path}.")
        seen[path] = volume


def _check_once(options: RunOptions) -> None:
    for flag, value in (("--suspend", options.suspend), ("--concurrency", options.concurrency)):
        if value is not None:
            raise OptionError(f'{flag} describes a schedule. Add one, as in --schedule "0 9 * * 1".')


def _check_scheduled(options: RunOptions) -> None:
    for key, flag in _NOT_ON_SCHEDULE.items():
        if getattr(options, key):
            raise OptionError(f"The Hub takes no {flag} for a scheduled job. Leave it out, or leave --schedule out.")
    for key, (flag, why) in _OF_A_SINGLE_RUN.items():
        # A default of the session is about jobs that start now; only who writes it here means it.
        if getattr(options, key) and options.origins.get(key, "keyword") in {"line", "keyword"}:
            raise OptionError(f"{flag} and --schedule do not go together: {why}")


_NOT_ON_SCHEDULE = {
    "ssh": "--ssh",
    "network_group": "--network-group",
    "network_aliases": "--network-alias",
}
"""What ``hf jobs scheduled`` does not take either."""

_OF_A_SINGLE_RUN = {
    "wait": ("--wait", "there is no end to wait for. Trigger a run on the card and wait for that job."),
    "reuse": ("--reuse", "every run is a new job. Leave one of them out."),
    "cancel_if_idle": (
        "--cancel-if-idle",
        "this kernel watches jobs that it starts, not those that the Hub starts.",
    ),
}
