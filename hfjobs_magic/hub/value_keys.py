"""Keys by which pickles are trusted: each job has one, which only it and the kernel that started it know."""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING

from hfjobs_magic.values import pickles

if TYPE_CHECKING:
    from hfjobs_magic.options.run_options import RunOptions

_KERNEL = secrets.token_bytes(32)
"""Of this process; written nowhere."""


def key_of(name: str) -> bytes:
    """Return the key of jobs of a name: those of one cell, also where they run again or are started by a schedule."""
    return hmac.digest(_KERNEL, name.encode(), "sha256")


def key_secrets(options: RunOptions, name: str | None) -> dict[str, str]:
    """Return the secret that a job gets for its pickles; none where it has none."""
    has_pickles = any(one.format == pickles.NAME for one in (*options.values_sent, *options.values_back))
    return {pickles.VARIABLE: key_of(name or "").hex()} if has_pickles else {}
