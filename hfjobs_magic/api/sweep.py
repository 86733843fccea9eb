"""Many runs of one cell: ``sweep(code, {"lr": [1e-3, 1e-4]})``, and what becomes of them."""

from __future__ import annotations

import asyncio
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal

from hfjobs_magic.api.connect import connect_for
from hfjobs_magic.api.run import notebook_for, with_names
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.source import read_source
from hfjobs_magic.api.sweep_driver import SweepDriver
from hfjobs_magic.api.sweep_plan import ask_for_all, plan_sweep
from hfjobs_magic.api.sweep_results import READERS, SweepValues, find_error, is_number, last_metrics
from hfjobs_magic.api.sweep_steps import WAITING, count_stages
from hfjobs_magic.errors import OptionError, ValueUnavailableError, WaitTimedOutError
from hfjobs_magic.metrics.samples import make_frame
from hfjobs_magic.options.layers import Layer
from hfjobs_magic.options.sweep_values import write_map
from hfjobs_magic.views.sweep import group_failures, sweep_table

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.api.sweep_plan import SweepPlan
    from hfjobs_magic.errors import JobFailedError
    from hfjobs_magic.views.table import Table

_SLICE_S = 0.1
"""How long a wait blocks at a time, in seconds, so that an interrupt is noticed at once."""

_SMALLER_IS_BETTER = ("loss", "error", "perplexity", "ppl", "wer", "cer", "mae", "mse", "rmse", "time", "latency")
"""Parts of a name whose best value is the smallest, where nobody says."""


def sweep(
    code_or_path: str | Path,
    parameters: Mapping[Any, Iterable[Any]] | None = None,
    *,
    names: Mapping[str, Any] | str | None = None,
    endpoint: str | None = None,
    token: str | None = None,
    **options: Any,
) -> Sweep:
    """Run Python code once for each combination of values; keyword arguments are those of ``%%hfjob``.

    Parameters
    ----------
    code_or_path
        As for `run`; in text, which IPython runs as it does a cell, each parameter is a variable that is there.
    parameters
        Values by name: ``{"lr": [1e-3, 1e-4], "seed": range(3)}`` is six runs. A tuple of names changes together:
        ``{("lr", "batch"): [(1e-3, 32), (1e-4, 64)]}`` is two.
    names, endpoint, token
        As for `run`.
    **options
        As for `run`; ``max_parallel=4`` jobs at a time, ``stop_on_fail=3``, ``sample=20``, ``seed=0``,
        ``map_file="runs.csv"``, ``max_cost=5`` for all of them together.

    Raises
    ------
    OptionError, CellError, BudgetError, HubError
        Before anything is submitted, when it can be known to fail.

    Examples
    --------
    >>> made = sweep("print(lr)", {"lr": [1e-3, 1e-4]}, local=True)  # doctest: +SKIP
    """
    maps = tuple(write_map(key, values) for key, values in (parameters or {}).items())
    given = with_names({**options, **({"map": maps} if maps else {})}, names)
    notebook = notebook_for(names, sys._getframe(1).f_globals)  # noqa: SLF001 - of the cell that calls
    request = read_source(code_or_path, [Layer("keyword", given), *RUNTIME.session.layers()], notebook)
    if not request.options.is_sweep:
        raise OptionError('A sweep needs parameters, as in sweep(code, {"lr": [1e-3, 1e-4]}). run(code) is one job.')
    if request.options.dry_run:
        raise OptionError("dry_run makes no Sweep to return; use %%hfjob --dry-run to see the plan.")
    planned = plan_sweep(request, connect_for(request.options, endpoint=endpoint, token=token))
    ask_for_all(planned, None)
    made = Sweep(planned)
    return made.wait() if request.options.wait else made


