"""The job card: traits out, messages in.

Traits, all set by the job's pump (times are seconds since the epoch, on the kernel's clock):

``job``, ``stream``, ``stream_note``, ``script``, ``details``, ``notice``, ``cancelling``
    As `hfjobs_magic.follow.state` and `hfjobs_magic.views.details` write them.
``stream_note``
    ``{"retry_at": float | None, "missing": bool}``: when a log that broke off is asked for again, and whether lines of
    it are missing.
``log``
    ``{"first": int, "lines": [str], "total": int}``: the newest lines, numbered from 0.
``metrics``
    `MetricsBuffer.points`: means of bins, with ``_min`` and ``_max`` beside each.
``training``, ``progress``
    What the log says of a training: `TrainingBuffer.trait`, and `Frame.trait` of the bar that has longest to go.

Messages of the page: ``{"type": "cancel"}``, ``{"type": "lines", "first", "count"}`` and ``{"type": "search",
"id", "query", "case", "regex", "from"}``. Answers: ``{"type": "lines", "first", "lines"}`` and ``{"type":
"matches", "id", "total", "lines", "complete", "searched", "error"}``.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from hfjobs_magic.log.search import Question, Searcher
from hfjobs_magic.views import card
from hfjobs_magic.views.details import details
from hfjobs_magic.widgets.saved import Twin
from hfjobs_magic.widgets.subshell import free
from hfjobs_magic.widgets.throttle import Pace
from hfjobs_magic.widgets.traits import snapshot as job_trait
from hfjobs_magic.widgets.traits import stream_note

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.log.search import Matches

STATIC = Path(__file__).parents[1] / "static"

TAIL_LINES = 500
"""Newest log lines kept in the trait, so that any view can begin from it."""

FLOOD_TAIL_LINES = 100
"""The same while lines come faster than anybody reads: what is in view, a few times a second."""

LOG_BYTES = 60_000
"""Bound of lines sent at a time, in bytes of JSON: at most ten updates a second go out, and Jupyter Server cuts off at
a rate of 1 MB/s of text (``iopub_data_rate_limit``), which does not count widget messages but browsers feel it too."""

BLOCK_LINES = 1_000
"""Most older lines a page gets at a time."""

MATCHES = 1_000
"""Most numbers of matching lines a page gets at a time."""


class JobCard(anywidget.AnyWidget):
    """Live view of one job. All traits are set by the job's pump; a page never sets one."""

    _esm = STATIC / "index.js"
    _css = STATIC / "index.css"

    job = traitlets.Dict().tag(sync=True)
    stream = traitlets.Unicode("connecting").tag(sync=True)
    stream_note = traitlets.Dict({"retry_at": None, "missing": False}).tag(sync=True)
    log = traitlets.Dict({"first": 0, "lines": [], "total": 0}).tag(sync=True)
    metrics = traitlets.Dict().tag(sync=True)
    training = traitlets.Dict().tag(sync=True)
    progress = traitlets.Dict().tag(sync=True)
    script = traitlets.Unicode("").tag(sync=True)
    details: traitlets.List[Any] = traitlets.List().tag(sync=True)
    notice = traitlets.Unicode("").tag(sync=True)
    cancelling = traitlets.Bool(default_value=False).tag(sync=True)

    def __init__(self, handle: Job) -> None:
        self._handle = handle
        self._at_end: Callable[[], None] | None = None
        self._searcher = Searcher(handle.follower.log, f"hfjob-{handle.id[:8]}-search")
        self._metrics_pace, self._training_pace = Pace(), Pace()
        # One thread at a time sends: when the pump has ended, whoever has something to send does.
        self._sending = threading.Lock()
        super().__init__(
            job=self._job_trait(),
            script=handle.script.text if handle.script else "",
            details=[
                list(row)
                for row in details(
                    handle.follower.state.facts,
                    endpoint=handle.client.endpoint,
                    options=handle.options,
                    script=handle.script,
                    hardware=handle.hardware,
                )
            ],
            metrics=handle.follower.metrics.points(),
            training=handle.follower.training.trait(),
        )
        free(self.comm)
        self.on_msg(self._on_message)
        handle.follow().follower.listen(self._show)

    def __repr__(self) -> str:
        return card.text(*self._constants())

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        made = super()._repr_mimebundle_(**kwargs)
        data, metadata = made if isinstance(made, tuple) else (made or {}, {})
        constants = self._constants()
        return {
            **data,
            "text/plain": card.text(*constants),
            "text/html": self._snapshot(),
        }, metadata

    def twin(self) -> Twin:
        """Give what is saved of the card."""
        return Twin(self._snapshot(), repr(self))

    def _constants(self) -> tuple[str, str, str]:
        facts = self._handle.follower.state.facts
        return facts.name, facts.flavor, "local service" if self._handle.client.local else "Hugging Face Jobs"

    def when_ended(self, action: Callable[[], None]) -> None:
        """Call `action` once, from the pump, when the job has ended and its whole log is here."""
        self._at_end = action
        self._handle.follower.do(self._tell_end)

    def _tell_end(self) -> None:
        state, action = self._handle.follower.state, self._at_end
        if action is not None and state.facts.is_terminal and state.stream == "complete":
            self._at_end = None
            action()

    def _snapshot(self) -> str:
        follower = self._handle.follower
        _, lines = follower.log.tail(card.LOG_LINES, LOG_BYTES)
        return card.html(
            card.View(
                job=self._job_trait(),
                lines=lines,
                total=follower.log.total,
                metrics=follower.metrics.points(),
                training=follower.training.trait(),
                notice=follower.state.notice,
            )
        )

    def _job_trait(self) -> dict[str, Any]:
        handle, hardware = self._handle, self._handle.hardware
        return job_trait(
            handle.follower.state,
            now=handle.follower.clock(),
            local=handle.client.local,
            hardware=hardware.label if hardware else None,
            usd_per_minute=hardware.usd_per_minute if hardware and not handle.client.local else None,
            timeout_s=handle.options.timeout_s if handle.options else None,
        )

    def _show(self) -> None:
        """Copy what is known into the traits; called by the pump only."""
        follower = self._handle.follower
        first, lines = follower.log.tail(FLOOD_TAIL_LINES if follower.floods else TAIL_LINES, LOG_BYTES)
        with self.hold_sync():
            self.job = self._job_trait()
            self.stream = follower.state.stream
            self.stream_note = stream_note(follower.state)
            self.log = {"first": first, "lines": lines, "total": first + len(lines)}
            ended = follower.state.stream in {"complete", "stopped"}
            if self._metrics_pace.is_due(follower.metrics.taken, last=ended):
                self.metrics = self._metrics_pace.paced(follower.metrics.points())
            if self._training_pace.is_due(follower.training.reports, last=ended):
                self.training = self._training_pace.paced(follower.training.trait())
            self.progress = follower.training.progress()
            self.notice = follower.state.notice
            self.cancelling = follower.state.cancelling
        if follower.state.stream == "stopped":
            self._searcher.stop()
        self._tell_end()

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        # Handlers may come late and on another thread: they only enqueue.
        if not isinstance(content, dict):
            return
        follower = self._handle.follower
        if content.get("type") == "cancel":
            follower.cancel_later()
        elif content.get("type") == "lines":
            first, count = content.get("first"), content.get("count")
            if isinstance(first, int) and isinstance(count, int):
                follower.do(lambda: self._send_lines(first, min(count, BLOCK_LINES)))
        elif content.get("type") == "search":
            self._search(content)

    def _send_lines(self, first: int, count: int) -> None:
        first = max(0, first)
        with self._sending:
            self.send(
                {"type": "lines", "first": first, "lines": self._handle.follower.log.lines(first, count, LOG_BYTES)}
            )

    def _search(self, asked: dict[str, Any]) -> None:
        question = Question(
            str(asked.get("query") or ""), case=asked.get("case") is True, regex=asked.get("regex") is True
        )
        start = first if isinstance(first := asked.get("from"), int) else 0
        answer = {"type": "matches", "id": asked.get("id")}
        # Found on the search's own thread, sent by the pump.
        self._searcher.ask(
            question, lambda found: self._handle.follower.do(lambda: self._send_matches(answer, found, start))
        )

    def _send_matches(self, answer: dict[str, Any], found: Matches, start: int) -> None:
        later = found.numbers[bisect_left(found.numbers, start) :]
        with self._sending:
            self.send(
                {
                    **answer,
                    "total": len(found.numbers),
                    "lines": list(later[:MATCHES]),
                    "complete": len(later) <= MATCHES,
                    "searched": found.searched,
                    "error": found.error,
                }
            )
