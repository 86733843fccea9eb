"""`/api/scheduled-jobs`: create, list, inspect, change, trigger, delete."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hfjobs_magic.local.errors import ApiError, NotFoundError
from hfjobs_magic.local.jobs.cron import check_schedule, find_next_run
from hfjobs_magic.local.server.answers import NAMESPACE, new_id, scheduled_view
from hfjobs_magic.local.server.context import check_namespace, read_context, read_field, read_json, read_labels
from hfjobs_magic.local.server.routes_jobs import add_job, answer_job, check_job
from hfjobs_magic.local.spec import parse_labels, parse_spec
from hfjobs_magic.local.storage.data_dir import write_private
from hfjobs_magic.local.storage.scheduled import ScheduledRow

if TYPE_CHECKING:
    from starlette.requests import Request

    from hfjobs_magic.local.jobs.scheduler import Scheduler
    from hfjobs_magic.local.server.context import Context
    from hfjobs_magic.local.storage.store import JobRow

_RUNNING_ALREADY = (
    "Another job is already running at the same time, set `concurrency` to allow multiple instances of scheduled jobs "
    "to run concurrently"
)
"""The Hub's own words."""


def start_job(ctx: Context, row: ScheduledRow) -> JobRow:
    """Start a job of a scheduled one.

    Raises
    ------
    ApiError
        409 if another one is running and that is not allowed; what submission raises.
    """
    initiator = {"type": "scheduled-job", "id": row.id}
    if not row.concurrency and ctx.store.has_open_job(initiator):
        raise ApiError(409, _RUNNING_ALREADY)
    secrets = ctx.directory.scheduled / f"{row.id}.json"
    values = json.loads(secrets.read_text()) if row.spec.secrets else {}
    return add_job(ctx, row.spec, row.labels, values, initiator)


def _read_scheduler(request: Request) -> Scheduler:
    scheduler: Scheduler = request.app.state.scheduler
    return scheduler


def _find(request: Request) -> ScheduledRow:
    row = read_context(request).store.scheduled.get(request.path_params["job_id"])
    if row is None or request.path_params["namespace"] != NAMESPACE:
        raise NotFoundError("Scheduled job not found")
    return row


def _answer(request: Request, row: ScheduledRow) -> JSONResponse:
    return JSONResponse(scheduled_view(row, read_context(request).owner))


def _save(request: Request, row: ScheduledRow) -> JSONResponse:
    read_context(request).store.scheduled.save(row)
    _read_scheduler(request).wake()
    return _answer(request, row)


async def create_scheduled_job(request: Request) -> Response:
    """Answer `POST /api/scheduled-jobs/{namespace}`."""
    ctx = read_context(request)
    check_namespace(request)
    body = await read_json(request)
    spec, labels, secrets = parse_spec(read_field(body, "jobSpec"))
    schedule = check_schedule(read_field(body, "schedule"))
    check_job(ctx, spec)
    now = _read_scheduler(request).now()
    row = ScheduledRow(
        id=new_id(),
        created=time.time(),
        schedule=schedule,
        spec=spec,
        labels=labels,
        next_run=find_next_run(schedule, now),
        suspend=_read_flag(body, "suspend"),
        concurrency=_read_flag(body, "concurrency"),
    )
    if secrets:
        write_private(ctx.directory.scheduled / f"{row.id}.json", json.dumps(secrets))
    ctx.store.scheduled.add(row)
    _read_scheduler(request).wake()
    return _answer(request, row)


def _read_flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise ApiError(422, f"{name}: expected true or false.")
    return value


async def list_scheduled_jobs(request: Request) -> Response:
    """Answer `GET /api/scheduled-jobs/{namespace}`; it has no pages on the Hub either."""
    ctx = read_context(request)
    check_namespace(request)
    wanted = read_labels(request)
    rows = [
        row for row in ctx.store.scheduled.all() if wanted <= {f"{key}={value}" for key, value in row.labels.items()}
    ]
    return JSONResponse([scheduled_view(row, ctx.owner) for row in rows])


async def inspect_scheduled_job(request: Request) -> Response:
    """Answer `GET /api/scheduled-jobs/{namespace}/{job_id}`."""
    return _answer(request, _find(request))


async def delete_scheduled_job(request: Request) -> Response:
    """Answer `DELETE /api/scheduled-jobs/{namespace}/{job_id}`; its jobs keep running."""
    ctx, row = read_context(request), _find(request)
    ctx.store.scheduled.delete(row.id)
    (ctx.directory.scheduled / f"{row.id}.json").unlink(missing_ok=True)
    return Response(status_code=204)


async def suspend_scheduled_job(request: Request) -> Response:
    """Answer `POST .../suspend`."""
    row = _find(request)
    row.suspend = True
    return _save(request, row)


async def resume_scheduled_job(request: Request) -> Response:
    """Answer `POST .../resume`: continue with the next time, not with those it missed."""
    row = _find(request)
    if row.suspend:
        row.next_run = find_next_run(check_schedule(row.schedule), _read_scheduler(request).now())
    row.suspend, row.suspend_reason = False, None
    return _save(request, row)


async def update_schedule(request: Request) -> Response:
    """Answer `POST .../schedule`."""
    row = _find(request)
    row.schedule = check_schedule(read_field(await read_json(request), "schedule"))
    row.next_run = find_next_run(row.schedule, _read_scheduler(request).now())
    return _save(request, row)


async def update_scheduled_job_labels(request: Request) -> Response:
    """Answer `PUT .../labels`: replace all of them, for future jobs."""
    labels = parse_labels(read_field(await read_json(request), "labels"))
    row = _find(request)
    row.labels = labels
    return _save(request, row)


async def trigger_scheduled_job(request: Request) -> Response:
    """Answer `POST .../run`: start a job now."""
    job = _read_scheduler(request).trigger(_find(request))
    return answer_job(read_context(request), job)


ROUTES = [
    Route("/api/scheduled-jobs/{namespace}", list_scheduled_jobs),
    Route("/api/scheduled-jobs/{namespace}", create_scheduled_job, methods=["POST"]),
    Route("/api/scheduled-jobs/{namespace}/{job_id}", inspect_scheduled_job),
    Route("/api/scheduled-jobs/{namespace}/{job_id}", delete_scheduled_job, methods=["DELETE"]),
    Route("/api/scheduled-jobs/{namespace}/{job_id}/suspend", suspend_scheduled_job, methods=["POST"]),
    Route("/api/scheduled-jobs/{namespace}/{job_id}/resume", resume_scheduled_job, methods=["POST"]),
    Route("/api/scheduled-jobs/{namespace}/{job_id}/run", trigger_scheduled_job, methods=["POST"]),
    Route("/api/scheduled-jobs/{namespace}/{job_id}/schedule", update_schedule, methods=["POST"]),
    Route("/api/scheduled-jobs/{namespace}/{job_id}/labels", update_scheduled_job_labels, methods=["PUT"]),
]
