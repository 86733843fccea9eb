"""A job once more: a rerun, and a schedule's job now. Both pass the budget and the cap like any other job."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.submit import submit
from hfjobs_magic.errors import OptionError
from hfjobs_magic.hub.request import Request, Rerun, Trigger
from hfjobs_magic.options.layers import resolve
from hfjobs_magic.options.run_options import RunOptions, from_keywords
from hfjobs_magic.records.jobs import record_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.api.submit import Submission
    from hfjobs_magic.facts import JobFacts, ScheduledFacts
    from hfjobs_magic.hub.client import JobsClient

    Ask = Callable[[str], bool]


def rerun(
    client: JobsClient, facts: JobFacts, *, options: RunOptions | None = None, ask: Ask | None = None
) -> Submission:
    """Submit a job again, just as the Hub has it.

    Parameters
    ----------
    client
        Where the job is.
    facts
        The job.
    options
        What it was asked to be, where that is known.
    ask
        As for `submit`.
    """
    timeout_s = options.timeout_s if options else record_of(facts.id).timeout_s()
    return submit(Request(Rerun(facts, timeout_s), _options(client, options)), client=client, ask=ask)


def rerun_changed(client: JobsClient, facts: JobFacts, known: Request | None, changes: dict[str, Any]) -> Submission:
    """Submit the script of a job again with other options.

    Parameters
    ----------
    client, facts
        As for `rerun`.
    known
        What was asked for when it was submitted; None where that is not known.
    changes
        Options by keyword.

    Raises
    ------
    OptionError
        When the script or its options are not known here: the Hub runs a job again only as it was.
    """
    if known is None:
        raise OptionError(f"The script of job {facts.name} is not known here; use rerun() without changes, or run().")
    if "inputs" in changes:
        raise OptionError("A job that runs again has the values that it had. Run its cell again for other ones.")
    options = known.options
    given = {item.name: getattr(options, item.name) for item in dataclasses.fields(options)}
    given["max_cost"] = options.max_cost or _session_cap()
    elsewhere = {"local", "namespace"} & set(changes)
    request = replace(known, options=from_keywords({**given, **changes}))
    return submit(request, client=None if elsewhere else client)


def trigger(client: JobsClient, scheduled: ScheduledFacts, *, ask: Ask | None = None) -> Submission:
    """Start a job of a schedule now."""
    return submit(Request(Trigger(scheduled), _options(client, None)), client=client, ask=ask)


def _options(client: JobsClient, options: RunOptions | None) -> RunOptions:
    """Return options with the cap that holds: the job's own, else the session's."""
    known = options or RunOptions(local=client.local, namespace=client.namespace)
    return replace(known, max_cost=known.max_cost or _session_cap(), schedule=None, reuse=False)


def _session_cap() -> str | None:
    return resolve(RUNTIME.session.layers()).max_cost
