"""The exception for a job that failed: the cell's own error, as far as this side can have it."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import HubError, JobFailedError, RemoteError
from hfjobs_magic.exchange.ending import describe_end

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.api.job import Job

TAIL_LINES = 20
"""Lines of the log that an error holds."""


def failure_of(job: Job) -> JobFailedError:
    """Make the exception; what cannot be read of the job's folder is left out of it."""
    facts = job.facts
    _, lines = job.open_follower(job).log.tail(TAIL_LINES)
    report, traceback = _read(job)
    why = describe_end(report, lines, facts.message or "") if facts.stage == "ERROR" else ""
    said = f" ({facts.message})" if facts.message and not why else ""
    last = f" Last line: {lines[-1]}" if lines and facts.stage == "ERROR" and not why else ""
    where = f"`%hfjobs logs {facts.id}{' --local' if job.client.local else ''}` shows the whole log."
    message = f"Job {facts.name} ended in {facts.stage}{f': {why}.' if why else f'{said}.'}{last} {where}"
    error = (report or {}).get("error")
    if not error:
        return JobFailedError(message, job)
    return _class_for(error.get("bases") or ())(message, job, error=error, traceback=traceback, log_tail=lines)


def _read(job: Job) -> tuple[dict[str, Any] | None, list[str]]:
    try:
        folder = job.client.run_folder(job.id)
        if folder is None:
            return None, []
        report = folder.report()
        errors = [record["output"] for record in folder.outputs() if record.get("error")]
    except HubError:
        return None, []
    return report, [str(line) for line in errors[-1].get("traceback") or ()] if errors else []


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
