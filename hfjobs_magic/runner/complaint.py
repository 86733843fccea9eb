"""What the runner has to say itself, in the job's log."""

from __future__ import annotations

import contextlib
import sys


def complain(sentence: str) -> None:
    """Write a line to the log, where somebody still takes it."""
    with contextlib.suppress(OSError, ValueError):  # stderr may be closed
        print(sentence, file=sys.stderr, flush=True)  # noqa: T201
