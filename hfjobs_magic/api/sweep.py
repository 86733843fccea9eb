"""Many runs of one cell, and what becomes of them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal

from hfjobs_magic.api.displayable import Handle
from hfjobs_magic.api.selectors import SWEEP
from hfjobs_magic.api.sweep_best import find_best_run
from hfjobs_magic.api.sweep_driver import SweepDriver
from hfjobs_magic.api.sweep_ends import SweepEnds
from hfjobs_magic.api.sweep_metrics import READERS, read_last_metrics
from hfjobs_magic.api.sweep_results import (
    MOST_READ,
    SweepErrors,
    SweepValues,
    find_error,
    pull_folders,
    read_results,
)
from hfjobs_magic.api.sweep_steps import NOT_STARTED, WAITING, count_runs, count_stages
from hfjobs_magic.errors import FilesError
from hfjobs_magic.metrics.samples import make_frame
from hfjobs_magic.views.sweep import Summary, group_failures, sweep_table

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    import pandas as pd

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.api.pull import Pulled
    from hfjobs_magic.api.sweep_plan import SweepPlan
    from hfjobs_magic.api.sweep_usage import SweepUsage
    from hfjobs_magic.errors import HfJobsError
    from hfjobs_magic.metrics.idle import Idle
    from hfjobs_magic.metrics.right_size import RightSize
    from hfjobs_magic.views.table import Table

_NOT_WELL = ("ERROR", "CANCELED", "DELETED")
"""Stages of a run that has ended without its values."""


class Sweep(Handle):
    """Many runs of one cell; they go on in the background as long as this kernel lives.

    A run that fails loses none of the others: its error stands in the place of its value.
    """

    def __init__(self, planned: SweepPlan, driver: SweepDriver | None = None) -> None:
        self._planned = planned
        self._driver = driver or SweepDriver(planned)
        self._ends = SweepEnds(self, self._driver.over)

    @property
    def id(self) -> str:
        """Eight hex digits: label ``sweep`` of its jobs."""
        return self._planned.id

    @property
    def selector(self) -> str:
        """How a line of ``%hfjobs`` names it: ``@sweep=3fa85f64``, with ``--local`` if it is of this machine."""
        return f"{SWEEP}{self.id}{' --local' if self._planned.client.local else ''}"

    @property
    def plan(self) -> SweepPlan:
        """What it is: its runs, where they go, and how far."""
        return self._planned

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
        return self._driver.stopped if WAITING in self.stages else ""

    @property
    def failed(self) -> list[int]:
        """Places of the runs that failed or were cancelled, from 0."""
        return [place for place, stage in enumerate(self.stages) if stage in _NOT_WELL]

    @property
    def failure_groups(self) -> list[str]:
        """A line for each kind of failure, as far as it is known: ``7 of 12: ValueError at line 31 (runs 2, 3, …)``."""
        return group_failures([self._driver.headline(place) for place in range(len(self))])

    @property
    def reused(self) -> list[int]:
        """Places of the runs that ``--reuse`` has found, from 0: jobs of other sweeps, which cost nothing here."""
        return self._driver.reused

    @property
    def idle(self) -> dict[int, Idle]:
        """Runs that do nothing and will be cancelled (``--cancel-if-idle``), by place; ``jobs[2].keep()`` keeps one."""
        return self._driver.idle

    @property
    def cost(self) -> float:
        """US dollars so far, an estimate; with jobs whose run was started anew since, and without reused ones."""
        past = 0.0 if self._planned.client.local else self._driver.budget.past_usd()
        return sum(cost or 0.0 for cost in self._costs()) + past

    @property
    def is_over(self) -> bool:
        """Whether every run that was started has ended, and no more are to be started from here."""
        return self._driver.over.is_set()

    def when_over(self, call: Callable[[], None]) -> None:
        """Have something called each time that it is over, now if it is; it is to be quick and to raise nothing."""
        self._driver.call_at_end(call)

    @property
    def values(self) -> SweepValues:
        """``sweep.values["acc"]``: the value of each run, in order."""
        return SweepValues(self.id, self.jobs, self.parameters, self._wanted)

    def pull(self, target: str | os.PathLike[str] | None = None) -> list[Pulled | HfJobsError | None]:
        """Bring the ``--out-dir`` of each run to ``DIR/1``, ``DIR/2`` and so on; for each what became of it.

        Parameters
        ----------
        target
            In the place of ``DIR``.

        Raises
        ------
        FilesError
            When the runs have no such folder.
        """
        place = target or self._planned.request.options.folder_back
        if not place:
            raise FilesError("The runs of this sweep bring no folder back. Ask for one, as in --out-dir results.")
        return pull_folders(self.jobs, place)

    @property
    def errors(self) -> SweepErrors:
        """The error of each run that failed or was cancelled, by its place in `jobs`; asked for now.

        It is a dict that shows itself in groups.
        """
        jobs = self.jobs
        failed = [(place, job) for place in self.failed if (job := jobs[place])]
        with ThreadPoolExecutor(READERS) as pool:
            errors = pool.map(lambda item: find_error(item[1]), failed)
        found = dict(zip([place for place, _ in failed], errors, strict=True))
        stages = [stage.lower() if place in found else "" for place, stage in enumerate(self.stages)]
        why = [self._driver.headline(place) or stage for place, stage in enumerate(stages)]
        return SweepErrors(found, group_failures(why))

    def __len__(self) -> int:
        """How many runs there are."""
        return len(self._planned.runs)

    def __repr__(self) -> str:
        stages, stopped, reused = self.stages, self.stopped, len(self.reused)
        head = f"Sweep {self.id}: {count_runs(len(self))}, {count_stages(stages)}"
        head += f", {reused} of them reused" if reused else ""
        waiting = 0 if stopped else stages.count(WAITING)
        starting = f"Starting {count_runs(waiting)}." if waiting else ""
        return "\n".join([head, *self.failure_groups, *filter(None, [stopped, starting])])

    def _repr_html_(self) -> str:
        return Summary(repr(self), self._lay_out(says_why=False))._repr_html_()

    def table(self) -> Table:
        """Return a table of the runs as they are known now, with why some were not started."""
        return self._lay_out()

    @property
    def usage(self) -> SweepUsage:
        """What is known of the samples of its runs."""
        return self._driver.usage

    @property
    def right_size(self) -> RightSize | None:
        """What its runs used of their hardware, and cheaper flavors with memory for that; read now.

        Of those that completed and were sampled, if they ran for five minutes all together; else None. On the Hub one
        at a time is sampled, by the kernel that submits the sweep; the local service samples all.
        """
        for job in self.usage.unread(self.jobs):
            self.usage.read(job)
        return self.usage.right_size(self.jobs)

    def summarize(self) -> Summary:
        """Return what has become of it: `table` with columns for values and metrics, which are asked for now.

        Of more than `MOST_READ` runs on the Hub they are not: `to_pandas` has them.
        """
        size = self.right_size
        text = repr(self) if size is None else f"{self!r}\n{size}"
        if len(self) > MOST_READ and not self._planned.client.local:
            return Summary(text, self._lay_out(note="to_pandas() has values and metrics.", says_why=False))
        metric, _ = self._planned.request.options.metric_wanted
        results, note = read_results(self.jobs, self._wanted, metric)
        return Summary(text, self._lay_out(results, note, says_why=False))

    def _lay_out(self, results: Sequence[Mapping[str, str]] = (), note: str = "", *, says_why: bool = True) -> Table:
        facts = [job.facts if job else None for job in self.jobs]
        costs, now, stopped = self._costs(), time.time(), self.stopped
        waiting = NOT_STARTED if stopped else WAITING
        note = f"{stopped if says_why else ''} {note}".strip()
        return sweep_table(
            self.parameters,
            facts,
            costs,
            now,
            waiting=waiting,
            reused=set(self.reused),
            results=results,
            note=note,
        )

    def wait(self, timeout: float | None = None) -> Sweep:
        """Block until every run has ended; returns the sweep. A run that failed raises nothing: see `errors`.

        Raises
        ------
        WaitTimedOutError
            When `timeout` seconds were not enough.
        WaitInterruptedError
            On Ctrl-C, which stops the waiting, not the sweep.
        """
        self._ends.wait(timeout)
        return self

    def __await__(self) -> Generator[Any, None, Sweep]:
        """``await sweep`` waits as `wait` does and leaves the event loop free."""
        return self._wait_async().__await__()

    async def _wait_async(self) -> Sweep:
        await self._ends.wait_async()
        return self

    def as_completed(self, timeout: float | None = None) -> Iterator[Job]:
        """Give each run's job when it has ended, however it has, in the order of their ends.

        Raises
        ------
        WaitTimedOutError
            When `timeout` seconds were not enough.
        """
        return self._ends.iterate(timeout)

    def cancel(self) -> None:
        """Start no more runs, and ask those to end that have not."""
        self._driver.cancel()

    def retry_failed(self, *, over_budget: bool = False) -> Sweep:
        """Start the runs anew that failed or were cancelled, and those that were never started; returns the sweep.

        `over_budget` is as for `resume`.
        """
        self._driver.go_on(self.failed, over_budget=over_budget)
        return self

    def resume(self, *, over_budget: bool = False) -> Sweep:
        """Start the runs that were never started; another kernel that starts them leaves them to this one.

        Returns the sweep. ``--max-cost`` and the session's budget hold; with `over_budget` the budget does not.
        """
        self._driver.go_on(over_budget=over_budget)
        return self

    def best(self, name: str | None = None, mode: Literal["min", "max"] | None = None) -> Job:
        """Return the job with the best value of ``-o NAME``, else of a metric that the jobs printed.

        Parameters
        ----------
        name
            Of the value, or of the metric, whose last value counts, were it the only one that was printed; by default
            that of ``--metric``.
        mode
            ``"min"`` or ``"max"``; by default ``"min"`` for names such as ``eval_loss`` and ``"max"`` for others,
            and what ``--metric`` says of its own.

        Raises
        ------
        ValueUnavailableError
            When no run has a number of that name.
        OptionError
            Without a name, where the line has no ``--metric``: it says which values and metrics there are.
        """
        return find_best_run(self, name, mode)

    def to_pandas(self) -> pd.DataFrame:
        """Return a row for each run: parameters, stage, cost, the last value of each metric, values, and errors.

        A metric is what a run printed twice, at two steps, and that of ``--metric``, however often it was printed.
        """
        rows = [dict(run) for run in self.parameters]
        errors = self.errors
        wanted = self._wanted
        values = {name: self.values[name] for name in wanted}
        metric, _ = self._planned.request.options.metric_wanted
        for place, (row, last) in enumerate(zip(rows, read_last_metrics(self.jobs, metric), strict=True)):
            job = self.jobs[place]
            row |= {key: value for key, value in last.items() if key not in row and key not in wanted}
            row |= {name: values[name][place] for name in wanted}
            own = {"stage": self.stages[place], "cost": self._costs()[place], "job": job.id if job else None}
            own["error"] = str(errors[place]) if place in errors else None
            # A parameter, a metric or a value may have that name.
            row |= {f"run_{key}" if key in row else key: value for key, value in own.items()}
        return make_frame(rows, "run")

    @property
    def _wanted(self) -> list[str]:
        """Names of ``-o``."""
        return [one.name for one in self._planned.request.options.values_back]

    def _costs(self) -> list[float | None]:
        reused = set(self.reused)
        return [0.0 if n in reused else job.cost if job else None for n, job in enumerate(self.jobs)]
