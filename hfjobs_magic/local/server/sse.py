"""Server-sent events: a job's log as it grows, its metrics, and its stage."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

from hfjobs_magic.local.jobs.sampler import Sampler

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path
    from typing import Any, BinaryIO

CHUNK = 1 << 18
"""Bytes sent at a time; large enough for a million lines per second, small enough for fifty followers."""

POLL = 0.02
"""Seconds between two looks at a log that does not grow."""

KEEP_ALIVE = 30.0
"""Seconds of silence after which a comment shows that the connection is alive; the Hub's figure."""

SAMPLE_EVERY = 1.0
"""Seconds between two metrics samples; the Hub's figure."""

KEEP_ALIVE_COMMENT = b": keep-alive\n\n"
_END = b"\n\n"


async def stream_log(
    path: Path, tail: int | None, is_over: Callable[[], bool], stopping: asyncio.Event
) -> AsyncIterator[bytes]:
    """Yield a job's log from its beginning, or the start line and the last `tail` lines, until it is complete.

    The connection stays open while the job waits, and closes when its stage is final *and* every line was sent.
    """
    quiet_since = time.monotonic()
    file: BinaryIO | None = None
    try:
        while not stopping.is_set():
            # Asked before reading, so that nothing written before the stage is final is missed.
            last_round = is_over()
            if file is None and path.exists():
                file = path.open("rb")
                if tail is not None:
                    yield await asyncio.to_thread(_tail, file, tail)
            data = file.read(CHUNK) if file is not None else b""
            if data:
                quiet_since = time.monotonic()
                yield data
            elif last_round:
                return
            elif time.monotonic() - quiet_since >= KEEP_ALIVE:
                quiet_since = time.monotonic()
                yield KEEP_ALIVE_COMMENT
            else:
                await asyncio.sleep(POLL)
    finally:
        if file is not None:
            file.close()


def _tail(file: BinaryIO, count: int) -> bytes:
    """Return the start line, and leave the file at the beginning of its last `count` events."""
    first = file.readline() + file.readline()
    body = file.tell()
    size = file.seek(0, 2)
    # Half an event at the end belongs to what comes next.
    found, at, buffer = 0, size, b""
    while at > body:
        step = min(CHUNK, at - body)
        at -= step
        file.seek(at)
        buffer = file.read(step) + buffer
        found = buffer.count(_END)
        if found > count:
            break
    position = len(buffer)
    if not buffer.endswith(_END) and _END in buffer:
        position = buffer.rindex(_END) + 2
    for _ in range(count):
        cut = buffer.rfind(_END, 0, max(0, position - 2))
        position = cut + 2 if cut >= 0 else 0
        if position == 0:
            break
    file.seek(at + position)
    return first


async def stream_job(
    view: Callable[[], dict[str, Any] | None], is_over: Callable[[], bool], stopping: asyncio.Event
) -> AsyncIterator[bytes]:
    """Yield the job as it is, and again whenever its status changes, until that is final.

    What the Hub sends here is not published, and its only client (huggingface.js) passes the lines on unread. So each
    event is simply the job as `GET` would return it.
    """
    last: object = None
    spoke = time.monotonic()
    while not stopping.is_set():
        last_round = is_over()
        job = view()
        if job is None:
            return
        if job["status"] != last:
            last, spoke = job["status"], time.monotonic()
            yield f"data: {json.dumps(job, separators=(',', ':'))}\n\n".encode()
        elif last_round:
            return
        elif time.monotonic() - spoke >= KEEP_ALIVE:
            spoke = time.monotonic()
            yield KEEP_ALIVE_COMMENT
        else:
            await asyncio.sleep(POLL)


async def stream_metrics(root: Callable[[], int | None], replica: str, stopping: asyncio.Event) -> AsyncIterator[bytes]:
    """Yield a sample of the job's process tree every second, from now on, until `root()` is None.

    While `root()` is 0 the job is still waiting, and there is nothing to measure.
    """
    sampler: Sampler | None = None
    due = spoke = time.monotonic()
    while not stopping.is_set():
        pid, now = root(), time.monotonic()
        if pid is None:
            return
        if pid and now >= due:
            sampler = sampler or Sampler(replica)
            sample = await asyncio.to_thread(sampler.sample, pid)
            yield f"event: metric\ndata: {json.dumps(sample, separators=(',', ':'))}\n\n".encode()
            due, spoke = max(due, now - SAMPLE_EVERY) + SAMPLE_EVERY, now
        elif now - spoke >= KEEP_ALIVE:
            spoke = now
            yield KEEP_ALIVE_COMMENT
        await asyncio.sleep(min(0.1, max(POLL, due - time.monotonic())))
