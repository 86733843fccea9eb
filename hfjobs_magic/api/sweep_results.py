"""What the runs of a sweep give back: values, errors and metrics, fetched from a few jobs at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from hfjobs_magic.api.failure import failure_of
from hfjobs_magic.api.sweep_metrics import READERS, read_last_metrics
from hfjobs_magic.errors import HfJobsError, JobFailedError, ValueUnavailableError
from hfjobs_magic.options.help import did_you_mean
from hfjobs_magic.options.sweep_grid import describe
from hfjobs_magic.values.pending import PendingValue

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.api.pull import Pulled
    from hfjobs_magic.api.sweep import Sweep

MOST_READ = 24
"""Runs on the Hub whose results are read without being asked for: two or three requests each."""

RESULT_CHARS = 60
"""Characters of a value of ``-o`` in its column."""

MOST_METRICS = 4
"""Columns of metrics; a row with more is wider than a terminal."""


class SweepValues(Mapping[str, "list[Any]"]):
    """Values of all runs, by name: a list in the order of the runs, with the error of a run that has none."""

    def __init__(
        self, sweep_id: str, jobs: Sequence[Job | None], runs: Sequence[dict[str, Any]], names: Sequence[str]
    ) -> None:
        self._id, self._jobs, self._runs, self._names = sweep_id, jobs, runs, names

    def __getitem__(self, name: str) -> list[Any]:
        """Return them, fetched now; a run that is not over has a `ValueUnavailableError` in its place.

        Raises
        ------
        ValueUnavailableError
            For a name that the runs were not asked for: no waiting brings it.
        """
        if name not in self:
            said = f"it gives back {', '.join(self)}" if self._names else "it gives nothing back"
            raise ValueUnavailableError(
                f"Sweep {self._id} was not asked for {name}: {said}.{did_you_mean(str(name), self._names)} "
                f"Run the cell again with -o {name} on its line."
            )
        with ThreadPoolExecutor(READERS) as pool:
            return list(pool.map(lambda job, run: _value_of(job, run, name), self._jobs, self._runs))

    def __iter__(self) -> Iterator[str]:
        """Names that were asked for."""
        return iter(self._names)

    def __len__(self) -> int:
        """Count them."""
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        """Whether it was asked for; nothing is fetched."""
        return name in self._names

    def __repr__(self) -> str:
        return f"SweepValues({', '.join(self)})"


class SweepErrors(dict[int, "JobFailedError"]):
    """Errors of the runs that failed, by their places, from 0; shown in groups, as there may be hundreds."""

    def __init__(self, errors: Mapping[int, JobFailedError], groups: Sequence[str]) -> None:
        super().__init__(errors)
        self.groups = list(groups)
        """A line for each kind, the most frequent first: ``7 of 12: ValueError at line 31 (runs 2, 3)``."""

    def __repr__(self) -> str:
        return "\n".join(self.groups) or "No run has failed."


class SweepValue(Sequence[Any], PendingValue):
    """``acc`` in the notebook after a sweep with ``-o acc``: the value of each run, fetched when it is asked for.

    A run that failed has its error in its place, and one that is not over a `ValueUnavailableError`.
    """

    def __init__(self, sweep: Sweep, name: str) -> None:
        self._sweep, self._name = sweep, name
        self._got: dict[str, Any] = {}
        """Values, by their job's id."""

    @overload
    def __getitem__(self, at: int) -> Any: ...

    @overload
    def __getitem__(self, at: slice) -> list[Any]: ...

    def __getitem__(self, at: int | slice) -> Any:
        """Return one, or some."""
        places = range(len(self))[at]
        if isinstance(places, int):
            return self._get(places)
        with ThreadPoolExecutor(READERS) as pool:
            return list(pool.map(self._get, places))

    def __len__(self) -> int:
        """Count the runs."""
        return len(self._sweep)

    def __iter__(self) -> Iterator[Any]:
        return iter(self[:])

    def __repr__(self) -> str:
        return f"<{self._name} of {repr(self._sweep).splitlines()[0]}>"

    def describe_pending(self, name: str) -> str:
        """Return whose they are, and what brings them."""
        return f"the values of a sweep's runs; `{name} = {name}.get()` waits for them, then run this cell again"

    def describe_part(self) -> str:
        """Return whose they are, and what to put into the container."""
        return f"{self._name}, the values of a sweep's runs; put {self._name}.get() there"

    def get(self, timeout: float | None = None) -> list[Any]:
        """Wait for the end of the sweep, and return them all.

        Raises
        ------
        WaitTimedOutError
            When `timeout` seconds were not enough.
        """
        self._sweep.wait(timeout)
        return self[:]

    def _get(self, place: int) -> Any:
        job = self._sweep.jobs[place]
        if job is not None and job.id in self._got:
            return self._got[job.id]
        value = _value_of(job, self._sweep.parameters[place], self._name)
        if job is not None and not isinstance(value, HfJobsError):
            self._got[job.id] = value
        return value


