"""The service itself: routes, queue and store on one event loop, behind one loopback socket."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import json
import logging
import os
import signal
import socket
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from hfjobs_magic.local import processes, tools
from hfjobs_magic.local.errors import ApiError, LocalServiceError
from hfjobs_magic.local.jobs.queue import Runner, count_slots
from hfjobs_magic.local.jobs.recorder import Recorder
from hfjobs_magic.local.jobs.scheduler import Scheduler
from hfjobs_magic.local.server.answers import NAMESPACE, Owner, new_id
from hfjobs_magic.local.server.context import Context
from hfjobs_magic.local.server.faults import Faults
from hfjobs_magic.local.server.login import PageCookie
from hfjobs_magic.local.server.pruner import Pruner
from hfjobs_magic.local.server.routes_account import ROUTES as ACCOUNT_ROUTES
from hfjobs_magic.local.server.routes_buckets import ROUTES as BUCKET_ROUTES
from hfjobs_magic.local.server.routes_jobs import ROUTES as JOB_ROUTES
from hfjobs_magic.local.server.routes_page import ROUTES as PAGE_ROUTES
from hfjobs_magic.local.server.routes_repositories import ROUTES as REPOSITORY_ROUTES
from hfjobs_magic.local.server.routes_scheduled import ROUTES as SCHEDULED_ROUTES
from hfjobs_magic.local.server.routes_scheduled import start_job
from hfjobs_magic.local.server.routes_xet import ROUTES as XET_ROUTES
from hfjobs_magic.local.server.security import Guard, TooLargeError, error_response
from hfjobs_magic.local.storage.content import Content
from hfjobs_magic.local.storage.data_dir import write_private
from hfjobs_magic.local.storage.lists import Lists
from hfjobs_magic.local.storage.locking import hold_lock
from hfjobs_magic.local.storage.retention import Retention
from hfjobs_magic.local.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

    from hfjobs_magic.local.storage.data_dir import DataDir

log = logging.getLogger(__name__)

_LOCK_WAIT = 2.0
"""Seconds the next service waits for the lock of one that is about to end."""

MAX_HEADERS = 32 << 10
"""Bytes of a request's headers; cookies and tokens take a tenth of it."""

_SHUTDOWN = 2
"""Seconds that streams get to end when the service stops."""


def serve(directory: DataDir, host: str, port: int) -> None:
    """Run the service until SIGINT or SIGTERM, and leave its jobs running.

    Raises
    ------
    LocalServiceError
        If a service is already running on the directory, the port is taken, or a setting is not understood.
    """
    os.umask(0o077)
    directory.create()
    with hold_lock(directory.root / "service.lock", _LOCK_WAIT) as is_ours:
        if not is_ours:
            raise LocalServiceError(
                f"A local service is already running on {directory.root}; "
                "to see it, run: python -m hfjobs_magic.local status"
            )
        with contextlib.closing(_listen(host, port, directory.last_port())) as listener:
            asyncio.run(_run(directory, listener))


