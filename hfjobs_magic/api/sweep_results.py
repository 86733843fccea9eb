"""What the runs of a sweep give back: values, errors and metrics, fetched from a few jobs at a time."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.failure import failure_of
from hfjobs_magic.errors import HfJobsError, JobFailedError, ValueUnavailableError
from hfjobs_magic.options.sweep_grid import describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hfjobs_magic.api.job import Job

READERS = 8
"""Jobs that are asked at a time."""


class SweepValues(Mapping[str, "list[Any]"]):
    """Values of all runs, by name: a list in the order of the runs, with the error of a run that has none."""

    def __init__(self, jobs: Sequence[Job | None], runs: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
        self._jobs, self._runs, self._names = jobs, runs, names

    def __getitem__(self, name: str) -> list[Any]:
        """Return them, fetched now; a run that is not over has a `ValueUnavailableError` in its place."""
        with ThreadPoolExecutor(READERS) as pool:
            return list(pool.map(lambda job, run: _value_of(job, run, name), self._jobs, self._runs))

    def __iter__(self) -> Iterator[str]:
        """Names that were asked for."""
        return iter(self._names)

    def __len__(self) -> int:
        """Count them."""
        return len(self._names)

    def __repr__(self) -> str:
        return f"SweepValues({', '.join(self)})"


def _value_of(job: Job | None, run: dict[str, Any], name: str) -> Any:
    if job is None or not job.facts.is_terminal:
        return ValueUnavailableError(f"The run with {describe(run)} is not over, so it has no {name} yet.")
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


def last_metrics(job: Job | None) -> dict[str, Any]:
    """Return the last value of each metric that a job printed; nothing where its log cannot be read."""
    last: dict[str, Any] = {}
    if job is not None:
        try:
            for record in job.training_metrics():
                last |= record
        except HfJobsError:
            return {}
    return {key: value for key, value in last.items() if key not in {"time", "step", "epoch"}}


def is_number(value: Any) -> bool:
    """Whether it can be compared with other numbers."""
    try:
        return not isinstance(value, (str, Exception)) and float(value) == float(value)
    except (TypeError, ValueError):
        return False
