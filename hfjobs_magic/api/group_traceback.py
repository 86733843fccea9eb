"""The traceback of an error that is a group, or came while one was handled, in IPython.

IPython 9 leaves groups to Python: it prints them on stderr with all frames, those of this package too, and asks no
``_render_traceback_``. So what has one goes to it as an error without a group.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import HfJobsError
from hfjobs_magic.records.shell import current_shell

if TYPE_CHECKING:
    from types import TracebackType

_ORIGINAL = "_hfjobs_original"


def install() -> None:
    """Have the shell, where there is one, show errors of ours as they render themselves."""
    shell: Any = current_shell()
    original = getattr(shell, "showtraceback", None)
    if original is None or hasattr(original, _ORIGINAL):
        return

    def showtraceback(exc_tuple: Any = None, *args: Any, **kwargs: Any) -> Any:
        kind, error, where = exc_tuple or sys.exc_info()
        if hasattr(error, "_render_traceback_") and _has_group(error):
            exc_tuple = kind, _without_group(error, where), where
        return original(exc_tuple, *args, **kwargs)

    setattr(showtraceback, _ORIGINAL, original)
    shell.showtraceback = showtraceback


def uninstall() -> None:
    """Leave it to the shell again, unless somebody else has changed it since."""
    shell: Any = current_shell()
    if hasattr(getattr(shell, "showtraceback", None), _ORIGINAL):
        shell.showtraceback = getattr(shell.showtraceback, _ORIGINAL)


def _has_group(error: BaseException | None) -> bool:
    known: set[int] = set()
    while error is not None and id(error) not in known:
        if any(base.__name__ == "BaseExceptionGroup" for base in type(error).__mro__):  # Python 3.10 has none
            return True
        known.add(id(error))
        error = error.__context__
    return False


def _without_group(error: Any, where: TracebackType | None) -> BaseException:
    """Return what looks like the error and has the same traceback, for ``%debug`` too, and is no group."""
    shown = HfJobsError(str(error))
    shown._render_traceback_ = error._render_traceback_  # type: ignore[method-assign]
    return shown.with_traceback(where)
