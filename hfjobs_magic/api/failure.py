"""The exception for a job that failed: the cell's own error, as far as this side can have it."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from hfjobs_magic.errors import JobFailedError, RemoteError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.api.job import Job

TAIL_LINES = 20
"""Lines of the log that an error holds."""


def failure_of(job: Job) -> JobFailedError:
    """Make the exception of a job that has ended; what could not be read of its folder is left out of it."""
    facts = job.facts
    follower = job.open_follower(job)
    _, lines = follower.log.tail(TAIL_LINES)
    ending = follower.state.status.ending
    why = ending.with_timeout(job.options.timeout_s if job.options else None).words if ending else ""
    if ending and ending.kind == "unknown":
        why = ""
    said = f" ({facts.message})" if facts.message and not why else ""
    last = f" Last line: {lines[-1]}" if lines and facts.stage == "ERROR" and not why else ""
    where = f"`%hfjobs logs {facts.id}{' --local' if job.client.local else ''}` shows the whole log."
    message = f"Job {facts.name} ended in {facts.stage}{f': {why}.' if why else f'{said}.'}{last} {where}"
    shown = follower.shown
    error = (shown.report or {}).get("error") or (None if shown.report else shown.error)
    if not error or facts.stage != "ERROR":
        return JobFailedError(message, job)
    traceback = next((str(item.data["text/plain"]) for item in reversed(shown.outputs) if item.error), "")
    kind = _class_for(error.get("bases") or ())
    return kind(message, job, error=error, traceback=traceback.split("\n"), log_tail=lines)


def _class_for(bases: Sequence[str]) -> type[RemoteError]:
    """Give `RemoteError`, as a subclass of the builtin that the error is: ``except ValueError`` catches it.

    Nothing is imported to rebuild other classes. Three builtins cannot be made with a message alone.
    """
    for name in bases:
        kind = getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception) and kind is not Exception:
            if name.startswith("Unicode") or name.endswith("ExceptionGroup"):
                continue
            return type(f"Remote{name}", (RemoteError, kind), {})
    return RemoteError
