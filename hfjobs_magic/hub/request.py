"""What is asked of the Hub: one value for every way to start a job."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hfjobs_magic.options.call_words import as_call
from hfjobs_magic.script.names.inputs import SentInputs
from hfjobs_magic.script.script import Script

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hfjobs_magic.facts import JobFacts, ScheduledFacts
    from hfjobs_magic.hub.run_spec import RunSpec
    from hfjobs_magic.options.run_options import RunOptions
    from hfjobs_magic.script.names.inputs import Input


MAP = "HFJOB_MAP"
"""Variable of a sweep's job with the number of its run; `hfjobs_magic.runner.job` reads it."""

MAX_STEM = 90
"""Characters of a name before the number of a run: a name has 100."""


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
    spec: RunSpec | None = None
    """What it was asked to be, where something is to change; None for a job just as it was."""
    packages: tuple[str, ...] = ()
    """Requirements that are added."""


@dataclass(frozen=True)
class Trigger:
    """A job of a schedule, now."""

    scheduled: ScheduledFacts
    """The schedule that starts it."""


@dataclass(frozen=True)
class SweepRun:
    """One run of a sweep: what its job is told besides what all of them are."""

    sweep: str
    """Eight hex digits; label ``sweep`` of its jobs."""
    number: int
    """From 1; label ``sweep-run``."""
    runs: tuple[Mapping[str, Any], ...]
    """Values of every run of the sweep, by name: one file has them all."""
    first: str = ""
    """Id of a job of the sweep, whose files this one shares; empty for the one that sends them."""
    start: int = 1
    """How often this run has been started, this time included; label ``sweep-start``."""
    by: str = ""
    """Which kernel starts it, as `hfjobs_magic.api.sweep_jobs` reads it; label ``sweep-by``."""

    @property
    def values(self) -> Mapping[str, Any]:
        """Values of this run, by name."""
        return self.runs[self.number - 1]

    @property
    def labels(self) -> dict[str, str]:
        """By which the sweep's jobs are found."""
        by = {"sweep-by": self.by} if self.by else {}
        return {"sweep": self.sweep, "sweep-run": str(self.number), "sweep-start": str(self.start), **by}

    @property
    def file(self) -> str:
        """The file with the values of all runs."""
        return json.dumps(write_runs(self.runs))

    def environment(self, *, is_cell: bool) -> dict[str, str]:
        """Return the variables by which a job knows its run: a cell looks its values up, a plain script is told."""
        told = {f"{MAP}_{name.upper()}": str(value) for name, value in self.values.items()}
        return {MAP: str(self.number), **({} if is_cell else told)}


def write_runs(runs: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the runs of a sweep as JSON can hold them: for each, Python's own text of a value by its name."""
    return [{name: repr(value) for name, value in run.items()} for run in runs]


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
    in_call: bool = False
    """Whether a call of the Python API asks for it, and is told what to write there."""
    inputs: tuple[Input, ...] = ()
    """Values of the notebook that are to go along, until they are written."""
    sent: SentInputs = field(default_factory=SentInputs)
    """The same as files."""

    run: SweepRun | None = None
    """Which run of a sweep it is; None for a job of its own."""

    def say(self, text: str) -> str:
        """Return sentences about options as whoever asks for the job has written them."""
        return as_call(text) if self.in_call else text

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
        name = self.stem
        return f"{name[:MAX_STEM]}-{self.run.number}" if self.run and name else name

    @property
    def stem(self) -> str | None:
        """The same without the number of a run."""
        given = self.options.name or self.options.label_values.get("name")
        return given or (f"cell-{self.work.digest}" if isinstance(self.work, Script) else None)
