"""What the Hub's errors mean to a reader: huggingface_hub's exceptions to ours."""

from __future__ import annotations

import contextlib
import errno
import json
import re
from typing import TYPE_CHECKING

from huggingface_hub.errors import (
    EntryNotFoundError,
    HfHubHTTPError,
    HTTPError,
    JobNotFoundError,
    LocalTokenNotFoundError,
)
from huggingface_hub.utils import parse_ratelimit_headers

from hfjobs_magic.errors import FilesError, HubError, HubUnreachableError, JobMissingError, NotLoggedInError
from hfjobs_magic.hub.retry_words import own_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HOW_TO_LOG_IN = (
    "Run `hf auth login` in a terminal or set HF_TOKEN; or add --local to run on this machine without an account."
)
NOT_LOGGED_IN = f"You are not logged in to Hugging Face. {HOW_TO_LOG_IN}"

_CHECK_NETWORK = "Check the network and HF_ENDPOINT, or add --local to run on this machine."
_START_SERVICE = "If that is the local service, `%hfjobs ls --local` starts it again; its jobs keep running."
_LOOPBACK = re.compile(r"https?://(?:127\.|localhost\b|\[::1\])")
_TOKENS = "`hf auth whoami` lists its organizations, https://huggingface.co/settings/tokens its rights."
_PLACE = re.compile(r"/api/(?P<kind>jobs|scheduled-jobs|buckets)/(?P<namespace>[^/]+)")
_TOKEN = re.compile(r"hf_\w+")


_FINAL = (400, 401, 402, 403, 413, 422)
"""Statuses of requests that are refused for what they are, or for who sends them."""


NO_ROOM = frozenset({413, 507})
"""Statuses of a store that is full, or takes no files of that size."""

_OF_XET = re.compile(r"HTTP status \w+ error \((\d{3}) ([^)]+)\)")
"""What hf_xet says of an answer: it calls every refusal a ConnectionError."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_FULL_FOR_XET = re.compile(rf"\(os error ({'|'.join(map(str, sorted(_FULL)))})\)")


@contextlib.contextmanager
def translate_errors(endpoint: str, job_id: str | None = None, *, scheduled: bool = False) -> Iterator[None]:
    """Run a call to `endpoint`; its errors come out as ours, in one sentence, with the cause chained."""
    try:
        with own_words(endpoint):
            yield
    except LocalTokenNotFoundError as error:
        raise NotLoggedInError(NOT_LOGGED_IN) from error
    except JobNotFoundError as error:
        kind, listed = ("scheduled job", "scheduled ls") if scheduled else ("job", "ls")
        raise JobMissingError(
            f"There is no {kind} {job_id} here. `%hfjobs {listed} -a` lists those that exist."
        ) from error
    except HfHubHTTPError as error:
        raise _translate_refusal(error) from error
    except json.JSONDecodeError as error:
        if error.doc.lstrip()[:1] == "<":
            raise HubUnreachableError(
                f"What answers at {endpoint} is a web page, not the Hub: a proxy, or the login page of a network. "
                f"{_CHECK_NETWORK}"
            ) from error
        # huggingface_hub reads a stream that ends in the middle of an event as far as it goes.
        raise HubUnreachableError(f"An answer of {endpoint} broke off in the middle. Try again.") from error
    except (HTTPError, ConnectionError, TimeoutError) as error:
        if answered := _OF_XET.search(str(error)):
            raise _translate_status(endpoint, *answered.groups()) from error
        way = _START_SERVICE if _LOOPBACK.match(endpoint) else _CHECK_NETWORK
        raise HubUnreachableError(f"Nothing answers at {endpoint} ({type(error).__name__}). {way}") from error
    except (OSError, RuntimeError) as error:
        # hf_xet says in a RuntimeError what the system said.
        if getattr(error, "errno", None) in _FULL or _FULL_FOR_XET.search(str(error)):
            raise FilesError("The disk of this machine is full. Free some space, then try again.") from error
        raise


def _translate_status(endpoint: str, status: str, reason: str) -> HubError:
    if int(status) in NO_ROOM:
        return HubError(f"{endpoint} has no room for the files ({status} {reason}). Free some there, then try again.")
    if int(status) >= 500:
        return HubUnreachableError(f"{endpoint} fails to take or give files ({status} {reason}). Try again.")
    return HubError(f"{endpoint} refused the files ({status} {reason}).")


def _translate_refusal(error: HfHubHTTPError) -> HubError:
    refusal = _read_refusal(error)
    refusal.is_final = error.response.status_code in _FINAL
    return refusal


def _read_refusal(error: HfHubHTTPError) -> HubError:
    status = error.response.status_code
    said = _TOKEN.sub("hf_…", (error.server_message or "").strip().rstrip(".")) or f"status {status}"
    if status == 401:
        return NotLoggedInError(f"The Hub does not accept the token: {said}. {HOW_TO_LOG_IN}")
    if status == 402:
        return HubError(f"The account needs credit first: {said}. Add some at https://huggingface.co/settings/billing.")
    if status in (403, 404) and not isinstance(error, EntryNotFoundError):
        return HubError(_say_of_rights(status, said, _whose(error)))
    if status == 429:
        wait = _retry_after_s(error.response.headers)
        refusal = HubError(f"Too many requests: {said}. Try again {f'in {wait:g} s' if wait else 'in a few minutes'}.")
        refusal.retry_after_s = wait
        return refusal
    if status >= 500:
        return HubError(f"The Hub failed (status {status}): {said}. Try again{_what_of_it(error)}.")
    return HubError(f"The Hub refused: {said}")


def _say_of_rights(status: int, said: str, asked: str) -> str:
    if status == 403:
        return f"The token may not do this: {said}. It needs write access to {asked or 'Jobs'}. {_TOKENS}"
    if asked:
        return f"The Hub shows this token no {asked}: {said}. Is the namespace spelled right? {_TOKENS}"
    return f"The Hub refused: {said}"


def _whose(error: HfHubHTTPError) -> str:
    """Say of what a request was, as "buckets of `me`"; empty where it has no namespace."""
    found = _PLACE.match(error.response.request.url.path)
    return f"{'buckets' if found['kind'] == 'buckets' else 'jobs'} of `{found['namespace']}`" if found else ""


def _what_of_it(error: HfHubHTTPError) -> str:
    """Say what became of a job whose request failed; nothing where it only asked."""
    request = error.response.request
    if request.url.path.endswith("/cancel"):
        return "; the job may still run"
    return "; nothing is known to have been submitted" if request.method == "POST" else ""


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from the Hub's own headers: ``Retry-After``, or ``RateLimit`` where nothing remains."""
    named = headers.get("Retry-After", "")
    if named.isdigit():
        return float(named)
    limit = parse_ratelimit_headers(headers)
    return float(limit.reset_in_seconds) if limit and limit.remaining == 0 else None
