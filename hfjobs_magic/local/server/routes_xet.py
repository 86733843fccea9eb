"""`/xet`: Xet's API, through which hf_xet moves the contents of bucket files.

The routes are those of https://huggingface.co/docs/xet/api, version 1; a client asks for version 2 first and does
without when that is 404. Nothing is deduplicated between uploads. A client fetches contents without its token, from
addresses that only the service can have written: they are signed.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import re
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from hfjobs_magic.local.errors import ApiError, NotFoundError
from hfjobs_magic.local.server.context import read_context
from hfjobs_magic.local.storage.xet import describe_file, measure_part

if TYPE_CHECKING:
    from starlette.requests import Request

    from hfjobs_magic.local.server.context import Context

PUBLIC = "/xet/parts/"
"""Paths that are signed, so that the token is not needed for them."""

_HASH = re.compile(r"[0-9a-f]{64}\Z")
_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})\Z")


def locate_store(ctx: Context, store: str) -> str:
    """Return the address at which a client uploads to a store."""
    return f"{ctx.endpoint}/xet/{store}"


def _sign(ctx: Context, xet_hash: str) -> str:
    return hmac.new(ctx.token.encode(), f"part of {xet_hash}".encode(), hashlib.sha256).hexdigest()


def _read_hash(request: Request) -> str:
    xet_hash = str(request.path_params["hash"])
    if not _HASH.match(xet_hash):
        raise ApiError(400, "A hash has 64 hexadecimal digits.")
    return xet_hash


def _read_range(request: Request, size: int) -> tuple[int, int]:
    """Return the bytes that a request asks for, all without a Range: the first one, and the one after the last."""
    header = request.headers.get("range")
    if header is None:
        return 0, size
    match = _RANGE.match(header)
    start, end = (int(match[1]), int(match[2] or size) + bool(match[2])) if match else (size, 0)
    if start >= min(end, size):
        raise ApiError(416, "There are no such bytes.")
    return start, min(end, size)


async def upload_xorb(request: Request) -> Response:
    """Answer `POST /v1/xorbs/default/{hash}`."""
    ctx, xorb = read_context(request), _read_hash(request)
    try:
        path = ctx.content.xorb(request.path_params["store"], xorb)
    except ValueError as error:
        raise NotFoundError("There is no such store.") from error
    if path.exists():
        return JSONResponse({"was_inserted": False})
    partial = path.with_name(f"{xorb}.{os.urandom(4).hex()}.new")
    try:
        with partial.open("wb") as file:
            async for data in request.stream():
                file.write(data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return JSONResponse({"was_inserted": True})


async def upload_shard(request: Request) -> Response:
    """Answer `POST /v1/shards`."""
    ctx, data = read_context(request), await request.body()
    try:
        await asyncio.to_thread(ctx.content.add_shard, request.path_params["store"], data)
    except ValueError as error:
        raise ApiError(400, f"The shard cannot be read: {error}.") from error
    return JSONResponse({"result": 1})


async def describe_reconstruction(request: Request) -> Response:
    """Answer `GET /v1/reconstructions/{hash}`: of what a file consists."""
    ctx, xet_hash = read_context(request), _read_hash(request)
    size = ctx.content.size(xet_hash)
    if size is None:
        raise NotFoundError("There is no such file.")
    start, end = _read_range(request, size)
    signature = _sign(ctx, xet_hash)

    def locate(part: int) -> str:
        return f"{ctx.endpoint}{PUBLIC}{xet_hash}/{part}?signature={signature}"

    return JSONResponse(describe_file(xet_hash, size, start, end, locate))


async def download_part(request: Request) -> Response:
    """Answer `GET /xet/parts/{hash}/{part}`, an address from `describe_reconstruction`."""
    ctx, xet_hash = read_context(request), _read_hash(request)
    given = request.query_params.get("signature", "")
    if not hmac.compare_digest(given.encode(), _sign(ctx, xet_hash).encode()):
        raise ApiError(403, "The signature is wrong.")
    part, size = request.path_params["part"], ctx.content.size(xet_hash)
    total = measure_part(size or 0, part)
    if not total:
        raise NotFoundError("There is no such file.")
    start, end = _read_range(request, total)
    headers = {"Content-Length": str(end - start), "Content-Range": f"bytes {start}-{end - 1}/{total}"}
    data = ctx.content.read_part(xet_hash, part, start, end)
    return StreamingResponse(data, 206, headers=headers, media_type="application/octet-stream")


ROUTES = [
    Route(PUBLIC + "{hash}/{part:int}", download_part),
    Route("/xet/{store}/v1/xorbs/default/{hash}", upload_xorb, methods=["POST"]),
    Route("/xet/{store}/v1/shards", upload_shard, methods=["POST"]),
    Route("/xet/{store}/v1/reconstructions/{hash}", describe_reconstruction),
]
