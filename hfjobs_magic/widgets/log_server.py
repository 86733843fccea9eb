"""What a page asks of a log beyond its newest lines: older ones, and which of them match.

Messages of the page: ``{"type": "lines", "first", "count"}`` and ``{"type": "search", "id", "query", "case", "regex",
"from"}``. Answers: ``{"type": "lines", "first", "lines", "times"}`` and ``{"type": "matches", "id", "total", "lines",
"complete", "searched", "error"}``.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from typing import TYPE_CHECKING, Any

from hfjobs_magic.log.search import Question, Searcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.follow.follower import Follower
    from hfjobs_magic.log.search import Matches

LOG_BYTES = 60_000
"""Bound of lines sent at a time, in bytes of JSON: at most ten updates a second go out, and Jupyter Server cuts off at
a rate of 1 MB/s of text (``iopub_data_rate_limit``), which does not count widget messages but browsers feel it too."""

BLOCK_LINES = 1_000
"""Most older lines a page gets at a time."""

MATCHES = 1_000
"""Most numbers of matching lines a page gets at a time."""


class LogServer:
    """Answers from the pump, or where that has ended from whoever has the answer.

    Parameters
    ----------
    follower
        Has the log.
    send
        Sends a message to all pages.
    """

    def __init__(self, follower: Follower, send: Callable[[dict[str, Any]], None]) -> None:
        self._follower = follower
        self._send = send
        # One thread at a time sends.
        self._sending = threading.Lock()
        self._searcher = Searcher(follower.log, f"hfjob-{follower.job_id[:8]}-search")

    def answer(self, asked: dict[str, Any]) -> None:
        """Answer a message of a page; other messages are ignored. Returns at once."""
        kind, first, count = asked.get("type"), asked.get("first"), asked.get("count")
        if kind == "lines" and isinstance(first, int) and isinstance(count, int):
            self._follower.do(lambda: self._send_lines(max(0, first), min(count, BLOCK_LINES)))
        elif kind == "search":
            self._search(asked)

    def stop(self) -> None:
        """Give up what is being searched for."""
        self._searcher.stop()

    def _send_lines(self, first: int, count: int) -> None:
        with self._sending:
            log = self._follower.log
            lines = log.lines(first, count, LOG_BYTES)
            self._send({"type": "lines", "first": first, "lines": lines, "times": log.times(first, first + len(lines))})

    def _search(self, asked: dict[str, Any]) -> None:
        text, case, regex = str(asked.get("query") or ""), asked.get("case") is True, asked.get("regex") is True
        start = first if isinstance(first := asked.get("from"), int) else 0
        answer = {"type": "matches", "id": asked.get("id")}
        # Found on the search's own thread, sent by the pump.
        self._searcher.ask(
            Question(text, case=case, regex=regex),
            lambda matches: self._follower.do(lambda: self._send_matches(answer, matches, start)),
        )

    def _send_matches(self, answer: dict[str, Any], matches: Matches, start: int) -> None:
        later = matches.numbers[bisect_left(matches.numbers, start) :]
        with self._sending:
            self._send(
                {
                    **answer,
                    "total": len(matches.numbers),
                    "lines": list(later[:MATCHES]),
                    "complete": len(later) <= MATCHES,
                    "searched": matches.searched,
                    "error": matches.error,
                }
            )
