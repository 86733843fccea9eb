"""What can go wrong, and what to do next.

::

    HfJobsError
    ├── OptionError          the magic line or a keyword argument is wrong
    ├── BudgetError          the job could cost more than was allowed; nothing was submitted
    ├── CellError            the cell cannot become a script; carries the line
    ├── BundleMissingError   the page's side was not built; nothing but text can be shown
    ├── HubError             the Hub (or the local service) refused or is out of reach
    │   ├── NotLoggedInError     no token, or one that is not accepted
    │   ├── JobMissingError      no job with that id in that namespace
    │   └── HubUnreachableError  no answer at all
    ├── JobFailedError       the job ended in ERROR or CANCELED; carries the job
    │   └── RemoteError          its cell raised; also the builtin class of that error, such as ValueError
    ├── ValueUnavailableError  a value of a job is not there yet, or could not come back
    ├── FilesError           files of a job cannot be put where they are to go, or are not there
    └── WaitTimedOutError    a wait took longer than was allowed; also a TimeoutError
    KeyboardInterrupt
    ├── WaitInterruptedError      waiting was interrupted; the job goes on
    └── TransferInterruptedError  sending or fetching was interrupted; doing it again goes on

Every message is one sentence that says what happened and one that says what to do next. In a
notebook IPython shows just these lines (through ``_render_traceback_``); from Python they are
ordinary exceptions with their cause chained.
"""

from __future__ import annotations

import logging
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.api.job import Job

_LOGGER = logging.getLogger("hfjobs_magic")
# Without a handler of its own Python would print to stderr, which is the output of whatever cell runs at the moment.
_LOGGER.addHandler(logging.NullHandler())

_RED_BOLD = "\x1b[1;31m"
_PLAIN = "\x1b[0m"


class HfJobsError(Exception):
    """Base of all errors of this package."""

    def _render_traceback_(self) -> list[str]:
        return _render(self)


def _render(error: BaseException) -> list[str]:
    # IPython shows exactly these lines: frames of ours would tell the reader nothing.
    return [f"{_RED_BOLD}{type(error).__name__}{_PLAIN}: {error}"]


class OptionError(HfJobsError):
    """An option or argument that cannot be used; nothing was submitted."""


class BudgetError(HfJobsError):
    """A job that could cost more than ``--max-cost`` or the session's budget; nothing was submitted."""


class CellError(HfJobsError):
    """The cell cannot be sent as a script; nothing was submitted.

    Parameters
    ----------
    message
        What is wrong and what to do next.
    syntax_error
        The compiler's own error, with the line numbers the editor shows, or None.
    """

    def __init__(self, message: str, syntax_error: SyntaxError | None = None) -> None:
        super().__init__(message)
        self.syntax_error = syntax_error

    def __str__(self) -> str:
        error = self.syntax_error
        if error is None:
            return super().__str__()
        where = f" at line {error.lineno}" if error.lineno else ""
        return f"{type(error).__name__}{where}: {error.msg.rstrip('.')}. {super().__str__()}"

    def _render_traceback_(self) -> list[str]:
        if self.syntax_error is None:
            return super()._render_traceback_()
        shown = "".join(traceback.format_exception_only(self.syntax_error)).rstrip().splitlines()
        shown[-1] = shown[-1].replace("SyntaxError", f"{_RED_BOLD}SyntaxError{_PLAIN}", 1)
        return [*shown, super().__str__()]


class BundleMissingError(HfJobsError):
    """The page's side of the widgets was not built, in a checkout of this package."""


class HubError(HfJobsError):
    """The Hub, or the local service in its place, did not do what was asked."""

    retry_after_s: float | None = None
    """Seconds after which it may be asked again, where it said so: too many requests (status 429)."""
    is_final: bool = False
    """Whether the same request would be refused again: it is wrong, not the moment."""


class NotLoggedInError(HubError):
    """There is no token, or the Hub does not accept it."""


class JobMissingError(HubError):
    """No job with that id is known in that namespace."""


class HubUnreachableError(HubError):
    """Nothing answered at the endpoint."""


class JobFailedError(HfJobsError):
    """The job ended, and not well.

    Parameters
    ----------
    message
        How it ended and where to look.
    job
        The job, to read its logs from.
    """

    def __init__(self, message: str, job: Job) -> None:
        super().__init__(message)
        self.job = job


class RemoteError(JobFailedError):
    """The job's cell raised an exception.

    Parameters
    ----------
    message, job
        As for `JobFailedError`.
    error
        What the job said of its exception.
    traceback
        Lines, as IPython showed them in the job.
    log_tail
        The end of the log.
    """

    def __init__(
        self, message: str, job: Job, *, error: dict[str, Any], traceback: list[str], log_tail: Sequence[str] = ()
    ) -> None:
        super().__init__(message, job)
        self.remote_type: str = error.get("qualified", "")
        self.frames: list[dict[str, Any]] = list(error.get("frames") or ())
        self.traceback = "\n".join(traceback)
        self.log_tail = list(log_tail)
        self._is_shown = False
        for name, value in (error.get("attributes") or {}).items():
            # Those of the builtin class only, such as `errno` of an OSError.
            if hasattr(type(self), name) and not hasattr(RemoteError, name) and isinstance(value, (str, int)):
                with suppress(AttributeError, TypeError, ValueError):
                    setattr(self, name, value)

    def __str__(self) -> str:
        # Those of builtins, such as OSError's, would leave the message out.
        return str(self.args[0])

    def leave_traceback_out(self) -> None:
        """Show the message alone where IPython shows the error: the traceback stands above it, in the log."""
        self._is_shown = True

    def _render_traceback_(self) -> list[str]:
        above = [] if self._is_shown else [*self.traceback.split("\n"), ""]
        return [*above, *super()._render_traceback_()]


class ValueUnavailableError(HfJobsError):
    """A value of a job that is not there: the job still runs, gave none of that name, or could not send it."""


class FilesError(HfJobsError):
    """Files of a job that cannot be put where they are to go, or that the job does not have."""


class WaitTimedOutError(HfJobsError, TimeoutError):
    """Jobs had not ended when the time to wait was over; they were left alone."""


class WaitInterruptedError(KeyboardInterrupt):
    """The reader interrupted a wait; the job was left alone.

    As every KeyboardInterrupt it is no `Exception`: a loop that goes on with the next job after an error ends.
    """

    def _render_traceback_(self) -> list[str]:
        return _render(self)


class TransferInterruptedError(KeyboardInterrupt):
    """The reader interrupted the sending of values, or the fetching of a value or of files; the message says which."""

    def _render_traceback_(self) -> list[str]:
        return _render(self)


def report(error: BaseException) -> str:
    """Log an error that nobody foresaw, with its traceback, and return the sentence for the reader.

    What the error says itself may hold anything, so it goes to the logger ``hfjobs_magic`` only.
    """
    _LOGGER.error("An unexpected error", exc_info=error)
    return f"This failed with an unexpected {type(error).__name__}; the logger hfjobs_magic has its traceback."
