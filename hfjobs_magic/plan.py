"""What a job would be: shown by ``--dry-run``, before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic import environment
from hfjobs_magic.errors import HubError
from hfjobs_magic.launch import chosen_hardware, job_name
from hfjobs_magic.pricing import format_duration, format_usd, most_usd

if TYPE_CHECKING:
    from hfjobs_magic.options import RunOptions
    from hfjobs_magic.script import Script


def plan(script: Script, options: RunOptions) -> str:
    """Describe the job that would be submitted and the most it can cost, as text.

    Raises
    ------
    OptionError
        Where submitting would raise it too: a secret not set, an unknown flavor.
    """
    env, secrets = environment.variables(options), environment.secrets(options)
    rows = {
        "name": job_name(script, options),
        "flavor": options.flavor,
        "image": options.image or "the Hub's own for uv",
        "python": options.python,
        "with": ", ".join(script.extra),
        "arguments": " ".join(options.script_args),
        "env": ", ".join(f"{key}={value}" for key, value in env.items()),
        "secrets": ", ".join(f"{key}=***" for key in secrets),
        "labels": ", ".join(options.labels),
        "volumes": ", ".join(options.volumes),
        "timeout": format_duration(options.timeout_s),
        "attempts": str(options.attempts or 1),
        "namespace": options.namespace,
        "runs on": "this machine" if options.local else "Hugging Face Jobs",
        "costs": "nothing" if options.local else _most(options),
    }
    width = max(map(len, rows))
    table = "\n".join(f"{key:<{width}}  {value}" for key, value in rows.items() if value)
    return f"{table}\n\n{script.text}"


def _most(options: RunOptions) -> str:
    from hfjobs_magic.hub import hub_hardware  # noqa: PLC0415 - huggingface_hub is slow to import

    try:
        offered = hub_hardware()
    except HubError:
        return "unknown, the Hub cannot be asked for prices now"
    price = chosen_hardware(options.flavor, offered).usd_per_minute
    most = most_usd(price, options.timeout_s, options.attempts or 1)
    return f"at most {format_usd(most)} (price x timeout x attempts)"
