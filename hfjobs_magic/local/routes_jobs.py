"""`/api/jobs`: submit, list, inspect, cancel, follow."""

from __future__ import annotations

import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from hfjobs_magic.local import tools
from hfjobs_magic.local.context import check_namespace, check_volumes, context, find_job, read_json
from hfjobs_magic.local.errors import ApiError
from hfjobs_magic.local.hardware import HARDWARE
from hfjobs_magic.local.launch import write_secrets
from hfjobs_magic.local.spec import parse_expose, parse_labels, parse_spec
from hfjobs_magic.local.sse import log_events, metric_events
from hfjobs_magic.local.store import JobRow
from hfjobs_magic.local.views import job_view, new_id

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from hfjobs_magic.local.context import Context
    from hfjobs_magic.local.spec import JobSpec

# Jobs in one page of the list; the next one is a Link away.
PAGE = 500
_STREAM_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def _answer(ctx: Context, job: JobRow | None) -> JSONResponse:
    if job is None:
        raise ApiError(404, "Job not found")
    return JSONResponse(job_view(job, ctx.owner, time.time()))


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
    return _answer(ctx, _add(ctx, spec, labels, secrets))


def _add(
    ctx: Context,
    spec: JobSpec,
    labels: dict[str, str],
    secrets: dict[str, str],
    initiator: dict[str, str] | None = None,
) -> JobRow:
    if PurePosixPath(spec.command[0]).name in {"uv", "uvx"} and tools.find_uv() is None:
        raise ApiError(422, tools.UV_MISSING)
    check_volumes(ctx, spec)
    job = JobRow(new_id(), time.time(), spec, labels, initiator=initiator)
    write_secrets(ctx.directory.job(job.id), secrets)
    ctx.store.add_job(job)
    ctx.runner.wake()
    return job


async def list_jobs(request: Request) -> Response:
    """Answer `GET /api/jobs/{namespace}`."""
    ctx = context(request)
    check_namespace(request)
    jobs = _selected(ctx, request)
    cursor = request.query_params.get("cursor")
    if cursor:
        ids = [job.id for job in jobs]
        jobs = jobs[ids.index(cursor) + 1 :] if cursor in ids else []
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


def _selected(ctx: Context, request: Request) -> list[JobRow]:
    stages = [stage.upper() for stage in request.query_params.getlist("stage")]
    wanted = dict(label.partition("=")[::2] for label in request.query_params.getlist("label"))
    return [job for job in ctx.store.jobs(stages) if wanted.items() <= job.labels.items()]


async def inspect(request: Request) -> Response:
    """Answer `GET /api/jobs/{namespace}/{job_id}`."""
    return _answer(context(request), find_job(request))


async def cancel(request: Request) -> Response:
    """Answer `POST .../cancel`; the job may need some seconds more to end. A finished job stays as it is."""
    ctx, job = context(request), find_job(request)
    await ctx.runner.cancel(job.id)
    return _answer(ctx, ctx.store.job(job.id))


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
    return _answer(ctx, _add(ctx, job.spec, job.labels, {}, initiator))


async def put_labels(request: Request) -> Response:
    """Answer `PUT .../labels`: replaces all of them."""
    ctx = context(request)
    labels = parse_labels(_field(await read_json(request), "labels"))
    job = find_job(request)
    job.labels = labels
    ctx.store.save_job(job)
    return _answer(ctx, job)


async def put_expose(request: Request) -> Response:
    """Answer `PUT .../expose`: replaces all ports."""
    ctx = context(request)
    wanted = parse_expose(await read_json(request))
    job = find_job(request)
    job.spec = type(job.spec)(**{**vars(job.spec), "expose": wanted})
    ctx.store.save_job(job)
    return _answer(ctx, job)


def _field(body: Any, name: str) -> Any:
    if not isinstance(body, dict) or name not in body:
        raise ApiError(422, f"{name}: missing.")
    return body[name]


async def logs(request: Request) -> Response:
    """Answer `GET .../logs`, see `sse.log_events`."""
    ctx, job = context(request), find_job(request)
    text = request.query_params.get("tail")
    if text is not None and not text.isdecimal():
        raise ApiError(422, "tail: a number of lines is expected.")

    def is_over() -> bool:
        current = ctx.store.job(job.id)
        return current is None or current.is_over

    path = ctx.directory.job(job.id) / "log.sse"
    events = log_events(path, None if text is None else int(text), is_over, ctx.stopping)
    return StreamingResponse(events, media_type="text/event-stream", headers=_STREAM_HEADERS)


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


ROUTES = [
    Route("/api/whoami-v2", whoami),
    Route("/api/jobs/hardware", list_hardware),
    Route("/api/jobs/{namespace}", list_jobs),
    Route("/api/jobs/{namespace}", submit, methods=["POST"]),
    Route("/api/jobs/{namespace}/count", count_jobs),
    Route("/api/jobs/{namespace}/{job_id}", inspect),
    Route("/api/jobs/{namespace}/{job_id}/cancel", cancel, methods=["POST"]),
    Route("/api/jobs/{namespace}/{job_id}/duplicate", duplicate, methods=["POST"]),
    Route("/api/jobs/{namespace}/{job_id}/labels", put_labels, methods=["PUT"]),
    Route("/api/jobs/{namespace}/{job_id}/expose", put_expose, methods=["PUT"]),
    Route("/api/jobs/{namespace}/{job_id}/logs", logs),
    Route("/api/jobs/{namespace}/{job_id}/metrics", metrics),
]
