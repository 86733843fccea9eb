"""The runs of a sweep as a table, and its failures in groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.cost import format_duration, format_usd
from hfjobs_magic.views.table import Table, ran_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hfjobs_magic.facts import JobFacts


def sweep_table(
    runs: Sequence[Mapping[str, Any]],
    jobs: Sequence[JobFacts | None],
    costs: Sequence[float | None],
    now: float,
    *,
    waiting: str,
) -> Table:
    """Lay out one row a run: its number, its values, and how its job is.

    Parameters
    ----------
    runs
        Values by name.
    jobs
        What is known of each run's job; None where it has none.
    costs
        Of each run in US dollars; None where that is not known.
    now
        Seconds since the epoch.
    waiting
        What the stage of a run without a job is called.
    """
    names = list(runs[0]) if runs else []
    return Table(
        columns=("#", *names, "Stage", "Run time", "Cost", "ID"),
        rows=tuple(
            (str(number), *(_text(run[name]) for name in names), *_state(job, cost, now, waiting))
            for number, (run, job, cost) in enumerate(zip(runs, jobs, costs, strict=True), 1)
        ),
        empty="The sweep has no runs.",
        right=frozenset({"#", "Run time", "Cost"}),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _state(job: JobFacts | None, cost: float | None, now: float, waiting: str) -> tuple[str, ...]:
    if job is None:
        return waiting, "", "", ""
    seconds = ran_for(job, now)
    return (
        job.stage,
        "" if seconds is None else format_duration(seconds),
        "" if cost is None else format_usd(cost),
        job.id,
    )


def group_failures(why: Sequence[str]) -> list[str]:
    """Return a line for each kind of failure, the most frequent first; `why` has an empty text for a run that is well.

    >>> group_failures(["", "ValueError: boom", "ValueError: boom", "killed"])
    ['2 of 4: ValueError: boom (runs 2, 3)', '1 of 4: killed (run 4)']
    """
    kinds: dict[str, list[int]] = {}
    for number, words in enumerate(why, 1):
        if words:
            kinds.setdefault(words, []).append(number)
    return [
        f"{len(places)} of {len(why)}: {words} (run{'s' if len(places) > 1 else ''} {', '.join(map(str, places))})"
        for words, places in sorted(kinds.items(), key=lambda item: -len(item[1]))
    ]
