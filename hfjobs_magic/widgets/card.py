"""The job card: traits out, messages in.

Traits, all set by the job's pump (times are seconds since the epoch, on the kernel's clock):

``names``
    ``{"names": [str], "code": str}``: what came along from the notebook, as the Script tab shows it; constant.
``command``
    `hfjobs_magic.views.command.start_command` of the job; constant, as ``script`` is.
``out_dir``
    Folder that comes back; empty without one. Its files are asked for, see `hfjobs_magic.widgets.file_server`.
``job``, ``stream``, ``stream_note``, ``script``, ``details``, ``notice``, ``cancelling``
    As `hfjobs_magic.follow.state` and `hfjobs_magic.views.details` write them.
``stream_note``
    ``{"retry_at": float | None, "missing": bool, "unreachable": bool}``: when a log that broke off is asked for again,
    whether lines of it are missing, and whether the Hub has not answered for a while.
``log``
    ``{"first": int, "lines": [str], "total": int, "times": [[int, int]]}``: the newest lines, numbered from 0; where a
    second begins, and that second since the epoch.
``metrics``
    `MetricsBuffer.points`: means of bins, with ``_min`` and ``_max`` beside each.
``training``, ``progress``
    What the log says of a training: `TrainingBuffer.trait`, and `Frame.trait` of the bar that has longest to go.
``right_size``
    `RightSize.advice` of a job that has ended: what it used, and cheaper flavors; empty where none can be named.
``idle``
    ``{"since", "until"}`` of a job that does nothing and will be cancelled (``--cancel-if-idle``); else None.
``outputs``, ``earlier``
    As `hfjobs_magic.widgets.output_server` and `earlier_jobs` write them.
``again``
    ``[[id, "anywidget:MODEL"]]``: the cards of jobs that were started from this one, oldest first; shown below it.

Messages of the page: ``{"type": "cancel"}``, ``{"type": "keep"}`` for one that is idle, and those that
`hfjobs_magic.widgets.log_server`, `output_server`, `file_server`, `rerun_server`, `earlier_jobs`, `page_links` and
`live_view` take.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import traitlets

from hfjobs_magic.hub.sent_secrets import SENT
from hfjobs_magic.views.command import start_command
from hfjobs_magic.widgets.card_details import CardDetails
from hfjobs_magic.widgets.earlier_jobs import EarlierJobs
from hfjobs_magic.widgets.file_server import FileServer
from hfjobs_magic.widgets.live_view import LiveView
from hfjobs_magic.widgets.log_server import LOG_BYTES, LogServer
from hfjobs_magic.widgets.output_server import OutputServer
from hfjobs_magic.widgets.page_links import PageLinks
from hfjobs_magic.widgets.pulse import Pulse
from hfjobs_magic.widgets.rerun_server import RerunServer
from hfjobs_magic.widgets.static_card import StaticCard
from hfjobs_magic.widgets.throttle import Throttle
from hfjobs_magic.widgets.traits import write_idle, write_names, write_stream_note

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.widgets.card_details import Rows
    from hfjobs_magic.widgets.twin import Twin

Below: TypeAlias = "Sequence[tuple[Job, Below]]"
"""Jobs, and what was started from the card of each."""

TAIL_LINES = 500
"""Newest log lines kept in the trait, so that any view can begin from it."""

FLOOD_TAIL_LINES = 100
"""The same while lines come faster than anybody reads: what is in view, a few times a second."""


class JobCard(LiveView):
    """Live view of one job."""

    job = traitlets.Dict().tag(sync=True)
    stream = traitlets.Unicode("connecting").tag(sync=True)
    stream_note = traitlets.Dict({"retry_at": None, "missing": False, "unreachable": False}).tag(sync=True)
    log = traitlets.Dict({"first": 0, "lines": [], "total": 0, "times": []}).tag(sync=True)
    metrics = traitlets.Dict().tag(sync=True)
    training = traitlets.Dict().tag(sync=True)
    progress = traitlets.Dict().tag(sync=True)
    script = traitlets.Unicode("").tag(sync=True)
    names = traitlets.Dict({"names": [], "code": ""}).tag(sync=True)
    command = traitlets.Unicode("").tag(sync=True)
    details: traitlets.List[Any] = traitlets.List().tag(sync=True)
    notice = traitlets.Unicode("").tag(sync=True)
    outputs: traitlets.List[Any] = traitlets.List().tag(sync=True)
    again: traitlets.List[Any] = traitlets.List().tag(sync=True)
    out_dir = traitlets.Unicode("").tag(sync=True)
    right_size = traitlets.Unicode("").tag(sync=True)
    idle = traitlets.Any(None).tag(sync=True)
    cancelling = traitlets.Bool(default_value=False).tag(sync=True)
    earlier: traitlets.List[Any] = traitlets.List().tag(sync=True)

    def __init__(self, handle: Job) -> None:
        self._handle = handle
        follower = self._follower = handle.open_follower(self)
        self._static = StaticCard(handle, follower)
        self._log_server = LogServer(follower, self.send)
        self._output_server = OutputServer(follower, self.send)
        self._file_server = FileServer(handle, self._send_later)
        self._page_links = PageLinks(handle.client, self._send_later)
        self._reruns = RerunServer(handle, lambda: follower.state.status.ending, self._send_later, self._show_later)
        self._details = CardDetails(handle, follower, self._static, self._show_details)
        self._again: dict[str, JobCard] = {}
        """Cards below it, by their job's id."""
        self._at_end: Callable[[], None] | None = None
        self._pulse = Pulse(follower.pump, self.send, clock=follower.clock)
        self._earlier = EarlierJobs(handle.earlier, handle.runtime, lambda: follower.do(self._show_earlier))
        self._metrics_throttle, self._training_throttle = Throttle(), Throttle()
        super().__init__(
            job=self._static.job(),
            script=handle.script.text if handle.script else "",
            names=write_names(handle.script),
            command=SENT.mask(_write_command(handle), handle.id),
            details=self._details.write(),
            out_dir=handle.facts.out_dir,
            metrics=follower.metrics.points(),
            training=follower.training.trait(),
            earlier=self._earlier.trait(),
        )
        follower.listen(self._show)
        self._details.ask_if_unknown()
        self._is_made = True

    def __repr__(self) -> str:
        return repr(self._static)

    def twin(self) -> Twin:
        """Return what is saved of the card, and of those below it."""
        return self._static.twin([card.twin().html for card in self._again.values()])

    def close(self) -> None:
        """Show nothing more; the job keeps running, and is followed no longer where nobody else looks."""
        self._static.close()
        self._follower.unlisten(self._show)
        self._follower.release(self)
        self._log_server.stop()
        self._file_server.stop()
        self._page_links.stop()
        self._reruns.stop()
        self._details.stop()
        self._earlier.stop()
        self._pulse.stop()
        for card in self._again.values():
            card.close()
        super().close()

    def when_ended(self, action: Callable[[], None]) -> None:
        """Call `action` from the pump when the job has ended and its whole log is here.

        So for each job that is started from it, and when that is submitted: what is saved has it from the beginning.
        """
        self._at_end = action
        self._static.when_ended(action)

    def show_below(self, jobs: Below) -> None:
        """Show jobs that were started from this one, below it, and those that were started from them; later."""
        for job, below in jobs:
            self._follower.do(partial(self.show_again, job, below))

    def show_again(self, job: Job, below: Below = ()) -> None:
        """Show a job that was started from this one, below it, with what was started from it; the pump calls it."""
        card = JobCard(job)
        card.show_below(below)
        self._again[job.id] = card
        self.adopt(card)
        self.again = [*self.again, [job.id, f"anywidget:{card.model_id}"]]
        if self._at_end is not None:
            card.when_ended(self._at_end)
            self._at_end()

    def _send_later(self, message: dict[str, Any]) -> None:
        self._follower.do(lambda: self.send(message))

    def _show_later(self, job: Job) -> None:
        self.show_below([(job, ())])

    def _show_earlier(self) -> None:
        self.earlier = self._earlier.trait()

    def _show_details(self, rows: Rows) -> None:
        self.details = rows

    def _show(self) -> None:
        """Copy what is known into the traits; called by the pump only."""
        follower = self._follower
        state = follower.state
        first, lines = follower.log.tail(FLOOD_TAIL_LINES if follower.is_flooded else TAIL_LINES, LOG_BYTES)
        ended = state.stream in {"complete", "stopped"}
        with self.hold_sync():
            self.job = self._static.job()
            if (rows := self._details.renew()) is not None:
                self.details = rows
            self.stream = state.stream
            self.stream_note = write_stream_note(state)
            total = first + len(lines)
            self.log = {"first": first, "lines": lines, "total": total, "times": follower.log.times(first, total)}
            if self._metrics_throttle.is_due(follower.metrics.taken, last=ended):
                self.metrics = self._metrics_throttle.charge(follower.metrics.points())
            if self._training_throttle.is_due(follower.training.reports, last=ended):
                self.training = self._training_throttle.charge(follower.training.trait())
            self.progress = follower.training.progress()
            self.right_size = self._static.advice()
            self.outputs = self._output_server.trait()
            self.notice = state.notice or self._handle.notice
            self.cancelling = state.cancelling
            self.idle = write_idle(state)
        self._output_server.push()
        if ended:
            self._pulse.stop()
        if state.stream == "stopped":
            self._log_server.stop()

    def _cards(self) -> Mapping[str, LiveView]:
        return self._again

    def _take(self, content: dict[str, Any]) -> None:
        if content.get("type") == "cancel":
            self._follower.cancel()
        elif content.get("type") == "keep":
            self._follower.idle.stop()
        elif content.get("type") == "outputs":
            self._output_server.answer(content)
        elif content.get("type") == "rerun":
            self._reruns.answer(content)
        else:
            self._log_server.answer(content)
            self._file_server.answer(content)
            self._page_links.answer(content)
            self._earlier.answer(content)


def _write_command(handle: Job) -> str:
    client = handle.client
    return start_command(handle.name, handle.options, handle.script, endpoint=client.endpoint, local=client.local)
