"""What lasts from cell to cell: defaults, the budget and what was submitted."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hfjobs_magic.cost import cost_usd, format_usd
from hfjobs_magic.errors import BudgetError, OptionError
from hfjobs_magic.options.layers import BUDGET, Layer, from_environment, from_table, parse_setting
from hfjobs_magic.options.values import parse_usd

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hfjobs_magic.api.job import Job

TABLE = "hfjobs-magic"
"""``[tool.hfjobs-magic]`` in pyproject.toml."""


@dataclass
class Session:
    """Settings of one kernel and what its jobs may still cost."""

    values: dict[str, Any] = field(default_factory=dict)
    """Defaults set with ``%hfjobs config``, by keyword."""
    budget_usd: float | None = None
    """Most that all jobs of the session may cost together; None is no limit."""
    jobs: list[tuple[Job, float]] = field(default_factory=list)
    """Jobs that cost money, each with the most it can cost, in US dollars."""

    def configure(self, words: list[str]) -> None:
        """Take ``KEY=VALUE`` words; all or none.

        Raises
        ------
        OptionError
            For a word that is no setting, or a value that cannot be used.
        """
        found = dict(parse_setting(word) for word in words)
        budget = found.pop(BUDGET, None)
        usd = None if budget is None else parse_usd(budget, "budget")
        self.values.update(found)
        self.budget_usd = usd if budget is not None else self.budget_usd

    def reset(self) -> None:
        """Forget the settings; jobs and what they cost stay counted."""
        self.values.clear()
        self.budget_usd = None

    def layers(self) -> list[Layer]:
        """Defaults from the strongest to the weakest: session, environment, pyproject.toml."""
        return [Layer("%hfjobs config", dict(self.values)), from_environment(os.environ), *_pyproject(Path.cwd())]

    def committed_usd(self) -> float:
        """Add up what the session's jobs have cost, those that have not ended at the most they can."""
        return sum(_spent(job, most) for job, most in self.jobs)

    def check_budget(self, most_usd: float | None, ask: Callable[[str], bool] | None) -> None:
        """Ask before the budget would be passed.

        Raises
        ------
        BudgetError
            When nobody can be asked or the answer is no, or when the job's price is not known.
        """
        if self.budget_usd is None:
            return
        spent = self.committed_usd()
        if most_usd is not None and spent + most_usd <= self.budget_usd:
            return
        cost = "an unknown amount" if most_usd is None else f"up to {format_usd(most_usd)}"
        told = (
            f"This job can cost {cost}; with {format_usd(spent)} of this session's jobs "
            f"that may pass the budget of {format_usd(self.budget_usd)}."
        )
        if ask is None:
            raise BudgetError(f"{told} Nothing was submitted. Shorten --timeout, or raise it: %hfjobs config budget=…")
        if not ask(f"{told} Submit it all the same?"):
            raise BudgetError(f"{told} Nothing was submitted.")


SESSION = Session()
"""The kernel's own."""


def _spent(job: Job, most: float) -> float:
    state, price = job.follower.state, job.hardware.usd_per_minute if job.hardware else None
    if not state.facts.is_terminal:
        return most
    if state.facts.started_at is None:
        return 0.0
    return cost_usd(price, (state.finished_at or state.facts.started_at) - state.facts.started_at) or 0.0


def _pyproject(folder: Path) -> list[Layer]:
    """Read the nearest pyproject.toml, if it has our table."""
    file = next((path for parent in [folder, *folder.parents] if (path := parent / "pyproject.toml").is_file()), None)
    if file is None:
        return []
    try:
        tools: Mapping[str, Any] = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise OptionError(f"{file.name} in {file.parent.name}/ cannot be read: {error}.") from error
    table = tools.get(TABLE)
    return [] if not isinstance(table, dict) else [from_table(table, "pyproject.toml")]
