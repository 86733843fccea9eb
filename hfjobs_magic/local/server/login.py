"""How a browser gets to see the pages: first by a code or the token, from then on by a cookie, as in Jupyter.

The cookie is not the token. Browsers send cookies to every port of a host, so other programs on this machine may see
it; it opens the pages under `/jobs/` and nothing else, and cannot be turned back into the token.
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from starlette.responses import RedirectResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

CODE_LIFE = 60.0
"""Seconds a one-time code is valid: enough for a browser to start and open the page."""

MAX_CODES = 100
"""Codes at a time; more than anybody opens within `CODE_LIFE`."""

COOKIE_LIFE = 7 * 24 * 3600
"""Seconds a browser keeps the cookie."""

_PAGE = re.compile(r"/jobs/[A-Za-z0-9_-]+/[0-9a-f]{24}\Z")
"""Path of a job's page, the only pages to open after logging in."""


class PageCookie:
    """The cookie of one service: named by its port, because cookies are shared between ports."""

    def __init__(self, token: str, port: int) -> None:
        self.name = f"hfjobs_local_{port}"
        self._value = hmac.digest(token.encode(), b"pages of the local service", "sha256").hex()

    def make_header(self) -> str:
        """Return the value of Set-Cookie."""
        return f"{self.name}={self._value}; Path=/jobs; Max-Age={COOKIE_LIFE}; HttpOnly; SameSite=Lax"

    def is_in(self, header: str) -> bool:
        """Return whether a Cookie header holds it."""
        try:
            morsel = SimpleCookie(header).get(self.name)
        except CookieError:
            return False
        return morsel is not None and hmac.compare_digest(morsel.value.encode(), self._value.encode())


class Codes:
    """One-time codes, so that neither a command line nor a browser's history ever holds the token."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}
        """When each code expires, on the clock; the oldest first."""

    def make(self) -> str:
        """Return a new code."""
        while len(self._until) >= MAX_CODES:
            del self._until[next(iter(self._until))]
        code = secrets.token_urlsafe(16)
        self._until[code] = self._clock() + CODE_LIFE
        return code

    def has(self, code: str) -> bool:
        """Return whether a code is valid, and leave it so."""
        return self._clock() < self._until.get(code, 0.0)

    def take(self, code: str) -> bool:
        """Return whether a code is valid, and make it invalid."""
        return self._clock() < self._until.pop(code, 0.0)


def is_page(path: str) -> bool:
    """Return whether a path is that of a job's page; a link may bring along anything else."""
    return _PAGE.match(path) is not None


def redirect_to_login(path: str, query: str) -> Response:
    """Return a redirect to the login for a browser that came to a page without the cookie."""
    given = {name: values[0] for name, values in parse_qs(query).items() if name in {"token", "code"}}
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
    return RedirectResponse(f"/login?{urlencode({'next': path, **given})}", 303, headers)
