"""``%hfjobs attach``: the card of an existing job, and the table of a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.api.attach import are_local, find_job
from hfjobs_magic.api.connect import has_only_local
from hfjobs_magic.api.earlier import find_earlier, of_notebook
from hfjobs_magic.api.job import open_job
from hfjobs_magic.api.selectors import NOTEBOOK, SWEEP
from hfjobs_magic.api.sweep_attach import open_sweep
from hfjobs_magic.errors import OptionError
from hfjobs_magic.magics.commands.verb import Answer, Asked, Verb
from hfjobs_magic.records import notebooks

if TYPE_CHECKING:
    import argparse

    from hfjobs_magic.hub.client import JobsClient


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "job_id",
        nargs="?",
        metavar="JOB",
        help="id, name or selector; @notebook for all of this notebook that run, @sweep=ID for a sweep; "
        "by default its newest, or the newest",
    )
    parser.add_argument("--retry-failed", action="store_true", help="also restart the sweep's failed runs")
    parser.add_argument("-y", "--yes", action="store_true", help="start a sweep's remaining runs without asking")


LISTS = ("ls", "list", "ps")
"""Verbs that list jobs."""


def _attach(client: JobsClient, asked: Asked) -> Answer:
    if asked.job_id == NOTEBOOK:
        found = find_earlier(of_notebook())
        if not found:
            raise OptionError("No job of this notebook runs. %hfjobs ls -a shows those that have ended.")
        jobs = tuple(open_job(one.client, one.facts) for one in found)
        return Answer(jobs, ids=tuple(job.id for job in jobs))
    if asked.job_id and asked.job_id.startswith(SWEEP):
        found_sweep = open_sweep(client, asked.job_id.removeprefix(SWEEP))
        return Answer(found_sweep, ids=tuple(job.id for job in found_sweep.jobs if job))
    job = open_job(client, find_job(client, asked.job_id or "@latest"))
    return Answer(job, ids=(job.id,))


def complete(asked: Asked) -> None:
    """Fill in what a line leaves open about where its jobs are: nobody has to say ``--local`` of an id.

    For ``attach`` a name, or no name at all, is first looked for among the jobs of this notebook. Where nobody is
    logged in and the local service is all there is, every job is one of its jobs.
    """
    if asked.namespace:
        return
    if asked.verb == "attach" and asked.job_id == NOTEBOOK:
        # Each job is asked for where its note says it is.
        asked.local = all(note.local for note in of_notebook())
        return
    if asked.verb == "attach" and (note := _find_note(asked)):
        asked.job_id, asked.local = note.job_id, note.local
        asked.namespace = None if note.local else note.namespace
        return
    given = [item for item in getattr(asked, "job_ids", None) or [getattr(asked, "job_id", None)] if item]
    # Prices are the Hub's, and what is deleted without a job's name is asked for by name.
    is_open = (given and asked.verb != "hardware") or asked.verb in {"attach", "stats", *LISTS}
    asked.local = asked.local or are_local(given) or bool(is_open and has_only_local())


def _find_note(asked: Asked) -> notebooks.Note | None:
    """Find the newest job of this notebook that the line may mean."""
    path = notebooks.current_path()
    for note in reversed(notebooks.notes().of(path) if path else []):
        if asked.job_id in {None, note.job_id, note.name} and (note.local or not asked.local):
            return note
    return None


VERBS = (Verb(("attach",), "reopen the live card of a job, with its whole log", _attach, _arguments),)
