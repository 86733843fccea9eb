"""Cards without a widget: what is saved of one, and all there is of it where a program runs the notebook."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython

from hfjobs_magic.api.earlier import describe
from hfjobs_magic.api.machine import describe_machine
from hfjobs_magic.api.values import format_size
from hfjobs_magic.exchange.cues import mark
from hfjobs_magic.views import card, scheduled
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
        # Where they are below the cell, or will be, they are saved there.
        elsewhere = self._handle.outputs_below or runs_unwatched(get_ipython())
        return card.html(
            card.View(
                job=self.job(),
                lines=[mark(line) if at in numbers else line for at, line in enumerate(lines, first)],
                outputs=[] if elsewhere else [(shown.label(item), draw(item.data)) for item in shown.outputs],
                out_dir=self._handle.facts.out_dir,
                files=[(one.path, format_size(one.size)) for one in files[: card.FILES]],
                file_count=len(files),
                total=follower.log.total,
                metrics=follower.metrics.points(),
                training=follower.training.trait(),
                notice=follower.state.notice or f"{describe(self._handle.earlier)} {self._handle.notice}".strip(),
                below=below,
            )
        )

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

    def when_ended(self, action: Callable[[], None]) -> None:
        """Call `action` once, from the pump, when the job has ended and its whole log is here."""
        self._at_end = action
        self._follower.listen(self._check_end)

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
