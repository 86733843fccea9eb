"""Which frames of a traceback are of no interest to whoever wrote the cell: this package's, and IPython's around it."""

from __future__ import annotations

import codeop
import os
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

PACKAGE = "hfjobs_runner"
"""What this package is called in a job."""

_IPYTHON = os.path.join("IPython", "core", "")  # noqa: PTH118 - a part of a path, with its separators


def is_internal(file: str) -> bool:
    """Whether code of a file only runs the cell."""
    return PACKAGE in file or _IPYTHON in file or file == codeop.__file__


def is_all_internal(where: TracebackType | None) -> bool:
    """Whether no frame of a traceback is of interest."""
    return all(is_internal(frame.f_code.co_filename) for frame, _ in traceback.walk_tb(where))


def leave_out_internal(error: BaseException, where: TracebackType | None) -> TracebackType | None:
    """Leave internal frames out of a traceback, and of those of the errors that led to this one.

    Frames of IPython stay where nothing else is below them: there it has failed itself.
    """
    known: set[int] = set()
    following: list[BaseException | None] = [error.__cause__, error.__context__]
    while following:
        earlier = following.pop()
        if earlier is not None and id(earlier) not in known:
            known.add(id(earlier))
            earlier.__traceback__ = _without_internal(earlier, earlier.__traceback__)
            following += [earlier.__cause__, earlier.__context__]
    return _without_internal(error, where)


def _without_internal(error: BaseException, where: TracebackType | None) -> TracebackType | None:
    links: list[TracebackType] = []
    while where is not None:
        links.append(where)
        where = where.tb_next
    files = [link.tb_frame.f_code.co_filename for link in links]
    last = max((at for at, file in enumerate(files) if not is_internal(file)), default=-1)
    is_syntax = isinstance(error, SyntaxError)  # which says itself where it is
    kept = [
        link
        for at, (link, file) in enumerate(zip(links, files))
        if PACKAGE not in file and ((0 <= last < at and not is_syntax) or not is_internal(file))
    ]
    for link, following in zip(kept, [*kept[1:], None]):
        link.tb_next = following
    return kept[0] if kept else None
