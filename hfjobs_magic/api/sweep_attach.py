"""A sweep of another kernel, taken up again."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from hfjobs_magic.api.connect import connect, find_hardware
from hfjobs_magic.api.known_sweeps import describe_missing
from hfjobs_magic.api.sweep import Sweep
from hfjobs_magic.api.sweep_driver import SweepDriver
from hfjobs_magic.api.sweep_jobs import read_roster
from hfjobs_magic.api.sweep_state import SWEEP_ID, flavor_of, read_state
from hfjobs_magic.errors import JobMissingError, OptionError
from hfjobs_magic.options.sweep_grid import MAX_RUNS

if TYPE_CHECKING:
    from hfjobs_magic.hub.client import JobsClient


def attach_sweep(
    sweep_id: str,
    *,
    local: bool = False,
    namespace: str | None = None,
    endpoint: str | None = None,
    token: str | None = None,
) -> Sweep:
    """Take up a sweep again: of an earlier kernel, of another notebook, of another machine.

    Runs that were not started yet are left alone: `Sweep.resume` starts them.

    Parameters
    ----------
    sweep_id
        Eight hex digits: label ``sweep`` of its jobs.
    local, namespace, endpoint, token
        As for `run`.

    Raises
    ------
    OptionError
        When there is no such sweep.
    """
    made = open_sweep(connect(local=local, namespace=namespace, endpoint=endpoint, token=token), sweep_id)
    _ = made.errors  # finds out why runs failed, as waiting for them does
    return made


def open_sweep(client: JobsClient, sweep_id: str) -> Sweep:
    """Take up a sweep whose jobs a client knows, as `attach_sweep` does."""
    text = client.sweep_files.read(sweep_id) if SWEEP_ID.fullmatch(sweep_id) else None
    if text is None:
        raise OptionError(describe_missing(client, sweep_id))
    planned, reused = read_state(text, client, find_hardware(client, flavor_of(text)))
    jobs = tuple(client.jobs(labels={"sweep": sweep_id}))
    if not jobs:
        raise OptionError(
            f"No run of sweep {sweep_id} has a job yet. If the kernel that started it is gone, run its cell again."
        )
    facts = {}
    for place, job_id in reused.items():
        with suppress(JobMissingError):
            facts[place] = client.inspect(job_id)
    return Sweep(planned, SweepDriver(planned, jobs, facts))


def cancel_sweep(client: JobsClient, sweep_id: str) -> None:
    """Let whichever kernel submits the runs of a sweep start no more; its jobs are left alone.

    Raises
    ------
    HubError
        When the Hub refuses or does not answer.
    """
    roster = read_roster(client.jobs(labels={"sweep": sweep_id}), MAX_RUNS)
    if label := roster.cancel_all():
        job, labels = label
        client.set_labels(job.id, labels)
