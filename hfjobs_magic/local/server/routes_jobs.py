"""`/api/jobs`: submit, list, inspect, change, cancel, follow."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from hfjobs_magic.local import tools
from hfjobs_magic.local.errors import ApiError, not_found
from hfjobs_magic.local.hardware import HARDWARE
from hfjobs_magic.local.jobs.launch import write_secrets
from hfjobs_magic.local.jobs.recorder import locate_metrics, read_samples
from hfjobs_magic.local.server.answers import NAMESPACE, job_view, new_id, usage_view
from hfjobs_magic.local.server.context import check_namespace, check_volumes, context, find_job, read_field, read_json
from hfjobs_magic.local.server.sse import job_events, log_events, metric_events
from hfjobs_magic.local.spec import parse_expose, parse_labels, parse_spec
from hfjobs_magic.local.storage.store import JobRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from hfjobs_magic.local.server.context import Context
    from hfjobs_magic.local.spec import JobSpec

# Jobs in one page of the list, the next one is a Link away. 100 was the length of the Hub's whole list once.
PAGE = 100
STAGES = frozenset({"SCHEDULING", "RUNNING", "COMPLETED", "ERROR", "CANCELED", "DELETED"})
_LABEL = re.compile(r"[a-zA-Z0-9._-]+=[a-zA-Z0-9._-]*\Z")
_STREAM_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def job_answer(ctx: Context, job: JobRow | None) -> JSONResponse:
    """Return a job as an answer; 404 without one."""
    if job is None:
        raise ApiError(404, "Job not found")
    now = time.time()
    return JSONResponse(job_view(ctx.faults.as_seen(job, now), ctx.owner, now))


async def whoami(request: Request) -> Response:
    """Answer `GET /api/whoami-v2`."""
    return JSONResponse(context(request).owner.whoami())


async def list_hardware(_: Request) -> Response:
    """Answer `GET /api/jobs/hardware`."""
    return JSONResponse(list(HARDWARE.values()))


async def submit(request: Request) -> Response:
    """Answer `POST /api/jobs/{namespace}`."""
    ctx = context(request)
    check_namespace(request)
    spec, labels, secrets = parse_spec(await read_json(request))
    return job_answer(ctx, add_job(ctx, spec, labels, secrets))


def check_job(ctx: Context, spec: JobSpec) -> None:
    """Refuse what could not start.

    Raises
    ------
    ApiError
        422, with what is missing.
    """
    if PurePosixPath(spec.command[0]).name in {"uv", "uvx"} and tools.find_uv() is None:
        raise ApiError(422, tools.UV_MISSING)
    check_volumes(ctx, spec)


def add_job(
    ctx: Context,
    spec: JobSpec,
    labels: dict[str, str],
    secrets: dict[str, str],
    initiator: dict[str, str] | None = None,
) -> JobRow:
    """Store a job and queue it.

    Raises
    ------
    ApiError
        422 when it could not start.
    """
    check_job(ctx, spec)
    job = JobRow(new_id(), time.time(), spec, labels, initiator=initiator)
    write_secrets(ctx.directory.job(job.id), secrets)
    ctx.store.add_job(job)
    ctx.runner.wake()
    return job


async def list_jobs(request: Request) -> Response:
    """Answer `GET /api/jobs/{namespace}`, the newest first."""
    ctx = context(request)
    check_namespace(request)
    cursor = request.query_params.get("cursor")
    jobs = _selected(ctx, request, cursor)
    headers = {}
    if len(jobs) > PAGE:
        jobs = jobs[:PAGE]
        following = request.url.include_query_params(cursor=jobs[-1].id)
        headers["Link"] = f'<{following}>; rel="next"'
    now = time.time()
    return JSONResponse([job_view(job, ctx.owner, now) for job in jobs], headers=headers)


async def count_jobs(request: Request) -> Response:
    """Answer `GET /api/jobs/{namespace}/count`."""
    check_namespace(request)
    return JSONResponse({"count": len(_selected(context(request), request))})


def _selected(ctx: Context, request: Request, cursor: str | None = None) -> list[JobRow]:
    """Return the jobs that a query asks for, those after the job `cursor` when there is one."""
    stages = request.query_params.getlist("stage")
    if unknown := set(stages) - STAGES:
        raise ApiError(422, f"stage: {unknown.pop()!r} is none of {', '.join(sorted(STAGES))}.")
    wanted = wanted_labels(request)
    jobs, now = ctx.store.jobs(), time.time()
    if cursor is not None:
        # Found among all jobs: the one it names may have left the stage that is asked for.
        ids = [job.id for job in jobs]
        if cursor not in ids:
            raise ApiError(422, "cursor: it is not from the Link of an earlier answer.")
        jobs = jobs[ids.index(cursor) + 1 :]
    seen = [ctx.faults.as_seen(job, now) for job in jobs if wanted <= job.labels.items()]
    return [job for job in seen if not stages or job.stage in stages]


def wanted_labels(request: Request) -> set[tuple[str, str]]:
    """Return the labels that a query asks for, all of which a job must have."""
    wanted = request.query_params.getlist("label")
    for label in wanted:
        if not _LABEL.match(label):
            raise ApiError(422, f"label: {label!r} is not of the form 'key=value'.")
    return {(label.partition("=")[0], label.partition("=")[2]) for label in wanted}


async def inspect(request: Request) -> Response:
    """Answer `GET /api/jobs/{namespace}/{job_id}`."""
    return job_answer(context(request), find_job(request))


async def cancel(request: Request) -> Response:
    """Answer `POST .../cancel`; the job may need some seconds more to end. A finished job stays as it is."""
    ctx, job = context(request), find_job(request)
    await ctx.runner.cancel(job.id)
    return job_answer(ctx, ctx.store.job(job.id))


async def duplicate(request: Request) -> Response:
    """Answer `POST .../duplicate`: the same job again."""
    ctx, job = context(request), find_job(request)
    if job.spec.secrets:
        raise ApiError(
            409,
            f"This job had secrets ({', '.join(job.spec.secrets)}), and the local service keeps no values of secrets. "
            "Submit the job again with them.",
        )
    initiator = {"type": "duplicated-job", "id": job.id}
    return job_answer(ctx, add_job(ctx, job.spec, job.labels, {}, initiator))


async def put_labels(request: Request) -> Response:
    """Answer `PUT .../labels`: replaces all of them."""
    ctx = context(request)
    labels = parse_labels(read_field(await read_json(request), "labels"))
    job = find_job(request)
    job.labels = labels
    ctx.store.save_job(job)
    return job_answer(ctx, job)


async def put_expose(request: Request) -> Response:
    """Answer `PUT .../expose`: replaces all ports."""
    ctx = context(request)
    wanted = parse_expose(await read_json(request))
    job = find_job(request)
    job.spec = type(job.spec)(**{**vars(job.spec), "expose": wanted})
    ctx.store.save_job(job)
    return job_answer(ctx, job)


async def logs(request: Request) -> Response:
    """Answer `GET .../logs`, see `sse.log_events`."""
    ctx, job = context(request), find_job(request)
    text = request.query_params.get("tail")
    if text is not None and not text.isdecimal():
        raise ApiError(422, "tail: a number of lines is expected.")

    path = ctx.directory.job(job.id) / "log.sse"
    events = log_events(path, None if text is None else int(text), _ending(ctx, job.id), ctx.stopping)
    return StreamingResponse(events, media_type="text/event-stream", headers=_STREAM_HEADERS)


def _ending(ctx: Context, job_id: str) -> Callable[[], bool]:
    def is_over() -> bool:
        current = ctx.store.job(job_id)
        return current is None or current.is_over

    return is_over


async def events(request: Request) -> Response:
    """Answer `GET .../events`, see `sse.job_events`."""
    ctx, job = context(request), find_job(request)

    def view() -> dict[str, Any] | None:
        current = ctx.store.job(job.id)
        return None if current is None else job_view(current, ctx.owner, time.time())

    stream = job_events(view, _ending(ctx, job.id), ctx.stopping)
    return StreamingResponse(stream, media_type="text/event-stream", headers=_STREAM_HEADERS)


async def auth_check(request: Request) -> Response:
    """Answer `POST .../auth-check/{perms}`: whoever has the token may do everything."""
    ctx = context(request)
    if request.path_params["perms"] not in {"read", "write"}:
        raise not_found("There is no such permission: it is read or write.")
    if "job_id" in request.path_params:
        find_job(request)
    else:
        check_namespace(request)
    user = {"id": ctx.owner.id, "name": NAMESPACE}
    return JSONResponse({"namespace": user, "user": user})


async def usage(request: Request) -> Response:
    """Answer `GET /api/settings/billing/usage/jobs`."""
    return JSONResponse(usage_view(context(request).store.jobs(), time.time()))


async def metrics(request: Request) -> Response:
    """Answer `GET .../metrics`, see `sse.metric_events`."""
    ctx, job = context(request), find_job(request)
    if job.is_over:
        raise ApiError(406, "The job is not running: it has no metrics any more.")

    def root() -> int | None:
        current = ctx.store.job(job.id)
        return None if current is None or current.is_over else current.supervisor

    events = metric_events(root, job.id[-5:], ctx.stopping)
    return StreamingResponse(events, media_type="text/event-stream", headers=_STREAM_HEADERS)


async def metrics_history(request: Request) -> Response:
    """Answer `GET .../metrics/history`, which the Hub does not have, see `recorder`."""
    ctx, job = context(request), find_job(request)
    return JSONResponse(await asyncio.to_thread(read_samples, locate_metrics(ctx.directory, job.id)))


ROUTES = [
    Route("/api/whoami-v2", whoami),
    Route("/api/settings/billing/usage/jobs", usage),
    Route("/api/jobs/hardware", list_hardware),
    Route("/api/jobs/{namespace}", list_jobs),
    Route("/api/jobs/{namespace}", submit, methods=["POST"]),
    Route("/api/jobs/{namespace}/count", count_jobs),
    Route("/api/jobs/{namespace}/auth-check/{perms}", auth_check, methods=["POST"]),
    Route("/api/jobs/{namespace}/{job_id}", inspect),
    Route("/api/jobs/{namespace}/{job_id}/cancel", cancel, methods=["POST"]),
    Route("/api/jobs/{namespace}/{job_id}/duplicate", duplicate, methods=["POST"]),
    Route("/api/jobs/{namespace}/{job_id}/labels", put_labels, methods=["PUT"]),
    Route("/api/jobs/{namespace}/{job_id}/expose", put_expose, methods=["PUT"]),
    Route("/api/jobs/{namespace}/{job_id}/logs", logs),
    Route("/api/jobs/{namespace}/{job_id}/metrics", metrics),
    Route("/api/jobs/{namespace}/{job_id}/metrics/history", metrics_history),
    Route("/api/jobs/{namespace}/{job_id}/events", events),
    Route("/api/jobs/{namespace}/{job_id}/auth-check/{perms}", auth_check, methods=["POST"]),
]
