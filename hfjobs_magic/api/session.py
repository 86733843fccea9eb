"""What lasts from cell to cell: defaults, the budget and what was submitted."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hfjobs_magic.cost import cost_usd, format_usd
from hfjobs_magic.errors import BudgetError, HubError, OptionError
from hfjobs_magic.options.layers import (
    BELL,
    BUDGET,
    REPLACE,
    REPLACE_CHOICES,
    Layer,
    from_environment,
    from_table,
    parse_setting,
    parse_switch,
)
from hfjobs_magic.options.quantities import parse_usd

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hfjobs_magic.facts import Hardware
    from hfjobs_magic.follow.job_entry import JobEntry

    Ask = Callable[[str], bool]

RAISE_BUDGET = "raise it: %hfjobs config budget=…"
"""What a reader can do about a budget."""

TABLE = "hfjobs-magic"
"""``[tool.hfjobs-magic]`` in pyproject.toml."""


@dataclass(frozen=True)
class Commitment:
    """What one job of the session has cost, or still can."""

    entry: JobEntry
    """What is known of the job, by whoever looks at it."""
    most_usd: float | None
    """Most that it can cost, in US dollars; None where that is not known."""
    usd_per_minute: float | None
    """Price of its hardware; None where that is not known."""

    def sum_spent_usd(self) -> float:
        """Return what an ended job has cost, in US dollars, and the most that another can."""
        facts, ended = self.entry.facts, self.entry.status.finished_at
        if not facts.is_terminal or (facts.started_at is not None and ended is None):
            return self.most_usd or 0.0
        if facts.started_at is None or ended is None:
            return 0.0
        return cost_usd(self.usd_per_minute, ended - facts.started_at) or 0.0


@dataclass
class Session:
    """Settings of one kernel and what its jobs may still cost."""

    values: dict[str, Any] = field(default_factory=dict)
    """Defaults set with ``%hfjobs config``, by keyword."""
    budget_usd: float | None = None
    """Most that all jobs of the session may cost together; None is no limit."""
    replace: str = ""
    """What becomes of the earlier job of a cell that is run again, as the reader chose; empty where nobody did."""
    bell: bool | None = None
    """Whether a terminal rings when a job ends, as the reader chose; None where nobody did."""
    commitments: list[Commitment] = field(default_factory=list)
    """Jobs that cost money."""

    def configure(self, words: list[str]) -> None:
        """Take ``KEY=VALUE`` words; all or none.

        Raises
        ------
        OptionError
            For a word that is not a setting, or a value that cannot be used.
        """
        found = dict(parse_setting(word) for word in words)
        budget = found.pop(BUDGET, None)
        usd = None if budget is None else parse_usd(budget, "budget")
        replace = found.pop(REPLACE, self.replace)
        if replace and replace not in REPLACE_CHOICES:
            raise OptionError(f"replace={replace} is not one of {', '.join(REPLACE_CHOICES)}.")
        bell = found.pop(BELL, None)
        self.bell = self.bell if bell is None else parse_switch(bell, BELL, "on or off")
        self.replace = replace
        self.values.update(found)
        self.budget_usd = usd if budget is not None else self.budget_usd

    def reset(self) -> None:
        """Forget the settings; jobs and what they cost stay counted."""
        self.values.clear()
        self.budget_usd = None
        self.replace, self.bell = "", None

    @property
    def rings(self) -> bool:
        """Whether a terminal is to ring; ``HFJOBS_BELL=on`` has it so in every session."""
        if self.bell is not None:
            return self.bell
        with suppress(OptionError):  # the end of a job is no time to complain
            return parse_switch(os.environ.get("HFJOBS_BELL", ""), "HFJOBS_BELL")
        return False

    def layers(self) -> list[Layer]:
        """Defaults from the strongest to the weakest: session, environment, pyproject.toml."""
        return [Layer("%hfjobs config", dict(self.values)), from_environment(os.environ), *_pyproject(Path.cwd())]

    def commit(self, entry: JobEntry, most_usd: float | None, hardware: Hardware | None) -> None:
        """Count a job that was just submitted against the budget, with the most it can cost."""
        self.commitments.append(Commitment(entry, most_usd, hardware.usd_per_minute if hardware else None))

    def sum_committed_usd(self) -> float:
        """Add up what the session's jobs have cost, those that have not ended at the most they can.

        The Hub is asked for those that had not ended, once for all of them; what it does not say stays as it was.
        """
        entries = [commitment.entry for commitment in self.commitments]
        for book in dict.fromkeys(entry.book for entry in entries):
            with suppress(HubError):
                book.refresh_all([entry for entry in entries if entry.book is book])
        return self._sum_committed_usd()

    @property
    def room_usd(self) -> float | None:
        """US dollars that the budget leaves, as far as is known without asking; None without a budget."""
        return None if self.budget_usd is None else self.budget_usd - self._sum_committed_usd()

    def check_budget(self, most_usd: float | None, ask: Ask | None) -> None:
        """Ask before the budget would be passed.

        Parameters
        ----------
        most_usd
            Most that the job can cost, in US dollars; None where that is not known.
        ask
            Puts a question to the reader; None where nobody can answer.

        Raises
        ------
        BudgetError
            When nobody can be asked or the answer is no.
        """
        if excess := self.find_excess(most_usd):
            warning = f"This job can cost {up_to(most_usd)}; {excess}."
            _ask(warning, "Submit it anyway?", f"Shorten --timeout, or {RAISE_BUDGET}", ask)

    def find_excess(self, most_usd: float | None) -> str:
        """Say that the budget may be passed, as the end of a sentence; empty where it is not.

        Parameters
        ----------
        most_usd
            Most that what is to be started can cost, in US dollars; None where that is not known.
        """
        if self.budget_usd is None or most_usd == 0:
            return ""
        if most_usd is not None and self._sum_committed_usd() + most_usd <= self.budget_usd:
            return ""
        spent = self.sum_committed_usd()
        if most_usd is not None and spent + most_usd <= self.budget_usd:
            return ""
        budget = format_usd(self.budget_usd)
        return f"with {format_usd(spent)} of this session's jobs that may exceed the budget of {budget}"

    def check_schedule_budget(self, most_usd: float | None, ask: Ask | None) -> None:
        """Ask before anything is scheduled in a session with a budget: a schedule has no end, so no budget holds it.

        Parameters and errors are those of `check_budget`; `most_usd` is for each run.
        """
        if self.budget_usd is None:
            return
        warning = (
            f"Each run can cost {up_to(most_usd)} and a schedule has no end, "
            f"so it may exceed this session's budget of {format_usd(self.budget_usd)}."
        )
        _ask(warning, "Schedule it anyway?", "Clear the budget first: %hfjobs config --reset", ask)

    def _sum_committed_usd(self) -> float:
        return sum(commitment.sum_spent_usd() for commitment in self.commitments)


def up_to(most_usd: float | None) -> str:
    """Say the most that something can cost, in US dollars.

    >>> up_to(1.2), up_to(None)
    ('up to $1.20', 'an unknown amount')
    """
    return "an unknown amount" if most_usd is None else f"up to {format_usd(most_usd)}"


def _ask(warning: str, question: str, way_out: str, ask: Ask | None) -> None:
    if ask is None:
        raise BudgetError(f"{warning} Nothing was submitted. {way_out}")
    if not ask(f"{warning} {question}"):
        raise BudgetError(f"{warning} Nothing was submitted.")


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
