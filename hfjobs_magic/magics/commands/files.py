"""``%hfjobs files`` and ``clean``: what jobs have left in their folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.attach import find_job, find_jobs
from hfjobs_magic.api.job import open_job
from hfjobs_magic.errors import OptionError
from hfjobs_magic.facts import NOT_ENDED
from hfjobs_magic.magics.commands.verb import Answer, Asked, Verb
from hfjobs_magic.magics.confirm import ask
from hfjobs_magic.values.sizes import format_size
from hfjobs_magic.views.life import moment
from hfjobs_magic.views.table import Table, Text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.hub.client import JobsClient
    from hfjobs_magic.hub.input_folders import InputFolder
    from hfjobs_magic.hub.run_folders import RunContents

LISTED = 1_000
"""Files that the table shows; ``--json`` has them all."""


def _files_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pull", metavar="DIR", help="download them to this folder; files that differ there are kept")
    parser.add_argument("--overwrite", action="store_true", help="with --pull: replace files that differ")
    parser.add_argument(
        "job_id", nargs="?", default="@latest", metavar="JOB", help="id, beginning of an id, name, @1, …; @latest"
    )


def _files(client: JobsClient, asked: Asked) -> Answer:
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


def _clean(client: JobsClient, asked: Asked) -> Answer:
    meant = find_jobs(client, asked.job_ids) if asked.job_ids else None
    contents = client.run_folders.contents(None if meant is None else [job.folder for job in meant if job.folder])
    # Asked last: a job that has begun meanwhile is among them.
    known = {job.id: job for job in meant or client.jobs()}
    running = {job.id for job in client.jobs(status=NOT_ENDED)}
    ended = sorted((one for one in contents if one.job_id not in running), key=lambda one: one.size, reverse=True)
    sent = client.input_folders.find_idle() if meant is None else []
    labels = {job.labels.get("sweep", "") for job in known.values()}
    sweeps = client.sweep_files.find_idle(labels) if meant is None else []
    if not ended and not sent and not sweeps:
        still = " Those of running jobs are left alone." if contents else ""
        return Answer(Text(f"There is nothing to delete.{still}"))
    shown = f"{_contents_table(ended, known)!r}\n" if ended else ""
    if not (asked.yes or ask(f"{shown}{_question(ended, sent, sweeps)}")):
        return Answer(Text("Nothing was deleted."))
    client.run_folders.delete(ended)
    if sent:
        # A job may have begun to use one while the question was there.
        wanted = {one.path for one in sent}
        sent = [one for one in client.input_folders.find_idle() if one.path in wanted]
        client.input_folders.delete(sent)
    client.sweep_files.delete(sweeps)
    return Answer(Text(f"Deleted {_say(ended, sent, sweeps)}."), ids=tuple(one.job_id for one in ended))


def _question(ended: Sequence[RunContents], sent: Sequence[InputFolder], sweeps: Sequence[str]) -> str:
    later = " A job that had them can be run again by its cell alone." if sent else ""
    return f"Delete {_say(ended, sent, sweeps)}?{later}"


def _say(ended: Sequence[RunContents], sent: Sequence[InputFolder], sweeps: Sequence[str]) -> str:
    parts = []
    if ended:
        parts.append(f"{format_size(sum(one.size for one in ended))} of {len(ended):,} job{_s(ended)}")
    if sent:
        size = format_size(sum(one.size for one in sent))
        parts.append(f"{size} that {len(sent):,} cell{_s(sent)} sent along and no job uses")
    if sweeps:
        parts.append(f"what was kept of {len(sweeps):,} sweep{_s(sweeps)} without a job")
    return " and ".join(parts) or "nothing"


def _s(items: Sequence[object]) -> str:
    return "" if len(items) == 1 else "s"


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
