"""What a job would be: shown by ``--dry-run``, before anything is sent."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from hfjobs_magic.api.connect import choose_hardware
from hfjobs_magic.api.inputs import written_inputs
from hfjobs_magic.api.preflight import check_before
from hfjobs_magic.api.submit import check_mounts, check_values
from hfjobs_magic.cost import format_usd, most_usd, within_cap
from hfjobs_magic.errors import HubError
from hfjobs_magic.hub.request import ImageCommand
from hfjobs_magic.hub.secrets import read_env, read_secrets
from hfjobs_magic.script.data_words import size_words
from hfjobs_magic.script.script import Script
from hfjobs_magic.views.details import Row, option_rows, script_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.hub.request import Request
    from hfjobs_magic.options.run_options import RunOptions


def plan(request: Request) -> str:
    """Return the job that would be submitted, and the most it can cost, as text; needs no account.

    Raises
    ------
    OptionError, BudgetError
        Where submitting would raise it too: a secret not set, an unknown flavor, a cap that cannot be guaranteed.
    """
    check_mounts(request)
    check_values(request)
    work, options = request.work, request.options
    if isinstance(work, ImageCommand):
        return _table(options, {"image": work.image}, [Row("Command", shlex.join(work.command))])
    if not isinstance(work, Script):
        raise TypeError("A job that is repeated has no plan: it is what it was.")
    with written_inputs(request) as written:
        sent = written.sent
    env, secrets = read_env(options), read_secrets(options)
    said = check_before(work, options, env=env, secrets=secrets, plan=True)
    notes = "".join(f"\n{note}" for note in said)
    resolved = {"name": request.name or "", "image": options.image or "the Hub's own for uv"}
    if sent.items:
        total = f"; {size_words(sent.size)} together" if len(sent.items) > 1 else ""
        resolved["inputs"] = ", ".join(map(str, sent.items)) + total
    return f"{_table(options, resolved, script_rows(work, options))}\n{notes}\n{work.notebook}{work.text}"


def _table(options: RunOptions, resolved: dict[str, str], own: Sequence[Row]) -> str:
    env, secrets = read_env(options), read_secrets(options)
    options, cost = _cost(options)
    resolved |= {
        "env": ", ".join(f"{key}={value}" for key, value in env.items()),
        "secrets": ", ".join(f"{key}=***" for key in secrets),
    }
    label = "Each run costs" if options.schedule else "Costs"
    rows = [row for row in (*option_rows(options, resolved), *own, Row(label, cost)) if row.value]
    width = max(len(row.label) for row in rows)
    return "\n".join(
        f"{row.label:<{width}}  {row.value}{f'  (from {row.origin})' if row.origin else ''}" for row in rows
    )


def _cost(options: RunOptions) -> tuple[RunOptions, str]:
    from hfjobs_magic.hub.hardware import hub_hardware  # noqa: PLC0415 - huggingface_hub is slow to import

    if options.local:
        return options, "nothing"
    try:
        offered = hub_hardware()
    except HubError:
        return options, "unknown: the Hub did not answer when asked for prices"
    price = choose_hardware(options.flavor, offered).usd_per_minute
    options, notice = within_cap(options, price)
    if price is None:
        return options, f"unknown: the Hub names no price for {options.flavor}"
    most = most_usd(price, options.timeout_s, options.attempts or 1)
    return options, f"at most {format_usd(most)}, an upper bound (price x timeout x attempts). {notice}".rstrip()
