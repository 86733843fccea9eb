"""Under which conditions jobs run: those of this machine, or stricter ones that stand for what the Hub may do."""

from __future__ import annotations

from dataclasses import dataclass

GRACE = 5.0
"""Seconds between TERM and KILL: enough to write the end of a checkpoint, and short enough to wait for."""


@dataclass(frozen=True)
class Conditions:
    """What a job may rely on."""

    grace: float = GRACE
    """Seconds between TERM and KILL."""
    delay: float = 0.0
    """Seconds after which a file that a job has closed appears in its bucket."""
    append_only: bool = False
    """Whether files on volumes can only be written from start to end, as on hf-mount without ``--advanced-writes``."""
