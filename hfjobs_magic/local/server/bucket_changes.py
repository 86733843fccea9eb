"""The body of `POST .../batch`: what it adds to a bucket, copies into it and deletes from it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from hfjobs_magic.local.errors import ApiError
from hfjobs_magic.local.jobs.volumes import check_path
from hfjobs_magic.local.storage.store import FileRow

if TYPE_CHECKING:
    from hfjobs_magic.local.server.context import Context

_HASH = re.compile(r"[0-9a-f]{64}\Z")

MAX_TIME = 1 << 46
"""Milliseconds since 1970, in the year 4199; a later time is not one."""

MAX_TYPE = 96
"""Characters of a content type; of a longer one, the beginning is recorded."""


def parse_lines(body: bytes) -> list[Any]:
    """Return the operations of a body.

    Raises
    ------
    ApiError
        400, when it is not one JSON value per line.
    """
    try:
        return [json.loads(line) for line in body.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "The body must have one JSON object per line.") from error


def find_hashes(operations: list[Any]) -> list[str]:
    """Return the hashes of the contents that operations name, each once."""
    hashes = {str(operation.get("xetHash")) for operation in operations if isinstance(operation, dict)}
    return sorted(filter(_HASH.match, hashes))


def parse_change(ctx: Context, operation: Any, path: str, sizes: dict[str, int]) -> FileRow | None:
    """Return the file that an operation puts, or None when it deletes one.

    Raises
    ------
    ValueError
        With what is wrong with it.
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
        content_type[:MAX_TYPE] if isinstance(content_type, str) else None,
    )


def _check_source(ctx: Context, operation: dict[str, Any], xet_hash: str) -> None:
    kind, source = operation.get("sourceRepoType"), str(operation.get("sourceRepoId"))
    if kind != "bucket":
        raise ValueError(f"the local service has no {kind} repositories to copy from")
    bucket = ctx.store.bucket(source)
    if bucket is None or not ctx.store.has_content(bucket, xet_hash):
        raise ValueError(f"there is no such file in the bucket {source!r}")
