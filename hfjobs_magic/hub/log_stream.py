"""One connection to a job's log: its lines from the first on, with the times that huggingface_hub leaves out.

huggingface_hub's own session is asked, and the events are read as its ``fetch_job_logs`` reads them, but many at once:
what is paid for a line is then less than it pays. It connects again where a stream ends early, and keeps count of lines
for that; here `hfjobs_magic.follow.log_reader` does both.
"""

from __future__ import annotations

import json
import math
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from huggingface_hub import get_session
from huggingface_hub.errors import HTTPError
from huggingface_hub.utils import build_hf_headers, hf_raise_for_status

from hfjobs_magic.hub.steady_api import list_again
from hfjobs_magic.log.batch import LogBatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOLLOW_S = 120.0
"""Silence after which a stream is given up, in seconds; the Hub says every 30 s that it is there."""

REPLAY_S = 5.0
"""Silence after which all lines so far are there, in seconds: the Hub replays a log at once, and then waits."""

_EVENT = "data: {"
_MARKER = "===== Job started"
"""Begins what the Hub itself says at every start of a job's container; huggingface_hub leaves it out."""


@list_again
def read_log(url: str, token: str | bool | None, *, follow: bool) -> Iterator[LogBatch]:
    """Yield a job's log from its first line; with `follow` until the stream ends, or breaks off behind some lines.

    Raises
    ------
    HTTPError
        When the Hub refuses, when nothing answers, or when a replay breaks off.
    """
    begun = False
    try:
        with get_session().stream(
            "GET", url, headers=build_hf_headers(token=token), timeout=FOLLOW_S if follow else REPLAY_S
        ) as answer:
            if answer.status_code != 200:
                hf_raise_for_status(answer)
                return
            until = math.inf if follow else _read_date(answer.headers)
            times = _Times()
            for text in _whole_lines(answer.iter_bytes()):
                batch = times.read(text)
                if times.second > until:
                    # A job that never stops printing has no end of a replay but this one.
                    yield _clip(batch, until)
                    return
                begun = begun or bool(batch.lines)
                yield batch
    except (HTTPError, json.JSONDecodeError) as error:
        # The class is told by its name, since its module is another one with each version of huggingface_hub.
        if type(error).__name__ != "ReadTimeout" and not (follow and begun):
            raise


def _whole_lines(pieces: Iterator[bytes]) -> Iterator[str]:
    """Join what comes so that it ends where a line does; the end of a stream within one is not a line."""
    parts: list[bytes] = []
    for data in pieces:
        cut = data.rfind(b"\n") + 1
        if not cut:
            parts.append(data)
            continue
        parts.append(data[:cut])
        yield b"".join(parts).decode(errors="replace")
        parts = [data[cut:]]


class _Times:
    """Reads events, and knows of which second the last one was."""

    def __init__(self) -> None:
        self.second: float = -math.inf
        self._stamp = ""

    def read(self, text: str) -> LogBatch:
        """Read the events of some whole lines."""
        # Split at newlines only: what else ends a line for `str.splitlines` may stand in an event as it is.
        found = [line[len(_EVENT) - 1 :] for line in text.split("\n") if line.startswith(_EVENT)]
        events: list[dict[str, Any]] = json.loads(f"[{','.join(found)}]")
        if _MARKER in text:
            events = [event for event in events if not str(event.get("data")).startswith(_MARKER)]
        lines = [event.get("data") or "" for event in events]
        return LogBatch(lines, list(self._seconds(events)), len(text))

    def _seconds(self, events: list[dict[str, Any]]) -> Iterator[tuple[int, int]]:
        # Time goes on: where the last line is of the second of the first, all between them are.
        ends = {_stamp_of(event)[:19] for event in (*events[:1], *events[-1:])}
        if ends <= {self._stamp}:
            return
        for at, event in enumerate(events):
            stamp = _stamp_of(event)
            if not stamp or stamp[:19] == self._stamp:
                continue
            self._stamp = stamp[:19]
            second = _read_stamp(stamp)
            if second is not None:
                self.second = second
                yield at, second


def _clip(batch: LogBatch, until: float) -> LogBatch:
    end = next(at for at, second in batch.seconds if second > until)
    return LogBatch(batch.lines[:end], [run for run in batch.seconds if run[0] < end], batch.size)


def _stamp_of(event: dict[str, Any]) -> str:
    return event.get("timestamp") or ""


def _read_stamp(stamp: str) -> int | None:
    """Return a time as the Hub writes it, ``2026-05-12T14:58:23.645Z``, in seconds since the epoch."""
    try:
        return int(datetime.fromisoformat(stamp[:19]).replace(tzinfo=timezone.utc).timestamp())
    except ValueError:
        return None


def _read_date(headers: Mapping[str, str]) -> float:
    """Return the second behind which nothing of a replay is, by the server's own clock; infinite where it has none."""
    try:
        return parsedate_to_datetime(headers["date"]).timestamp() + 1
    except (KeyError, ValueError, TypeError):
        return math.inf
