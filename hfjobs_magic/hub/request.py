"""What is asked of the Hub: one value for every way to start a job."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hfjobs_magic.script.inputs import SentInputs
from hfjobs_magic.script.script import Script

if TYPE_CHECKING:
    from hfjobs_magic.facts import JobFacts, ScheduledFacts
    from hfjobs_magic.hub.job_spec import JobSpec
    from hfjobs_magic.options.run_options import RunOptions
    from hfjobs_magic.script.inputs import Input


@dataclass(frozen=True)
class ImageCommand:
    """A command in a Docker image."""

    image: str
    """Docker image, or the URL of a Space."""
    command: tuple[str, ...]
    """Words of the command."""


@dataclass(frozen=True)
class Rerun:
    """A job once more."""

    job: JobFacts
    """The job to repeat, with the flavor and the labels that the new one gets."""
    timeout_s: float | None
    """Timeout in seconds; None where nobody knows it."""
    spec: JobSpec | None = None
    """What it was asked to be, where something is to change; None for a job just as it was."""
    packages: tuple[str, ...] = ()
    """Requirements that are added."""


@dataclass(frozen=True)
class Trigger:
    """A job of a schedule, now."""

    scheduled: ScheduledFacts
    """The schedule that starts it."""


Work = Script | ImageCommand | Rerun | Trigger


@dataclass(frozen=True)
class Request:
    """A job as it is asked for, before it is checked and priced."""

    work: Work
    """What is to run."""
    options: RunOptions
    """How it is to run; of a rerun and of a trigger, what is known of that."""
    is_cell: bool = False
    """Whether the script is a cell of the notebook, whose jobs are labelled with it."""
    inputs: tuple[Input, ...] = ()
    """Values of the notebook that are to go along, until they are written."""
    sent: SentInputs = field(default_factory=SentInputs)
    """The same as files."""

    @property
    def timeout_s(self) -> float | None:
        """Longest time that it may run, in seconds; None where that is not known."""
        if isinstance(self.work, Rerun):
            return self.work.timeout_s
        if isinstance(self.work, Trigger):
            return self.work.scheduled.timeout_s
        return self.options.timeout_s

    @property
    def flavor(self) -> str:
        """Hardware it runs on."""
        if isinstance(self.work, Rerun):
            return self.work.job.flavor
        return self.work.scheduled.flavor if isinstance(self.work, Trigger) else self.options.flavor

    @property
    def attempts(self) -> int:
        """Tries in all."""
        if isinstance(self.work, Rerun):
            return self.work.job.attempts
        return self.work.scheduled.attempts if isinstance(self.work, Trigger) else self.options.attempts or 1

    @property
    def is_repeat(self) -> bool:
        """Whether the Hub has its configuration already."""
        return isinstance(self.work, Rerun | Trigger)

    @property
    def is_changed(self) -> bool:
        """Whether it repeats a job, but not just as it was: values of secrets, which the Hub keeps, are sent anew."""
        return isinstance(self.work, Rerun) and self.work.spec is not None

    @property
    def name(self) -> str | None:
        """Label ``name`` of the job: the one given, for a script else one that the same text always gets."""
        given = self.options.name or self.options.label_values.get("name")
        return given or (f"cell-{self.work.digest}" if isinstance(self.work, Script) else None)
