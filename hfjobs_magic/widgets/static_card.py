"""Cards without a widget: what is saved of one, and all there is of it where a program runs the notebook."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython

from hfjobs_magic.api.earlier import describe
from hfjobs_magic.api.machine import describe_machine
from hfjobs_magic.api.right_size import compare
from hfjobs_magic.exchange.cues import mark
from hfjobs_magic.values.sizes import format_size
from hfjobs_magic.views import card, scheduled
from hfjobs_magic.views.life import moment
from hfjobs_magic.views.output import draw
from hfjobs_magic.widgets.frontend import runs_unwatched
from hfjobs_magic.widgets.log_server import LOG_BYTES
from hfjobs_magic.widgets.traits import write_job
from hfjobs_magic.widgets.twin import Twin

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.api.scheduled_job import ScheduledJob
    from hfjobs_magic.follow.follower import Follower
    from hfjobs_magic.metrics.right_size import RightSize


class StaticCard:
    """A job as it is at the moment.

    Parameters
    ----------
    handle
        The job.
    follower
        Has its log; whoever passes it holds it.
    """

    def __init__(self, handle: Job, follower: Follower) -> None:
        self._handle = handle
        self._follower = follower
        self._at_end: Callable[[], None] | None = None

    def __repr__(self) -> str:
        facts = self._handle.facts
        return card.text(
            facts.name, facts.flavor, "local service" if self._handle.client.local else "Hugging Face Jobs"
        )

    def twin(self, below: Sequence[str] = ()) -> Twin:
        """Return what is saved of it; `below` is HTML of the cards below it."""
        return Twin(self.html(below), repr(self))

    def _repr_html_(self) -> str:
        return self.html()

    def html(self, below: Sequence[str] = ()) -> str:
        """Draw it; see `hfjobs_magic.views.card.html`."""
        follower = self._follower
        shown = follower.shown
        first, lines = follower.log.tail(card.LOG_LINES, LOG_BYTES)
        numbers = {line: number for number, line in shown.lines.items()}
        files = self._handle.known_files.files
        seen = [item for item in shown.outputs if item.is_seen]
        # Where they are below the cell, or will be, they are saved there.
        elsewhere = self._handle.outputs_below or runs_unwatched(get_ipython())
        return card.html(
            card.CardView(
                job=self.job(),
                lines=[mark(line) if at in numbers else line for at, line in enumerate(lines, first)],
                outputs=[] if elsewhere else [(shown.label(item), draw(item.data)) for item in seen],
                out_dir=self._handle.facts.out_dir,
                files=[(one.path, format_size(one.size)) for one in files[: card.FILES]],
                file_count=len(files),
                total=follower.log.total,
                metrics=follower.metrics.points(),
                training=follower.training.trait(),
                advice=self.advice(),
                notice=self._notice(),
                below=below,
            )
        )

    def _notice(self) -> str:
        state = self._follower.state
        idle = state.status.idle_now
        said = [describe(self._handle.earlier), self._handle.notice]
        if idle:
            said = [f"It does nothing, and will be cancelled at {moment(idle.until)} (--cancel-if-idle)."]
        return state.notice or " ".join(filter(None, said))

    def job(self) -> dict[str, Any]:
        """Write the ``job`` trait of a card."""
        handle, hardware = self._handle, self._handle.hardware
        label = hardware.label if hardware else None
        return write_job(
            self._follower.state,
            now=self._follower.clock(),
            local=handle.client.local,
            hardware=f"this machine · {describe_machine()}" if handle.client.local else label,
            usd_per_minute=hardware.usd_per_minute if hardware and not handle.client.local else None,
            timeout_s=handle.options.timeout_s if handle.options else None,
        )

    def right_size(self) -> RightSize | None:
        """Return what it used and what would have been enough, once all of the job is here."""
        follower = self._follower
        if not follower.is_whole:
            return None
        return compare(self._handle, follower.metrics.usage(), follower.state.finished_at)

    def advice(self) -> str:
        """Return the same as a sentence; empty where no cheaper flavor can be named."""
        size = self.right_size()
        return size.advice if size else ""

    def when_ended(self, action: Callable[[], None]) -> None:
        """Call `action` once, from the pump, when the job has ended and its whole log is here."""
        self._at_end = action
        self._follower.listen(self._check_end)

    def wait_for_log(self, seconds: float) -> None:
        """Wait until the log of a job that has ended is here, at most so long; one that runs is as it is."""
        if self._handle.facts.is_terminal:
            self._follower.done.wait(seconds)

    def close(self) -> None:
        """Call nothing at the end."""
        self._follower.unlisten(self._check_end)

    def _check_end(self) -> None:
        action = self._at_end
        if action is not None and self._follower.is_whole:
            self._at_end = None
            action()


def scheduled_twin(handle: ScheduledJob) -> Twin:
    """Return a scheduled job as it is at the moment."""
    hardware = handle.hardware
    job = scheduled.trait(
        handle.facts,
        now=time.time(),
        local=handle.client.local,
        hardware=hardware.label if hardware else None,
        most_usd=handle.most_usd_per_run,
    )
    where = "local service" if handle.client.local else "Hugging Face Jobs"
    return Twin(scheduled.html(job, {}, handle.notice), scheduled.text(handle.name, job["schedule"], where))