class Sweep:
    """Many runs of one cell; they go on in the background as long as this kernel lives.

    A run that fails loses none of the others: its error stands in the place of its value.
    """

    def __init__(self, planned: SweepPlan) -> None:
        self._planned = planned
        self._driver = SweepDriver(planned)

    @property
    def id(self) -> str:
        """Eight hex digits: label ``sweep`` of its jobs."""
        return self._planned.id

    @property
    def parameters(self) -> list[dict[str, Any]]:
        """Values of each run, by name."""
        return [dict(run) for run in self._planned.runs]

    @property
    def jobs(self) -> list[Job | None]:
        """Job of each run, in order; None where it was not started yet."""
        return self._driver.jobs

    @property
    def stages(self) -> list[str]:
        """Stage of each run, ``WAITING`` where it was not started yet."""
        return self._driver.stages

    @property
    def stopped(self) -> str:
        """Why runs were not started, in a sentence; empty where none is left out."""
        return self._driver.stopped

    @property
    def cost(self) -> float:
        """US dollars so far, an estimate."""
        return sum(cost or 0.0 for cost in self._costs())

    @property
    def values(self) -> SweepValues:
        """``sweep.values["acc"]``: the value of each run, in order."""
        return SweepValues(self.jobs, self.parameters, self._wanted)

    @property
    def errors(self) -> dict[int, JobFailedError]:
        """The error of each run that failed or was cancelled, by its place in `jobs`; asked for now."""
        failed = [
            (place, job)
            for place, (job, stage) in enumerate(zip(self.jobs, self.stages, strict=True))
            if job is not None and stage in {"ERROR", "CANCELED", "DELETED"}
        ]
        with ThreadPoolExecutor(READERS) as pool:
            errors = pool.map(lambda item: find_error(item[1]), failed)
        return dict(zip([place for place, _ in failed], errors, strict=True))

    def __len__(self) -> int:
        """How many runs there are."""
        return len(self._planned.runs)

    def __repr__(self) -> str:
        head = f"Sweep {self.id}: {len(self)} runs, {count_stages(self.stages)}"
        why = [self._driver.headline(place) for place in range(len(self))]
        return "\n".join([head, *group_failures(why), *filter(None, [self.stopped])])

    def _repr_html_(self) -> str:
        from html import escape  # noqa: PLC0415 - only a notebook needs it

        lines = "".join(f"<p>{escape(line)}</p>" for line in repr(self).splitlines())
        return f"{lines}{self.table()._repr_html_()}"

    def table(self) -> Table:
        """Return a table of the runs as they are known now."""
        facts = [job.facts if job else None for job in self.jobs]
        return sweep_table(self.parameters, facts, self._costs(), time.time(), waiting=WAITING)

    def wait(self, timeout: float | None = None) -> Sweep:
        """Block until every run has ended; returns the sweep. A run that failed raises nothing: see `errors`.

        Raises
        ------
        WaitTimedOutError
            When `timeout` seconds were not enough.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._driver.over.wait(_SLICE_S):
            if deadline is not None and time.monotonic() > deadline:
                raise WaitTimedOutError(
                    f"Sweep {self.id} is not over after {timeout:g} s: {count_stages(self.stages)}. It goes on."
                )
        return self._learn()

    def __await__(self) -> Generator[Any, None, Sweep]:
        """``await sweep`` waits as `wait` does and leaves the event loop free."""
        return self._wait_async().__await__()

    async def _wait_async(self) -> Sweep:
        while not self._driver.over.is_set():
            await asyncio.sleep(_SLICE_S)
        return await asyncio.to_thread(self._learn)

    def _learn(self) -> Sweep:
        """Find out why runs failed, so that they are shown in groups."""
        _ = self.errors
        return self

    def as_completed(self, timeout: float | None = None) -> Iterator[Job]:
        """Give each run's job when it has ended, however it has, in the order of their ends.

        Raises
        ------
        WaitTimedOutError
            When `timeout` seconds were not enough.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        given: set[str] = set()
        while True:
            is_over = self._driver.over.is_set()
            ended = [job for job in self.jobs if job and job.facts.is_terminal and job.id not in given]
            for job in sorted(ended, key=lambda job: job.facts.finished_at or 0.0):
                given.add(job.id)
                yield job
            if is_over:
                return
            if deadline is not None and time.monotonic() > deadline:
                raise WaitTimedOutError(f"Sweep {self.id} is not over after {timeout:g} s. It goes on.")
            self._driver.over.wait(_SLICE_S)

    def cancel(self) -> None:
        """Start no more runs, and ask those to end that have not."""
        self._driver.cancel()

    def retry_failed(self) -> Sweep:
        """Start the runs anew that failed or were cancelled, and those that were never started; returns the sweep."""
        failed = [place for place, stage in enumerate(self.stages) if stage in {"ERROR", "CANCELED", "DELETED"}]
        self._driver.retry(failed)
        return self

    def best(self, name: str, mode: Literal["min", "max"] | None = None) -> Job:
        """Return the job with the best value of ``-o NAME``, else of a metric that the jobs printed.

        Parameters
        ----------
        name
            Of the value, or of the metric, whose last value counts.
        mode
            ``"min"`` or ``"max"``; by default ``"min"`` for names such as ``eval_loss`` and ``"max"`` for others.

        Raises
        ------
        ValueUnavailableError
            When no run has a number of that name yet.
        """
        if mode not in {None, "min", "max"}:
            raise OptionError(f'mode is {mode!r}; write "min" or "max".')
        found = self.values[name] if name in self._wanted else self._metric(name)
        numbers = [
            (float(value), job)
            for value, job in zip(found, self.jobs, strict=True)
            if job is not None and is_number(value)
        ]
        if not numbers:
            raise ValueUnavailableError(
                f"No run of sweep {self.id} has a number {name} yet. -o {name} brings one back."
            )
        smaller = mode == "min" or (mode is None and any(part in name.lower() for part in _SMALLER_IS_BETTER))
        return (min if smaller else max)(numbers, key=lambda item: item[0])[1]

    def to_pandas(self) -> pd.DataFrame:
        """Return a row for each run: parameters, stage, cost, the last value of each metric, values, and errors."""
        rows = [dict(run) for run in self.parameters]
        errors = self.errors
        wanted = self._wanted
        values = {name: self.values[name] for name in wanted}
        for place, (row, last) in enumerate(zip(rows, self._last_metrics(), strict=True)):
            job = self.jobs[place]
            row |= {key: value for key, value in last.items() if key not in row and key not in wanted}
            row |= {name: values[name][place] for name in wanted}
            row |= {"stage": self.stages[place], "cost": self._costs()[place], "job": job.id if job else None}
            row["error"] = str(errors[place]) if place in errors else None
        return make_frame(rows, "run")

    @property
    def _wanted(self) -> list[str]:
        """Names of ``-o``."""
        return [one.name for one in self._planned.request.options.values_back]

    def _metric(self, name: str) -> list[Any]:
        return [last.get(name) for last in self._last_metrics()]

    def _last_metrics(self) -> list[dict[str, Any]]:
        """Return the last value of each metric of every run, by name; of one whose log cannot be read none."""
        with ThreadPoolExecutor(READERS) as pool:
            return list(pool.map(last_metrics, self.jobs))

    def _costs(self) -> list[float | None]:
        return [None if job is None else job.cost for job in self.jobs]
