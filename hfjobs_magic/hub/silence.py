"""Keeping huggingface_hub from writing below a cell, whatever other threads print meanwhile."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Silence(threading.local):
    """Whether a thread is to print nothing."""

    is_wanted = False


_SILENCE = _Silence()


class _Filter:
    """A stream that takes no text of a silent thread, and is another one for everybody else."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, or not."""
        return len(text) if _SILENCE.is_wanted else int(self._stream.write(text) or 0)

    def release(self) -> Any:
        """Return the other one."""
        return self._stream


class _Streams:
    """`sys.stdout` and the progress bars of huggingface_hub are one for all threads: the last one gives them back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._silent = 0
        """Threads that want silence."""
        self._had_bars = False

    def take(self) -> None:
        """Begin with silence in this thread."""
        with self._lock:
            if not self._silent:
                self._had_bars = not are_progress_bars_disabled()
                if self._had_bars:
                    disable_progress_bars()
            self._silent += 1
            # Somebody may have put another stream in its place since.
            if not isinstance(sys.stdout, _Filter):
                sys.stdout = _Filter(sys.stdout)

    def give_back(self) -> None:
        """End it."""
        with self._lock:
            self._silent -= 1
            if self._silent:
                return
            if self._had_bars and os.environ.get("HF_HUB_DISABLE_PROGRESS_BARS") != "1":
                enable_progress_bars()
            if isinstance(sys.stdout, _Filter):
                sys.stdout = sys.stdout.release()


_STREAMS = _Streams()


@contextmanager
def silence() -> Iterator[None]:
    """Let huggingface_hub print nothing in this thread, and draw no bar of an upload or download: the card says it all.

    What other threads print meanwhile, such as the notebook's next cell, is printed.
    """
    # Not undone, since filters are one list for all threads. It says that a function may change, which is our business.
    warnings.filterwarnings("ignore", message=".*uv_job' is experimental", category=UserWarning)
    before, _SILENCE.is_wanted = _SILENCE.is_wanted, True
    _STREAMS.take()
    try:
        yield
    finally:
        _STREAMS.give_back()
        _SILENCE.is_wanted = before
