"""From source to a scheduled job: check, connect, send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.scheduled_job import ScheduledJob
from hfjobs_magic.api.session import SESSION
from hfjobs_magic.api.source import named_after, read_source
from hfjobs_magic.api.submit import check_mounts, connected, job_name, own_client, script_settings, with_header
from hfjobs_magic.cost import format_usd, most_usd, within_cap
from hfjobs_magic.errors import BudgetError, OptionError
from hfjobs_magic.hub.secrets import read_env, read_secrets
from hfjobs_magic.options.layers import Layer, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hfjobs_magic.facts import Hardware
    from hfjobs_magic.hub.client import JobsClient
    from hfjobs_magic.options.run_options import RunOptions
    from hfjobs_magic.script.script import Script

    Ask = Callable[[str], bool] | None


def schedule(
    code_or_path: str | Path,
    cron: str,
    *,
    endpoint: str | None = None,
    token: str | None = None,
    **options: Any,
) -> ScheduledJob:
    """Run Python code, or a file of it, again and again, as ``%%hfjob --schedule`` does.

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
    layers = [Layer("keyword", {**options, "schedule": cron}), *SESSION.layers()]
    chosen = resolve(layers)
    if chosen.dry_run:
        raise OptionError("dry_run makes no ScheduledJob to return; use %%hfjob --dry-run to see the plan.")
    script = read_source(code_or_path, script_settings(chosen))
    chosen = named_after(code_or_path, script, with_header(layers, script))
    return submit_scheduled(script, chosen, client=own_client(chosen, endpoint=endpoint, token=token))


def submit_scheduled(
    script: Script, options: RunOptions, *, ask: Ask = None, client: JobsClient | None = None
) -> ScheduledJob:
    """Check and send a script with a schedule.

    Parameters
    ----------
    script, options
        What to run, how, and when.
    ask
        Puts a question to the reader, for the session's budget; None where nobody can answer.
    client
        Where to; None is what the options say.
    """
    check_mounts(options)
    env, secrets = read_env(options), read_secrets(options)
    client, hardware = connected(options, client)
    options, told = _affordable(options, hardware, ask)
    facts = client.scheduled.submit(script, options, name=job_name(script, options), env=env, secrets=secrets)
    return ScheduledJob(client, facts, hardware=hardware, notice=" ".join([*script.notes, told]).strip())


def submit_scheduled_image(image: str, command: Sequence[str], options: RunOptions, *, ask: Ask = None) -> ScheduledJob:
    """Check and send a command for a Docker image with a schedule; see `submit_scheduled`."""
    env, secrets = read_env(options), read_secrets(options)
    client, hardware = connected(options)
    options, told = _affordable(options, hardware, ask)
    facts = client.scheduled.submit_image(image, command, options, env=env, secrets=secrets)
    return ScheduledJob(client, facts, hardware=hardware, notice=told)


def _affordable(options: RunOptions, hardware: Hardware, ask: Ask) -> tuple[RunOptions, str]:
    """Keep each run within ``--max-cost``; ask where the session has a budget, which no schedule can keep."""
    options, told = within_cap(options, hardware.usd_per_minute)
    if options.local or SESSION.budget_usd is None:
        return options, told
    most = most_usd(hardware.usd_per_minute, options.timeout_s, options.attempts or 1)
    each = "an unknown amount" if most is None else f"up to {format_usd(most)}"
    warning = (
        f"Each run can cost {each} and a schedule has no end, "
        f"so it may pass this session's budget of {format_usd(SESSION.budget_usd)}."
    )
    if ask is None:
        raise BudgetError(f"{warning} Nothing was submitted. Clear the budget first: %hfjobs config --reset")
    if not ask(f"{warning} Schedule it all the same?"):
        raise BudgetError(f"{warning} Nothing was submitted.")
    return options, told
