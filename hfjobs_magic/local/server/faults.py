"""A switch for tests: what goes wrong between a client and the Hub, on demand.

HFJOBS_LOCAL_FAULTS names a JSON file. Without the variable, or while no such file exists, nothing is injected. The file
is read again for every request, so a test can change it while the service runs. It holds a list of rules; the first one
that matches a request applies::

    [{"path": "/logs$", "cut": [100, 5000]},
     {"path": "/api/jobs/local$", "method": "POST", "status": 500, "times": 1},
     {"path": "/api/jobs/local/[0-9a-f]+$", "status": 429, "retry_after": 2, "times": 3},
     {"lag": 1.5},
     {"late": 10, "seek": false, "grace": 0}]

Rules with ``lag``, ``late``, ``seek`` or ``grace`` are for no request. The last two apply to jobs that start later.

==============  ======================================================================================================
``path``        regular expression, searched in the path; without it, every request matches
``method``      without it, every method matches
``times``       number of requests it applies to; without it, all of them
``delay``       seconds before the response; can be combined with each of the others
``cut``         bytes of the body after which the connection breaks; a list is used up, one number per request
``end``         the same, but the response ends as if it were complete
``stall``       the same, but the connection stays open, and nothing more comes
``drop``        events at the start of a stream that are left out, as if they were lost
``status``      an error instead of the response; 429 has the Hub's rate limit headers
``retry_after`` seconds, for the headers of ``status``
``lag``         seconds for which a job that has ended is still shown as running, whatever the request
``late``        seconds after which a file that a job has closed appears in its bucket, also when the job has ended
``seek``        ``false``: jobs write files on volumes from start to end only, as on hf-mount's streaming mounts
``grace``       seconds between SIGTERM and SIGKILL when a job is cancelled or times out
==============  ======================================================================================================
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hfjobs_magic.local.jobs.conditions import GRACE, Conditions
from hfjobs_magic.local.server.security import error_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from hfjobs_magic.local.storage.store import JobRow

VARIABLE = "HFJOBS_LOCAL_FAULTS"
"""Names the file."""

_LASTING = frozenset({"lag", "late", "seek", "grace"})
"""What is wrong with the Hub as a whole, not with the response to a request."""


class _CutError(Exception):
    """The connection breaks here."""


class Faults:
    """The rules of one file."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._text = "[]"
        self._rules: list[dict[str, Any]] = []
        self._used: Counter[int] = Counter()
        """How many requests each rule has applied to."""

    @classmethod
    def from_environment(cls) -> Faults:
        """Return the faults that the environment asks for, normally none."""
        named = os.environ.get(VARIABLE)
        return cls(Path(named) if named else None)

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """Return the application with the faults in front of it."""
        return app if self._path is None else _Injector(app, self)

    def take(self, method: str, path: str) -> dict[str, Any]:
        """Return the rule for a request and count that as one use of it; empty if there is none."""
        for number, rule in enumerate(self._read()):
            if (
                _LASTING & rule.keys()
                or method != rule.get("method", method)
                or not re.search(rule.get("path", ""), path)
            ):
                continue
            used = self._used[number]
            lists = {name: value for name, value in rule.items() if isinstance(value, list)}
            if used >= min([rule.get("times", used + 1), *map(len, lists.values())]):
                continue
            self._used[number] += 1
            return {**rule, **{name: value[used] for name, value in lists.items()}}
        return {}

    def read_conditions(self) -> Conditions:
        """Return the conditions under which jobs run."""
        rules: dict[str, Any] = {}
        for rule in reversed(self._read()):
            rules.update(rule)
        return Conditions(
            grace=float(rules.get("grace", GRACE)),
            delay=float(rules.get("late", 0.0)),
            append_only=rules.get("seek") is False,
        )

    @property
    def lag(self) -> float:
        """Seconds for which a job that has ended still looks alive."""
        return next((float(rule["lag"]) for rule in self._read() if "lag" in rule), 0.0)

    def delay_end(self, job: JobRow, now: float) -> JobRow:
        """Return a job as clients see it: one that has ended may still look alive for a while."""
        lag = self.lag
        if lag and job.started and job.finished and now < job.finished + lag:
            return replace(job, stage="RUNNING", message=None, finished=None)
        return job

    def _read(self) -> list[dict[str, Any]]:
        if self._path is None:
            return []
        text = self._path.read_text() if self._path.exists() else "[]"
        if text != self._text:
            self._text, self._rules = text, json.loads(text)
            self._used.clear()
        return self._rules


class _Injector:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        rule = self._faults.take(scope["method"], scope["path"])
        await asyncio.sleep(rule.get("delay", 0))
        if "status" in rule:
            await _refusal(rule)(scope, receive, send)
        elif "cut" in rule or "end" in rule:
            await self._cut_short(scope, receive, send, rule)
        elif "stall" in rule:
            await self._stall(scope, receive, send, int(rule["stall"]))
        elif "drop" in rule:
            await self._app(scope, receive, _without_events(send, int(rule["drop"])))
        else:
            await self._app(scope, receive, send)

    async def _cut_short(self, scope: Scope, receive: Receive, send: Send, rule: dict[str, Any]) -> None:
        left = int(rule["cut"] if "cut" in rule else rule["end"])

        async def send_some(message: Message) -> None:
            nonlocal left
            if message["type"] == "http.response.start":
                message["headers"] = [pair for pair in message["headers"] if pair[0] != b"content-length"]
            elif message["type"] == "http.response.body":
                body = message.get("body", b"")
                if len(body) >= left:
                    await send({"type": "http.response.body", "body": body[:left], "more_body": True})
                    raise _CutError
                left -= len(body)
            await send(message)

        try:
            await self._app(scope, receive, send_some)
        except _CutError:
            if "end" in rule:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            # Otherwise the server finds an answer that was never completed, and hangs up.

    async def _stall(self, scope: Scope, receive: Receive, send: Send, left: int) -> None:
        async def send_some(message: Message) -> None:
            nonlocal left
            if message["type"] == "http.response.body":
                body = message.get("body", b"")[:left]
                left -= len(body)
                message = {"type": "http.response.body", "body": body, "more_body": True}
            await send(message)

        await self._app(scope, receive, send_some)
        while (await receive())["type"] != "http.disconnect":
            pass


def _without_events(send: Send, left: int) -> Send:
    kept = b""

    async def send_rest(message: Message) -> None:
        nonlocal kept, left
        if message["type"] == "http.response.body" and left:
            *events, kept = (kept + message.get("body", b"")).split(b"\n\n")
            body = b"".join(event + b"\n\n" for event in events[left:])
            left = max(0, left - len(events))
            if not left:
                body, kept = body + kept, b""
            message = {**message, "body": body}
        await send(message)

    return send_rest


def _refusal(rule: dict[str, Any]) -> ASGIApp:
    status, wait = int(rule["status"]), rule.get("retry_after")
    text = "You have reached your rate limit." if status == 429 else "Injected by the test switch of the local service."
    answer = error_response(status, text)
    if status == 429:
        answer.headers["RateLimit"] = f'"api";r=0;t={wait or 1}'
        answer.headers["RateLimit-Policy"] = '"fixed window";"api";q=500;w=300'
    if wait is not None:
        answer.headers["Retry-After"] = str(wait)
    return answer
