"""`/api/buckets`: enough of the Hub's for the real hf_xet to move files both ways."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from hfjobs_magic.local.content import TOKEN_LIFE
from hfjobs_magic.local.context import check_namespace, context, read_json
from hfjobs_magic.local.errors import ApiError, not_found
from hfjobs_magic.local.store import BucketRow, FileRow
from hfjobs_magic.local.views import bucket_view, file_view, new_id
from hfjobs_magic.local.volumes import check_path

if TYPE_CHECKING:
    from starlette.requests import Request

_HASH = re.compile(r"[0-9a-f]{64}\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}\Z")
# Paths of one paths-info request; the Hub's bound.
MAX_PATHS = 2000


def _name(request: Request) -> str:
    return f"{check_namespace(request)}/{request.path_params['name']}"


def _bucket(request: Request) -> BucketRow:
    bucket = context(request).store.bucket(f"{request.path_params['namespace']}/{request.path_params['name']}")
    if bucket is None:
        raise ApiError(404, "Bucket not found", "RepoNotFound")
    return bucket


async def create(request: Request) -> Response:
    """Answer `POST /api/buckets/{namespace}/{name}`."""
    ctx, name = context(request), _name(request)
    if not _NAME.match(request.path_params["name"]):
        raise ApiError(422, f"{request.path_params['name']!r} is not a name of a bucket.")
    body = await read_json(request)
    url = f"{ctx.endpoint}/buckets/{name}"
    if (known := ctx.store.bucket(name)) is not None:
        raise ApiError(409, "You already created this bucket", url=url, id=known.id)
    private = body.get("private", body.get("visibility", "private") != "public")
    now = time.time()
    bucket = BucketRow(new_id(), name, bool(private), now, now)
    ctx.store.add_bucket(bucket)
    return JSONResponse({"url": url, "name": name, "id": bucket.id})


async def list_buckets(request: Request) -> Response:
    """Answer `GET /api/buckets/{namespace}`."""
    store, search = context(request).store, request.query_params.get("search", "")
    found = [bucket for bucket in store.buckets(check_namespace(request)) if search in bucket.name]
    return JSONResponse([bucket_view(bucket, store.files(bucket)) for bucket in found])


async def info(request: Request) -> Response:
    """Answer `GET /api/buckets/{namespace}/{name}`."""
    bucket = _bucket(request)
    return JSONResponse(bucket_view(bucket, context(request).store.files(bucket)))


async def delete(request: Request) -> Response:
    """Answer `DELETE /api/buckets/{namespace}/{name}`."""
    context(request).store.delete_bucket(_bucket(request))
    return Response(status_code=204)


async def settings(request: Request) -> Response:
    """Answer `PUT .../settings`."""
    bucket, body = _bucket(request), await read_json(request)
    private = bool(body.get("private", body.get("visibility", "private") != "public"))
    context(request).store.set_private(bucket, private)
    return JSONResponse({"private": private})


async def tree(request: Request) -> Response:
    """Answer `GET .../tree[/{prefix}]`."""
    bucket = _bucket(request)
    prefix = request.path_params.get("prefix", "").strip("/")
    files = context(request).store.files(bucket, prefix)
    if request.query_params.get("recursive", "").lower() in {"1", "true"}:
        return JSONResponse([file_view(file) for file in files])
    start = len(prefix) + 1 if prefix else 0
    entries: dict[str, dict[str, Any]] = {}
    for file in files:
        head, slash, _ = file.path[start:].partition("/")
        path = file.path[:start] + head
        if slash:
            folder = {"type": "directory", "path": path, "uploadedAt": file_view(file)["uploadedAt"]}
            entries.setdefault(path, folder)
        else:
            entries[path] = file_view(file)
    return JSONResponse(list(entries.values()))


async def paths_info(request: Request) -> Response:
    """Answer `POST .../paths-info`: unknown paths are left out."""
    bucket, body = _bucket(request), await read_json(request)
    paths = body.get("paths") if isinstance(body, dict) else None
    if not isinstance(paths, list) or len(paths) > MAX_PATHS:
        raise ApiError(422, f"paths: a list of at most {MAX_PATHS} paths is expected.")
    store = context(request).store
    found = [store.file(bucket, str(path)) for path in paths]
    return JSONResponse([file_view(file) for file in found if file is not None])


async def batch(request: Request) -> Response:
    """Answer `POST .../batch`: one JSON object a line; what cannot be done is listed, the rest is done."""
    ctx, bucket = context(request), _bucket(request)
    try:
        operations = [json.loads(line) for line in (await request.body()).splitlines() if line.strip()]
    except ValueError as error:
        raise ApiError(400, "The body must have one JSON object a line.") from error
    put, deleted, failed = [], [], []
    adding = [op for op in operations if isinstance(op, dict) and op.get("type") in {"addFile", "copyFile"}]
    hashes = {str(op.get("xetHash")) for op in adding if _HASH.match(str(op.get("xetHash")))}
    sizes = await asyncio.to_thread(ctx.content.ingest, sorted(hashes))
    for op in operations:
        kind, given = (op.get("type"), op.get("path")) if isinstance(op, dict) else (None, None)
        path = given if isinstance(given, str) else ""
        problem = check_path(path)
        if problem is None and kind in {"addFile", "copyFile"}:
            size = sizes.get(str(op.get("xetHash")))
            if size is None:
                problem = "its content was not uploaded"
            else:
                mtime = op.get("mtime")
                kept = int(mtime) if isinstance(mtime, int | float) else None
                put.append(FileRow(path, op["xetHash"], size, kept, op.get("contentType")))
        elif problem is None and kind == "deleteFile":
            deleted.append(path)
        elif problem is None:
            problem = f"unknown operation {kind!r}"
        if problem is not None:
            failed.append({"path": path, "error": problem})
    ctx.store.change_files(bucket, put, deleted)
    done = len(operations) - len(failed)
    answer = {"success": not failed, "processed": len(operations), "succeeded": done, "failed": failed}
    return JSONResponse(answer, 422 if failed and not done else 200)


async def write_token(request: Request) -> Response:
    """Answer `GET .../xet-write-token`: a store of its own for every caller."""
    _bucket(request)
    return _token(request, await asyncio.to_thread(context(request).content.new_upload_store))


async def read_token(request: Request) -> Response:
    """Answer `GET .../xet-read-token`: a store with everything the bucket holds."""
    ctx, bucket = context(request), _bucket(request)
    hashes = [file.hash for file in ctx.store.files(bucket)]
    return _token(request, await asyncio.to_thread(ctx.content.new_download_store, hashes))


def _token(request: Request, address: str) -> Response:
    expires = int(time.time()) + TOKEN_LIFE
    token = context(request).token
    headers = {
        "X-Xet-Cas-Url": address,
        "X-Xet-Token-Expiration": str(expires),
        "X-Xet-Access-Token": token,
    }
    return JSONResponse({"casUrl": address, "exp": expires, "accessToken": token}, headers=headers)


async def resolve(request: Request) -> Response:
    """Answer `HEAD` and `GET /buckets/{namespace}/{name}/resolve/{path}`."""
    ctx, bucket = context(request), _bucket(request)
    file = ctx.store.file(bucket, request.path_params["path"])
    if file is None:
        raise ApiError(404, "Entry not found", "EntryNotFound")
    route = f"{ctx.endpoint}/api/buckets/{quote(bucket.name)}/xet-read-token"
    headers = {
        "X-Xet-Hash": file.hash,
        "X-Linked-Size": str(file.size),
        "ETag": f'"{file.hash}"',
        "X-Linked-Etag": f'"{file.hash}"',
        "Link": f'<{route}>; rel="xet-auth"',
        # Whatever a job wrote, a browser must not run it as a page of this service.
        "Content-Security-Policy": "sandbox",
        "Content-Disposition": "attachment",
    }
    path = ctx.content.path(file.hash)
    if not path.exists():
        raise not_found("The content of this file is gone from the data directory.")
    return FileResponse(path, headers=headers, media_type="application/octet-stream")


_BASE = "/api/buckets/{namespace}/{name}"
ROUTES = [
    Route("/api/buckets/{namespace}", list_buckets),
    Route(_BASE, info),
    Route(_BASE, create, methods=["POST"]),
    Route(_BASE, delete, methods=["DELETE"]),
    Route(f"{_BASE}/settings", settings, methods=["PUT"]),
    Route(f"{_BASE}/tree", tree),
    Route(f"{_BASE}/tree/{{prefix:path}}", tree),
    Route(f"{_BASE}/paths-info", paths_info, methods=["POST"]),
    Route(f"{_BASE}/batch", batch, methods=["POST"]),
    Route(f"{_BASE}/xet-write-token", write_token),
    Route(f"{_BASE}/xet-read-token", read_token),
    Route("/buckets/{namespace}/{name}/resolve/{path:path}", resolve, methods=["GET", "HEAD"]),
]
