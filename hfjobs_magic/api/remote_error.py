"""The class of a job's error here: `RemoteError`, and the builtin that the error was in the job."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api import group_traceback
from hfjobs_magic.errors import RemoteError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hfjobs_magic.api.job import Job

_GROUP: Any = getattr(builtins, "ExceptionGroup", None)
"""None before Python 3.11."""

NOT_RAISED = (SyntaxError, StopIteration, StopAsyncIteration)
"""Errors of a job that are plain `RemoteError` here."""

_ENCODED = ("encoding", "object", "start", "end", "reason")
_CODEC_PARTS = {
    "UnicodeDecodeError": _ENCODED,
    "UnicodeEncodeError": _ENCODED,
    "UnicodeTranslateError": _ENCODED[1:],
}
"""Errors that cannot be made with a message alone, and what `hfjobs_magic.runner.failure` tells of them."""


def make_error(
    message: str,
    job: Job,
    error: Mapping[str, Any],
    *,
    traceback: Sequence[str] = (),
    log_tail: Sequence[str] = (),
) -> RemoteError:
    """Make the error of a job, as a subclass of the builtin that it was: ``except ValueError`` catches it.

    A group holds errors made in the same way, for ``except*``.

    Parameters
    ----------
    message
        Its text.
    error
        What `hfjobs_magic.runner.failure.of_error` says of it.

    Other parameters are those of `RemoteError`.
    """
    members = [
        make_error(f"{one.get('type')}: {one.get('message')}", job, one) for one in error.get("exceptions") or ()
    ]
    more: dict[str, Any] = {"error": dict(error), "traceback": list(traceback), "log_tail": log_tail}
    if members and _GROUP is not None and _GROUP.__name__ in (error.get("bases") or ()):
        return _group(message, job, members, more)
    kind = _class_for(error)
    if issubclass(kind, UnicodeError):
        more["error"].pop("attributes", None)  # the class has them
    return kind(message, job, **more)


def _class_for(error: Mapping[str, Any]) -> type[RemoteError]:
    """Give a subclass of `RemoteError` and of a builtin; nothing is imported to rebuild other classes.

    Of a SyntaxError IPython shows no traceback but its own, which would be that of the wait; a StopIteration would end
    the coroutine or the generator that waits.
    """
    for name in error.get("bases") or ():
        kind: Any = getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception) and kind is not Exception:
            if name.endswith("ExceptionGroup") or issubclass(kind, NOT_RAISED):
                continue
            parts = _CODEC_PARTS.get(name)
            if parts:
                made = _codec_class(kind, parts, error.get("attributes") or {})
                if made is None:
                    continue
                kind = made
            return type(f"Remote{name}", (RemoteError, kind), {})
    return RemoteError


def _codec_class(kind: Any, parts: Sequence[str], said: Mapping[str, Any]) -> type | None:
    """Give a class whose errors are made with a message alone, as all of a codec have what the job's error had."""
    values = [said.get(part) for part in parts]
    if kind is UnicodeDecodeError:
        values[1] = str(values[1]).encode("latin-1", "replace")

    def init(self: Any, message: str) -> None:
        kind.__init__(self, *values)
        self.args = (message,)

    try:
        kind(*values)
    except TypeError:  # a runner of before, or something else that was written there
        return None
    return type(kind.__name__, (kind,), {"__init__": init})


def _group(message: str, job: Job, members: Sequence[Exception], more: dict[str, Any]) -> RemoteError:
    """Make a group, of which ``except*`` and `split` make others of the same job."""

    def new(cls: Any, text: str, _job: Job, errors: Sequence[Exception], **_: Any) -> Any:
        return _GROUP.__new__(cls, text, errors)

    def init(self: Any, text: str, job: Job, _errors: Sequence[Exception], **more: Any) -> None:
        RemoteError.__init__(self, text, job, **more)

    def derive(self: Any, errors: Sequence[Exception]) -> Any:
        return type(self)(self.args[0], self.job, errors, **more)

    kind: Any = type(
        "RemoteExceptionGroup", (RemoteError, _GROUP), {"__new__": new, "__init__": init, "derive": derive}
    )
    group_traceback.install()
    made: RemoteError = kind(message, job, members, **more)
    return made
