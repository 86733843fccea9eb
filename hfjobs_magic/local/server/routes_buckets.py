"""`/api/buckets`, as far as `HfApi` and `hf buckets` call it; hf_xet itself moves the contents."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from hfjobs_magic.local.errors import ApiError, NotFoundError
from hfjobs_magic.local.jobs.volumes import check_path
from hfjobs_magic.local.server.answers import NAMESPACE, bucket_view, file_view, new_id
from hfjobs_magic.local.server.bucket_changes import find_hashes, parse_change, parse_lines
from hfjobs_magic.local.server.bucket_tree import TreeQuery
from hfjobs_magic.local.server.context import check_namespace, read_context, read_json
from hfjobs_magic.local.server.routes_xet import locate_store
from hfjobs_magic.local.storage.content import TOKEN_LIFE
from hfjobs_magic.local.storage.store import BucketRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

MAX_NAME = 96
"""Characters of a bucket's name; the Hub's limit for repositories."""

_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{MAX_NAME - 1}}}\Z")

MAX_PATHS = 2000
"""Paths of one paths-info request; the Hub's limit."""

_PARTS = frozenset({"batch", "paths-info"})
"""What follows a bucket's id in a path and would be read as its name where the namespace is missing."""


def _read_namespace(request: Request) -> str:
    """Return the namespace of the path; clients write `me` if they were given none."""
    return NAMESPACE if request.path_params["namespace"] == "me" else check_namespace(request)


async def refuse_implicit(request: Request) -> Response:
    """Answer whatever is asked of a bucket without its namespace: 404, as on the Hub."""
    name = request.path_params["namespace"]
    message = f"Bucket not found: {name!r} has no namespace; did you mean {NAMESPACE}/{name}?"
    raise NotFoundError(message, "RepoNotFound")


def _find_bucket(request: Request) -> BucketRow:
    namespace, name = request.path_params["namespace"], request.path_params["name"]
    bucket = read_context(request).store.bucket(f"{NAMESPACE if namespace == 'me' else namespace}/{name}")
    if bucket is None:
        raise NotFoundError("Bucket not found", "RepoNotFound")
    return bucket


async def _look_at_mounts(request: Request, bucket: BucketRow, paths: Sequence[str] | None = None) -> None:
    """Take into the bucket what running jobs have written to it and closed; only those files, if there are `paths`."""
    await read_context(request).runner.mounts.look(bucket, paths)


def _read_privacy(body: Any, *, default: bool | None) -> bool:
    """Return whether a body asks for a private bucket; 2.x sends `visibility`, 1.x and the settings send `private`."""
    if not isinstance(body, dict):
        raise ApiError(422, "The body must be a JSON object.")
    if isinstance(private := body.get("private"), bool):
        return private
    if (visibility := body.get("visibility")) in {"private", "public"}:
        return bool(visibility == "private")
    if default is None or visibility is not None or private is not None:
        raise ApiError(422, "private: expected true or false.")
    return default


async def create_bucket(request: Request) -> Response:
    """Answer `POST /api/buckets/{namespace}/{name}`."""
    if request.path_params["namespace"] not in {NAMESPACE, "me"} and request.path_params["name"] in _PARTS:
        return await refuse_implicit(request)
    ctx, name = read_context(request), f"{_read_namespace(request)}/{request.path_params['name']}"
    _check_name(request.path_params["name"])
    private = _read_privacy(await read_json(request), default=False)
    url = f"{ctx.endpoint}/buckets/{name}"
    if (existing := ctx.store.bucket(name)) is not None:
        raise ApiError(409, "You already created this bucket", url=url, id=existing.id)
    now = time.time()
    bucket = BucketRow(new_id(), name, private, now, now)
    ctx.store.add_bucket(bucket)
    return JSONResponse({"url": url, "name": name, "id": bucket.id})


def _check_name(name: str) -> None:
    if not _NAME.match(name):
        raise ApiError(
            422,
            f"{name!r} is not a valid bucket name: use at most {MAX_NAME} letters, digits, '.', '-' and '_'.",
        )


