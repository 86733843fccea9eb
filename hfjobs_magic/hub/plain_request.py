"""Requests for what huggingface_hub leaves out of its answers, and for what the local service has beyond the Hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from huggingface_hub import get_session
from huggingface_hub.utils import build_hf_headers, hf_raise_for_status

from hfjobs_magic.hub.steady_api import ask_again

if TYPE_CHECKING:
    from huggingface_hub.errors import Response


@ask_again
def get(address: str, token: str | bool | None) -> Any:
    """Return the JSON that is at an address.

    Raises
    ------
    HfHubHTTPError
        When it is refused.
    """
    return _answer(get_session().get(address, headers=build_hf_headers(token=token)))


@ask_again
def post(address: str, token: str | bool | None) -> Any:
    """Ask for what may be asked for twice; raises as `get` does."""
    return _answer(get_session().post(address, headers=build_hf_headers(token=token)))


def _answer(answer: Response) -> Any:
    hf_raise_for_status(answer)
    return answer.json()
