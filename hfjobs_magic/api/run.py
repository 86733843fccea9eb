"""Run code as a job, now or on a schedule: the two calls of the Python API that start jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.connect import connect_for
from hfjobs_magic.api.job import Job
from hfjobs_magic.api.scheduled_job import ScheduledJob
from hfjobs_magic.api.session import SESSION
from hfjobs_magic.api.source import read_source
from hfjobs_magic.api.submit import submit
from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.layers import Layer

if TYPE_CHECKING:
    from pathlib import Path

    from hfjobs_magic.api.submit import Submission


def run(code_or_path: str | Path, *, endpoint: str | None = None, token: str | None = None, **options: Any) -> Job:
    """Run Python code, or a file of it, as a job; keyword arguments are those of ``%%hfjob``.

    Parameters
    ----------
    code_or_path
        Source text, or the path or the ``https://`` address of a ``.py`` file.
    endpoint, token
        Another Hub than ``HF_ENDPOINT``, another token than ``HF_TOKEN`` or that of ``hf auth login``.
    **options
        ``flavor="a10g-small"``, ``dependencies=["torch"]``, ``timeout="30m"``, ``env={...}``,
        ``secrets=["HF_TOKEN"]``, ``local=True``, … ``wait=True`` blocks until the end.

    Raises
    ------
    OptionError, CellError, HubError
        Before anything is submitted, when it can be known to fail.

    Examples
    --------
    >>> job = run("print('hello')", local=True)  # doctest: +SKIP
    """
    job = Job.from_submission(_submit(code_or_path, options, endpoint, token, made="Job"))
    return job.wait() if options.get("wait") or (job.options and job.options.wait) else job.follow()


def schedule(
    code_or_path: str | Path,
    cron: str,
    *,
    endpoint: str | None = None,
    token: str | None = None,
    **options: Any,
) -> ScheduledJob:
    """Run Python code, or a file of it, on a schedule, as ``%%hfjob --schedule`` does.

    Parameters
    ----------
    code_or_path
        As for `run`.
    cron
        ``"0 9 * * 1"`` for Mondays at 09:00 UTC, or ``@hourly``, ``@daily``, ``@weekly``, ``@monthly``, ``@yearly``.
    endpoint, token
        As for `run`.
    **options
        As for `run`; ``suspend=True`` begins suspended, ``concurrency=True`` lets runs overlap. ``max_cost`` is
        for each run.

    Raises
    ------
    OptionError, CellError, HubError
        Before anything is sent, when it can be known to fail.

    Examples
    --------
    >>> nightly = schedule("print('hello')", "0 3 * * *", local=True)  # doctest: +SKIP
    """
    given = {**options, "schedule": cron}
    return ScheduledJob.from_submission(_submit(code_or_path, given, endpoint, token, made="ScheduledJob"))


def _submit(
    code_or_path: str | Path, options: dict[str, Any], endpoint: str | None, token: str | None, *, made: str
) -> Submission:
    request = read_source(code_or_path, [Layer("keyword", options), *SESSION.layers()])
    if request.options.dry_run:
        raise OptionError(f"dry_run makes no {made} to return; use %%hfjob --dry-run to see the plan.")
    if made == "Job" and request.options.schedule is not None:
        raise OptionError("run() starts one job now. Use schedule(code, cron) for jobs that start by themselves.")
    return submit(request, client=connect_for(request.options, endpoint=endpoint, token=token))
