"""What lives as long as the kernel, in one object: it ends in one place, and tests make their own."""

from __future__ import annotations

from typing import Any

from hfjobs_magic.api.session import Session
from hfjobs_magic.follow.runtime import FollowRuntime
from hfjobs_magic.hub.hardware import HardwareCache
from hfjobs_magic.records.recent_jobs import RecentJobs


class Runtime(FollowRuntime):
    """Everything that outlives a cell; parameters are those of `FollowRuntime`."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.session = Session()
        """Settings, budget, and what jobs may still cost."""
        self.recent_jobs = RecentJobs()
        """What was submitted, for completion."""
        self.hardware = HardwareCache()
        """Flavors and prices of each endpoint."""


RUNTIME = Runtime()
"""The kernel's own. Besides it only `hfjobs_magic.hub.sent_secrets.SENT` lasts: what is masked is masked for all."""
