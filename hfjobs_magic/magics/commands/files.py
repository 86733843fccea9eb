"""``%hfjobs files`` and ``clean``: what jobs have left in their folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.attach import find_job, find_jobs
from hfjobs_magic.api.job import open_job
from hfjobs_magic.api.values import format_size
from hfjobs_magic.errors import OptionError
from hfjobs_magic.facts import NOT_ENDED
from hfjobs_magic.magics.commands.verb import Answer, Verb
from hfjobs_magic.magics.confirm import ask
from hfjobs_magic.views.life import moment
from hfjobs_magic.views.table import Table, Text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.hub.client import JobsClient
    from hfjobs_magic.hub.run_folders import RunContents

LISTED = 1_000
"""Files that the table shows; ``--json`` has them all."""


def _files_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pull", metavar="DIR", help="download them to this folder; files that differ there are kept")
    parser.add_argument("--overwrite", action="store_true", help="with --pull: replace files that differ")
    parser.add_argument(
        "job_id", nargs="?", default="@latest", metavar="JOB", help="id, beginning of an id, name, @1, …; @latest"
    )


def _files(client: JobsClient, asked: argparse.Namespace) -> Answer:
    if asked.overwrite and asked.pull is None:
        raise OptionError("--overwrite goes with --pull DIR.")
    job = open_job(client, client.inspect(find_job(client, asked.job_id).id))
    files = job.files
    data = [{"path": one.path, "size": one.size, "modified": one.modified, "sha256": one.sha256} for one in files]
    if asked.pull is None:
        return Answer(files.table(LISTED), data=data, ids=(job.id,))
    done = files.pull(asked.pull, overwrite=asked.overwrite)
    parts = ("fetched", "present", "kept", "missing")
    found: dict[str, Any] = {"folder": str(done.folder), **{name: list(getattr(done, name)) for name in parts}}
    return Answer(Text(repr(done)), data=found, ids=(job.id,))


def _clean_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    parser.add_argument("job_ids", nargs="*", metavar="JOB", help="ids, names or selectors; all that have ended")


def _clean(client: JobsClient, asked: argparse.Namespace) -> Answer:
    meant = find_jobs(client, asked.job_ids) if asked.job_ids else None
    contents = client.run_folders.contents(None if meant is None else [job.folder for job in meant if job.folder])
    # Asked last: a job that has begun meanwhile is among them.
    known = {job.id: job for job in meant or client.jobs()}
    running = {job.id for job in client.jobs(status=NOT_ENDED)}
    ended = sorted((one for one in contents if one.job_id not in running), key=lambda one: one.size, reverse=True)
    if not ended:
        still = " Those of running jobs are left alone." if contents else ""
        return Answer(Text(f"There is nothing to delete.{still}"))
    table = _contents_table(ended, known)
    size = format_size(sum(one.size for one in ended))
    question = f"Delete {size} that {'this job has' if len(ended) == 1 else f'these {len(ended):,} jobs have'} left?"
    if not (asked.yes or ask(f"{table!r}\n{question}")):
        return Answer(Text("Nothing was deleted."))
    client.run_folders.delete(ended)
    ids = tuple(one.job_id for one in ended)
    return Answer(Text(f"Deleted {size} of {len(ids):,} job{'' if len(ids) == 1 else 's'}."), ids=ids)


def _contents_table(contents: Sequence[RunContents], known: dict[str, JobFacts]) -> Table:
    rows = []
    for one in contents:
        job = known.get(one.job_id)
        parts = (format_size(one.sizes[part]) if part in one.sizes else "" for part in ("files", "values", "outputs"))
        said = (job.name, moment(job.created_at)) if job else ("no such job any more", "")
        rows.append((one.job_id, *said, *parts, format_size(one.size)))
    columns = ("Job", "Name", "Submitted", "Files", "Values", "Outputs", "Together")
    return Table(columns, tuple(rows), empty="", right=frozenset(columns[3:]))


VERBS = (
    Verb(("files",), "files of a job's --out-dir; --pull brings them here", _files, _files_arguments),
    Verb(("clean",), "delete what jobs have left in the bucket; shows it and asks", _clean, _clean_arguments),
)
