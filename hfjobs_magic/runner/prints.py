"""What the cell prints, kept for the notebook that is left of it: nbformat's stream outputs, bounded.

A file of the staging folder for each place between two outputs, written as the cell prints, so that it is there
however the cell ends. The job's log has all of it, and what programs and other processes print besides.
"""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MAX_BYTES = 1_000_000
"""Text that is kept, in bytes: more would make the notebook slow to open."""

MAX_PIECES = 2_000
"""Changes between stdout and stderr, each of which is an output of its own in the notebook."""

SUFFIX = ".printed"

_MARKS = {"stdout": b"\0o", "stderr": b"\0e"}
"""Begin what was printed on a stream; no text keeps a NUL."""

_MORE = "… the job's log has the rest.\n"


class Prints:
    """Keeps what the process's own streams are given.

    Parameters
    ----------
    folder
        Where files go; each is called after the output before it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._number = self._paused = 0
        self._room, self._pieces = MAX_BYTES, MAX_PIECES
        self._file: int | None = None
        self._name = ""
        """Of the stream that was written to last."""
        self._size = self._line = 0
        """Bytes of the file, and where its last line begins."""
        self._returned = False
        """Whether that line is written anew by what follows."""

    def watch(self, streams: Mapping[str, Any]) -> None:
        """Keep what is written to streams, by their names: "stdout", "stderr"."""
        for name, stream in streams.items():
            with contextlib.suppress(AttributeError):  # there may be none, or one that takes no attributes
                self._watch(name, stream)

    def place(self, number: int) -> None:
        """Let what follows stand below an output."""
        with self._lock:
            self._close()
            self._number = number

    def clear(self) -> None:
        """Forget what was printed so far."""
        with self._lock:
            self._close()
            for path in self._folder.glob(f"*{SUFFIX}"):
                path.unlink()
            self._room, self._pieces = MAX_BYTES, MAX_PIECES

    @contextlib.contextmanager
    def pause(self) -> Iterator[None]:
        """Keep nothing meanwhile."""
        self._paused += 1
        try:
            yield
        finally:
            self._paused -= 1

    def _watch(self, name: str, stream: Any) -> None:
        before = stream.write

        def write(text: str) -> int:
            count: int = before(text)
            # Other processes have the streams, too, and would write into each other's lines.
            if self._room > 0 and text and not self._paused and os.getpid() == self._pid:
                self._keep(name, text)
            return count

        stream.write = write

    def _keep(self, name: str, text: str) -> None:
        with self._lock, contextlib.suppress(OSError):
            if self._file is None:
                path = self._folder / f"{self._number:06}{SUFFIX}"
                self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            if name != self._name:
                self._name, self._pieces = name, self._pieces - 1
                self._add(self._file, _MARKS[name])
                self._line, self._returned = self._size, False
            first, *others = text.replace("\0", "").split("\r")
            self._add_text(self._file, first)
            for part in others:
                # Only what follows tells whether the line is written anew or ends.
                self._returned = True
                self._add_text(self._file, part)

    def _add_text(self, file: int, text: str) -> None:
        """Add text, over the line where a carriage return came before it, as a terminal shows it."""
        if not text:
            return
        if self._returned and not text.startswith("\n"):
            self._room += self._size - self._line
            os.ftruncate(file, self._line)
            self._size = self._line
        self._returned = False
        data = text.encode("utf-8", "replace")
        at = data.rfind(b"\n") + 1
        if len(data) > self._room or self._pieces <= 0:
            data = data[: max(self._room, 0)] + b"\n" + _MORE.encode()
            self._room = 0
        self._add(file, data)
        if at:
            self._line = self._size - (len(data) - at)

    def _add(self, file: int, data: bytes) -> None:
        os.write(file, data)
        self._size += len(data)
        self._room -= len(data)

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file, self._name, self._returned = None, "", False
        self._size = self._line = 0


def read_prints(path: Path) -> Iterator[dict[str, Any]]:
    """Read such a file: nbformat's outputs, in order."""
    names = {mark[1:].decode(): name for name, mark in _MARKS.items()}
    text = path.read_text(encoding="utf-8", errors="replace")
    for piece in text.split("\0")[1:]:
        if len(piece) > 1:
            yield {"output_type": "stream", "name": names.get(piece[0], "stdout"), "text": piece[1:]}
