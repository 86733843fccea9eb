"""What the routes share: the running service, and how they read a request."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hfjobs_magic.local.errors import ApiError, NotFoundError
from hfjobs_magic.local.jobs.mirror import Mirror
from hfjobs_magic.local.server.answers import NAMESPACE, Owner
from hfjobs_magic.local.server.faults import Faults
from hfjobs_magic.local.server.login import Codes, PageCookie

if TYPE_CHECKING:
    import asyncio

    from starlette.requests import Request

    from hfjobs_magic.local.jobs.queue import Runner
    from hfjobs_magic.local.spec import JobSpec, VolumeSpec
    from hfjobs_magic.local.storage.content import Content
    from hfjobs_magic.local.storage.data_dir import DataDir
    from hfjobs_magic.local.storage.lists import Lists
    from hfjobs_magic.local.storage.retention import Retention
    from hfjobs_magic.local.storage.store import BucketRow, JobRow, Store


_LABEL = re.compile(r"[a-zA-Z0-9._-]+=[a-zA-Z0-9._-]*\Z")


@dataclass(frozen=True)
class Context:
    """One running service."""

    directory: DataDir
    """Its files."""
    store: Store
    """Jobs and buckets."""
    lists: Lists
    """Lists and counts of the jobs, for threads."""
    retention: Retention
    """Which jobs are kept."""
    content: Content
    """File contents."""
    runner: Runner
    """The queue."""
    slots: int
    """Jobs that run at once."""
    owner: Owner
    """The user."""
    stopping: asyncio.Event
    """Set when the service is about to stop, so that streams end."""
    endpoint: str
    """Its own base URL."""
    token: str
    """What callers must send."""
    cookie: PageCookie
    """What the browser of a caller with the token gets."""
    codes: Codes = field(default_factory=Codes)
    """One-time codes, with which a browser gets the cookie."""
    faults: Faults = field(default_factory=Faults)
    """What goes wrong on purpose; nothing, except in tests."""


def read_context(request: Request) -> Context:
    """Return the service that a request came to."""
    ctx: Context = request.app.state.context
    return ctx


def check_namespace(request: Request) -> str:
    """Return the namespace of the path.

    Raises
    ------
    ApiError
        403, for every namespace but ours.
    """
    name = str(request.path_params["namespace"])
    if name != NAMESPACE:
        raise ApiError(403, f"The local service has one namespace, {NAMESPACE!r}; {name!r} is not it.")
    return name


def find_job(request: Request) -> JobRow:
    """Return the job of the path.

    Raises
    ------
    ApiError
        404, which huggingface_hub turns into JobNotFoundError.
    """
    job = read_context(request).store.job(request.path_params["job_id"])
    if job is None or request.path_params["namespace"] != NAMESPACE:
        raise NotFoundError("Job not found")
    return job


def check_volumes(ctx: Context, spec: JobSpec) -> None:
    """Refuse a job that mounts what does not exist here.

    Raises
    ------
    ApiError
        422, with what to do about it.
    """
    for volume in spec.volumes:
        if volume.type != "bucket":
            Mirror.of(ctx.directory).find(volume)
        elif (bucket := find_bucket(ctx, volume)) is None:
            raise ApiError(422, f"volumes: there is no bucket {volume.source!r}; create it first.")
        elif ctx.store.file(bucket, volume.path) is not None:
            raise ApiError(422, f"volumes: {volume.path!r} is a file of the bucket {bucket.name}, not a folder.")


def find_bucket(ctx: Context, volume: VolumeSpec) -> BucketRow | None:
    """Return the bucket of a volume: the one it was when it was submitted, which may have another name by now."""
    found = ctx.store.bucket_by_id(volume.bucket) if volume.bucket else None
    return found or ctx.store.bucket(volume.source)


def read_labels(request: Request) -> frozenset[str]:
    """Return the labels that a query asks for, as 'key=value'; a job must have all of them."""
    wanted = request.query_params.getlist("label")
    for label in wanted:
        if not _LABEL.match(label):
            raise ApiError(422, f"label: {label!r} does not have the form 'key=value'.")
    return frozenset(wanted)


async def read_json(request: Request) -> Any:
    """Return the body as JSON."""
    body = await request.body()
    try:
        value = json.loads(body or b"{}", parse_float=_parse_number, parse_constant=_refuse_constant)
        # Escapes can name lone surrogates, which no file, database or process can hold.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "The body is not JSON.") from error
    return value


def _parse_number(text: str) -> float:
    """Return 2 for 2.0, as JavaScript does."""
    number = float(text)
    return int(number) if number.is_integer() else number


def _refuse_constant(text: str) -> float:
    raise ValueError(text)


def read_field(body: Any, name: str) -> Any:
    """Return a field that a body must have."""
    if not isinstance(body, dict) or name not in body:
        raise ApiError(422, f"{name}: this field is missing.")
    return body[name]
