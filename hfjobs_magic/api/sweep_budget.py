"""What a sweep has cost, and what it may cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.api.runtime import RUNTIME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.api.session import Commitment
    from hfjobs_magic.api.sweep_plan import SweepPlan
    from hfjobs_magic.api.sweep_run import Run


class SweepBudget:
    """Counts the jobs of all runs, also those whose run was started anew since."""

    def __init__(self, planned: SweepPlan, runs: Sequence[Run]) -> None:
        self._planned, self._runs = planned, runs
        self._past: list[Commitment] = []
        self._is_kept = True

    def begin(self, *, over_budget: bool, is_new: bool) -> None:
        """Hold the sweep by the session's budget, or not where somebody has said yes to more.

        A yes lasts for what is started at that time (`is_new`), and for what joins it.
        """
        self._is_kept = not over_budget and (is_new or self._is_kept)

    def put_aside(self, run: Run) -> None:
        """Go on counting the job of a run that is about to have another."""
        self._past += [one for one in [run.commitment] if one]

    def room_usd(self) -> float | None:
        """Return what the session's budget leaves; None where it does not hold."""
        return self._session_room_usd() if self._is_kept else None

    def sum_spent_usd(self) -> float:
        """Return what the runs have cost, those that have not ended at the most they can."""
        return self.past_usd() + sum(run.commitment.sum_spent_usd() for run in self._runs if run.commitment)

    def past_usd(self) -> float:
        """Return what jobs have cost whose run was started anew since."""
        return sum(one.sum_spent_usd() for one in self._past)

    def _session_room_usd(self) -> float | None:
        return None if self._planned.client.local else RUNTIME.session.room_usd
