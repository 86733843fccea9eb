"""What concerns all jobs: who owns them, hardware, the list page by page, how many there are, and what they used.

Jobs are read in threads, so that however long the history is, the event loop never waits for it.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.routing import Route

from hfjobs_magic.local.errors import ApiError
from hfjobs_magic.local.hardware import HARDWARE
from hfjobs_magic.local.server.answers import describe_queue, job_view, usage_view
from hfjobs_magic.local.server.context import check_namespace, read_context, read_labels
from hfjobs_magic.local.storage.lists import JobQuery

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from hfjobs_magic.local.server.context import Context
    from hfjobs_magic.local.storage.lists import Page

PAGE = 100
"""Jobs in one page of the list, which links to the next one; 100 was once the length of the Hub's whole list."""

STAGES = frozenset({"SCHEDULING", "RUNNING", "COMPLETED", "ERROR", "CANCELED", "DELETED"})
"""Stages that can be asked for."""

MAX_CURSOR = (1 << 63) - 1
"""The highest number that a job can have; SQLite's."""


async def whoami(request: Request) -> Response:
    """Answer `GET /api/whoami-v2`."""
    return JSONResponse(read_context(request).owner.whoami())


async def list_hardware(_: Request) -> Response:
    """Answer `GET /api/jobs/hardware`."""
    return JSONResponse(list(HARDWARE.values()))


async def list_jobs(request: Request) -> Response:
    """Answer `GET /api/jobs/{namespace}`, the newest first."""
    ctx = read_context(request)
    check_namespace(request)
    query, before = _read_query(request), _read_cursor(request)
    return await asyncio.to_thread(_answer_page, ctx, request, query, before)


def _answer_page(ctx: Context, request: Request, query: JobQuery, before: int | None) -> Response:
    page, now = _read_page(ctx, query, before), time.time()
    headers = {}
    if page.cursor is not None:
        following = request.url.include_query_params(cursor=page.cursor)
        headers["Link"] = f'<{following}>; rel="next"'
    places = {job_id: describe_queue(place, page.started, ctx.slots) for job_id, place in page.places.items()}
    views = [job_view(job, ctx.owner, now, places.get(job.id)) for job in page.jobs]
    return JSONResponse(views, headers=headers)


async def count_jobs(request: Request) -> Response:
    """Answer `GET /api/jobs/{namespace}/count`."""
    ctx = read_context(request)
    check_namespace(request)
    return JSONResponse({"count": await asyncio.to_thread(_count, ctx, _read_query(request))})


def _count(ctx: Context, query: JobQuery) -> int:
    if not ctx.faults.lag:
        return ctx.lists.count(query)
    total, page = 0, _read_page(ctx, query, None)
    while page.cursor is not None:
        total, page = total + len(page.jobs), _read_page(ctx, query, page.cursor)
    return total + len(page.jobs)


def _read_page(ctx: Context, query: JobQuery, before: int | None) -> Page:
    """Return a page, where a fault may make jobs that have ended look as if they had not."""
    if not ctx.faults.lag:
        return ctx.lists.read_page(query, before, PAGE)
    page, now = ctx.lists.read_page(replace(query, stages=frozenset()), before, PAGE), time.time()
    jobs = [ctx.faults.delay_end(job, now) for job in page.jobs]
    return replace(page, jobs=[job for job in jobs if not query.stages or job.stage in query.stages])


def _read_query(request: Request) -> JobQuery:
    stages = frozenset(request.query_params.getlist("stage"))
    if unknown := sorted(stages - STAGES):
        raise ApiError(422, f"stage: {unknown[0]!r} is not one of {', '.join(sorted(STAGES))}.")
    return JobQuery(stages, read_labels(request))


def _read_cursor(request: Request) -> int | None:
    text = request.query_params.get("cursor")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:20]) <= MAX_CURSOR):
        raise ApiError(422, "cursor: it is not from the Link of an earlier page.")
    return int(text)


async def fetch_usage(request: Request) -> Response:
    """Answer `GET /api/settings/billing/usage/jobs`: what ran in this calendar month, the Hub's billing period."""
    return await asyncio.to_thread(_answer_usage, read_context(request))


def _answer_usage(ctx: Context) -> Response:
    now = datetime.now(timezone.utc)
    begin = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()
    return JSONResponse(usage_view(ctx.lists.read_used_since(begin), begin, now.timestamp()))


ROUTES = [
    Route("/api/whoami-v2", whoami),
    Route("/api/jobs/hardware", list_hardware),
    Route("/api/settings/billing/usage/jobs", fetch_usage),
    Route("/api/jobs/{namespace}", list_jobs),
    Route("/api/jobs/{namespace}/count", count_jobs),
]