async def move_bucket(request: Request) -> Response:
    """Answer `POST /api/repos/move`: rename a bucket."""
    ctx, body = read_context(request), await read_json(request)
    old, new = (str(body.get(field, "")) for field in ("fromRepo", "toRepo")) if isinstance(body, dict) else ("", "")
    bucket = ctx.store.bucket(old) if "/" in old and body.get("type") == "bucket" else None
    if bucket is None:
        raise NotFoundError(
            f"There is no bucket {old!r}, and the local service has no other repositories.", "RepoNotFound"
        )
    namespace, _, name = new.partition("/")
    if namespace != NAMESPACE:
        raise ApiError(403, f"The local service has one namespace, {NAMESPACE!r}; {namespace!r} is not it.")
    _check_name(name)
    if ctx.store.bucket(new) is not None:
        raise ApiError(409, f"The bucket {new!r} already exists.")
    ctx.store.rename_bucket(bucket, new)
    return JSONResponse({"url": f"{ctx.endpoint}/buckets/{new}"})


async def list_buckets(request: Request) -> Response:
    """Answer `GET /api/buckets/{namespace}`."""
    if request.path_params["namespace"] not in {NAMESPACE, "me"}:
        return await refuse_implicit(request)
    store, search, namespace = read_context(request).store, request.query_params.get("search", ""), NAMESPACE
    for bucket in store.buckets(namespace):
        if search in bucket.name:
            await _look_at_mounts(request, bucket)
    return JSONResponse([bucket_view(bucket) for bucket in store.buckets(namespace) if search in bucket.name])


async def bucket_info(request: Request) -> Response:
    """Answer `GET /api/buckets/{namespace}/{name}`."""
    await _look_at_mounts(request, _find_bucket(request))
    return JSONResponse(bucket_view(_find_bucket(request)))


async def delete_bucket(request: Request) -> Response:
    """Answer `DELETE /api/buckets/{namespace}/{name}`."""
    read_context(request).store.delete_bucket(_find_bucket(request))
    return Response(status_code=204)


async def update_bucket_settings(request: Request) -> Response:
    """Answer `PUT .../settings`."""
    bucket, body = _find_bucket(request), await read_json(request)
    private = _read_privacy(body, default=None)
    read_context(request).store.set_private(bucket, private)
    return JSONResponse({"private": private})


async def list_bucket_tree(request: Request) -> Response:
    """Answer `GET .../tree[/{prefix}]`, a page at a time; see `bucket_tree`."""
    wanted = TreeQuery.parse(request.path_params.get("prefix", ""), request.query_params)
    bucket = _find_bucket(request)
    if wanted.cursor is None:
        # Later pages continue what the first one began.
        await _look_at_mounts(request, bucket)
    entries, cursor = await asyncio.to_thread(wanted.read_page, read_context(request).lists, bucket)
    following = request.url.include_query_params(cursor=cursor)
    headers = {"Link": f'<{following}>; rel="next"'} if cursor is not None else {}
    return JSONResponse(entries, headers=headers)


async def get_paths_info(request: Request) -> Response:
    """Answer `POST .../paths-info`: unknown paths are left out."""
    bucket, body = _find_bucket(request), await read_json(request)
    paths = body.get("paths") if isinstance(body, dict) else None
    paths = [paths] if isinstance(paths, str) else paths
    if not isinstance(paths, list) or len(paths) > MAX_PATHS or not all(isinstance(path, str) for path in paths):
        raise ApiError(422, f"paths: expected a list of at most {MAX_PATHS} paths.")
    paths = [path for path in paths if check_path(path) is None]
    await _look_at_mounts(request, bucket, paths)
    store = read_context(request).store
    found = [store.file(bucket, path) for path in paths]
    return JSONResponse([file_view(file) for file in found if file is not None])


async def change_files(request: Request) -> Response:
    """Answer `POST .../batch`: one JSON object per line; what cannot be done is reported, the rest is done."""
    bucket = _find_bucket(request)
    # In a thread: the body may have many megabytes.
    operations = await asyncio.to_thread(parse_lines, await request.body())
    with read_context(request).content.use():
        return await _apply_changes(request, bucket, operations)


