"""Who is served: callers on this machine, by our own name, with the token. Nobody else gets past this middleware."""

from __future__ import annotations

import hmac
import secrets
from email.utils import formatdate
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from hfjobs_magic.local.server.login import safe_page, to_login

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from hfjobs_magic.local.server.login import PageCookie

# Bytes of a request's body. A job's description is kilobytes; file contents never pass through here.
MAX_BODY = 16 << 20
# Requests that change nothing.
_SAFE = frozenset({"GET", "HEAD"})
# What a stranger may ask for: the form that asks for the token, and what the pages are made of.
_FOR_ALL = ("/login", "/jobs/-/")
# What the page's cookie opens. The API wants the token itself.
_PAGES = "/jobs/"


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
                    # uvicorn's own is up to a second old, and huggingface_hub leaves out log lines that are
                    # more than a second newer than the answer they stand in.
                    (b"date", formatdate(usegmt=True).encode("ascii")),
                ]
            await send(message)

        refusal = self._refuse(scope, headers)
        if refusal is None:
            await self._app(scope, _bounded(receive), send_with_id)
            return
        status, text = refusal
        if status == 401 and _is_page(scope):
            await to_login(scope["path"], scope["query_string"].decode("latin-1"))(scope, receive, send_with_id)
        else:
            await error_response(status, text)(scope, receive, send_with_id)

    def _refuse(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        if headers.get("host", "").lower() not in self._hosts:
            return 403, "This Host header is not the local service's own; it serves this machine only."
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in {f"http://{host}" for host in self._hosts}:
            return 403, "Requests from pages of another origin are refused."
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length[:20]) > MAX_BODY:
            return 413, f"The body is larger than {MAX_BODY >> 20} MB."
        if scope["path"].startswith(_FOR_ALL):
            return None
        return self._refuse_stranger(scope, headers)

    def _refuse_stranger(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        if "authorization" in headers:
            return None if self._knows(headers["authorization"]) else (401, "Invalid user token.")
        if not scope["path"].startswith(_PAGES) or not self._cookie.is_in(headers.get("cookie", "")):
            return 401, "The local service needs its token: Authorization: Bearer TOKEN."
        if scope["method"] not in _SAFE and "origin" not in headers:
            # A browser sends the cookie by itself, whoever makes it ask.
            return 403, "A request by cookie that changes something must come from our own page."
        return None

    def _knows(self, authorization: str) -> bool:
        """Tell whether the caller has the token; how long that takes says nothing about it."""
        scheme, _, given = authorization.partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self._token)


def _is_page(scope: Scope) -> bool:
    """Whether a person's browser asks for a job's page, not its script for a part of it."""
    return scope["method"] == "GET" and safe_page(scope["path"]) is not None


def _bounded(receive: Receive) -> Receive:
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY:
            raise TooLargeError
        return message

    return bounded


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
