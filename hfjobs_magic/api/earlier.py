"""Jobs that were started from this notebook, or from one of its cells, and still run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hfjobs_magic.api.connect import connect, find_hardware
from hfjobs_magic.cost import cost_usd, format_duration, format_estimate
from hfjobs_magic.errors import HfJobsError, JobMissingError
from hfjobs_magic.records import notebooks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.hub.client import JobsClient
    from hfjobs_magic.records.notebooks import Note

ASKED = 10
"""Newest jobs that are asked for: one request each."""


@dataclass(frozen=True)
class Earlier:
    """An earlier job that has not ended."""

    note: Note
    """What was noted when it was started."""
    client: JobsClient
    """Where it is."""
    facts: JobFacts
    """How it is now."""

    @property
    def flag(self) -> str:
        """What a line needs beside the id."""
        return " --local" if self.note.local else ""

    @property
    def usd_per_minute(self) -> float | None:
        """US dollars a minute; None where it is free, or nobody knows."""
        hardware = None if self.note.local else find_hardware(self.client, self.facts.flavor)
        return hardware.usd_per_minute if hardware else None

    @property
    def verb(self) -> str:
        """What it does."""
        return "has not started yet" if self.facts.started_at is None else "still runs"

    def age_and_cost(self) -> str:
        """Say how long it has run and what that has cost, as ``1:06, ~$0.02``; ``queued 0:40`` before it runs."""
        begun, created, now = self.facts.started_at, self.facts.created_at, time.time()
        if begun is None:
            return f"queued {format_duration(now - created)}" if created else "queued"
        cost = "free"
        if not self.note.local:
            usd = cost_usd(self.usd_per_minute, now - begun)
            cost = "cost unknown" if usd is None else format_estimate(usd)
        return f"{format_duration(now - begun)}, {cost}"


def find_earlier(notes: Sequence[Note]) -> list[Earlier]:
    """Ask for the newest of these that are not known to have ended; who cannot be asked is left out."""
    running, ended = [], []
    for note in [note for note in notes if not note.ended][-ASKED:]:
        try:
            client = connect(local=note.local, namespace=note.namespace)
            facts = client.inspect(note.job_id)
        except JobMissingError:
            ended.append(note.job_id)
            continue
        except HfJobsError:
            continue  # nobody can be asked now; what the reader wants to do must not fail for it
        if facts.is_terminal:
            ended.append(note.job_id)
        else:
            running.append(Earlier(note, client, facts))
    notebooks.notes().end(ended)
    return running


def of_notebook() -> list[Note]:
    """Return the notes of this notebook, oldest first; none where its path is not known."""
    path = notebooks.current_path()
    return notebooks.notes().of(path) if path else []


def cells_of_notebook() -> dict[str, str]:
    """Return the numbers that the page shows beside the cells of this notebook's jobs, as ``[5]``, by the job's id."""
    return {note.job_id: f"[{note.prompt}]" for note in of_notebook() if note.prompt}


def names_of_notebooks() -> dict[str, str]:
    """Return what the notebooks of this machine's jobs are called that a label cannot spell, by the job's id."""
    stems = {note.job_id: Path(note.notebook).stem for note in notebooks.notes().all() if note.notebook}
    return {job_id: stem for job_id, stem in stems.items() if not stem.isascii()}


def of_cell(digest: str) -> list[Note]:
    """Return the notes of earlier runs of the cell that runs, oldest first.

    Parameters
    ----------
    digest
        Of the cell's text, by which it is known where the front end does not name it; empty for a line of a cell.
    """
    return _of_earlier_runs(of_notebook(), notebooks.current_cell() or digest, notebooks.current_run())


def before(job_id: str) -> list[Note]:
    """Return the notes of earlier runs of a job's cell, oldest first; none of a job that a card has started."""
    notes = of_notebook()
    for place, own in enumerate(notes):
        if own.job_id == job_id and not own.started_from:
            return _of_earlier_runs(notes[:place], own.cell, own.run)
    return []


def _of_earlier_runs(notes: Sequence[Note], cell: str, run: str) -> list[Note]:
    # What this very run of the cell has submitted, in a loop or with a line before, is not to give way.
    return [note for note in notes if cell and note.cell == cell and note.run != run]


def cancel_earlier(earlier: Sequence[Earlier]) -> tuple[str, tuple[Earlier, ...]]:
    """Cancel jobs that a new one replaces.

    Parameters
    ----------
    earlier
        Jobs of the same cell.

    Returns
    -------
    str
        Sentences for the new job's card; empty where there was nothing to cancel.
    tuple of Earlier
        Those that could not be cancelled.
    """
    said, left = [], []
    for one in earlier:
        try:
            one.client.cancel(one.note.job_id)
        except HfJobsError as error:
            left.append(one)
            said.append(f"The earlier job of this cell could not be cancelled: {error}")
        else:
            said.append(f"The earlier job of this cell was cancelled ({one.age_and_cost()}).")
    return " ".join(said), tuple(left)


def describe(earlier: Sequence[Earlier]) -> str:
    """Say that jobs still run, with the lines that end and show them; empty without any."""
    return " ".join(_describe(one) for one in earlier)


def _describe(one: Earlier) -> str:
    job = f"{one.note.job_id}{one.flag}"
    return (
        f"The earlier job of this cell {one.verb} ({one.age_and_cost()}). "
        f"%hfjobs cancel {job} ends it, %hfjobs attach {job} shows it."
    )
