"""``--cancel-if-idle``: which jobs are watched for it, and which cannot be."""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING

from hfjobs_magic.cost import format_duration
from hfjobs_magic.errors import OptionError
from hfjobs_magic.metrics.idle import IdleRule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.facts import Hardware
    from hfjobs_magic.follow.follower import Follower
    from hfjobs_magic.metrics.idle import Idle
    from hfjobs_magic.options.run_options import RunOptions


def check_idle(options: RunOptions, hardware: Hardware | None) -> None:
    """Refuse it for hardware whose use no sample shows.

    Raises
    ------
    OptionError
        With what to leave out.
    """
    if options.cancel_if_idle and not options.local and hardware and hardware.accelerator not in {"", "gpu"}:
        raise OptionError(
            f"--cancel-if-idle: the Hub does not say how busy the accelerator of {hardware.flavor} is. Leave it out."
        )


def watch_idle(job: Job) -> None:
    """Follow a job that was submitted, or found by ``--reuse``, as long as this kernel lives, and end it when idle."""
    after_s = job.options.idle_s if job.options else None
    if after_s is None or job.facts.is_terminal:
        return
    is_local = job.client.local
    has_gpu = not is_local and job.hardware is not None and job.hardware.accelerator == "gpu"
    follower = job.open_follower(job)
    follower.idle.start(IdleRule(after_s, has_own_network=not is_local, has_gpu=has_gpu))
    follower.use(follower.idle)


def describe_idle(idle: Idle) -> str:
    """Say what becomes of a job that does nothing, with the time of this machine's clock."""
    until = time.strftime("%H:%M:%S", time.localtime(idle.until))
    return f"idle for {format_duration(time.time() - idle.since)}: will be cancelled at {until}"


def warn_if_idle(follower: Follower) -> None:
    """Say on stderr that a job will be cancelled, once: to who waits for it, on the waiting thread."""
    if idle := follower.idle.news():
        facts = follower.entry.facts
        way = f"hfjobs_magic.attach({facts.id!r}).keep() in this process lets it run."
        warnings.warn(f"Job {facts.name} is {describe_idle(idle)}. {way}", stacklevel=3)


def warn_of_runs(runs: Mapping[int, Idle], told: set[int], name: str) -> None:
    """Say the same of the runs of a sweep that is called `name`, by place; `told` are those of which it was said."""
    for place in sorted(runs.keys() - told):
        way = f"{name}.jobs[{place}].keep() in this process lets it run."
        warnings.warn(f"Run {place + 1} is {describe_idle(runs[place])}. {way}", stacklevel=4)
    told.clear()
    told.update(runs)
