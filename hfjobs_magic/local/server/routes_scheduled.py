"""`/api/scheduled-jobs`: create, list, inspect, change, trigger, delete."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hfjobs_magic.local.errors import ApiError, not_found
from hfjobs_magic.local.jobs.cron import check_schedule, find_next_run
from hfjobs_magic.local.server.answers import NAMESPACE, new_id, scheduled_view
from hfjobs_magic.local.server.context import check_namespace, context, read_field, read_json
from hfjobs_magic.local.server.routes_jobs import add_job, check_job, job_answer, wanted_labels
from hfjobs_magic.local.spec import parse_labels, parse_spec
from hfjobs_magic.local.storage.data_dir import write_private
from hfjobs_magic.local.storage.scheduled import ScheduledRow

if TYPE_CHECKING:
    from starlette.requests import Request

    from hfjobs_magic.local.jobs.scheduler import Scheduler
    from hfjobs_magic.local.server.context import Context
    from hfjobs_magic.local.storage.store import JobRow

# The very words of the Hub.
_RUNNING_ALREADY = (
    "Another job is already running at the same time, set `concurrency` to allow multiple instances of scheduled jobs "
    "to run concurrently"
)


def start_job(ctx: Context, row: ScheduledRow) -> JobRow:
    """Start a job of a scheduled one.

    Raises
    ------
    ApiError
        409 when another one runs and that is not allowed; what submission raises.
    """
    initiator = {"type": "scheduled-job", "id": row.id}
    alive = ctx.store.jobs(["RUNNING", "SCHEDULING"])
    if not row.concurrency and any(job.initiator == initiator for job in alive):
        raise ApiError(409, _RUNNING_ALREADY)
    secrets = ctx.directory.scheduled / f"{row.id}.json"
    values = json.loads(secrets.read_text()) if row.spec.secrets else {}
    return add_job(ctx, row.spec, row.labels, values, initiator)


def _scheduler(request: Request) -> Scheduler:
    found: Scheduler = request.app.state.scheduler
    return found


def _find(request: Request) -> ScheduledRow:
    row = context(request).store.scheduled.get(request.path_params["job_id"])
    if row is None or request.path_params["namespace"] != NAMESPACE:
        raise not_found("Scheduled job not found")
    return row


def _answer(request: Request, row: ScheduledRow) -> JSONResponse:
    return JSONResponse(scheduled_view(row, context(request).owner))


def _save(request: Request, row: ScheduledRow) -> JSONResponse:
    context(request).store.scheduled.save(row)
    _scheduler(request).wake()
    return _answer(request, row)


async def create(request: Request) -> Response:
    """Answer `POST /api/scheduled-jobs/{namespace}`."""
    ctx = context(request)
    check_namespace(request)
    body = await read_json(request)
    spec, labels, secrets = parse_spec(read_field(body, "jobSpec"))
    schedule = check_schedule(read_field(body, "schedule"))
    check_job(ctx, spec)
    now = _scheduler(request).now()
    row = ScheduledRow(
        id=new_id(),
        created=time.time(),
        schedule=schedule,
        spec=spec,
        labels=labels,
        next_run=find_next_run(schedule, now),
        suspend=_flag(body, "suspend"),
        concurrency=_flag(body, "concurrency"),
    )
    if secrets:
        write_private(ctx.directory.scheduled / f"{row.id}.json", json.dumps(secrets))
    ctx.store.scheduled.add(row)
    _scheduler(request).wake()
    return _answer(request, row)


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise ApiError(422, f"{name}: true or false is expected.")
    return value


async def list_all(request: Request) -> Response:
    """Answer `GET /api/scheduled-jobs/{namespace}`; the Hub has no pages here."""
    ctx = context(request)
    check_namespace(request)
    wanted = wanted_labels(request)
    rows = [row for row in ctx.store.scheduled.all() if wanted <= row.labels.items()]
    return JSONResponse([scheduled_view(row, ctx.owner) for row in rows])


async def inspect(request: Request) -> Response:
    """Answer `GET /api/scheduled-jobs/{namespace}/{job_id}`."""
    return _answer(request, _find(request))


async def delete(request: Request) -> Response:
    """Answer `DELETE /api/scheduled-jobs/{namespace}/{job_id}`; jobs that it started go on."""
    ctx, row = context(request), _find(request)
    ctx.store.scheduled.delete(row.id)
    (ctx.directory.scheduled / f"{row.id}.json").unlink(missing_ok=True)
    return Response(status_code=204)


async def suspend(request: Request) -> Response:
    """Answer `POST .../suspend`."""
    row = _find(request)
    row.suspend = True
    return _save(request, row)


async def resume(request: Request) -> Response:
    """Answer `POST .../resume`: it goes on with its next time, not with those it missed."""
    row = _find(request)
    if row.suspend:
        row.next_run = find_next_run(check_schedule(row.schedule), _scheduler(request).now())
    row.suspend, row.suspend_reason = False, None
    return _save(request, row)


async def reschedule(request: Request) -> Response:
    """Answer `POST .../schedule`."""
    row = _find(request)
    row.schedule = check_schedule(read_field(await read_json(request), "schedule"))
    row.next_run = find_next_run(row.schedule, _scheduler(request).now())
    return _save(request, row)


async def put_labels(request: Request) -> Response:
    """Answer `PUT .../labels`: replaces all of them; jobs to come have them."""
    labels = parse_labels(read_field(await read_json(request), "labels"))
    row = _find(request)
    row.labels = labels
    return _save(request, row)


async def trigger(request: Request) -> Response:
    """Answer `POST .../run`: start a job now."""
    job = _scheduler(request).trigger(_find(request))
    return job_answer(context(request), job)


ROUTES = [
    Route("/api/scheduled-jobs/{namespace}", list_all),
    Route("/api/scheduled-jobs/{namespace}", create, methods=["POST"]),
    Route("/api/scheduled-jobs/{namespace}/{job_id}", inspect),
    Route("/api/scheduled-jobs/{namespace}/{job_id}", delete, methods=["DELETE"]),
    Route("/api/scheduled-jobs/{namespace}/{job_id}/suspend", suspend, methods=["POST"]),
    Route("/api/scheduled-jobs/{namespace}/{job_id}/resume", resume, methods=["POST"]),
    Route("/api/scheduled-jobs/{namespace}/{job_id}/run", trigger, methods=["POST"]),
    Route("/api/scheduled-jobs/{namespace}/{job_id}/schedule", reschedule, methods=["POST"]),
    Route("/api/scheduled-jobs/{namespace}/{job_id}/labels", put_labels, methods=["PUT"]),
]
