"""Keys by which pickles are trusted: each job has one, which only it and the kernel that started it know."""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING

from hfjobs_magic.hub.request import Rerun
from hfjobs_magic.values import pickles

if TYPE_CHECKING:
    from hfjobs_magic.hub.request import Request

_KERNEL = secrets.token_bytes(32)
"""Of this process; written nowhere."""


def key_of(name: str) -> bytes:
    """Return the key of jobs of a name: those of one cell, also where they run again or are started by a schedule."""
    return hmac.digest(_KERNEL, name.encode(), "sha256")


def key_secrets(request: Request) -> dict[str, str]:
    """Return the secret that a job gets for its pickles; none where it has none, or the Hub has its secret already."""
    options, work = request.options, request.work
    if isinstance(work, Rerun):
        # Of one that another kernel started, it signs what comes back; what that kernel sent is not trusted with it.
        has_pickles, name = work.spec is not None and pickles.VARIABLE in work.spec.secrets, work.job.name
    else:
        values = () if request.is_repeat else (*options.values_sent, *options.values_back)
        has_pickles, name = any(one.format == pickles.NAME for one in values), request.name or ""
    return {pickles.VARIABLE: key_of(name).hex()} if has_pickles else {}
