"""Hashes of files while they are written."""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from hfjobs_magic.hub.growing_files import hash_growing
from tests.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path


def test_files_are_hashed_while_they_grow_and_when_they_have_ended(tmp_path: Path):
    first, second, never = (tmp_path / name for name in ("first", "second", "never"))
    content = os.urandom(3_000_000)
    with hash_growing([str(first), str(never), str(second)]) as found:
        with first.open("wb", buffering=0) as file:
            for at in range(0, len(content), 1_000_000):
                file.write(content[at : at + 1_000_000])
        second.write_bytes(b"2")
    digests = {str(first): hashlib.sha256(content).hexdigest(), str(second): hashlib.sha256(b"2").hexdigest()}
    assert found == digests


def test_a_block_that_fails_leaves_no_thread(tmp_path: Path):
    def running() -> bool:
        return any(thread.name == "hfjobs-hash" for thread in threading.enumerate())

    with suppress(ZeroDivisionError), hash_growing([str(tmp_path / "never")]):
        wait_until(running)
        _ = 1 / 0
    assert not running()
