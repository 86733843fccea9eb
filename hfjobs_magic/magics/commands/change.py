"""``%hfjobs cancel``, ``rerun``, ``labels``, ``expose``: something happens to a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.api import repeat
from hfjobs_magic.api.attach import find_job, find_jobs
from hfjobs_magic.api.job import open_job
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.selectors import SWEEP, full_id
from hfjobs_magic.api.sweep_attach import cancel_sweep
from hfjobs_magic.errors import OptionError
from hfjobs_magic.magics.commands.read import job_argument
from hfjobs_magic.magics.commands.verb import Answer, Asked, Verb
from hfjobs_magic.magics.confirm import ask_reader, confirm
from hfjobs_magic.options.identifiers import check_job_name
from hfjobs_magic.options.option_values import check_port, parse_labels
from hfjobs_magic.views.table import Text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from hfjobs_magic.hub.client import JobsClient


def _cancel_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    parser.add_argument("job_ids", nargs="+", metavar="JOB", help="ids, names or selectors such as @running")


def _cancel(client: JobsClient, asked: Asked) -> Answer:
    found = find_jobs(client, asked.job_ids)
    named = all(full_id(selector) for selector in asked.job_ids)
    jobs = found if named else [job for job in found if not job.is_terminal]
    if not jobs:
        raise OptionError(f"None of the jobs that match {' '.join(asked.job_ids)} is still running.")
    if not confirm("Cancel", jobs, yes=asked.yes):
        return Answer(Text("Nothing was cancelled."))
    # Of a whole sweep the runs that are not started yet are meant, too.
    for selector in asked.job_ids:
        if selector.startswith(SWEEP):
            cancel_sweep(client, selector.removeprefix(SWEEP))
    for job in jobs:
        book = RUNTIME.book(client, job.namespace)
        book.cancel(book.entry(job))
    ids = tuple(job.id for job in jobs)
    return Answer(Text(f"Asked to cancel {', '.join(ids)}."), ids=ids)


def _keep(client: JobsClient, asked: Asked) -> Answer:
    facts = find_job(client, asked.job_id)
    if not RUNTIME.is_followed(client, facts) or not RUNTIME.follower(client, facts).idle.stop():
        raise OptionError(f"Job {facts.name} is not to be cancelled when idle by this kernel, so it is kept anyway.")
    return Answer(Text(f"Job {facts.name} runs on, however idle it is."), ids=(facts.id,))


def _rerun_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-d", "--detach", action="store_true", help="print the new job's id, without a card")
    parser.add_argument("--flavor", metavar="FLAVOR", help="run it on other hardware")
    parser.add_argument("--timeout", metavar="TIME", help="change its timeout: 90s, 10m, 1.5h")
    parser.add_argument("--with", dest="packages", action="append", default=[], metavar="PACKAGE", help="add a package")
    job_argument(parser)


def _rerun(client: JobsClient, asked: Asked) -> Answer:
    changes = repeat.Changes(asked.flavor, asked.timeout, tuple(asked.packages))
    facts = find_job(client, asked.job_id)
    job = open_job(client, repeat.rerun(client, facts, changes=changes, ask=ask_reader).job)
    shown = Text(f"Job {job.name} was submitted: {job.id}\n{job.url}") if asked.detach else job
    return Answer(shown, {"id": job.id, "name": job.name, "url": job.url}, (job.id,))


def labels_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``labels``, for jobs and scheduled jobs."""
    parser.add_argument("--name", metavar="NAME", help="the name; alone, it keeps the other labels")
    parser.add_argument("-l", "--label", action="append", metavar="KEY=VALUE", help="replaces all labels; repeated")
    parser.add_argument("--clear", action="store_true", help="remove all labels")


def _labels_arguments(parser: argparse.ArgumentParser) -> None:
    labels_options(parser)
    job_argument(parser)


def change_labels(asked: Asked, current: Mapping[str, str]) -> dict[str, str]:
    """Labels after ``labels``, by the rules of ``hf jobs labels``."""
    changes = bool(asked.label) or asked.name is not None
    if not changes and not asked.clear:
        raise OptionError("Say --name NAME, --label KEY=VALUE, or --clear to remove all labels.")
    if changes and asked.clear:
        raise OptionError("--clear removes all labels; leave it out to set some.")
    if asked.name is not None:
        check_job_name(asked.name)
    named = {} if asked.name is None else {"name": asked.name}
    return {**(parse_labels(asked.label) if asked.label else current if named else {}), **named}


def _labels(client: JobsClient, asked: Asked) -> Answer:
    job = find_job(client, asked.job_id)
    labels = client.set_labels(job.id, change_labels(asked, job.labels)).labels
    return labels_answer(job.id, labels)


def labels_answer(job_id: str, labels: Mapping[str, str]) -> Answer:
    """Say which labels a job has now."""
    data: dict[str, Any] = {"id": job_id, "name": labels.get("name"), "labels": dict(labels)}
    said = ", ".join(f"{key}={value}" for key, value in labels.items())
    return Answer(Text(f"Labels of {job_id}: {said or 'none'}."), data=data, ids=(job_id,))


def _expose_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--public", action="append", type=int, metavar="PORT", help="reachable without a token")
    parser.add_argument("--clear", action="store_true", help="close all exposed ports")
    job_argument(parser)
    parser.add_argument("ports", nargs="*", type=int, metavar="PORT", help="reachable with a token")


def _expose(client: JobsClient, asked: Asked) -> Answer:
    public = asked.public or []
    if asked.clear and (asked.ports or public):
        raise OptionError("--clear closes all ports; leave it out to open some.")
    if not asked.clear and not asked.ports and not public:
        raise OptionError("Say which ports, or --clear to close all.")
    for port in (*asked.ports, *public):
        check_port(str(port), "PORT")
    job = find_job(client, asked.job_id)
    exposed = client.expose(job.id, asked.ports, public)
    return Answer(Text("\n".join(exposed["urls"]) or "No ports are exposed."), {"id": job.id, **exposed}, (job.id,))


VERBS = (
    Verb(("cancel",), "end jobs; asks if there are several", _cancel, _cancel_arguments),
    Verb(("keep",), "keep an idle job running despite --cancel-if-idle", _keep, job_argument),
    Verb(("rerun",), "submit a job again, unchanged or on other hardware", _rerun, _rerun_arguments),
    Verb(("labels",), "name a job, or replace its labels", _labels, _labels_arguments),
    Verb(("expose",), "replace the exposed ports of a running job", _expose, _expose_arguments),
)
