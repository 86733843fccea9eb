"""The runs of a sweep as a table, and its failures in groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hfjobs_magic.cost import format_duration, format_usd
from hfjobs_magic.views.table import Table, Text, find_run_time

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hfjobs_magic.facts import JobFacts


MOST_NUMBERS = 12
"""Runs, or rows of runs, that are named behind a kind of failure; the table has all of them."""


@dataclass(frozen=True)
class Summary:
    """What has become of a sweep: some sentences, and its runs below them."""

    text: str
    """The sentences, a line each."""
    table: Table
    """The runs."""

    def __repr__(self) -> str:
        return f"{self.text}\n\n{self.table!r}"

    def _repr_html_(self) -> str:
        return f"{Text(self.text)._repr_html_()}{self.table._repr_html_()}"


def sweep_table(
    runs: Sequence[Mapping[str, Any]],
    jobs: Sequence[JobFacts | None],
    costs: Sequence[float | None],
    now: float,
    *,
    waiting: str,
    reused: Collection[int] = (),
    results: Sequence[Mapping[str, str]] = (),
    note: str = "",
) -> Table:
    """Lay out one row a run: its number, its values, what came of it, and how its job is.

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
    reused
        Places of runs that ``--reuse`` has found, from 0.
    results
        What each run gave back, by name; without them there are no such columns.
    note
        A sentence under the rows.
    """
    names = list(runs[0]) if runs else []
    more = list(dict.fromkeys(name for one in results for name in one))
    given = results or [{}] * len(runs)
    return Table(
        columns=("#", *names, *more, "Stage", "Run time", "Cost", "ID"),
        rows=tuple(
            (
                str(number),
                *(write_value(run[name]) for name in names),
                *(one.get(name, "") for name in more),
                *_state(job, cost, now, waiting, is_reused=number - 1 in reused),
            )
            for number, (run, job, cost, one) in enumerate(zip(runs, jobs, costs, given, strict=True), 1)
        ),
        empty="The sweep has no runs.",
        right=frozenset({"#", "Run time", "Cost"}),
        note=note,
    )


def write_value(value: Any) -> str:
    """Write a value of a parameter as a reader wants it: text without quotes."""
    return value if isinstance(value, str) else repr(value)


def _state(job: JobFacts | None, cost: float | None, now: float, waiting: str, *, is_reused: bool) -> tuple[str, ...]:
    if job is None:
        return waiting, "", "", ""
    seconds = find_run_time(job, now)
    stage = job.stage
    if is_reused:
        stage = "reused" if stage == "COMPLETED" else f"{stage}, reused"
    return (
        stage,
        "" if seconds is None else format_duration(seconds),
        "" if cost is None else format_usd(cost),
        job.id,
    )


def group_failures(why: Sequence[str]) -> list[str]:
    """Return a line for each kind of failure, the most frequent first; `why` has an empty text for a run that is well.

    >>> group_failures(["", "ValueError: boom", "ValueError: boom", "killed"])
    ['2 of 4: ValueError: boom (runs 2, 3)', '1 of 4: killed (run 4)']
    >>> group_failures(["killed"] * 5)
    ['5 of 5: killed (runs 1 to 5)']
    """
    kinds: dict[str, list[int]] = {}
    for number, words in enumerate(why, 1):
        if words:
            kinds.setdefault(words, []).append(number)
    return [
        f"{len(places)} of {len(why)}: {words} (run{'s' if len(places) > 1 else ''} {_list_numbers(places)})"
        for words, places in sorted(kinds.items(), key=lambda item: -len(item[1]))
    ]


def _list_numbers(numbers: Sequence[int]) -> str:
    """Write rising numbers, three and more in a row by their ends, and no more than a line of them."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    texts = [f"{part[0]} to {part[-1]}" if len(part) > 2 else ", ".join(map(str, part)) for part in parts]
    return ", ".join(texts[:MOST_NUMBERS] + (["…"] if len(texts) > MOST_NUMBERS else []))
