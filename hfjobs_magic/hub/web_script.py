"""Scripts on the web."""

from __future__ import annotations

from typing import TYPE_CHECKING

from huggingface_hub import get_session

from hfjobs_magic.errors import OptionError
from hfjobs_magic.hub.error_translation import translate_errors
from hfjobs_magic.hub.steady_api import ask_again

if TYPE_CHECKING:
    from huggingface_hub.errors import Response

DOWNLOAD_S = 30.0
"""Longest wait for a script, in seconds."""

MAX_SCRIPT_BYTES = 5_000_000
"""Far above any script; an address that gives more is not one."""


def download(address: str) -> str:
    """Return the text of a script, fetched with huggingface_hub's own session and without a token.

    Raises
    ------
    OptionError
        When there is none.
    HubUnreachableError
        When nothing answers.
    """
    with translate_errors(address.partition("?")[0]):
        answer = _get(address)
    if answer.status_code != 200:
        raise OptionError(f"There is no script at {address}: it answers with status {answer.status_code}.")
    if len(answer.content) > MAX_SCRIPT_BYTES:
        raise OptionError(f"What is at {address} is larger than {MAX_SCRIPT_BYTES:,} bytes: hardly a script.")
    try:
        return answer.content.decode("utf-8")
    except UnicodeDecodeError:
        raise OptionError(f"What is at {address} is not UTF-8 text, so it cannot be a script.") from None


@ask_again
def _get(address: str) -> Response:
    return get_session().get(address, follow_redirects=True, timeout=DOWNLOAD_S)
