"""What a job would be: shown by ``--dry-run``, before anything is sent."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from hfjobs_magic.api.submit import check_mounts, chosen_hardware, job_name
from hfjobs_magic.cost import format_duration, format_usd, most_usd, within_cap
from hfjobs_magic.errors import HubError
from hfjobs_magic.hub.secrets import read_env, read_secrets
from hfjobs_magic.options.cron import in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.options.run_options import RunOptions
    from hfjobs_magic.script.script import Script


def plan(script: Script, options: RunOptions) -> str:
    """Describe the job that would be submitted and the most it can cost, as text; needs no account.

    Raises
    ------
    OptionError, BudgetError
        Where submitting would raise it too: a secret not set, an unknown flavor, a cap that cannot be kept.
    """
    check_mounts(options)
    notes = "".join(f"\n{note}" for note in script.notes)
    of_script = (
        ("python", "python", options.python),
        ("with", "dependencies", ", ".join(options.dependencies)),
        *(("inferred", "", str(item)) for item in script.inferred),
        ("arguments", "", shlex.join(options.script_args)),
    )
    table = _table(options, job_name(script, options), options.image or "the Hub's own for uv", of_script)
    return f"{table}\n{notes}\n{script.text}"


def plan_image(image: str, command: Sequence[str], options: RunOptions) -> str:
    """Describe the job of a command in a Docker image; see `plan`."""
    return _table(options, options.name, image, (("command", "", shlex.join(command)),))


def _table(options: RunOptions, name: str | None, image: str, own: Sequence[tuple[str, str, str | None]]) -> str:
    env, secrets = read_env(options), read_secrets(options)
    options, cost = _cost(options)
    rows = (
        ("name", "name", name),
        ("schedule", "schedule", _schedule(options.schedule)),
        ("suspended", "suspend", "yes" if options.suspend else ""),
        ("runs overlap", "concurrency", "yes" if options.concurrency else ""),
        ("flavor", "flavor", options.flavor),
        ("image", "image", image),
        *own,
        ("env", "env", ", ".join(f"{key}={value}" for key, value in env.items())),
        ("secrets", "secrets", ", ".join(f"{key}=***" for key in secrets)),
        ("labels", "labels", ", ".join(options.labels)),
        ("volumes", "volumes", ", ".join(options.volumes)),
        ("expose", "expose", ", ".join(options.expose)),
        ("expose public", "expose_public", ", ".join(options.expose_public)),
        ("ssh", "ssh", "yes" if options.ssh else ""),
        ("network group", "network_group", options.network_group),
        ("network aliases", "network_aliases", ", ".join(options.network_aliases)),
        ("resource group", "resource_group_id", options.resource_group_id),
        ("timeout", "timeout", format_duration(options.timeout_s)),
        ("attempts", "attempts", str(options.attempts or 1)),
        ("namespace", "namespace", options.namespace),
        ("runs on", "local", "this machine" if options.local else "Hugging Face Jobs"),
        ("each run costs" if options.schedule else "costs", "", cost),
    )
    width = max(len(label) for label, _, value in rows if value)
    return "\n".join(
        f"{label:<{width}}  {value}{_origin(options.origins.get(key))}" for label, key, value in rows if value
    )


def _schedule(schedule: str | None) -> str:
    if schedule is None:
        return ""
    said = in_words(schedule)
    return schedule if said == schedule else f"{schedule}, {said}"


def _origin(origin: str | None) -> str:
    return f"  (from {origin})" if origin and origin not in {"line", "keyword"} else ""


def _cost(options: RunOptions) -> tuple[RunOptions, str]:
    from hfjobs_magic.hub.client import hub_hardware  # noqa: PLC0415 - huggingface_hub is slow to import

    if options.local:
        return options, "nothing"
    try:
        offered = hub_hardware()
    except HubError:
        return options, "unknown: the Hub cannot be asked for prices now"
    price = chosen_hardware(options.flavor, offered).usd_per_minute
    options, told = within_cap(options, price)
    if price is None:
        return options, f"unknown: the Hub names no price for {options.flavor}"
    most = most_usd(price, options.timeout_s, options.attempts or 1)
    return options, f"at most {format_usd(most)}, an upper bound (price x timeout x attempts). {told}".rstrip()
