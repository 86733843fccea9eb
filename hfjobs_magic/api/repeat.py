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
    from hfjobs_magic.script.script import Script

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


def rerun_changed(
    client: JobsClient, facts: JobFacts, script: Script | None, options: RunOptions | None, changes: dict[str, Any]
) -> Submission:
    """Submit the script of a job again with other options.

    Raises
    ------
    OptionError
        When the script or its options are not known here: the Hub runs a job again only as it was.
    """
    if script is None or options is None:
        raise OptionError(f"The script of job {facts.name} is not known here; use rerun() without changes, or run().")
    given = {item.name: getattr(options, item.name) for item in dataclasses.fields(options)}
    given["max_cost"] = options.max_cost or _session_cap()
    elsewhere = {"local", "namespace"} & set(changes)
    return submit(Request(script, from_keywords({**given, **changes})), client=None if elsewhere else client)


def trigger(client: JobsClient, scheduled: ScheduledFacts, *, ask: Ask | None = None) -> Submission:
    """Start a job of a schedule now."""
    return submit(Request(Trigger(scheduled), _options(client, None)), client=client, ask=ask)


def _options(client: JobsClient, options: RunOptions | None) -> RunOptions:
    """Return options with the cap that holds: the job's own, else the session's."""
    known = options or RunOptions(local=client.local, namespace=client.namespace)
    return replace(known, max_cost=known.max_cost or _session_cap(), schedule=None, reuse=False)


def _session_cap() -> str | None:
    return resolve(RUNTIME.session.layers()).max_cost
