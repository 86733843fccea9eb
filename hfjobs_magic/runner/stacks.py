"""Where the cell is, as Python tells it by stacks and warnings: without the frames that only run the cell."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from typing import TYPE_CHECKING, Any

from .frames import is_internal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_SHELL = os.path.join("IPython", "core", "interactiveshell.py")  # noqa: PTH118 - the end of a path

_WARNINGS = {warnings.__file__, __file__}


def install(is_call: Callable[[str], bool]) -> None:
    """Have `traceback.print_stack` end at the cell, and warnings that would name IPython name the cell's line.

    Parameters
    ----------
    is_call
        Says of a file's name in code objects whether it only calls a magic that runs the cell.
    """
    walk, show = traceback.walk_stack, warnings.showwarning

    def walk_stack(f: FrameType | None) -> Iterator[tuple[FrameType, int]]:
        # Whose stack is meant without a frame, only the original knows: it counts its callers.
        return walk(f) if f is None else iter(_leave_out([*walk(f)], is_call))

    def showwarning(  # noqa: PLR0917 - Python's signature
        message: Any, category: Any, filename: str, lineno: int, file: Any = None, line: str | None = None
    ) -> None:
        if is_internal(filename):
            # Its `stacklevel` leads beyond the cell; of a script Python would name its own start.
            own = [
                (frame, at)
                for frame, at in _leave_out([*walk(sys._getframe(1))], is_call)  # noqa: SLF001 - `inspect` has no less
                if frame.f_code.co_filename not in _WARNINGS
            ]
            if own:
                filename, lineno = own[-1][0].f_code.co_filename, own[-1][1]
        show(message, category, filename, lineno, file, line)

    traceback.walk_stack = walk_stack
    warnings.showwarning = showwarning


def _leave_out(frames: list[tuple[FrameType, int]], is_call: Callable[[str], bool]) -> list[tuple[FrameType, int]]:
    """Leave out what runs the cell of a stack, innermost frame first; one of another thread has nothing of it."""
    starts = [
        at
        for at, (frame, _) in enumerate(frames)
        if frame.f_code.co_name == "run_code" and frame.f_code.co_filename.endswith(_SHELL)
    ]
    if not starts:
        return frames
    own = [item for item in frames[: starts[-1]] if not is_internal(item[0].f_code.co_filename)]
    return own[:-1] if own and is_call(own[-1][0].f_code.co_filename) else own