def pull_folders(jobs: Sequence[Job | None], target: str | os.PathLike[str]) -> list[Pulled | HfJobsError | None]:
    """Bring the ``--out-dir`` of each run to a folder below `target` that has the run's number, from 1.

    Returns
    -------
    list
        For each run what was fetched, the error where it could not be, and None where it has no job.
    """
    width = len(str(len(jobs)))

    def pull(number: int, job: Job | None) -> Pulled | HfJobsError | None:
        try:
            return None if job is None else job.files.pull(Path(target) / f"{number:0{width}}")
        except HfJobsError as error:
            return error

    with ThreadPoolExecutor(READERS) as pool:
        return list(pool.map(pull, range(1, len(jobs) + 1), jobs))


def _value_of(job: Job | None, run: dict[str, Any], name: str) -> Any:
    if job is None:
        return ValueUnavailableError(f"The run with {describe(run)} was not started, so it has no {name}.")
    if not job.facts.is_terminal:
        return ValueUnavailableError(f"The run with {describe(run)} is not over, so it has no {name} yet.")
    # What a run gave before it failed is not a result of the sweep; the job itself has it.
    if job.facts.stage != "COMPLETED":
        return find_error(job)
    try:
        return job.values[name].get()
    except HfJobsError as error:
        return error


def find_error(job: Job) -> JobFailedError:
    """Return the error of a job that has ended, and not well."""
    try:
        job.wait()
    except JobFailedError as error:
        return error
    return failure_of(job)


def read_results(
    jobs: Sequence[Job | None], wanted: Sequence[str], metric: str = ""
) -> tuple[list[dict[str, str]], str]:
    """Return as text what each run gave back, and a sentence where that is not all.

    Parameters
    ----------
    jobs
        Of the runs.
    wanted
        Names of ``-o``; the last value of each metric comes after them.
    metric
        The one that comes first.
    """
    with ThreadPoolExecutor(READERS) as pool:
        given = list(pool.map(lambda job: _read_values(job, wanted), jobs))
    printed = read_last_metrics(jobs, metric)
    found = [
        texts | {name: write_result(str(value)) for name, value in last.items() if name not in wanted}
        for texts, last in zip(given, printed, strict=True)
    ]
    metrics = list(dict.fromkeys(name for one in found for name in one if name not in wanted))
    metrics.sort(key=lambda name: name != metric)
    columns = [*wanted, *metrics[:MOST_METRICS]]
    more = len(metrics) > MOST_METRICS
    note = f"{MOST_METRICS} of {len(metrics)} metrics are shown; to_pandas() has all of them." if more else ""
    return [{name: one.get(name, "") for name in columns} for one in found], note


def _read_values(job: Job | None, wanted: Sequence[str]) -> dict[str, str]:
    """Return as text what a run gave back, by name."""
    if not wanted or job is None or job.facts.stage != "COMPLETED":
        return {}
    with suppress(HfJobsError):
        found = job.values.manifests()
        return {name: write_result(found[name].repr) for name in wanted if name in found}
    return {}


def write_result(text: str) -> str:
    """Return what of a value's repr has room in a column."""
    return text.split("\n", 1)[0][:RESULT_CHARS]
