"""Scripts on the web."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from huggingface_hub import get_session

from hfjobs_magic.errors import HubUnreachableError, OptionError
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
    place = address.partition("?")[0]
    try:
        with translate_errors(place):
            answer = _get(address)
    except HubUnreachableError as error:
        raise HubUnreachableError(f"Nothing answers at {place}. Check the address and the network.") from error
    if answer.status_code != 200:
        raise OptionError(f"There is no script at {address}: it answers with status {answer.status_code}.")
    if len(answer.content) > MAX_SCRIPT_BYTES:
        raise OptionError(f"What is at {address} is larger than {MAX_SCRIPT_BYTES:,} bytes: hardly a script.")
    if re.match(rb"\s*<(?:!doctype|html)", answer.content, re.IGNORECASE):
        raise OptionError(f"What is at {place} is a web page, not a script. Write {_find_file(place)}.")
    try:
        return answer.content.decode("utf-8")
    except UnicodeDecodeError:
        raise OptionError(f"What is at {address} is not UTF-8 text, so it cannot be a script.") from None


def _find_file(page: str) -> str:
    """Return the address of the file that a page of GitHub or the Hub shows; of any other what to look for.

    >>> _find_file("https://github.com/me/repo/blob/main/train.py")
    'https://raw.githubusercontent.com/me/repo/main/train.py'
    """
    if found := re.fullmatch(r"https://github\.com/([^/]+/[^/]+)/blob/(.+)", page):
        return f"https://raw.githubusercontent.com/{found[1]}/{found[2]}"
    if re.match(r"https://gist\.github\.com/[^/]+/\w+", page):
        return f"{page}/raw"
    if "/blob/" in page:
        return page.replace("/blob/", "/resolve/", 1)
    return "the address of the file itself"


@ask_again
def _get(address: str) -> Response:
    return get_session().get(address, follow_redirects=True, timeout=DOWNLOAD_S)
