"""`/api/buckets`: the Hub's, as far as `HfApi` and `hf buckets` call it; the real hf_xet moves the contents."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from hfjobs_magic.local.errors import ApiError, not_found
from hfjobs_magic.local.jobs.volumes import check_path
from hfjobs_magic.local.server.answers import NAMESPACE, bucket_view, file_view, new_id
from hfjobs_magic.local.server.bucket_tree import Listing
from hfjobs_magic.local.server.context import check_namespace, context, read_json
from hfjobs_magic.local.storage.content import TOKEN_LIFE
from hfjobs_magic.local.storage.store import BucketRow, FileRow

if TYPE_CHECKING:
    from starlette.requests import Request

    from hfjobs_magic.local.server.context import Context

_HASH = re.compile(r"[0-9a-f]{64}\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}\Z")
# Characters of a bucket's name; the Hub's bound for repositories.
MAX_NAME = 96
# Milliseconds since 1970; a time that far away is none.
MAX_TIME = 1 << 46
# Paths of one paths-info request; the Hub's bound.
MAX_PATHS = 2000


def _namespace(request: Request) -> str:
    """Return the namespace of the path; clients write `me` where they were given none."""
    return NAMESPACE if request.path_params["namespace"] == "me" else check_namespace(request)


def _bucket(request: Request) -> BucketRow:
    namespace, name = request.path_params["namespace"], request.path_params["name"]
    bucket = context(request).store.bucket(f"{NAMESPACE if namespace == 'me' else namespace}/{name}")
    if bucket is None:
        raise ApiError(404, "Bucket not found", "RepoNotFound")
    return bucket


def _visibility(body: Any, *, default: bool | None) -> bool:
    """Return whether a body asks for privacy: 2.x says it by `visibility`, 1.x and the settings by `private`."""
    if not isinstance(body, dict):
        raise ApiError(422, "The body must be a JSON object.")
    if isinstance(private := body.get("private"), bool):
        return private
    if (visibility := body.get("visibility")) in {"private", "public"}:
        return bool(visibility == "private")
    if default is None or visibility is not None or private is not None:
        raise ApiError(422, "private: true or false is expected.")
    return default


async def create(request: Request) -> Response:
    """Answer `POST /api/buckets/{namespace}/{name}`."""
    ctx, name = context(request), f"{_namespace(request)}/{request.path_params['name']}"
    _check_name(request.path_params["name"])
    private = _visibility(await read_json(request), default=True)
    url = f"{ctx.endpoint}/buckets/{name}"
    if (known := ctx.store.bucket(name)) is not None:
        raise ApiError(409, "You already created this bucket", url=url, id=known.id)
    now = time.time()
    bucket = BucketRow(new_id(), name, private, now, now)
    ctx.store.add_bucket(bucket)
    return JSONResponse({"url": url, "name": name, "id": bucket.id})


def _check_name(name: str) -> None:
    if not _NAME.match(name):
        raise ApiError(
            422,
            f"{name!r} is not a name of a bucket: letters, digits, '.', '-' and '_', at most {MAX_NAME} characters.",
        )


async def move(request: Request) -> Response:
    """Answer `POST /api/repos/move`: a bucket gets another name."""
    ctx, body = context(request), await read_json(request)
    old, new = (str(body.get(field, "")) for field in ("fromRepo", "toRepo")) if isinstance(body, dict) else ("", "")
    bucket = ctx.store.bucket(old) if "/" in old and body.get("type") == "bucket" else None
    if bucket is None:
        raise ApiError(404, f"There is no bucket {old!r} here, and the local service has no other repositories.")
    namespace, _, name = new.partition("/")
    if namespace != NAMESPACE:
        raise ApiError(403, f"The local service has one namespace, {NAMESPACE!r}; {namespace!r} is not it.")
    _check_name(name)
    if ctx.store.bucket(new) is not None:
        raise ApiError(409, f"There is a bucket {new!r} already.")
    ctx.store.rename_bucket(bucket, new)
    return JSONResponse({"url": f"{ctx.endpoint}/buckets/{new}"})


async def list_buckets(request: Request) -> Response:
    """Answer `GET /api/buckets/{namespace}`."""
    store, search = context(request).store, request.query_params.get("search", "")
    found = [bucket for bucket in store.buckets(_namespace(request)) if search in bucket.name]
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
    private = _visibility(body, default=None)
    context(request).store.set_private(bucket, private)
    return JSONResponse({"private": private})


async def tree(request: Request) -> Response:
    """Answer `GET .../tree[/{prefix}]`, a page at a time; see `listing`."""
    wanted = Listing.parse(request.path_params.get("prefix", ""), request.query_params)
    entries, cursor = wanted.page(context(request).store, _bucket(request))
    following = request.url.include_query_params(cursor=cursor)
    headers = {"Link": f'<{following}>; rel="next"'} if cursor is not None else {}
    return JSONResponse(entries, headers=headers)


async def paths_info(request: Request) -> Response:
    """Answer `POST .../paths-info`: unknown paths are left out."""
    bucket, body = _bucket(request), await read_json(request)
    paths = body.get("paths") if isinstance(body, dict) else None
    paths = [paths] if isinstance(paths, str) else paths
    if not isinstance(paths, list) or len(paths) > MAX_PATHS or not all(isinstance(path, str) for path in paths):
        raise ApiError(422, f"paths: a list of at most {MAX_PATHS} paths is expected.")
    store = context(request).store
    found = [store.file(bucket, path) for path in paths if check_path(path) is None]
    return JSONResponse([file_view(file) for file in found if file is not None])


async def batch(request: Request) -> Response:
    """Answer `POST .../batch`: one JSON object a line; what cannot be done is listed, the rest is done."""
    ctx, bucket = context(request), _bucket(request)
    try:
        operations = [json.loads(line) for line in (await request.body()).splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "The body must have one JSON object a line.") from error
    hashes = {str(op.get("xetHash")) for op in operations if isinstance(op, dict)}
    sizes = await asyncio.to_thread(ctx.content.ingest, sorted(filter(_HASH.match, hashes)))
    put, deleted, failed = [], [], []
    for op in operations:
        given = op.get("path") if isinstance(op, dict) else None
        path = given if isinstance(given, str) else ""
        try:
            change = _change(ctx, op, path, sizes)
        except ValueError as error:
            failed.append({"path": path.encode("utf-8", "replace").decode(), "error": str(error)})
        else:
            put.append(change) if change is not None else deleted.append(path)
    ctx.store.change_files(bucket, put, deleted)
    done = len(operations) - len(failed)
    answer = {"success": not failed, "processed": len(operations), "succeeded": done, "failed": failed}
    return JSONResponse(answer, 422 if failed and not done else 200)


def _change(ctx: Context, operation: Any, path: str, sizes: dict[str, int]) -> FileRow | None:
    """Return the file that an operation puts, or None when it deletes one.

    Raises
    ------
    ValueError
        With what is wrong about it.
    """
    if (problem := check_path(path)) is not None:
        raise ValueError(problem)
    kind, xet_hash = operation.get("type"), str(operation.get("xetHash"))
    if kind == "deleteFile":
        return None
    if kind not in {"addFile", "copyFile"}:
        raise ValueError(f"unknown operation {kind!r}")
    if xet_hash not in sizes:
        raise ValueError("its content was not uploaded")
    if kind == "copyFile":
        _check_source(ctx, operation, xet_hash)
    mtime, content_type = operation.get("mtime"), operation.get("contentType")
    return FileRow(
        path,
        xet_hash,
        sizes[xet_hash],
        int(mtime) if isinstance(mtime, int | float) and abs(mtime) < MAX_TIME else None,
        content_type[:MAX_NAME] if isinstance(content_type, str) else None,
    )


def _check_source(ctx: Context, operation: dict[str, Any], xet_hash: str) -> None:
    kind, source = operation.get("sourceRepoType"), str(operation.get("sourceRepoId"))
    if kind != "bucket":
        raise ValueError(f"the local service has no {kind} repositories to copy from")
    bucket = ctx.store.bucket(source)
    if bucket is None or not ctx.store.has_content(bucket, xet_hash):
        raise ValueError(f"there is no such file in the bucket {source!r}")


async def write_token(request: Request) -> Response:
    """Answer `GET .../xet-write-token`: a store of its own for every caller."""
    _bucket(request)
    return _token(request, await asyncio.to_thread(context(request).content.make_upload_store))


async def read_token(request: Request) -> Response:
    """Answer `GET .../xet-read-token`: a store with everything the bucket holds."""
    ctx, bucket = context(request), _bucket(request)
    hashes = [file.hash for file in ctx.store.files(bucket)]
    return _token(request, await asyncio.to_thread(ctx.content.make_download_store, hashes))


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
    Route("/api/repos/move", move, methods=["POST"]),
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
