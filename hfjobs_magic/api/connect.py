"""Clients of the Hub and of the local service, and the hardware they offer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.errors import HubError, OptionError
from hfjobs_magic.hub.secrets import is_logged_in
from hfjobs_magic.options.help import did_you_mean
from hfjobs_magic.records.notebooks import notes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.facts import Hardware
    from hfjobs_magic.hub.client import JobsClient
    from hfjobs_magic.local.daemon import Service
    from hfjobs_magic.options.run_options import RunOptions


def connect(
    *, local: bool = False, namespace: str | None = None, endpoint: str | None = None, token: str | None = None
) -> JobsClient:
    """Return a client of the Hub, or of the local service, which is started when it does not run.

    Raises
    ------
    OptionError
        When an endpoint or a token is given for the local service, or the endpoint is not an address.
    NotLoggedInError
        When there is no token.
    HubError
        When the local service cannot be started.
    """
    from hfjobs_magic.hub.client import JobsClient  # noqa: PLC0415 - huggingface_hub is slow to import

    if not local:
        return JobsClient(namespace=namespace, endpoint=check_address(endpoint), token=token, hardware=RUNTIME.hardware)
    if endpoint is not None or token is not None:
        given = "endpoint=" if endpoint is not None else "token="
        raise OptionError(f"The local service has an endpoint and a token of its own. Leave {given} or local= out.")
    from hfjobs_magic.local import daemon  # noqa: PLC0415 - only where it is asked for

    try:
        service = daemon.ensure()
    except daemon.LocalServiceError as error:
        raise HubError(str(error)) from error
    return _client_of(service, namespace)


def connect_if_running(namespace: str | None = None) -> JobsClient | None:
    """Return a client of the local service if it runs; None where it does not. Starts nothing."""
    from hfjobs_magic.local import daemon  # noqa: PLC0415 - as above

    service = daemon.find()
    return None if service is None else _client_of(service, namespace)


def connect_for(options: RunOptions, *, endpoint: str | None, token: str | None) -> JobsClient | None:
    """Return the client of a call that names an endpoint or a token; None for all others."""
    if endpoint is None and token is None:
        return None
    return connect(local=options.local, namespace=options.namespace, endpoint=endpoint, token=token)


def has_only_local() -> bool:
    """Whether the local service is all there is: nobody is logged in to the Hub, and it runs or has had jobs."""
    return not is_logged_in() and (connect_if_running() is not None or any(note.local for note in notes().all()))


def find_hardware(client: JobsClient, flavor: str) -> Hardware | None:
    """Find what a flavor is and costs; None where nobody says."""
    try:
        return next((item for item in client.hardware() if item.flavor == flavor), None)
    except HubError:
        return None  # a card without a price is better than none


def choose_hardware(flavor: str, offered: Sequence[Hardware]) -> Hardware:
    """Find a flavor among those offered.

    Raises
    ------
    OptionError
        With the nearest names, when there is no such flavor.
    """
    flavors = {item.flavor: item for item in offered}
    _check_flavor(flavor, list(flavors))
    return flavors[flavor]


def check_local_flavor(flavor: str) -> None:
    """Refuse a flavor that the local service refuses; starts nothing.

    Raises
    ------
    OptionError
        With the nearest names.
    """
    from hfjobs_magic.local.hardware import HARDWARE, UNLISTED  # noqa: PLC0415 - only where it is asked for

    _check_flavor(flavor, [*HARDWARE, *sorted(UNLISTED)])


def _check_flavor(flavor: str, flavors: list[str]) -> None:
    if flavor not in flavors:
        asked = flavor.lower()
        sized = [name for name in flavors if re.match(rf"{re.escape(asked)}(?:-|x|$)", name)]
        hint = f" Did you mean {' or '.join(sized[:2])}?" if sized else did_you_mean(asked, flavors)
        hint = hint or f" Available: {', '.join(flavors)}."
        raise OptionError(f"There is no flavor {flavor!r}.{hint} `%hfjobs hardware` lists all with prices.")


def _client_of(service: Service, namespace: str | None) -> JobsClient:
    from hfjobs_magic.hub.client import JobsClient  # noqa: PLC0415 - huggingface_hub is slow to import

    return JobsClient(
        endpoint=service.endpoint,
        token=service.token,
        namespace=namespace or service.namespace,
        local=True,
        hardware=RUNTIME.hardware,
    )


def check_address(endpoint: str | None) -> str | None:
    """Return an endpoint as huggingface_hub takes it; one that is not an address it would refuse deep inside a request.

    Raises
    ------
    OptionError
        When it is not an address.
    """
    if endpoint is not None and not re.fullmatch(r"https?://[^\s/@]+(?:/[^\s?#]*)?", endpoint):
        # What was written is not repeated: it may be a token in the wrong place, or hold a password.
        raise OptionError('endpoint= is not an address. Write it as in endpoint="https://huggingface.co".')
    return endpoint.rstrip("/") if endpoint else None
