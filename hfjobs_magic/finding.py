"""Jobs that are there already: by selector, all of them, or with a card again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.errors import HubError, OptionError
from hfjobs_magic.job import Job
from hfjobs_magic.launch import connect
from hfjobs_magic.selectors import full_id, select

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hfjobs_magic.hub import Hardware, JobsClient
    from hfjobs_magic.state import JobFacts


def several(client: JobsClient, selectors: Sequence[str]) -> list[JobFacts]:
    """Jobs that any of the selectors means, each once, in the order of the line."""
    found: dict[str, JobFacts] = {}
    listed: list[JobFacts] | None = None
    for selector in selectors:
        exact = full_id(selector)
        if exact and exact[0] in {None, client.namespace}:
            meant: Sequence[JobFacts] = (client.inspect(exact[1]),)
        elif exact:
            raise OptionError(f"{selector} is in another namespace. Add --namespace {exact[0]}.")
        else:
            listed = list(client.jobs()) if listed is None else listed
            meant = select(selector, listed)
        found.update({job.id: job for job in meant})
    return list(found.values())


def one(client: JobsClient, selector: str) -> JobFacts:
    """Find the job that a selector means, the newest where it means several."""
    return several(client, [selector])[0]


def attach(
    selector: str = "@latest",
    *,
    local: bool = False,
    namespace: str | None = None,
    endpoint: str | None = None,
    token: str | None = None,
) -> Job:
    """Take up a job again: one of an earlier kernel, of another notebook, of the command line.

    Parameters
    ----------
    selector
        An id, the unique beginning of one, a name, ``@latest``, ``@2``, ``@running``,
        ``@status=ERROR`` or ``@label=KEY=VALUE``; the newest where several are meant.
    local, namespace, endpoint, token
        As for `run`.

    Raises
    ------
    OptionError
        When no job is meant.
    """
    client = connect(local=local, namespace=namespace, endpoint=endpoint, token=token)
    return taken_up(client, one(client, selector))


def taken_up(client: JobsClient, facts: JobFacts) -> Job:
    """Make a `Job` of what the Hub says of one, with its price; not followed yet."""
    return Job(client, facts, hardware=hardware_of(client, facts.flavor))


def jobs(
    *,
    status: Sequence[str] | str | None = None,
    labels: Mapping[str, str] | None = None,
    local: bool = False,
    namespace: str | None = None,
    endpoint: str | None = None,
    token: str | None = None,
) -> list[Job]:
    """List jobs of the namespace, newest first.

    Parameters
    ----------
    status
        A stage or stages, such as ``"RUNNING"``; None for all.
    labels
        Labels a job must have.
    local, namespace, endpoint, token
        As for `run`.
    """
    client = connect(local=local, namespace=namespace, endpoint=endpoint, token=token)
    wanted = [status] if isinstance(status, str) else status
    return [Job(client, facts) for facts in client.jobs(status=wanted, labels=labels)]


def hardware_of(client: JobsClient, flavor: str) -> Hardware | None:
    """Find what a flavor is and costs; None where nobody says."""
    try:
        return next((item for item in client.hardware() if item.flavor == flavor), None)
    except HubError:
        return None  # a card without a price is better than none
