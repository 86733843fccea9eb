"""The card of a scheduled job: traits out, messages in.

Traits, all set by the thread of its worker (times are seconds since the epoch, on the kernel's clock):

``job``, ``last``
    As `hfjobs_magic.views.scheduled` writes them.
``busy``
    The task under way: ``suspend``, ``resume``, ``trigger``, ``delete``, or nothing.
``notice``
    One sentence for the reader.

Messages of the page: ``{"type": "refresh"}``, now and then while it shows the card, and ``{"type": "suspend"}``,
``resume``, ``trigger``, ``delete``, and those of `hfjobs_magic.widgets.page_links` and `live_view`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import traitlets

from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.errors import HfJobsError, JobMissingError, report
from hfjobs_magic.views import scheduled
from hfjobs_magic.widgets.live_view import LiveView
from hfjobs_magic.widgets.page_links import PageLinks
from hfjobs_magic.widgets.pulse import Pulse
from hfjobs_magic.widgets.twin import Twin
from hfjobs_magic.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.api.scheduled_job import ScheduledJob
    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.hub.client import JobsClient

REFRESH_S = 10.0
"""Shortest time between two looks at the Hub that a page asks for, in seconds, however many pages there are."""

DUE_S = 2.0
"""The same when a run is due: its job appears a moment later."""


class ScheduledCard(LiveView):
    """Live view of one scheduled job. It asks the Hub while a page shows it."""

    view = traitlets.Unicode("scheduled").tag(sync=True)
    job = traitlets.Dict().tag(sync=True)
    last = traitlets.Dict().tag(sync=True)
    busy = traitlets.Unicode("").tag(sync=True)
    notice = traitlets.Unicode("").tag(sync=True)

    def __init__(self, handle: ScheduledJob, *, clock: Callable[[], float] = time.time) -> None:
        self._handle = handle
        self._clock = clock
        # Of a job that it started nothing is known yet.
        self._seen_at = float("-inf") if handle.facts.last_job else clock()
        self._lost = False
        self._started: JobFacts | None = None
        self._deleted = False
        self._at_end: Callable[[], None] = lambda: None
        self._worker = Worker(f"hfjobs-scheduled-{handle.id}")
        self._pulse = Pulse(RUNTIME.pump, self.send, clock=clock)
        self._verbs: dict[str, Callable[[], None]] = {
            "suspend": handle.suspend,
            "resume": handle.resume,
            "trigger": self._trigger,
            "delete": self._delete,
        }
        self._page_links = PageLinks(handle.client, self.send)
        super().__init__(job=self._job_trait(), notice=handle.notice)
        self._is_made = True

    def __repr__(self) -> str:
        handle = self._handle
        where = "local service" if handle.client.local else "Hugging Face Jobs"
        return scheduled.text(handle.name, self.job["schedule"], where)

    def twin(self) -> Twin:
        """Return what is saved of the card."""
        return Twin(self._html(), repr(self))

    def when_ended(self, action: Callable[[], None]) -> None:
        """Call `action` once, from the thread of the worker, when the schedule is gone."""
        self._at_end = action

    def _html(self) -> str:
        return scheduled.html(self.job, self.last, self.notice)

    def close(self) -> None:
        """Ask for nothing more."""
        self._worker.stop()
        self._page_links.stop()
        self._pulse.stop()
        super().close()

    def _job_trait(self) -> dict[str, Any]:
        handle, hardware = self._handle, self._handle.hardware
        return scheduled.trait(
            handle.facts,
            now=self._clock(),
            local=handle.client.local,
            hardware=hardware.label if hardware else None,
            most_usd=handle.most_usd_per_run,
            deleted=self._deleted,
        )

    def _take(self, content: dict[str, Any]) -> None:
        kind = content.get("type")
        if kind == "refresh":
            self._worker.do("refresh", self._look)
        elif isinstance(kind, str) and (action := self._verbs.get(kind)) is not None:
            self._worker.do(kind, lambda: self._act(kind, action))
        elif kind:
            self._page_links.answer(content)

    # -- on the thread of the worker -----------------------------------------------------------

    def _look(self) -> None:
        now, due = self._clock(), self.job["next_at"]
        wait = DUE_S if due is not None and due <= now else REFRESH_S
        if not self._deleted and now - self._seen_at >= wait:
            self._lost = not self._try(self._refresh, "" if self._lost else None)

    def _act(self, verb: str, action: Callable[[], None]) -> None:
        if self._deleted:
            return
        self.busy = verb
        try:
            if self._try(action, ""):
                self._try(self._refresh)
        finally:
            self.busy = ""

    def _try(self, action: Callable[[], None], notice: str | None = None) -> bool:
        """Do `action`; when it cannot be done, say why on the card."""
        try:
            action()
        except JobMissingError:
            self._mark_gone(f"There is no scheduled job {self._handle.id} any more: it was deleted elsewhere.")
            return False
        except HfJobsError as error:
            self.notice = str(error)
            return False
        except Exception as error:  # noqa: BLE001 - the reader waits for a word
            self.notice = report(error)
            return False
        if notice is not None:
            self.notice = notice
        return True

    def _refresh(self) -> None:
        if self._deleted:
            return
        self._seen_at = self._clock()
        facts = self._handle.refresh()
        last_id, at = facts.last_job, facts.last_at
        if self._started is not None and (at is None or at < (self._started.created_at or at)):
            last_id, at = self._started.id, None  # the Hub's word on the last job may come later than the job
        last = run_of(self._handle.client, last_id, at)
        with self.hold_sync():
            self.last = last
            self.job = self._job_trait()

    def _trigger(self) -> None:
        self._started = self._handle.trigger().facts

    def _delete(self) -> None:
        self._handle.delete()
        self._mark_gone("")

    def _mark_gone(self, notice: str) -> None:
        self._deleted = True
        self._pulse.stop()
        with self.hold_sync():
            self.notice = notice
            self.job = self._job_trait()
        self._at_end()


def run_of(client: JobsClient, job_id: str | None, at: float | None) -> dict[str, Any]:
    """Ask how a job is that a scheduled one started; the Hub forgets jobs, and the schedule goes on."""
    try:
        found = None if job_id is None else client.inspect(job_id)
    except JobMissingError:
        found = None
    return scheduled.run_trait(found, job_id, at)
