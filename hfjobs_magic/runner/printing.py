"""When the cell prints next: what a `clear_output(wait=True)` waits for, as well as for the next output."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Write = Callable[[str], int]


class NextPrint:
    """Calls a function once, before the next text is printed.

    The process's own streams are watched, not what a program puts in their place: text that it captures is not shown.
    What other programs write to the same file descriptors is not seen.
    """

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call
        self._watched: list[tuple[Any, Write, Write]] = []
        """Each stream, what it writes with, and what it wrote with before."""

    def watch(self) -> None:
        """Call before the next text."""
        if not self._watched:
            for stream in (sys.__stdout__, sys.__stderr__):
                with contextlib.suppress(AttributeError):  # there may be none, or one that takes no attributes
                    self._watch(stream)

    def stop(self) -> None:
        """Call no more."""
        watched, self._watched = self._watched, []
        for stream, write, before in watched:
            if vars(stream).get("write") is write:  # a program may have put its own there since
                stream.write = before

    def _watch(self, stream: Any) -> None:
        before: Write = stream.write

        def write(text: str) -> int:
            if text and self._watched:
                self.stop()
                self._call()
            return before(text)

        stream.write = write
        self._watched.append((stream, write, before))
