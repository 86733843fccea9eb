"""A measured figure, and how figures are shown."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    area: str
    """Part of the project."""
    figure: str
    """What was measured."""
    unit: str
    """Of all the numbers."""
    ours: float
    """Median of several runs."""
    baseline: float | None = None
    """The same without us, measured in the same run; None where there is no such thing."""
    target: float | None = None
    """What it should be; None where nothing was promised."""
    more_is_better: bool = False
    """Which side of the target is good."""

    @property
    def ok(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        return self.ours >= self.target if self.more_is_better else self.ours <= self.target

    def record(self) -> dict[str, Any]:
        """Return it as JSON."""
        record = {**asdict(self), "ok": self.ok}
        del record["more_is_better"]
        return record


def table(figures: Iterable[Figure]) -> Table:
    """Return what a terminal shows."""
    shown = Table("area", "figure", box=None, header_style="bold", pad_edge=False)
    for title in ("ours", "baseline", "target"):
        shown.add_column(title, justify="right")
    shown.add_column("unit")
    shown.add_column("")
    for one in figures:
        sign = "≥" if one.more_is_better else "≤"
        shown.add_row(
            one.area,
            one.figure,
            number(one.ours),
            number(one.baseline),
            f"{sign} {number(one.target)}" if one.target is not None else "",
            one.unit,
            {True: "[green]ok[/]", False: "[red]missed[/]", None: ""}[one.ok],
        )
    return shown


def number(value: float | None) -> str:
    """Return three figures' worth of a number, or nothing."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def show(figures: Iterable[Figure]) -> None:
    """Print the table."""
    Console(highlight=False).print(table(figures))
