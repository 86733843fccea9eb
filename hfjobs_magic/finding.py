"""Jobs that are there already: by selector, all of them, or with a card again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.environment import is_logged_in
from hfjobs_magic.errors import HubError, OptionError
from hfjobs_magic.job import Job
from hfjobs_magic.kept import kept_job
from hfjobs_magic.launch import connect, of_service
from hfjobs_magic.local import daemon
from hfjobs_magic.origin import notes
from hfjobs_magic.script import Script
from hfjobs_magic.selectors import full_id, is_id_like, select

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


def attach(selector: str = "@latest", *, local: bool = False, namespace: str | None = None) -> Job:
    """Take up a job again: one of an earlier kernel, of another notebook, of the command line.

    Parameters
    ----------
    selector
        An id, the unique beginning of one, a name, ``@latest``, ``@2``, ``@running``,
        ``@status=ERROR`` or ``@label=KEY=VALUE``; the newest where several are meant.
    local, namespace
        As for `run`; an id of a job of the local service is found without `local`.

    Raises
    ------
    OptionError
        When no job is meant.
    """
    at_home = local or (namespace is None and are_local([selector]))
    client = connect(local=at_home, namespace=namespace)
    return taken_up(client, one(client, selector))


def taken_up(client: JobsClient, facts: JobFacts) -> Job:
    """Make a `Job` of what the Hub says of one, with its price and script; not followed yet."""
    text = kept_job(facts.id).script() or _script(client, facts.id)
    script = Script(text) if text else None
    return Job(client, facts, script=script, hardware=_hardware(client, facts.flavor))


def are_local(selectors: Sequence[str]) -> bool:
    """Whether all selectors are ids, or beginnings of ids, of jobs of the local service.

    By the notes of jobs that were started here, else the service is asked, if it runs: ids of the
    Hub are others, so nobody has to say ``--local`` of a job that has one.
    """
    return bool(selectors) and all(_is_local(selector.strip()) for selector in selectors)


def only_local() -> bool:
    """Whether the local service is all there is: it runs, and nobody is logged in to the Hub."""
    return not is_logged_in() and daemon.find() is not None


def _is_local(selector: str) -> bool:
    if not is_id_like(selector):
        return False
    noted = {note.local for note in notes().all() if note.job_id.startswith(selector)}
    if noted:
        return noted == {True}
    service = daemon.find()
    if service is None:
        return False
    client = of_service(service)
    if full_id(selector) is None:
        return any(job.id.startswith(selector) for job in client.jobs())
    try:
        client.inspect(selector)
    except HubError:
        return False
    return True


def _script(client: JobsClient, job_id: str) -> str | None:
    try:
        return client.script_text(job_id)
    except HubError:
        return None  # a card without its script is better than none


def jobs(
    *,
    status: Sequence[str] | str | None = None,
    labels: Mapping[str, str] | None = None,
    local: bool = False,
    namespace: str | None = None,
) -> list[Job]:
    """List jobs of the namespace, newest first.

    Parameters
    ----------
    status
        A stage or stages, such as ``"RUNNING"``; None for all.
    labels
        Labels a job must have.
    """
    client = connect(local=local, namespace=namespace)
    wanted = [status] if isinstance(status, str) else status
    return [Job(client, facts) for facts in client.jobs(status=wanted, labels=labels)]


def _hardware(client: JobsClient, flavor: str) -> Hardware | None:
    try:
        return next((item for item in client.hardware() if item.flavor == flavor), None)
    except HubError:
        return None  # a card without a price is better than none
