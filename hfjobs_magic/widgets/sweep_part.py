"""What the table of a sweep's jobs has beyond any other: parameters, values, reused runs, what is done to all runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.sweep_results import find_error, write_result
from hfjobs_magic.api.sweep_steps import WAITING
from hfjobs_magic.cost import format_usd
from hfjobs_magic.errors import HfJobsError
from hfjobs_magic.follow.job_list import write_row
from hfjobs_magic.metrics.training_report import Report
from hfjobs_magic.metrics.training_series import Series
from hfjobs_magic.views.sweep import write_value

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.api.sweep import Sweep
    from hfjobs_magic.facts import JobFacts

READ_AT_ONCE = 2
"""Runs that failed whose logs are read in one turn, or one that completed whose values are read."""

SAMPLES_AT_ONCE = 20
"""Runs that completed whose samples are read in one turn: from this machine, or from the local service."""

TURN_S = 20.0
"""Seconds between two turns on the Hub: each is some three requests, and the looks at the list are twelve a minute."""

MOST_GROUPS = 5
"""Kinds of failure that are named; the others are in the sweep's own text."""


LEAST_CHARS, MOST_CHARS = 3, 12
"""Characters of a column of a parameter; a longer text is cut."""

RESULT_CHARS = 6
"""Of one of what comes back, which nobody knows before."""


