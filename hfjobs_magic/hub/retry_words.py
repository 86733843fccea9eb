"""What is said under a cell while huggingface_hub tries again: one line of ours for all of its, and none from threads.

Without a word a cell would stand still for half a minute; the reader's own calls of huggingface_hub keep its words.
"""

from __future__ import annotations

import contextlib
import logging
import re
from contextvars import ContextVar
from typing import TYPE_CHECKING

from huggingface_hub.utils.logging import get_logger

if TYPE_CHECKING:
    from collections.abc import Iterator

_CAUSE = " thrown while requesting "
# It says "rate limited" of every answer that names a wait, such as of a server that is being restarted.
_WAIT = re.compile(r"(?:Rate limited\. Waiting|Retrying in) [\d.]+s.*\[Retry (?P<tried>\d+)/(?P<most>\d+)\]")

_asked: ContextVar[tuple[str, int]] = ContextVar("hfjobs_asked", default=("", 0))
"""Endpoint of a call of ours, and how many stand around each other."""


@contextlib.contextmanager
def own_words(endpoint: str) -> Iterator[None]:
    """Say in our words that a call to `endpoint` is tried again."""
    _asked.set((endpoint, _asked.get()[1] + 1))
    try:
        yield
    finally:
        # Counted, not put back: one that reads a stream may end after one that began later.
        _asked.set((endpoint, max(0, _asked.get()[1] - 1)))


def is_ours(record: logging.LogRecord) -> bool:
    """Whether a record is of a call of ours, or of a thread of ours."""
    return (record.threadName or "").startswith("hfjob") or _asked.get()[1] > 0


class _RetryWords(logging.Filter):
    """Leaves out what huggingface_hub says while a thread of ours waits: the card and the table say it themselves."""

    def filter(self, record: logging.LogRecord) -> bool:
        if (record.threadName or "").startswith("hfjob"):
            return False
        endpoint, calls = _asked.get()
        said = record.getMessage()
        if calls and _CAUSE in said:
            return False
        if not calls or (wait := _WAIT.match(said)) is None:
            return True
        record.msg, record.args = f"No usable answer from {endpoint} yet; trying again, up to {wait['most']} times.", ()
        return wait["tried"] == "1"


_words = _RetryWords()


def set_retry_words() -> None:
    """Have huggingface_hub's warnings of another try said so, from now on; a second call does nothing."""
    for handler in get_logger().handlers:
        handler.addFilter(_words)
