"""The exception for a job that failed: the cell's own error, as far as this side can have it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from hfjobs_magic.api.remains import say_cut_short, was_cut_short
from hfjobs_magic.api.remote_error import make_error
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.errors import HubError, JobFailedError
from hfjobs_magic.records.jobs import record_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.exchange.ending import Ending
    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.follow.job_entry import JobEntry
    from hfjobs_magic.hub.client import JobsClient
    from hfjobs_magic.script.script import Script

TAIL_LINES = 20
"""Lines of the log that an error holds."""

MOST_READ = 10
"""Failed jobs of a list whose reasons are asked for before it is shown, the newest; 10 to 20 requests."""

READERS = 5
"""Jobs that are asked for at a time."""


def find_endings(client: JobsClient, jobs: Iterable[JobFacts], most: int = MOST_READ) -> dict[str, Ending]:
    """Return why jobs failed, by id: what is known here, and of the first `most` others what the Hub answers.

    What it does not answer is left out.
    """
    book = RUNTIME.book(client, client.namespace)
    entries = [book.entry(facts) for facts in jobs if facts.stage == "ERROR"]
    unclear = [entry for entry in entries if entry.status.ending is None][:most]
    if unclear:
        with ThreadPoolExecutor(READERS) as pool:
            list(pool.map(lambda entry: _ask(client, entry.facts), unclear))
    return {entry.facts.id: entry.status.ending for entry in entries if entry.status.ending}


def _ask(client: JobsClient, facts: JobFacts) -> Ending | None:
    book = RUNTIME.book(client, client.namespace)
    try:
        return book.find_ending(book.entry(facts))
    except HubError:
        return None


def explain_names(entry: JobEntry, script: Script | None) -> None:
    """Have the end of a job say so where it asked for a name that the notebook has and the job does not."""
    if script is None or not (script.omissions.names or script.omissions.history):
        return
    omissions = script.omissions

    def explain(ending: Ending) -> Ending:
        hint = omissions.hint(ending.type, ending.message)
        return replace(ending, words=f"{ending.words}: {hint}") if hint else ending

    entry.explain = explain


def say_end(facts: JobFacts, ending: Ending | None, timeout_s: float | None = None) -> str:
    """Say how a job has ended, and why, in a sentence.

    Parameters
    ----------
    facts, ending
        The job, and why it failed; None where nobody knows.
    timeout_s
        Seconds that it was allowed; None asks this machine's records.
    """
    why = ""
    if ending and ending.kind != "unknown":
        known_s = record_of(facts.id).timeout_s() if timeout_s is None else timeout_s
        why = ending.with_timeout(known_s).words
    said = f": {why.removesuffix('.')}." if why else f" ({facts.message})." if facts.message else "."
    return f"Job {facts.name} ended in {facts.stage}{said}"


def failure_of(job: Job) -> JobFailedError:
    """Make the exception of a job that has ended; what could not be read of its folder is left out of it."""
    facts = job.facts
    follower = job.open_follower(job)
    _, lines = follower.log.tail(TAIL_LINES)
    ending = follower.state.status.ending
    is_unclear = ending is None or ending.kind == "unknown" or (ending.kind == "exit" and not ending.message)
    last = f" Last line: {lines[-1].rstrip('.')}." if lines and facts.stage == "ERROR" and is_unclear else ""
    where = f"`%hfjobs logs {facts.id}{' --local' if job.client.local else ''}` shows the whole log."
    message = f"{say_end(facts, ending, job.options.timeout_s if job.options else None)}{last} {where}"
    shown = follower.shown
    error = (shown.report or {}).get("error") or (None if shown.report else shown.error)
    if not error or facts.stage != "ERROR":
        return JobFailedError(message, job)
    traceback = next((str(item.data["text/plain"]) for item in reversed(shown.outputs) if item.error), "")
    return make_error(message, job, error, traceback=traceback.split("\n"), log_tail=lines)


def failure_without(job: Job, name: str) -> JobFailedError:
    """Make the exception of a job that has ended without a value, with why that did not come."""
    error = failure_of(job)
    is_cut = was_cut_short(job.open_follower(job).shown.report or {})
    why = say_cut_short(job, name) if is_cut else f"By then there was no {name}."
    error.args = (f"{error.args[0]} {why}", *error.args[1:])
    return error
