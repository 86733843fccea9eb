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
    return _class_for(error.get("bases") or ())(message, job, **more)


def _class_for(bases: Sequence[str]) -> type[RemoteError]:
    """Give a subclass of `RemoteError` and of a builtin; nothing is imported to rebuild other classes.

    Some builtins cannot be made with a message alone, and of a SyntaxError IPython shows no traceback but its own,
    which would be that of the wait.
    """
    for name in bases:
        kind = getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception) and kind is not Exception:
            if name.startswith("Unicode") or name.endswith("ExceptionGroup") or issubclass(kind, SyntaxError):
                continue
            return type(f"Remote{name}", (RemoteError, kind), {})
    return RemoteError


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
