"""`/api/jobs/NAMESPACE/JOB_ID`: submit, inspect, change, cancel and follow a job."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from hfjobs_magic.local import tools
from hfjobs_magic.local.errors import ApiError, NotFoundError
from hfjobs_magic.local.jobs.launch import write_secrets
from hfjobs_magic.local.jobs.recorder import locate_metrics, read_samples
from hfjobs_magic.local.server.answers import NAMESPACE, describe_queue, job_view, new_id
from hfjobs_magic.local.server.context import (
    check_namespace,
    check_volumes,
    find_bucket,
    find_job,
    read_context,
    read_field,
    read_json,
)
from hfjobs_magic.local.server.sse import stream_job, stream_log, stream_metrics
from hfjobs_magic.local.spec import parse_expose, parse_labels, parse_spec
from hfjobs_magic.local.storage.store import JobRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from hfjobs_magic.local.server.context import Context
    from hfjobs_magic.local.spec import JobSpec

SANDBOX_LABEL = "hf-sandbox"
"""What `hf sandbox` marks its jobs with: they serve a client that reaches them through the Hub's proxy only."""

_STREAM_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def answer_job(ctx: Context, job: JobRow | None) -> JSONResponse:
    """Return the response with a job; 404 if there is none."""
    if job is None:
        raise NotFoundError("Job not found")
    return JSONResponse(show_job(ctx, job))


def show_job(ctx: Context, job: JobRow) -> dict[str, Any]:
    """Return a job as clients see it now."""
    now = time.time()
    place = None
    if job.is_waiting:
        place = describe_queue(ctx.store.find_place(job.id), ctx.store.count_started(), ctx.slots)
    return job_view(ctx.faults.delay_end(job, now), ctx.owner, now, place)


async def run_job(request: Request) -> Response:
    """Answer `POST /api/jobs/{namespace}`."""
    ctx = read_context(request)
    check_namespace(request)
    spec, labels, secrets = parse_spec(await read_json(request))
    if SANDBOX_LABEL in labels:
        raise ApiError(422, "The local service has no sandboxes. Use the Hub's (unset HF_ENDPOINT), or run a job here.")
    return answer_job(ctx, add_job(ctx, spec, labels, secrets))


