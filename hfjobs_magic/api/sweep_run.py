"""One run of a sweep: its job, once it has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.api.job import Job
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.session import Commitment
from hfjobs_magic.api.sweep_steps import WAITING

if TYPE_CHECKING:
    import threading
    from collections.abc import Collection

    from hfjobs_magic.api.submit import Submission
    from hfjobs_magic.api.sweep_plan import SweepPlan
    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.follow.job_entry import JobEntry


class Run:
    """What is known of it; `wake` is set when its job has ended."""

    def __init__(self, wake: threading.Event) -> None:
        self.job: Job | None = None
        self.entry: JobEntry | None = None
        self.commitment: Commitment | None = None
        self.start = 0
        """How often it was started."""
        self.reused = False
        """Whether its job is one that ``--reuse`` has found, of another sweep."""
        self._wake = wake

    @property
    def stage(self) -> str:
        """Of its job."""
        return self.entry.facts.stage if self.entry else WAITING

    def hear(self, entry: JobEntry) -> None:
        """Learn that something of a job has changed; called from any thread."""
        if entry is self.entry and entry.facts.is_terminal:
            self._wake.set()

    def is_older(self, facts: JobFacts, start: int, listed: Collection[str]) -> bool:
        """Whether a job of the list, of whose ids `listed` are, has taken the place of this run's."""
        if start != self.start:
            return start > self.start
        return self.job is not None and self.job.id != facts.id and self.job.id in listed

    def take(self, made: Submission, planned: SweepPlan, start: int) -> None:
        """Have a job from now on."""
        self.leave()
        entry = RUNTIME.book(made.client, made.job.namespace).entry(made.job)
        price = made.hardware.usd_per_minute if made.hardware else None
        most = 0.0 if made.reused else planned.limits.each_usd
        self.job, self.entry = Job.from_submission(made), entry
        self.commitment = Commitment(entry, most, 0.0 if made.reused else price)
        self.start, self.reused = start, made.reused

    def follow(self, *, often: bool) -> None:
        """Hear of the job: `often`, or as often as the list of all of them is read."""
        if self.entry is None or self.entry.facts.is_terminal:
            return
        if often or self.reused:
            self.entry.book.follow(self, self.entry)
        else:
            self.entry.book.look(self)

    def leave(self) -> None:
        """Hear of it no more."""
        if self.entry:
            self.entry.book.leave(self)

    def let_go(self) -> None:
        """Forget its job: it is to be started anew."""
        self.leave()
        self.job = self.entry = self.commitment = None
        self.reused = False
