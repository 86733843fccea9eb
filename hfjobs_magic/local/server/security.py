"""Who is served: callers on this machine that know our name and the token; this middleware refuses all others."""

from __future__ import annotations

import hmac
import secrets
from email.utils import formatdate
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from hfjobs_magic.local.server.login import is_page, redirect_to_login

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from hfjobs_magic.local.server.login import PageCookie

MAX_BODY = 16 << 20
"""Bytes of a request's body. A job's description takes kilobytes."""

MAX_UPLOAD = 72 << 20
"""Bytes of the body of an upload: a xorb has 64 MiB of contents at most, and tables behind them."""

_UPLOADS = "/xet/"
"""Paths to which contents of files are uploaded."""

_SAFE_METHODS = frozenset({"GET", "HEAD"})
"""Requests that change nothing."""

_PUBLIC = ("/login", "/jobs/-/", "/xet/parts/")
"""Paths for which nobody needs the token: the form that asks for it, the files that pages are made of, and addresses
that are signed with it."""

_PAGES = "/jobs/"
"""Paths for which the cookie is enough. The API requires the token itself."""


class TooLargeError(Exception):
    """The body exceeds `MAX_BODY`."""


class Guard:
    """ASGI middleware: host, origin, token, size; and a request id on every answer."""

    def __init__(self, app: ASGIApp, token: str, hosts: frozenset[str], cookie: PageCookie) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = hosts
        self._cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        request_id = headers.get("x-amzn-trace-id") or headers.get("x-request-id") or secrets.token_hex(8)
        request_id = "".join(char for char in request_id[:64] if char.isalnum() or char in "-_=;.")

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request_id.encode("ascii", "ignore")),
                    (b"x-content-type-options", b"nosniff"),
                    # uvicorn's own is up to a second old, and huggingface_hub drops log lines that are more than
                    # a second newer than the response they come in.
                    (b"date", formatdate(usegmt=True).encode("ascii")),
                ]
            await send(message)

        refusal = self._refuse(scope, headers)
        if refusal is None:
            await self._app(scope, _limit_body(receive, _find_limit(scope)), send_with_id)
            return
        status, text = refusal
        if status == 401 and _asks_for_page(scope):
            redirect = redirect_to_login(scope["path"], scope["query_string"].decode("latin-1"))
            await redirect(scope, receive, send_with_id)
        else:
            await error_response(status, text)(scope, receive, send_with_id)

    def _refuse(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        if headers.get("host", "").lower() not in self._hosts:
            return 403, "This Host header is not the local service's own; it serves this machine only."
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in {f"http://{host}" for host in self._hosts}:
            return 403, "Requests from pages of another origin are refused."
        length = headers.get("content-length", "0")
        limit = _find_limit(scope)
        if length.isdigit() and int(length[:20]) > limit:
            return 413, f"The body is larger than {limit >> 20} MB."
        if scope["path"].startswith(_PUBLIC):
            return None
        return self._refuse_stranger(scope, headers)

    def _refuse_stranger(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        if "authorization" in headers:
            return None if self._has_token(headers["authorization"]) else (401, "Invalid user token.")
        if not scope["path"].startswith(_PAGES) or not self._cookie.is_in(headers.get("cookie", "")):
            return 401, "The local service needs its token: Authorization: Bearer TOKEN."
        if scope["method"] not in _SAFE_METHODS and "origin" not in headers:
            # A browser sends the cookie by itself, whatever page makes it do so.
            return 403, "A request with the cookie that changes something must come from our own page."
        return None

    def _has_token(self, authorization: str) -> bool:
        """Return whether the caller has the token, in a time that says nothing about it."""
        scheme, _, given = authorization.partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self._token)


def _asks_for_page(scope: Scope) -> bool:
    """Return whether a browser asks for a job's page, and not its script for a part of it."""
    return scope["method"] == "GET" and is_page(scope["path"])


def _find_limit(scope: Scope) -> int:
    return MAX_UPLOAD if scope["path"].startswith(_UPLOADS) else MAX_BODY


def _limit_body(receive: Receive, limit: int) -> Receive:
    seen = 0

    async def receive_some() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise TooLargeError
        return message

    return receive_some


def error_response(status: int, message: str, code: str | None = None, **extra: str) -> JSONResponse:
    """Return an error in the shape from which huggingface_hub makes its exceptions."""
    # Header values are one line of Latin-1.
    line = " ".join(message.split()).encode("ascii", "replace").decode()
    headers = {"X-Error-Message": line}
    if code is not None:
        headers["X-Error-Code"] = code
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="hfjobs-magic local service"'
    return JSONResponse({"error": message, **extra}, status, headers)