async def _apply_changes(request: Request, bucket: BucketRow, operations: list[Any]) -> Response:
    ctx = read_context(request)
    sizes = await asyncio.to_thread(ctx.content.ingest, find_hashes(operations))
    put, deleted, failed = [], [], []
    for op in operations:
        given = op.get("path") if isinstance(op, dict) else None
        path = given if isinstance(given, str) else ""
        try:
            change = parse_change(ctx, op, path, sizes)
        except ValueError as error:
            failed.append({"path": path.encode("utf-8", "replace").decode(), "error": str(error)})
        else:
            put.append(change) if change is not None else deleted.append(path)
    # First what jobs wrote before: what came last counts.
    await _look_at_mounts(request, bucket, [*(file.path for file in put), *deleted])
    if ctx.store.bucket_by_id(bucket.id) is None:
        raise NotFoundError("Bucket not found", "RepoNotFound")
    ctx.store.change_files(bucket, put, deleted)
    done = len(operations) - len(failed)
    answer = {"success": not failed, "processed": len(operations), "succeeded": done, "failed": failed}
    return JSONResponse(answer, 422 if failed and not done else 200)


async def make_write_token(request: Request) -> Response:
    """Answer `GET .../xet-write-token`: every caller gets a store of its own."""
    _find_bucket(request)
    return _answer_token(request, await asyncio.to_thread(read_context(request).content.make_store))


async def make_read_token(request: Request) -> Response:
    """Answer `GET .../xet-read-token`."""
    _find_bucket(request)
    return _answer_token(request, "read")


def _answer_token(request: Request, store: str) -> Response:
    expires = int(time.time()) + TOKEN_LIFE
    token = read_context(request).token
    address = locate_store(read_context(request), store)
    headers = {
        "X-Xet-Cas-Url": address,
        "X-Xet-Token-Expiration": str(expires),
        "X-Xet-Access-Token": token,
    }
    return JSONResponse({"casUrl": address, "exp": expires, "accessToken": token}, headers=headers)


async def download_file(request: Request) -> Response:
    """Answer `HEAD` and `GET /buckets/{namespace}/{name}/resolve/{path}`."""
    ctx, bucket, name = read_context(request), _find_bucket(request), request.path_params["path"]
    if check_path(name) is None:
        await _look_at_mounts(request, bucket, [name])
    file = ctx.store.file(bucket, name)
    if file is None:
        raise NotFoundError("Entry not found", "EntryNotFound")
    route = f"{ctx.endpoint}/api/buckets/{quote(bucket.name)}/xet-read-token"
    headers = {
        "X-Xet-Hash": file.hash,
        "X-Linked-Size": str(file.size),
        "ETag": f'"{file.hash}"',
        "X-Linked-Etag": f'"{file.hash}"',
        "Link": f'<{route}>; rel="xet-auth"',
        # A browser must not run as a page of this service whatever a job wrote.
        "Content-Security-Policy": "sandbox",
        "Content-Disposition": "attachment",
    }
    path = ctx.content.path(file.hash)
    if not path.exists():
        raise NotFoundError("The contents of this file are missing from the data directory.")
    return FileResponse(path, headers=headers, media_type="application/octet-stream")


_BASE = "/api/buckets/{namespace}/{name}"
ROUTES = [
    Route("/api/buckets/{namespace}", list_buckets),
    Route("/api/buckets/{namespace}", refuse_implicit, methods=["POST", "PUT", "PATCH", "DELETE"]),
    Route("/api/repos/move", move_bucket, methods=["POST"]),
    Route(_BASE, bucket_info),
    Route(_BASE, create_bucket, methods=["POST"]),
    Route(_BASE, delete_bucket, methods=["DELETE"]),
    Route(_BASE, refuse_implicit, methods=["PUT", "PATCH"]),
    Route(f"{_BASE}/settings", update_bucket_settings, methods=["PUT"]),
    Route(f"{_BASE}/tree", list_bucket_tree),
    Route(f"{_BASE}/tree/{{prefix:path}}", list_bucket_tree),
    Route(f"{_BASE}/paths-info", get_paths_info, methods=["POST"]),
    Route(f"{_BASE}/batch", change_files, methods=["POST"]),
    Route(f"{_BASE}/xet-write-token", make_write_token),
    Route(f"{_BASE}/xet-read-token", make_read_token),
    Route("/buckets/{namespace}/{name}/resolve/{path:path}", download_file, methods=["GET", "HEAD"]),
    # Last: a bucket may be called tree.
    Route("/api/buckets/{namespace}/tree/{prefix:path}", refuse_implicit),
]
