"""Existing jobs: by selector, all of them, or reattached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.api.connect import connect, connect_if_running
from hfjobs_magic.api.earlier import of_notebook
from hfjobs_magic.api.job import Job, open_job
from hfjobs_magic.api.known_sweeps import describe_missing
from hfjobs_magic.api.selectors import NOTEBOOK, SWEEP, full_id, is_id_like, select
from hfjobs_magic.errors import HubError, OptionError
from hfjobs_magic.records.notebooks import notes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.hub.client import JobsClient


def find_jobs(client: JobsClient, selectors: Sequence[str]) -> list[JobFacts]:
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
            sweep = selector.strip().removeprefix(SWEEP) if selector.strip().startswith(SWEEP) else None
            if sweep is not None and not any(job.labels.get("sweep") == sweep for job in listed) and "," not in sweep:
                raise OptionError(describe_missing(client, sweep))
            own = {note.job_id for note in of_notebook()} if NOTEBOOK in selector else set()
            meant = select(selector, listed, local=client.local, notebook=own)
        found.update({job.id: job for job in meant})
    return list(found.values())


def find_job(client: JobsClient, selector: str) -> JobFacts:
    """Find the job that a selector means, the newest where it means several; of a list of them nobody is to guess one.

    Raises
    ------
    OptionError
        When it means none, or names several one by one.
    """
    found = find_jobs(client, [selector])
    if len(found) > 1 and "," in selector and "=" not in selector:
        raise OptionError(f"{selector} names {len(found)} jobs, and one is wanted. Write that alone.")
    return found[0]


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
        An id, the unique beginning of one, a name, ``@latest``, ``@1``, ``@running``,
        ``@status=ERROR`` or ``@label=KEY=VALUE``; the newest where several are meant.
    local, namespace, endpoint, token
        As for `run`; an id of a job of the local service is found without `local`.

    Raises
    ------
    OptionError
        When no job is meant.
    """
    at_home = local or (namespace is None and endpoint is None and token is None and are_local([selector]))
    client = connect(local=at_home, namespace=namespace, endpoint=endpoint, token=token)
    return open_job(client, find_job(client, selector))


def are_local(selectors: Sequence[str]) -> bool:
    """Whether all selectors are ids, or beginnings of ids, of jobs of the local service, or its sweeps.

    By the notes of jobs that were started here, else the service is asked, if it runs: ids of the
    Hub are others, so nobody has to say ``--local`` of a job that has one.
    """
    return bool(selectors) and all(_is_local(selector.strip()) for selector in selectors)


def _is_local(selector: str) -> bool:
    if selector == NOTEBOOK:
        return {note.local for note in of_notebook() if not note.ended} == {True}
    if selector.startswith(SWEEP):
        return _is_here(lambda client: any(client.jobs(labels={"sweep": selector.removeprefix(SWEEP)})))
    if not is_id_like(selector):
        return False
    noted = {note.local for note in notes().all() if note.job_id.startswith(selector)}
    if noted:
        return noted == {True}
    if full_id(selector) is None:
        return _is_here(lambda client: any(job.id.startswith(selector) for job in client.jobs()))
    return _is_here(lambda client: bool(client.inspect(selector)))


def _is_here(find: Callable[[JobsClient], bool]) -> bool:
    """Whether the local service, if it runs, knows what is looked for."""
    client = connect_if_running()
    try:
        return client is not None and find(client)
    except HubError:
        return False


class Jobs(list[Job]):
    """A list of jobs that a notebook shows as a table."""

    def _repr_html_(self) -> str:
        from hfjobs_magic.views.table import jobs_table  # noqa: PLC0415 - only a notebook needs it

        known = (job.facts for job in self)
        return jobs_table(known, empty="No jobs match.")._repr_html_()


def jobs(
    *,
    status: Sequence[str] | str | None = None,
    labels: Mapping[str, str] | None = None,
    local: bool = False,
    namespace: str | None = None,
    endpoint: str | None = None,
    token: str | None = None,
) -> Jobs:
    """List jobs of the namespace, newest first; a notebook shows the list as a table.

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
    return Jobs(Job(client, facts) for facts in client.jobs(status=wanted, labels=labels))
