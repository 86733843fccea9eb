"""A page for every job, at the address that the job's `url` has: stage, configuration, live log, Cancel.

A plain page rather than the card: the card lives on what a kernel keeps for it, and there is none here. Its script
reads the API's own answers, under addresses that the page's cookie opens; see `login` and `security`.
"""

from __future__ import annotations

import hmac
import html
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from hfjobs_magic.local.errors import ApiError, not_found
from hfjobs_magic.local.server.context import context, find_job
from hfjobs_magic.local.server.login import CODE_LIFE, safe_page
from hfjobs_magic.local.server.routes_jobs import cancel, inspect, logs

if TYPE_CHECKING:
    from starlette.requests import Request

_FILES = Path(__file__).parent / "page"
_TYPES = {"job.js": "text/javascript", "page.css": "text/css", "icon.svg": "image/svg+xml"}
HEADERS = {
    # Nothing from elsewhere, nothing inline: a log line cannot become a script, whatever it looks like.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
}


async def job_page(request: Request) -> Response:
    """Answer `GET /jobs/{namespace}/{job_id}`; the caller is known, see `security.Guard`."""
    if {"token", "code"} & request.query_params.keys():
        # Known already: away with what must not stay in the address bar.
        return RedirectResponse(request.url.path, 303, HEADERS)
    try:
        find_job(request)
    except ApiError:
        return _say(
            404, "No such job", "The local service has no job of this id. It may belong to another data directory."
        )
    return HTMLResponse((_FILES / "job.html").read_text(encoding="utf-8"), headers=HEADERS)


async def page_file(request: Request) -> Response:
    """Answer `GET /jobs/-/{name}`: what the pages are made of, the same for everybody."""
    name = request.path_params["name"]
    if name not in _TYPES:
        raise not_found("No such file.")
    return FileResponse(_FILES / name, media_type=_TYPES[name], headers={**HEADERS, "Cache-Control": "no-cache"})


async def make_code(request: Request) -> Response:
    """Answer `POST /api/local/codes`: a one-time code for a browser, asked for with the token."""
    return JSONResponse({"code": context(request).codes.make(), "expiresInSecs": int(CODE_LIFE)})


async def login(request: Request) -> Response:
    """Answer `GET` and `POST /login`: a code or the token becomes a cookie, and the page opens without either."""
    ctx = context(request)
    if request.method == "POST":
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        given = {name: values[0] for name, values in form.items()}
    else:
        given = dict(request.query_params)
    page = safe_page(given.get("next", ""))
    token, code = given.get("token", "").strip(), given.get("code", "")
    if hmac.compare_digest(token.encode(), ctx.token.encode()) or (code and ctx.codes.take(code)):
        headers = {**HEADERS, "Set-Cookie": ctx.cookie.header()}
        if page is not None:
            return RedirectResponse(page, 303, headers)
        return _say(200, "You are in", "Open the link of a job again: this browser may see it now.", headers)
    problem = (
        "That is not the service's token." if token else "This link was used before, or is too old." if code else ""
    )
    return _ask(page, problem)


def _ask(page: str | None, problem: str) -> Response:
    template = Template((_FILES / "login.html").read_text(encoding="utf-8"))
    job_id = page.rpartition("/")[2] if page is not None else "JOB_ID"
    text = template.substitute(
        next=html.escape(page or ""),
        job=html.escape(job_id),
        problem=html.escape(problem),
        hidden="" if problem else "hidden",
    )
    return HTMLResponse(text, 401 if problem else 200, HEADERS)


def _say(status: int, title: str, text: str, headers: dict[str, str] = HEADERS) -> Response:
    template = Template((_FILES / "message.html").read_text(encoding="utf-8"))
    return HTMLResponse(template.substitute(title=html.escape(title), text=html.escape(text)), status, headers)


_PAGE = "/jobs/{namespace}/{job_id}"
ROUTES = [
    Route("/login", login, methods=["GET", "POST"]),
    Route("/api/local/codes", make_code, methods=["POST"]),
    Route("/jobs/-/{name}", page_file),
    Route(_PAGE, job_page),
    Route(f"{_PAGE}/state", inspect),
    Route(f"{_PAGE}/logs", logs),
    Route(f"{_PAGE}/cancel", cancel, methods=["POST"]),
]
