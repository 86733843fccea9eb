"""Groups of errors: IPython only counts what is in them."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from .frames import is_internal

if TYPE_CHECKING:
    from collections.abc import Iterator


def is_group(error: BaseException) -> bool:
    """Whether an error is a group of others; Python has them from 3.11 on, and packages for earlier ones."""
    return any(base.__name__ == "BaseExceptionGroup" for base in type(error).__mro__)


def has_group(error: BaseException) -> bool:
    """Whether an error is a group, or one led to it, or happened before it (of which no traceback tells)."""
    return any(map(is_group, (*_chain(error), *_contexts(error))))


def group_lines(error: BaseException) -> list[str]:
    """Write what is in an error that is a group, and in the groups that led to an error, as Python does.

    Their own frames, and what the error itself says, are left to IPython. Nothing for other errors.
    """
    lines = []
    for group in filter(is_group, _chain(error)):
        made = traceback.TracebackException(type(group), group, None)
        _leave_out_internal(made)
        made.stack = None  # type: ignore[assignment] # so that no heading of a traceback is written
        made.__cause__ = made.__context__ = None
        rows = "".join(made.format()).splitlines()
        if group is error:  # whose message stands right above
            rows = rows[next((at for at, row in enumerate(rows) if row.startswith("  +-+-")), 0) :]
        lines += [*([] if group is error else [""]), *rows]
    return lines


def _contexts(error: BaseException) -> Iterator[BaseException]:
    known: set[int] = set()
    before = error.__context__
    while before is not None and id(before) not in known:
        yield before
        known.add(id(before))
        before = before.__context__


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Go through an error and those before it that tracebacks show."""
    known: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in known:
        yield following
        known.add(id(following))
        hidden = following.__suppress_context__
        following = following.__cause__ or (None if hidden else following.__context__)


def _leave_out_internal(made: traceback.TracebackException) -> None:
    following: list[traceback.TracebackException | None] = [made]
    while following:
        error = following.pop()
        if error is not None:
            error.stack[:] = [frame for frame in error.stack if not is_internal(frame.filename)]
            following += [error.__cause__, error.__context__, *(getattr(error, "exceptions", None) or ())]
