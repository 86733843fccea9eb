"""What a request costs: the hardware it runs on, and the most that it can cost there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hfjobs_magic.api.connect import check_address, check_local_flavor, choose_hardware, find_hardware
from hfjobs_magic.cost import check_cap, most_usd, within_cap
from hfjobs_magic.errors import HubError

if TYPE_CHECKING:
    from hfjobs_magic.facts import Hardware
    from hfjobs_magic.hub.client import JobsClient
    from hfjobs_magic.hub.request import Request
    from hfjobs_magic.options.run_options import RunOptions


def price(request: Request, client: JobsClient) -> tuple[Request, Hardware | None, list[str]]:
    """Find the hardware; shorten the timeout where ``--max-cost`` asks for it.

    Returns
    -------
    tuple
        The request, its hardware where that is known, and what is to be said.

    Raises
    ------
    OptionError
        When there is no such flavor.
    BudgetError
        When ``--max-cost`` cannot be guaranteed.
    """
    if request.is_repeat:
        hardware = find_hardware(client, request.flavor)
        if hardware is None and request.is_changed:
            hardware = choose_hardware(request.flavor, client.hardware())
        if not client.local:
            usd = hardware.usd_per_minute if hardware else None
            check_cap(request.options.max_cost_usd, most_of(request, hardware, local=False), usd)
        return request, hardware, []
    hardware = choose_hardware(request.flavor, client.hardware())
    options, told = within_cap(request.options, hardware.usd_per_minute)
    return replace(request, options=options), hardware, [told] if told else []


def most_of(request: Request, hardware: Hardware | None, *, local: bool) -> float | None:
    """Return the most that a request can cost, in US dollars; None where that is not known."""
    if local:
        return 0.0
    if request.timeout_s is None or hardware is None:
        return None
    return most_usd(hardware.usd_per_minute, request.timeout_s, request.attempts)


def find_offer(options: RunOptions, *, endpoint: str | None = None, token: str | None = None) -> Hardware | None:
    """Return the hardware that options name, also without an account; None where it is this machine.

    Parameters
    ----------
    options
        Which, and where.
    endpoint, token
        Another Hub, another account; None is the usual one.

    Raises
    ------
    OptionError
        When there is no such flavor.
    HubError
        When the Hub refuses to name its prices, or does not answer.
    """
    from hfjobs_magic.hub.hardware import hub_hardware  # noqa: PLC0415 - huggingface_hub is slow to import

    if options.local:
        check_local_flavor(options.flavor)
        return None
    return choose_hardware(options.flavor, hub_hardware(check_address(endpoint), token))


def find_offers(options: RunOptions, *, endpoint: str | None = None, token: str | None = None) -> tuple[Hardware, ...]:
    """Return all flavors, as `find_offer` finds one; none for a job on this machine, and where nobody says."""
    from hfjobs_magic.hub.hardware import hub_hardware  # noqa: PLC0415 - as above

    try:
        return () if options.local else hub_hardware(check_address(endpoint), token)
    except HubError:
        return ()
