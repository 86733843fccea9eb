"""Files to and from a bucket; large ones in a process of their own.

hf_xet holds hundreds of megabytes while it works, and the kernel would keep them; and a process ends at once when
somebody interrupts it.
"""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import threading
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hfjobs_magic import errors
from hfjobs_magic.errors import HubError, TransferInterruptedError
from hfjobs_magic.values.sizes import format_size
from hfjobs_magic.worker import start_thread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from io import BufferedReader

    from huggingface_hub import BucketFile, HfApi

LARGE = 20_000_000
"""Bytes from which a process of its own pays: it takes a second to start."""

LOOK_S = 0.5
"""Seconds after which an interrupt is looked for."""

NOT_SENT = "Nothing was submitted. Run it again to send it."
NOT_FETCHED = "What was fetched so far is not used. Ask again to fetch it."

_BAR = re.compile(rb"([A-Za-z][^:(\r\n]*)[^:\r\n]*:\s*(\d{1,3})%")
"""A bar of huggingface_hub's, as text: what it counts, and how far that is."""


def upload_files(api: HfApi, bucket: str, files: Sequence[tuple[Path, str]], size: int) -> None:
    """Upload files of this machine.

    Parameters
    ----------
    api
        Who asks.
    bucket
        With its namespace.
    files
        Path here, and path in the bucket.
    size
        Bytes of them all.

    Raises
    ------
    TransferInterruptedError
        Says that nothing was submitted.
    """
    if size < LARGE:
        with interrupt_says(NOT_SENT):
            api.batch_bucket_files(bucket, add=list(files))
        return
    work = {"do": "upload", "bucket": bucket, "files": [(str(path), name) for path, name in files]}
    _run(api, work, f"Sending values, {format_size(size)}", NOT_SENT)


def download_files(
    api: HfApi,
    bucket: str,
    files: Sequence[tuple[BucketFile, Path]],
    what: str = "a value",
    process: subprocess.Popen[bytes] | None = None,
) -> dict[Path, str]:
    """Download files of a bucket to this machine; parameters are those of `upload_files`, the other way round.

    `what` they are is said of large ones, which are hashed on the way: of these the SHA-256 is returned. Where there is
    a `process` of `ready_process` for them, it does it.
    """
    size = sum(file.size for file, _ in files)
    if size < LARGE:
        with interrupt_says(NOT_FETCHED):
            api.download_bucket_files(bucket, list(files))
        return {}
    work = {"do": "download", "bucket": bucket, "files": [(file.path, str(path)) for file, path in files]}
    answer = _run(api, work, f"Fetching {what}, {format_size(size)}", NOT_FETCHED, process)
    return {Path(path): digest for path, digest in answer["hashes"].items()}


@contextmanager
def ready_process(size: int) -> Iterator[subprocess.Popen[bytes] | None]:
    """Start a process for so many bytes before it is known which: it loads its libraries while the bucket is asked.

    None for so few that they need none. It has ended when the block ends.
    """
    if size < LARGE:
        yield None
        return
    with interrupt_says(NOT_FETCHED), _process() as process:
        yield process


def _run(
    api: HfApi,
    work: dict[str, Any],
    title: str,
    interrupted: str,
    ready: subprocess.Popen[bytes] | None = None,
) -> dict[str, Any]:
    from huggingface_hub import get_token  # noqa: PLC0415 - only for large ones

    # Of the token no other process learns: it is on no command line and in no environment.
    order = json.dumps({**work, "endpoint": api.endpoint, "token": api.token or get_token()})
    with interrupt_says(interrupted), nullcontext(ready) if ready else _process() as process:
        if process.stdin is None or process.stderr is None or process.stdout is None:
            raise TypeError("a process without pipes")
        with suppress(BrokenPipeError):  # it has ended, and its answer is none
            process.stdin.write(order.encode())
            process.stdin.close()
        _say(title, cast("BufferedReader", process.stderr))
        answer = process.stdout.read()
    said: dict[str, Any] = json.loads(answer) if answer.strip() else {"text": "The transfer ended early. Try again."}
    if "text" not in said:
        return said
    kind = getattr(errors, str(said.get("kind")), HubError)
    raise (kind if isinstance(kind, type) and issubclass(kind, errors.HfJobsError) else HubError)(said["text"])


def _say(title: str, source: BufferedReader) -> None:
    """Say how far it is, in one line of text, until the process closes its own bars; a thread says nothing."""
    is_quiet = threading.current_thread() is not threading.main_thread()
    bars: dict[bytes, int] = {}
    last = -1

    def write(text: str) -> None:
        if not is_quiet:
            sys.stderr.write(f"\r{text}")
            sys.stderr.flush()

    write(f"{title} …")
    for piece in _pieces(source):
        bars.update((name, int(percent)) for name, percent in _BAR.findall(piece))
        # It is done when the slowest is.
        percent = min(bars.values(), default=-1)
        if percent > last:
            write(f"{title}: {percent} %")
        last = max(percent, last)
    write(f"{title}: done \n")


def _pieces(source: BufferedReader) -> Iterator[bytes]:
    """Yield what a pipe brings until it is closed.

    An interrupt that comes just before a read has begun is noticed when that returns, which may be never: another
    thread reads.
    """
    found: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        with suppress(ValueError):  # it was closed, and nobody listens any more
            while piece := source.read1(1 << 16):
                found.put(piece)
        found.put(b"")

    start_thread("hfjobs-transfer", read)
    while True:
        try:
            piece = found.get(timeout=LOOK_S)
        except queue.Empty:
            continue
        if not piece:
            return
        yield piece


@contextmanager
def interrupt_says(sentence: str) -> Iterator[None]:
    """Let Ctrl-C raise a TransferInterruptedError with a sentence."""
    try:
        yield
    except KeyboardInterrupt:
        raise TransferInterruptedError(sentence) from None


@contextmanager
def _process() -> Iterator[subprocess.Popen[bytes]]:
    # The packages may have been found by a changed sys.path, which a new process does not have.
    path = os.pathsep.join(filter(None, [str(Path(__file__).resolve().parents[2]), *sys.path]))
    bars = {"HF_HUB_DISABLE_PROGRESS_BARS": "0"}
    process = subprocess.Popen(
        [sys.executable, "-m", "hfjobs_magic.hub.transfer_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path, **bars},
        start_new_session=True,  # an interrupt is meant for us, who end it
    )
    with process:
        try:
            yield process
        finally:
            process.kill()