class SweepPart:
    """What a page is told of a sweep, and what it asks of one.

    In trait ``place``, constant: ``{"id", "runs": int, "parameters": [name], "outputs": [name],
    "widths": [int], "metric": name of the one that is shown first, or ""}``, with the columns' widths in characters; in
    ``status``, `write_status`; in a row, ``"run"``, its number, ``"values"``, the text of each parameter and then of
    each value of ``-o``, and ``"reused"``, whether ``--reuse`` has found it. Message:
    ``{"type": "sweep", "do": "cancel"}``, or ``"retry"``.
    """

    def __init__(self, sweep: Sweep) -> None:
        self._sweep = sweep
        self._outputs = [one.name for one in sweep.plan.request.options.values_back]
        self._metric, mode = sweep.plan.request.options.metric_wanted
        self.modes = {self._metric: mode} if self._metric else {}
        """The metric of the line, and which value is best: ``min``, ``max``, or nothing where its name says it."""
        self._turn_at = 0.0
        self._read: set[str] = set()
        """Jobs whose end was looked at."""
        self._results: dict[str, list[str]] = {}
        """Values of ``-o`` as text, by the job's id."""
        self._news: set[str] = set()
        """Jobs of which values were read since."""
        self._told: dict[str, JobFacts] = {}
        """Jobs of ``--reuse`` as their rows were given."""
        self._values = [[write_value(value) for value in run.values()] for run in sweep.parameters]

    def write_place(self) -> dict[str, Any]:
        """Write what stays as it is."""
        names = list(self._sweep.parameters[0]) if self._sweep.parameters else []
        return {"id": self._sweep.id, "runs": len(self._sweep), "parameters": names, "outputs": self._outputs} | {
            "widths": self._measure(names),
            "metric": self._metric,
        }

    def _measure(self, names: Sequence[str]) -> list[int]:
        """Return how wide the columns of parameters and of what comes back should be, in characters."""
        longest = [max(len(values[i]) for values in self._values) for i in range(len(names))]
        wanted = [max(len(name), chars) for name, chars in zip(names, longest, strict=True)]
        return [max(LEAST_CHARS, min(chars, MOST_CHARS)) for chars in [*wanted, *[RESULT_CHARS] * len(self._outputs)]]

    @property
    def has_stopped(self) -> bool:
        """Whether runs were not started that will not be."""
        return bool(self._sweep.stopped)

    def write_status(self) -> dict[str, Any]:
        """Write what becomes of it: runs without a job, why there are no more, failures by kind, what a retry costs.

        ``"size"`` is what they used of their hardware, and which would have been enough.
        """
        stages, failed, size = self._sweep.stages, self._sweep.failed, self._sweep.usage.right_size(self._sweep.jobs)
        most = self._sweep.plan.most_of(len(failed))
        return {
            "waiting": stages.count(WAITING),
            "stopped": self._sweep.stopped,
            "groups": self._sweep.failure_groups[:MOST_GROUPS],
            "size": "" if size is None else str(size),
            "failed": len(failed),
            "idle": self._write_idle(),
            "retry": "" if most is None or self._sweep.plan.client.local else format_usd(most),
        }

    def _write_idle(self) -> list[list[Any]]:
        """Write id, number of the run and time of the end of each job that does nothing and will be cancelled."""
        jobs = self._sweep.jobs
        return [[job.id, place + 1, idle.until] for place, idle in self._sweep.idle.items() if (job := jobs[place])]

    # -- rows ------------------------------------------------------------------------------------

    def complete(self, row: dict[str, Any]) -> dict[str, Any]:
        """Add the run's number and values to the row of its job."""
        number = row["labels"].get("sweep-run", "")
        place = int(number) - 1 if number.isdecimal() else -1
        return self._complete(row, place) if row["labels"].get("sweep") == self._sweep.id else row

    def job(self, job_id: str) -> JobFacts | None:
        """Return what is known of a job that ``--reuse`` has found: the list has none of them; None for any other."""
        return next((job.facts for job in self._find_earlier().values() if job.id == job_id), None)

    def rows(self, ids: Collection[str] | None = None) -> list[dict[str, Any]]:
        """Write the rows of those jobs, or of some of them."""
        found = {place: job for place, job in self._find_earlier().items() if ids is None or job.id in ids}
        self._told |= {job.id: job.facts for job in found.values()}
        return [
            self._complete({**write_row(job.facts), "cell": "", "reused": True}, place) for place, job in found.items()
        ]

    def add_value(self, message: dict[str, Any]) -> dict[str, Any]:
        """Add what a run gave back to the curves of its log, where that is what runs are compared by."""
        value = _parse_number(self._find_value(message["id"]))
        if value is None or any(curve["key"] == self._metric for curve in message["curves"]):
            return message
        series = Series(has_place=False)
        series.add(0.0, Report(), value)
        return {**message, "curves": [*message["curves"], series.value(self._metric, self.modes[self._metric])]}

    def _find_value(self, job_id: str) -> str:
        results = self._results.get(job_id)
        return results[self._outputs.index(self._metric)] if results and self._metric in self._outputs else ""

    def take_news(self) -> set[str]:
        """Return ids of jobs whose row is another than it was, whatever the list says of them."""
        fresh, self._news = self._news, set()
        return fresh | {job.id for job in self._find_earlier().values() if self._told.get(job.id) != job.facts}

    def _find_earlier(self) -> dict[int, Job]:
        jobs = self._sweep.jobs
        return {place: job for place in self._sweep.reused if (job := jobs[place])}

    def _complete(self, row: dict[str, Any], place: int) -> dict[str, Any]:
        if not 0 <= place < len(self._values):
            return row
        results = self._results.get(row["id"]) or [""] * len(self._outputs)
        return {**row, "run": place + 1, "values": [*self._values[place], *results]}

    # -- what is read ----------------------------------------------------------------------------

    def is_due(self, now: float) -> bool:
        """Whether to `learn` at this time, in seconds; if so it is no more for a while."""
        if now < self._turn_at or not self.has_unknown:
            return False
        self._turn_at = now + (0.0 if self._sweep.plan.client.local else TURN_S)
        return True

    @property
    def has_unknown(self) -> bool:
        """Whether a run has ended and nobody has looked why it failed, what it gave back, or what it used."""
        return bool(self._unknown() or self._unread() or self._find_unsampled())

    def learn(self) -> None:
        """Read the logs of some runs that failed, or what one gave back; it shows when the list is next looked at."""
        for job in self._unknown()[:READ_AT_ONCE]:
            self._read.add(job.id)
            find_error(job)
        for job in [] if self._unknown() else self._unread()[:1]:
            self._results[job.id] = self._read_values(job)
            self._news.add(job.id)
        for job in self._find_unsampled()[:SAMPLES_AT_ONCE]:
            self._sweep.usage.read(job)

    def _read_values(self, job: Job) -> list[str]:
        try:
            found = job.values.manifests()
        except HfJobsError:
            return [""] * len(self._outputs)
        return [write_result(found[name].repr) if name in found else "" for name in self._outputs]

    def _unknown(self) -> list[Job]:
        jobs = self._sweep.jobs
        return [job for place in self._sweep.failed if (job := jobs[place]) and job.id not in self._read]

    def _unread(self) -> list[Job]:
        ended = [job for job in self._sweep.jobs if job and job.facts.stage == "COMPLETED"] if self._outputs else []
        return [job for job in ended if job.id not in self._results]

    def _find_unsampled(self) -> list[Job]:
        return self._sweep.usage.unread(self._sweep.jobs)

    def do(self, what: object) -> None:
        """Do to all runs what the page asks for, ``"cancel"`` or ``"retry"``; all else is ignored."""
        if what == "cancel":
            self._sweep.cancel()
        elif what == "retry":
            self._sweep.retry_failed()


def _parse_number(text: str) -> float | None:
    """Read a number as Python writes it; None for any other text."""
    try:
        return float(text)
    except ValueError:
        return None
