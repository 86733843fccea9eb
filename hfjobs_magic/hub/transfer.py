"""Files to and from a bucket; large ones in a process of their own.

hf_xet holds hundreds of megabytes while it works, and the kernel would keep them; and a process ends at once when
somebody interrupts it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hfjobs_magic import errors
from hfjobs_magic.errors import HubError
from hfjobs_magic.script.data_words import size_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from huggingface_hub import BucketFile, HfApi

LARGE = 20_000_000
"""Bytes from which a process of its own pays: it takes a second to start."""

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
    KeyboardInterrupt
        Says that nothing was submitted.
    """
    if size < LARGE:
        api.batch_bucket_files(bucket, add=list(files))
        return
    work = {"do": "upload", "bucket": bucket, "files": [(str(path), name) for path, name in files]}
    _run(api, work, f"Sending values, {size_words(size)}", "Interrupted: nothing was submitted.")


def download_files(api: HfApi, bucket: str, files: Sequence[tuple[BucketFile, Path]], what: str = "a value") -> None:
    """Download files of a bucket to this machine; parameters are those of `upload_files`, the other way round.

    `what` they are is said of large ones.
    """
    size = sum(file.size for file, _ in files)
    if size < LARGE:
        api.download_bucket_files(bucket, list(files))
        return
    work = {"do": "download", "bucket": bucket, "files": [(file.path, str(path)) for file, path in files]}
    _run(api, work, f"Fetching {what}, {size_words(size)}", "Interrupted; it is fetched when it is asked for again.")


def _run(api: HfApi, work: dict[str, Any], title: str, interrupted: str) -> None:
    from huggingface_hub import get_token  # noqa: PLC0415 - only for large ones

    # Of the token no other process learns: it is on no command line and in no environment.
    order = json.dumps({**work, "endpoint": api.endpoint, "token": api.token or get_token()})
    with _process() as process:
        try:
            if process.stdin is None or process.stderr is None or process.stdout is None:
                raise TypeError("a process without pipes")
            process.stdin.write(order.encode())
            process.stdin.close()
            _say(title, process.stderr.fileno())
            answer = process.stdout.read()
        except KeyboardInterrupt:
            raise KeyboardInterrupt(interrupted) from None
    failure = json.loads(answer) if answer.strip() else {"kind": "HubError", "text": "The transfer ended early. Again?"}
    if failure:
        kind = getattr(errors, str(failure["kind"]), HubError)
        raise (kind if isinstance(kind, type) and issubclass(kind, errors.HfJobsError) else HubError)(failure["text"])


def _say(title: str, source: int) -> None:
    """Say how far it is, in one line of text, until the process closes its own bars; a thread says nothing."""
    is_quiet = threading.current_thread() is not threading.main_thread()
    bars: dict[bytes, int] = {}
    line, last = f"{title} …", -1
    while True:
        if not is_quiet and line:
            sys.stderr.write(f"\r{line}")
            sys.stderr.flush()
        piece = os.read(source, 1 << 16)
        if not piece:
            break
        bars.update((name, int(percent)) for name, percent in _BAR.findall(piece))
        # It is done when the slowest is.
        percent = min(bars.values(), default=-1)
        line = f"{title}: {percent} %" if percent > last else ""
        last = max(percent, last)
    if not is_quiet:
        sys.stderr.write(f"\r{title}: done \n")
        sys.stderr.flush()


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
