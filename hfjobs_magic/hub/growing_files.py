"""Hashes of files while they are written: who waits for a gigabyte need not wait for its hash as well."""

from __future__ import annotations

import hashlib
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hfjobs_magic.worker import start_thread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CHUNK = 1 << 20
"""Bytes that are read at a time."""

_LOOK_S = 0.005
"""Seconds after which a file that has not grown is looked at again."""


@contextmanager
def hash_growing(paths: Sequence[str]) -> Iterator[dict[str, str]]:
    """Hash files that the block writes from their beginning to their end; give their SHA-256 once it has ended.

    What was written in another way has a wrong one, and is to be read again before it is called wrong.
    """
    found: dict[str, str] = {}
    done = threading.Event()
    thread = start_thread("hfjobs-hash", lambda: _follow(paths, done, found))
    try:
        yield found
    finally:
        done.set()
        thread.join()


def _follow(paths: Sequence[str], done: threading.Event, found: dict[str, str]) -> None:
    for name in paths:
        path, digest = Path(name), hashlib.sha256()
        while not path.exists() and not done.wait(_LOOK_S):
            pass
        try:
            with path.open("rb") as file:
                while True:
                    # Asked before it is read: what is there afterwards is all of it.
                    is_whole = done.is_set()
                    if chunk := file.read(_CHUNK):
                        digest.update(chunk)
                    elif is_whole:
                        break
                    else:
                        done.wait(_LOOK_S)
        except OSError:
            continue  # it never came; others miss it
        found[name] = digest.hexdigest()