async def _run(directory: DataDir, listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    url_host = f"[{host}]" if ":" in host else host
    endpoint, token = f"http://{url_host}:{port}", directory.token()
    directory.remember_port(port)
    tools.install_tools(directory.bin)
    stopping = asyncio.Event()
    retention = Retention.read(directory.config)
    store = Store(directory.database)
    content = Content(directory)
    content.forget(store.content_hashes())
    faults = Faults.from_environment()
    runner = Runner(store, content, directory, faults.read_conditions)
    owner = Owner(store.meta("owner", new_id()))
    cookie = PageCookie(token, port)
    app = make_app(
        Context(
            directory=directory,
            store=store,
            lists=Lists(directory.database),
            retention=retention,
            content=content,
            runner=runner,
            slots=count_slots(),
            owner=owner,
            stopping=stopping,
            endpoint=endpoint,
            token=token,
            cookie=cookie,
            faults=faults,
        )
    )
    names = {f"{name}:{port}" for name in (url_host, "localhost", "127.0.0.1")}
    config = uvicorn.Config(
        Guard(faults.wrap(app), token, frozenset(names), cookie),
        log_level="warning",
        lifespan="on",
        server_header=False,
        date_header=False,
        # A caller must not say who it is, see `peers`.
        proxy_headers=False,
        timeout_graceful_shutdown=_SHUTDOWN,
        timeout_keep_alive=30,
        ws="none",
        # Not httptools, which may be installed: it accepts headers of any size.
        http="h11",
        h11_max_incomplete_event_size=MAX_HEADERS,
    )
    server = _Server(config, stopping)
    state = {
        "endpoint": endpoint,
        "token": token,
        "namespace": NAMESPACE,
        "data_dir": str(directory.root),
        "pid": os.getpid(),
        "installation": [sys.executable, str(Path(__file__).parents[2])],
    }
    announcing = asyncio.create_task(_announce(server, directory, state))
    try:
        # uvicorn sends itself the signal that stopped it once more; the rest of this function must still run.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        await server.serve([listener])
    finally:
        announcing.cancel()
        with contextlib.suppress(FileNotFoundError):
            directory.state.unlink()
        store.close()


async def _announce(server: uvicorn.Server, directory: DataDir, state: dict[str, Any]) -> None:
    """Write down and print where the service is, once it answers."""
    while not server.started:
        await asyncio.sleep(0.005)
    write_private(directory.state, json.dumps({**state, "identity": processes.identify(os.getpid())}))
    sys.stdout.write(json.dumps(state) + "\n")
    sys.stdout.flush()


class _Server(uvicorn.Server):
    """uvicorn that ends its open streams when it is told to stop."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: Any) -> None:
        self._stopping.set()
        super().handle_exit(sig, frame)


def _listen(host: str, port: int, last: int) -> socket.socket:
    """Return a listening socket: on `port`, else on the last one, else on a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in [port] if port else [last, 0] if last else [0]:
        # asyncio sets TCP_NODELAY only if the protocol is named; otherwise small packets are sent 40 ms late.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen(128)
        except OSError as error:
            listener.close()
            if candidate == 0 or (port and error.errno != errno.EADDRINUSE):
                raise LocalServiceError(f"Cannot listen on {host}:{candidate}: {error.strerror}.") from error
        else:
            return listener
    raise LocalServiceError(f"Port {port} is taken by another program. Choose another --port, or leave the option out.")


def make_app(ctx: Context) -> Starlette:
    """Return the application without the guard in front of it."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(ctx.runner.run(), name="queue"),
            asyncio.create_task(app.state.scheduler.run(), name="scheduler"),
            asyncio.create_task(Recorder(ctx.store, ctx.directory).run(), name="recorder"),
            asyncio.create_task(Pruner(ctx.store, ctx.lists, ctx.directory, ctx.retention).run(), name="pruner"),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            await ctx.runner.close()

    handlers: dict[Any, Any] = {
        ApiError: _answer_api_error,
        HTTPException: _answer_http_error,
        TooLargeError: _answer_too_large,
        OSError: _answer_disk_error,
        sqlite3.OperationalError: _answer_disk_error,
        Exception: _answer_crash,
    }
    routes = [*ACCOUNT_ROUTES, *JOB_ROUTES, *SCHEDULED_ROUTES, *BUCKET_ROUTES, *XET_ROUTES, *PAGE_ROUTES]
    routes += REPOSITORY_ROUTES
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)
    app.state.context = ctx
    app.state.scheduler = Scheduler(ctx.store.scheduled, functools.partial(start_job, ctx))
    return app


async def _answer_api_error(_: Request, error: ApiError) -> Response:
    return error_response(error.status, error.message, error.code, **error.extra)


async def _answer_http_error(_: Request, error: HTTPException) -> Response:
    text = "Sorry, we can't find the page you are looking for." if error.status_code == 404 else error.detail
    return error_response(error.status_code, text)


async def _answer_too_large(_: Request, __: TooLargeError) -> Response:
    return error_response(413, "The body is too large.")


async def _answer_disk_error(request: Request, error: OSError | sqlite3.OperationalError) -> Response:
    is_full = getattr(error, "errno", None) in {errno.ENOSPC, errno.EDQUOT} or "disk is full" in str(error)
    if not is_full:
        log.error("%s failed", request.url.path, exc_info=error)
        return await _answer_crash(request, error)
    # hf_xet would ask for minutes whether there is room after all, where it is told 507.
    status = 413 if request.url.path.startswith("/xet/") else 507
    return error_response(
        status, "The disk that holds the local service's data is full. Free some space, then try again."
    )


async def _answer_crash(_: Request, __: Exception) -> Response:
    return error_response(500, "The local service failed; its log (service.log in its data directory) says why.")
