"""What lives as long as the kernel, in one object: it ends in one place, and tests make their own."""

from __future__ import annotations

from hfjobs_magic.follow.runtime import FollowRuntime


class Runtime(FollowRuntime):
    """Everything that outlives a cell."""


RUNTIME = Runtime()
"""The kernel's own, and the only such object of a module."""
