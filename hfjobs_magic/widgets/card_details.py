"""The Details of a card: what is known here, and what the Hub is asked for where that is not all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.api.machine import describe_machine
from hfjobs_magic.errors import HfJobsError
from hfjobs_magic.hub.run_spec import describe
from hfjobs_magic.hub.sent_secrets import SENT
from hfjobs_magic.views.details import details
from hfjobs_magic.views.life import life
from hfjobs_magic.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.follow.follower import Follower
    from hfjobs_magic.follow.state import JobStatus
    from hfjobs_magic.hub.run_spec import RunSpec
    from hfjobs_magic.widgets.static_card import StaticCard

Rows = list[list[str]]
"""Label, text and link of each."""


class CardDetails:
    """Rows of a card's Details tab.

    Parameters
    ----------
    handle, follower, static
        The job, its follower, and what is saved of its card.
    show
        Takes rows, where an answer of the Hub came when nothing else is new any more; called by the pump.
    """

    def __init__(self, handle: Job, follower: Follower, static: StaticCard, show: Callable[[Rows], None]) -> None:
        self._handle, self._follower, self._static, self._show = handle, follower, static, show
        self._spec: RunSpec | None = None
        """What the Hub says that it was asked to be, where more is to be shown than is known here."""
        self._worker = Worker(f"hfjob-{handle.id[:8]}-details")
        self._written_of: JobStatus | None = follower.state.status
        """None for less than is known now."""

    def ask_if_unknown(self) -> None:
        """Ask the Hub about a job that was submitted elsewhere, and for the attempts of one that has begun."""
        facts = self._handle.facts
        if self._handle.options is None or (facts.attempts > 1 and facts.stage != "SCHEDULING"):
            self._ask()

    def renew(self) -> Rows | None:
        """Return the rows where something in them is new; called by the pump."""
        state = self._follower.state
        if self._written_of == state.status and not self._follower.is_whole:
            return None
        # Which attempt it is only the Hub knows, and says only when it is asked.
        if state.facts.attempts > 1 and self._written_of is not None:
            self._ask()
        self._written_of = state.status
        return self.write()

    def write(self) -> Rows:
        """Return the rows of now."""
        handle, spec = self._handle, self._spec
        size = self._static.right_size()
        happened = life(handle.facts, self._follower.state.finished_at, failures=spec.failures if spec else None)
        known = details(
            handle.facts,
            endpoint=handle.client.endpoint,
            options=handle.options,
            script=handle.script,
            hardware=handle.hardware,
            machine=describe_machine() if handle.client.local else "",
            happened=[*happened, *(size.rows() if size else ())],
            asked=SENT.mask(describe(spec), handle.id) if spec and handle.options is None else None,
        )
        return [list(row) for row in known]

    def stop(self) -> None:
        """Ask no more."""
        self._worker.stop()

    def _ask(self) -> None:
        self._worker.do("spec", self._read_spec)

    def _read_spec(self) -> None:
        try:
            spec = self._handle.client.spec(self._handle.id)
        except HfJobsError:
            return  # details without it are better than none
        self._follower.do(lambda: self._take_spec(spec))

    def _take_spec(self, spec: RunSpec) -> None:
        self._spec, self._written_of = spec, None
        # While the job is followed they go out with what else is new.
        if self._follower.is_whole or self._follower.is_stopped:
            self._show(self.write())
