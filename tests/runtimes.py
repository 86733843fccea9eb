"""A kernel's runtime with short times, and its threads."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hfjobs_magic.follow.runtime import FollowRuntime
from hfjobs_magic.follow.timing import Timing
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

QUICK = Timing(
    log_retry=(0.01,),
    poll_retry=(0.01,),
    poll_local=0.02,
    poll_hub=0.02,
    list_local=0.02,
    list_hub=0.02,
    watch_every=0.02,
)
"""As quick as a test likes it."""


BEFORE: set[threading.Thread] = set()
"""Threads that were there when the test began: jobs that other tests left running are still followed."""


def threads(prefix: str = "hfjob") -> list[str]:
    """Names of the threads that follow and were started by this test."""
    alive = [thread for thread in threading.enumerate() if thread.is_alive() and thread not in BEFORE]
    return [thread.name for thread in alive if thread.name.startswith(prefix)]


@contextmanager
def quick_runtime(**changes: Any) -> Iterator[FollowRuntime]:
    """A runtime whose threads have ended when the test has; `changes` are times, or numbers of slots."""
    slots = {name: changes.pop(name) for name in ("streamed_jobs", "ended_jobs") if name in changes}
    runtime = FollowRuntime(replace(QUICK, **changes), **slots)
    yield runtime
    runtime.stop()
    wait_until(lambda: threads() == [])
