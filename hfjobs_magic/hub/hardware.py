"""Flavors and prices, as an endpoint has them."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from huggingface_hub import constants, get_token

from hfjobs_magic.errors import NotLoggedInError
from hfjobs_magic.facts import Hardware
from hfjobs_magic.hub.error_translation import HOW_TO_LOG_IN, translate_errors
from hfjobs_magic.hub.steady_api import SteadyApi

if TYPE_CHECKING:
    from huggingface_hub import HfApi, JobHardwareInfo

FRESH_S = 600.0
"""How long the list of flavors is believed, in seconds: it changes a few times a year. A price that changes in between
costs no surprise: caps and plans say what they were made with."""


class HardwareCache:
    """Flavors by endpoint, for all clients that share it: each endpoint is asked once in `FRESH_S`."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[float, tuple[Hardware, ...]]] = {}

    def of(self, api: HfApi) -> tuple[Hardware, ...]:
        """Return the flavors at the endpoint of `api`.

        Raises
        ------
        HubError
            When the Hub refuses or does not answer.
        """
        asked_at, hardware = self._answers.get(api.endpoint, (0.0, ()))
        if not hardware or time.monotonic() - asked_at > FRESH_S:
            hardware = hardware_of(api)
            self._answers[api.endpoint] = (time.monotonic(), hardware)
        return hardware

    def last_of(self, api: HfApi) -> tuple[Hardware, ...]:
        """Return the flavors as they were when somebody asked last, without asking; none where nobody has."""
        return self._answers.get(api.endpoint, (0.0, ()))[1]


def hub_hardware(endpoint: str | None = None, token: str | None = None) -> tuple[Hardware, ...]:
    """Return flavors and prices at an endpoint: as the account sees them that is logged in, else as anybody does.

    Parameters
    ----------
    endpoint, token
        None takes what huggingface_hub takes.

    Raises
    ------
    NotLoggedInError
        Where the endpoint shows its prices to accounts alone, and there is none that it accepts.
    HubError
        When it refuses or does not answer.
    """
    refused: NotLoggedInError | None = None
    if token := token or get_token():
        try:
            return hardware_of(SteadyApi(endpoint=endpoint, token=token))
        except NotLoggedInError as error:  # the Hub itself needs none for this
            refused = error
    try:
        return hardware_of(SteadyApi(endpoint=endpoint, token=False))
    except NotLoggedInError:
        shown = endpoint or constants.ENDPOINT
        hidden = f"Prices at {shown} are shown only to those who are logged in."
        raise refused or NotLoggedInError(f"{hidden} {HOW_TO_LOG_IN}") from None


def hardware_of(api: HfApi) -> tuple[Hardware, ...]:
    """Return flavors and prices at the endpoint of `api`, asked for now; the Hub needs no token for it."""
    with translate_errors(api.endpoint):
        infos = api.list_jobs_hardware()
    return tuple(
        Hardware(
            flavor=info.name,
            label=" · ".join(filter(None, (info.cpu, info.ram, _accelerator(info)))),
            gpu_memory_gb=_gb(info.accelerator.vram) if info.accelerator else 0.0,
            memory_gb=_gb(info.ram),
            accelerator=info.accelerator.type if info.accelerator else "",
            accelerators=int(info.accelerator.quantity) if info.accelerator else 0,
            usd_per_minute=info.unit_cost_usd if info.unit_label == "minute" else None,
        )
        for info in infos
    )


def _accelerator(info: JobHardwareInfo) -> str | None:
    part = info.accelerator
    return None if part is None else f"{part.quantity}x {part.model} {part.vram}"


def _gb(text: str) -> float:
    """Read a size as the Hub writes it, such as ``24 GB``; 0 for what is none."""
    found = re.match(r"(\d+(?:\.\d+)?) ?GB\b", text or "")
    return float(found[1]) if found else 0.0
