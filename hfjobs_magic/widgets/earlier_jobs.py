"""The earlier jobs of a card's cell that still run: how they are, and the buttons beside them.

Trait ``earlier``: ``[{"id", "name", "local", "namespace", "stage", "started_at", "usd_per_minute", "cancelling",
"error"}]``. Messages of the page: ``{"type": "cancel-earlier", "id"}`` and ``{"type": "show-earlier", "id"}``, which
makes a card of the job: the page finds the place for it by the job's id (js/src/ui/twins.ts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.job import open_job
from hfjobs_magic.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hfjobs_magic.api.earlier import Earlier
    from hfjobs_magic.follow.job_entry import JobEntry
    from hfjobs_magic.follow.runtime import FollowRuntime
    from hfjobs_magic.widgets.card import JobCard


class EarlierJobs:
    """Looks at jobs, and acts on them when a page asks.

    Parameters
    ----------
    earlier
        The jobs.
    runtime
        Whose books they stand in.
    changed
        Called from any thread when `trait` is another.
    """

    def __init__(self, earlier: Sequence[Earlier], runtime: FollowRuntime, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._jobs: dict[str, tuple[Earlier, JobEntry]] = {}
        self._prices: dict[str, float | None] = {}
        self._cards: dict[str, JobCard] = {}
        self._runtime = runtime
        self._worker = Worker("hfjobs-earlier")
        for one in earlier:
            book = runtime.book(one.client, one.facts.namespace)
            entry = book.entry(one.facts)
            self._jobs[one.facts.id] = one, entry
            self._prices[one.facts.id] = one.usd_per_minute
            book.follow(self, entry)

    def trait(self) -> list[dict[str, Any]]:
        """Write how they are."""
        return [
            {
                "id": entry.facts.id,
                "name": entry.facts.name,
                "local": one.note.local,
                "namespace": entry.facts.namespace,
                "stage": entry.facts.stage,
                "started_at": entry.facts.started_at,
                "usd_per_minute": self._prices[entry.facts.id],
                "cancelling": entry.status.cancelling,
                "error": entry.status.cancel_error,
            }
            for one, entry in self._jobs.values()
        ]

    def hear(self, entry: JobEntry) -> None:
        """Learn that a job has changed; see `hfjobs_magic.follow.job_entry.Looker`."""
        if entry.facts.id in self._jobs:
            self._changed()

    def answer(self, content: dict[str, Any]) -> None:
        """Do what a page asks for, later; what is none of ours is ignored."""
        kind, job_id = content.get("type"), content.get("id")
        if not isinstance(job_id, str) or job_id not in self._jobs:
            return
        if kind == "cancel-earlier":
            entry = self._jobs[job_id][1]
            entry.book.cancel_later([entry])
        elif kind == "show-earlier":
            self._worker.do(job_id, lambda: self._show(job_id))

    def stop(self) -> None:
        """Look no more, and close the cards that were opened."""
        self._worker.stop()
        for _, entry in self._jobs.values():
            entry.book.leave(self)
        for card in self._cards.values():
            card.close()

    def _show(self, job_id: str) -> None:
        if job_id in self._cards:
            return
        from hfjobs_magic.widgets.card import JobCard  # noqa: PLC0415 - it imports this module

        client = self._jobs[job_id][0].client
        self._cards[job_id] = JobCard(open_job(client, client.inspect(job_id), runtime=self._runtime))
