"""A page for every job, at the job's `url`: stage, configuration, live log, Cancel.

It is a plain page rather than the card, because the card depends on what a kernel keeps for it, and there is no kernel
here. Its script reads the API's own responses at addresses for which the page's cookie is enough; see `login` and
`security`.
"""

from __future__ import annotations

import hmac
import html
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from hfjobs_magic.local.errors import ApiError, NotFoundError
from hfjobs_magic.local.server.answers import NAMESPACE
from hfjobs_magic.local.server.context import find_job, read_context
from hfjobs_magic.local.server.login import CODE_LIFE, is_page
from hfjobs_magic.local.server.peers import is_trusted
from hfjobs_magic.local.server.routes_jobs import cancel_job, fetch_job_logs, inspect_job

if TYPE_CHECKING:
    from starlette.requests import Request

_FILES = Path(__file__).parent / "page"
"""What the pages are made of."""

_TYPES = {"job.js": "text/javascript", "page.css": "text/css", "icon.svg": "image/svg+xml"}
"""Media types of the files that a page loads."""

HEADERS = {
    # Nothing from elsewhere and nothing inline: no log line can become a script.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
}


async def show_job(request: Request) -> Response:
    """Answer `GET /jobs/{namespace}/{job_id}` for a caller that `security.Guard` let through."""
    if {"token", "code"} & request.query_params.keys():
        # Not needed, and not to stay in the address bar.
        return RedirectResponse(request.url.path, 303, HEADERS)
    try:
        find_job(request)
    except ApiError:
        return _show_message(
            404, "No such job", "The local service has no job with this id. It may belong to another data directory."
        )
    return HTMLResponse((_FILES / "job.html").read_text(encoding="utf-8"), headers=HEADERS)


async def serve_file(request: Request) -> Response:
    """Answer `GET /jobs/-/{name}`: what the pages are made of, for everybody."""
    name = request.path_params["name"]
    if name not in _TYPES:
        raise NotFoundError("There is no such file.")
    return FileResponse(_FILES / name, media_type=_TYPES[name], headers={**HEADERS, "Cache-Control": "no-cache"})


async def make_page_link(request: Request) -> Response:
    """Answer `POST /api/jobs/{namespace}/{job_id}/page-link`: a link for a browser without the cookie.

    The Hub has no such thing. The answer is ``{"url": ..., "expiresInSecs": 60}``; the link works once, for the user
    that runs the service, and holds no token.
    """
    ctx, job = read_context(request), find_job(request)
    query = urlencode({"code": ctx.codes.make(), "next": f"/jobs/{NAMESPACE}/{job.id}"})
    return JSONResponse({"url": f"{ctx.endpoint}/login?{query}", "expiresInSecs": int(CODE_LIFE)})


async def login(request: Request) -> Response:
    """Answer `GET` and `POST /login`: exchange a code or the token for the cookie, and open the page."""
    ctx = read_context(request)
    if request.method == "POST":
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        given = {name: values[0] for name, values in form.items()}
    else:
        given = dict(request.query_params)
    page = given["next"] if is_page(given.get("next", "")) else None
    token, code = given.get("token", "").strip(), given.get("code", "")
    if hmac.compare_digest(token.encode(), ctx.token.encode()) or _take_code(request, code):
        headers = {**HEADERS, "Set-Cookie": ctx.cookie.make_header()}
        if page is not None:
            return RedirectResponse(page, 303, headers)
        return _show_message(
            200, "You are signed in", "Open the link of a job again: this browser can show it now.", headers
        )
    return _show_login(page, _explain(token, code))


def _take_code(request: Request, code: str) -> bool:
    """Return whether the caller may come in by a code; one that another user has seen stays valid for ours."""
    codes = read_context(request).codes
    return codes.has(code) and is_trusted(request.scope["client"], request.scope["server"]) and codes.take(code)


def _explain(token: str, code: str) -> str:
    """Return why the login was refused; nothing if neither the token nor a code was given."""
    if token:
        return "This is not the service's token."
    return "This link was used before, is too old, or was made for another user." if code else ""


def _show_login(page: str | None, problem: str) -> Response:
    template = Template((_FILES / "login.html").read_text(encoding="utf-8"))
    job_id = page.rpartition("/")[2] if page is not None else "JOB_ID"
    text = template.substitute(
        next=html.escape(page or ""),
        job=html.escape(job_id),
        problem=html.escape(problem),
        hidden="" if problem else "hidden",
    )
    return HTMLResponse(text, 401 if problem else 200, HEADERS)


def _show_message(status: int, title: str, text: str, headers: dict[str, str] = HEADERS) -> Response:
    template = Template((_FILES / "message.html").read_text(encoding="utf-8"))
    return HTMLResponse(template.substitute(title=html.escape(title), text=html.escape(text)), status, headers)


_PAGE = "/jobs/{namespace}/{job_id}"
ROUTES = [
    Route("/login", login, methods=["GET", "POST"]),
    Route("/api/jobs/{namespace}/{job_id}/page-link", make_page_link, methods=["POST"]),
    Route("/jobs/-/{name}", serve_file),
    Route(_PAGE, show_job),
    Route(f"{_PAGE}/state", inspect_job),
    Route(f"{_PAGE}/logs", fetch_job_logs),
    Route(f"{_PAGE}/cancel", cancel_job, methods=["POST"]),
]
