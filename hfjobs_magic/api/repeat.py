"""A job once more: a rerun, and a schedule's job now. Both pass the budget and the cap like any other job."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.reuse import LABEL
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.submit import submit
from hfjobs_magic.errors import OptionError
from hfjobs_magic.hub.request import Request, Rerun, Trigger
from hfjobs_magic.options.layers import resolve
from hfjobs_magic.options.quantities import format_timeout, parse_timeout
from hfjobs_magic.options.run_options import RunOptions, from_keywords
from hfjobs_magic.records.jobs import record_of
from hfjobs_magic.script.script import check_requirements
from hfjobs_magic.values import pickles

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.api.submit import Submission
    from hfjobs_magic.facts import JobFacts, ScheduledFacts
    from hfjobs_magic.hub.client import JobsClient
    from hfjobs_magic.hub.run_spec import RunSpec

    Ask = Callable[[str], bool]

ORIGIN = "Rerun"
"""Where a value came from that was changed for a rerun."""


@dataclass(frozen=True)
class Changes:
    """What is to be different when a job runs again; None and nothing leave it as it was."""

    flavor: str | None = None
    """Hardware."""
    timeout: str | None = None
    """As ``--timeout`` takes it."""
    dependencies: tuple[str, ...] = ()
    """Requirements that are added."""


NO_CHANGES = Changes()
CHANGEABLE = frozenset(item.name for item in dataclasses.fields(Changes))
"""What can be changed of a job whose script is not known here."""


def rerun(
    client: JobsClient,
    facts: JobFacts,
    *,
    options: RunOptions | None = None,
    changes: Changes = NO_CHANGES,
    ask: Ask | None = None,
) -> Submission:
    """Submit a job again as the Hub has it, of whichever kernel it was.

    Parameters
    ----------
    client
        Where the job is.
    facts
        The job.
    options
        What it was asked to be, where that is known.
    changes
        What is to be different.
    ask
        As for `submit`.

    Raises
    ------
    OptionError
        For a change that cannot be made, and a secret whose value is not known here.
    """
    asks = client.local or changes != NO_CHANGES or find_timeout_s(facts, options) is None
    spec = client.spec(facts.id) if asks else None
    return submit(rerun_request(client, facts, options, changes, spec), client=client, ask=ask)


def rerun_request(
    client: JobsClient, facts: JobFacts, options: RunOptions | None, changes: Changes, spec: RunSpec | None
) -> Request:
    """Return what `rerun` submits; `spec` is what the Hub has of the job, and None for one just as it was."""
    timeout_s = find_timeout_s(facts, options, spec)
    known = _options(client, options)
    # The Hub keeps values of secrets with a job, the local service does not.
    if spec is None or (changes == NO_CHANGES and not (client.local and spec.secrets)):
        return Request(Rerun(facts, timeout_s), known)
    if changes.dependencies and not spec.takes_packages:
        raise OptionError(f"Job {facts.name} is not run by uv, so no packages can be added to it.")
    asked = {name: getattr(changes, name) for name in CHANGEABLE if getattr(changes, name)}
    from_keywords(asked)
    check_requirements(changes.dependencies)
    if changes.timeout:
        timeout_s = parse_timeout(changes.timeout)
    # It is another job than the one that `--reuse` finds by its hash.
    labels = {key: value for key, value in facts.labels.items() if key != LABEL}
    job = replace(facts, flavor=changes.flavor or facts.flavor, labels=labels)
    known = replace(
        known,
        flavor=job.flavor,
        timeout=known.timeout if timeout_s is None else format_timeout(timeout_s),
        dependencies=(*known.dependencies, *changes.dependencies),
        secrets=known.secrets if options else tuple(name for name in spec.secrets if name != pickles.VARIABLE),
        origins={**known.origins, **dict.fromkeys(asked, ORIGIN)},
    )
    return Request(Rerun(job, timeout_s, spec, changes.dependencies), known)


def find_timeout_s(facts: JobFacts, options: RunOptions | None, spec: RunSpec | None = None) -> float | None:
    """Return the timeout of a job in seconds, from whoever knows it; None where nobody does."""
    if options is not None:
        return options.timeout_s
    noted = record_of(facts.id).timeout_s()
    return noted if noted is not None or spec is None else spec.timeout_s


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
        When the script or its options are not known here, and more is to change than `Changes` holds.
    """
    if known is None:
        if set(changes) <= CHANGEABLE:
            asked = from_keywords(changes)
            wanted = Changes(changes.get("flavor"), asked.timeout, asked.dependencies)
            return rerun(client, facts, changes=wanted)
        raise OptionError(
            f"The script of job {facts.name} is not known here, so rerun() can change no more than "
            f"{', '.join(sorted(CHANGEABLE))}. For more, use run()."
        )
    if "inputs" in changes:
        raise OptionError("A job that runs again has the values that it had. Run its cell again for other ones.")
    if "name" in changes and any(item.format == pickles.NAME for item in known.sent.items):
        raise OptionError("The pickles of this job are signed for its name. Run its cell again to give it another one.")
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
