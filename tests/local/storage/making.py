"""Jobs and uploads for tests of the storage."""

from __future__ import annotations

import struct
from typing import Any

from hfjobs_magic.local.spec import JobSpec
from hfjobs_magic.local.storage import xet
from hfjobs_magic.local.storage.store import JobRow

SPEC = JobSpec(["true"], "cpu-basic")


def make_job(number: int, **fields: Any) -> JobRow:
    """A job with a number for an id; one that has a stage of its own has begun and ended at that second."""
    times = {} if fields.get("stage", "SCHEDULING") in {"SCHEDULING", "RUNNING"} else {"finished": float(number)}
    return JobRow(f"{number:024x}", float(number), SPEC, **{**times, **fields})


def make_shard(*files: tuple[str, list[tuple[str, int, int]]], flags: int = 0) -> bytes:
    """Write a shard with files of segments (xorb, first chunk, end)."""
    data = xet._SHARD_TAG + bytes(16)
    for name, segments in files:
        data += pack_hash(name) + struct.pack("<IIQ", flags, len(segments), 0)
        for xorb, start, end in segments:
            data += pack_hash(xorb) + struct.pack("<IIII", 0, 7, start, end)
        data += bytes(48) * (len(segments) * bool(flags & 1 << 31) + bool(flags & 1 << 30))
    return data + b"\xff" * 32 + bytes(16) + bytes(500)


def pack_hash(text: str) -> bytes:
    """Return the 32 bytes that Xet writes as these digits."""
    return b"".join(int(text[at : at + 16], 16).to_bytes(8, "little") for at in range(0, 64, 16))
