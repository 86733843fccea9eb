"""What a job would be: shown by ``--dry-run``, before anything is sent."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from hfjobs_magic.api.inputs import stage_inputs
from hfjobs_magic.api.preflight import check_before
from hfjobs_magic.api.price import find_offer, find_offers, most_of
from hfjobs_magic.api.request_checks import check_request
from hfjobs_magic.cost import format_usd, within_cap
from hfjobs_magic.errors import HubError
from hfjobs_magic.hub.request import ImageCommand
from hfjobs_magic.hub.secrets import read_env, read_secrets
from hfjobs_magic.script.script import Script
from hfjobs_magic.values.sizes import format_size
from hfjobs_magic.views.details import DetailRow, option_rows, script_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.hub.request import Request


def plan(request: Request, *, endpoint: str | None = None, token: str | None = None) -> str:
    """Return the job that would be submitted, and the most it can cost, as text; needs no account.

    Parameters
    ----------
    request
        What to run, and how.
    endpoint, token
        Whose prices, as for `run`.

    Raises
    ------
    CellError, OptionError, BudgetError
        Where submitting would raise it too: a secret not set, an unknown flavor, a cap that cannot be guaranteed.
    """
    check_request(request)
    work, options = request.work, request.options
    account = (endpoint, token)
    if isinstance(work, ImageCommand):
        return _table(request, account, {"image": work.image}, [DetailRow("Command", shlex.join(work.command))])
    if not isinstance(work, Script):
        raise TypeError("A job that is repeated has no plan: it is what it was.")
    with stage_inputs(request) as written:
        sent = written.sent
    env, secrets = read_env(options), read_secrets(options)
    offered = find_offers(options, endpoint=endpoint, token=token) if work.contents.gpu_wants else ()
    said = check_before(work, options, env=env, secrets=secrets, offered=offered, plan=True)
    notes = "".join(f"\n{request.say(note)}" for note in said) + ("\n" if said else "")
    resolved = {"name": request.name or "", "image": options.image or "the Hub's own for uv"}
    if sent.items:
        total = f"; {format_size(sent.size)} together" if len(sent.items) > 1 else ""
        asks = f"; more than {format_size(options.max_input_bytes)} (--max-input), so you are asked first (--yes)"
        is_asked = sent.size > options.max_input_bytes and not options.yes
        resolved["inputs"] = ", ".join(map(str, sent.items)) + total + (asks if is_asked else "")
    brought = f"{work.notebook}\n" if work.notebook else ""
    return f"{_table(request, account, resolved, script_rows(work, options))}\n{notes}\n{brought}{work.text}"


def _table(
    request: Request, account: tuple[str | None, str | None], resolved: dict[str, str], own: Sequence[DetailRow]
) -> str:
    request, cost = _cost(request, *account)
    options = request.options
    env, secrets = read_env(options), read_secrets(options)
    resolved |= {
        "env": ", ".join(f"{key}={value}" for key, value in env.items()),
        "secrets": ", ".join(f"{key}=***" for key in secrets),
    }
    label = "Each run costs" if options.schedule else "Costs"
    rows = [row for row in (*option_rows(options, resolved), *own, DetailRow(label, cost)) if row.value]
    width = max(len(row.label) for row in rows)
    return "\n".join(
        f"{row.label:<{width}}  {row.value}{f'  (from {row.origin})' if row.origin else ''}" for row in rows
    )


def _cost(request: Request, endpoint: str | None, token: str | None) -> tuple[Request, str]:
    options = request.options
    try:
        offer = find_offer(options, endpoint=endpoint, token=token)
    except HubError as error:
        return request, f"unknown. {error}"
    if offer is None:
        return request, "nothing"
    options, notice = within_cap(options, offer.usd_per_minute)
    request = replace(request, options=options)
    most = most_of(request, offer, local=False)
    if most is None:
        return request, f"unknown: the Hub names no price for {options.flavor}"
    return request, f"at most {format_usd(most)}, an upper bound (price x timeout x attempts). {notice}".rstrip()