def check_job(ctx: Context, spec: JobSpec) -> None:
    """Refuse a job that could not start.

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
    """Store a job, queue it and return it.

    Raises
    ------
    ApiError
        422 if it could not start.
    """
    check_job(ctx, spec)
    spec = _bind_buckets(ctx, spec)
    job = JobRow(new_id(), time.time(), spec, labels, initiator=initiator)
    write_secrets(ctx.directory.job(job.id), secrets)
    ctx.store.add_job(job)
    ctx.runner.wake()
    return job


def _bind_buckets(ctx: Context, spec: JobSpec) -> JobSpec:
    """Return the job with the ids of its buckets, which may be renamed before it starts or ends."""
    buckets = [find_bucket(ctx, volume) if volume.type == "bucket" else None for volume in spec.volumes]
    volumes = [
        volume if bucket is None else replace(volume, bucket=bucket.id)
        for volume, bucket in zip(spec.volumes, buckets, strict=True)
    ]
    return replace(spec, volumes=volumes)


async def inspect_job(request: Request) -> Response:
    """Answer `GET /api/jobs/{namespace}/{job_id}`."""
    return answer_job(read_context(request), find_job(request))


async def cancel_job(request: Request) -> Response:
    """Answer `POST .../cancel`; the job may take some more seconds to end. A finished job stays as it is."""
    ctx, job = read_context(request), find_job(request)
    await ctx.runner.cancel(job.id)
    return answer_job(ctx, ctx.store.job(job.id))


async def duplicate_job(request: Request) -> Response:
    """Answer `POST .../duplicate`: run the same job again."""
    ctx, job = read_context(request), find_job(request)
    if job.spec.secrets:
        raise ApiError(
            409,
            f"This job had secrets ({', '.join(job.spec.secrets)}), and the local service does not keep their values. "
            "Submit the job again with its secrets.",
        )
    initiator = {"type": "duplicated-job", "id": job.id}
    return answer_job(ctx, add_job(ctx, job.spec, job.labels, {}, initiator))


async def update_job_labels(request: Request) -> Response:
    """Answer `PUT .../labels`: replace all of them."""
    ctx = read_context(request)
    labels = parse_labels(read_field(await read_json(request), "labels"))
    job = find_job(request)
    job.labels = labels
    ctx.store.save_job(job)
    return answer_job(ctx, job)


async def update_job_expose(request: Request) -> Response:
    """Answer `PUT .../expose`: replace all ports."""
    ctx = read_context(request)
    wanted = parse_expose(await read_json(request))
    job = find_job(request)
    job.spec = type(job.spec)(**{**vars(job.spec), "expose": wanted})
    ctx.store.save_job(job)
    return answer_job(ctx, job)


async def fetch_job_logs(request: Request) -> Response:
    """Answer `GET .../logs`, see `sse.stream_log`."""
    ctx, job = read_context(request), find_job(request)
    text = request.query_params.get("tail")
    if text is not None and not text.isdecimal():
        raise ApiError(422, "tail: expected a number of lines.")

    path = ctx.directory.job(job.id) / "log.sse"
    events = stream_log(path, None if text is None else int(text), _watch_end(ctx, job.id), ctx.stopping)
    return StreamingResponse(events, media_type="text/event-stream", headers=_STREAM_HEADERS)


def _watch_end(ctx: Context, job_id: str) -> Callable[[], bool]:
    """Return what tells whether a job has ended."""

    def is_over() -> bool:
        current = ctx.store.job(job_id)
        return current is None or current.is_over

    return is_over


async def fetch_job_events(request: Request) -> Response:
    """Answer `GET .../events`, see `sse.stream_job`."""
    ctx, job = read_context(request), find_job(request)

    def view() -> dict[str, Any] | None:
        current = ctx.store.job(job.id)
        return None if current is None else show_job(ctx, current)

    stream = stream_job(view, _watch_end(ctx, job.id), ctx.stopping)
    return StreamingResponse(stream, media_type="text/event-stream", headers=_STREAM_HEADERS)


async def check_access(request: Request) -> Response:
    """Answer `POST .../auth-check/{perms}`: a caller with the token may do everything."""
    ctx = read_context(request)
    if request.path_params["perms"] not in {"read", "write"}:
        raise NotFoundError("There is no such permission; it is either read or write.")
    if "job_id" in request.path_params:
        find_job(request)
    else:
        check_namespace(request)
    user = {"id": ctx.owner.id, "name": NAMESPACE}
    return JSONResponse({"namespace": user, "user": user})


async def fetch_job_metrics(request: Request) -> Response:
    """Answer `GET .../metrics`, see `sse.stream_metrics`."""
    ctx, job = read_context(request), find_job(request)
    if job.is_over:
        raise ApiError(406, "The job is over, so it has no more metrics.")

    def root() -> int | None:
        current = ctx.store.job(job.id)
        return None if current is None or current.is_over else current.supervisor

    events = stream_metrics(root, job.id[-5:], ctx.stopping)
    return StreamingResponse(events, media_type="text/event-stream", headers=_STREAM_HEADERS)


async def fetch_metrics_history(request: Request) -> Response:
    """Answer `GET .../metrics/history`, which the Hub lacks, see `recorder`."""
    ctx, job = read_context(request), find_job(request)
    return JSONResponse(await asyncio.to_thread(read_samples, locate_metrics(ctx.directory, job.id)))


ROUTES = [
    Route("/api/jobs/{namespace}", run_job, methods=["POST"]),
    Route("/api/jobs/{namespace}/auth-check/{perms}", check_access, methods=["POST"]),
    Route("/api/jobs/{namespace}/{job_id}", inspect_job),
    Route("/api/jobs/{namespace}/{job_id}/cancel", cancel_job, methods=["POST"]),
    Route("/api/jobs/{namespace}/{job_id}/duplicate", duplicate_job, methods=["POST"]),
    Route("/api/jobs/{namespace}/{job_id}/labels", update_job_labels, methods=["PUT"]),
    Route("/api/jobs/{namespace}/{job_id}/expose", update_job_expose, methods=["PUT"]),
    Route("/api/jobs/{namespace}/{job_id}/logs", fetch_job_logs),
    Route("/api/jobs/{namespace}/{job_id}/metrics", fetch_job_metrics),
    Route("/api/jobs/{namespace}/{job_id}/metrics/history", fetch_metrics_history),
    Route("/api/jobs/{namespace}/{job_id}/events", fetch_job_events),
    Route("/api/jobs/{namespace}/{job_id}/auth-check/{perms}", check_access, methods=["POST"]),
]
