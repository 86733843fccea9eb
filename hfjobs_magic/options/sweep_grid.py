"""The runs of a sweep: every combination of what ``--map`` and ``--map-file`` name, or a sample of them."""

from __future__ import annotations

import csv
import io
import math
import random
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.identifiers import shorten
from hfjobs_magic.options.sweep_values import SweepAxis, make_axis, parse_map, parse_scalar

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_RUNS = 1_000
"""Runs of one sweep; more of them are a sample, or another sweep."""


@dataclass(frozen=True)
class Grid:
    """What changes from run to run."""

    axes: tuple[SweepAxis, ...]
    """One for each ``--map`` and for the file; no name twice. The first changes slowest."""
    sample: int | None = None
    """So many combinations, drawn without repeats; None is all of them."""
    seed: int = 0
    """Of the sample: the same draws the same."""

    @property
    def names(self) -> tuple[str, ...]:
        """Variables, in the order of the line."""
        return tuple(name for axis in self.axes for name in axis.names)

    @property
    def combinations(self) -> int:
        """How many there are, sampled or not."""
        return math.prod(len(axis.points) for axis in self.axes)

    def runs(self) -> tuple[dict[str, Any], ...]:
        """Return the values of each run, by name.

        Raises
        ------
        OptionError
            When there are more than `MAX_RUNS`.
        """
        total = self.combinations
        count = total if self.sample is None else min(self.sample, total)
        if count > MAX_RUNS:
            raise OptionError(f"These are {count:,} runs; a sweep has at most {MAX_RUNS:,}. Draw some: --sample 100.")
        if self.sample is None:
            numbers: Sequence[int] = range(total)
        else:
            numbers = sorted(_draw(total, count, self.seed))
        return tuple(self._combination(number) for number in numbers)

    def _combination(self, number: int) -> dict[str, Any]:
        """Return one of them, numbered so that the last axis changes fastest."""
        points: list[tuple[Any, ...]] = []
        for axis in reversed(self.axes):
            number, at = divmod(number, len(axis.points))
            points.append(axis.points[at])
        return dict(zip(self.names, (value for point in reversed(points) for value in point), strict=True))


def _draw(total: int, count: int, seed: int) -> Sequence[int]:
    """Draw numbers below `total` without repeats; there may be more of them than Python's own sample takes."""
    draws = random.Random(seed)  # noqa: S311 - no secrets
    if total <= sys.maxsize:
        return draws.sample(range(total), count)
    drawn: dict[int, None] = {}
    while len(drawn) < count:
        drawn[draws.randrange(total)] = None
    return list(drawn)


def make_grid(maps: Sequence[str], table: SweepAxis | None = None, *, sample: int | None = None, seed: int = 0) -> Grid:
    """Make the grid of a line.

    Parameters
    ----------
    maps
        What ``--map`` says, each as `parse_map` reads it.
    table
        What the file of ``--map-file`` says.
    sample, seed
        As on the line.

    Raises
    ------
    OptionError
        When one cannot be read, or two have one name.
    """
    axes = (*map(parse_map, maps), *((table,) if table else ()))
    grid = Grid(axes, sample, seed)
    names = grid.names
    if double := next((name for name in names if names.count(name) > 1), None):
        raise OptionError(f"{double} is mapped twice. Put all of its values into one --map.")
    return grid


def parse_table(text: str, path: str) -> SweepAxis:
    """Read a CSV file with a row of names and a row for each run; cells are values as on the line, empty ones None.

    Raises
    ------
    OptionError
        When it has no such rows.
    """
    said = f"--map-file {path}"
    try:
        rows = [row for row in csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True) if any(row)]
    except csv.Error as error:
        raise OptionError(f"{said} is not a CSV file: {error}.") from None
    if len(rows) < 2:
        raise OptionError(f"{said} has no runs. Write the names in the first row and a run's values in each other.")
    names = tuple(name.strip() for name in rows[0])
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(names):
            cells = f"{len(row)} cell{'' if len(row) == 1 else 's'}"
            wanted = f"{len(names)} name{'' if len(names) == 1 else 's'} ({shorten(', '.join(names))})"
            raise OptionError(f"{said}: row {number} has {cells} for {wanted}. Give it one value for each name.")
    points = (tuple(parse_scalar(cell) if cell.strip() else None for cell in row) for row in rows[1:])
    return make_axis(names, points, said)


def describe(run: dict[str, Any]) -> str:
    """Return a run's values as a reader writes them.

    >>> describe({"lr": 0.001, "opt": "adam"})
    "lr=0.001, opt='adam'"
    """
    return ", ".join(f"{name}={value!r}" for name, value in run.items())
