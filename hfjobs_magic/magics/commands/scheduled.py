"""``%hfjobs scheduled …``: jobs on a schedule."""

from __future__ import annotations

import dataclasses
import json
import time
from typing import TYPE_CHECKING

from hfjobs_magic.api.repeat import trigger
from hfjobs_magic.api.scheduled_job import find_scheduled_job, scheduled_job_of
from hfjobs_magic.errors import OptionError
from hfjobs_magic.magics.commands.change import change_labels, labels_answer, labels_options
from hfjobs_magic.magics.commands.verb import Answer, Asked, Verb, label_filters
from hfjobs_magic.magics.confirm import ask_reader
from hfjobs_magic.options.cron import in_words, parse_schedule
from hfjobs_magic.views.table import Table, Text

if TYPE_CHECKING:
    import argparse

    from hfjobs_magic.hub.client import JobsClient


def _moment(seconds: float | None) -> str:
    return "" if seconds is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def _argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scheduled_id", metavar="JOB", help="id, beginning of an id, or name")


def _ls_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-a", "--all", action="store_true", help="also those that are suspended")
    parser.add_argument("--status", action="append", metavar="STATUS", help="active or suspended")
    parser.add_argument("-l", "--label", action="append", metavar="KEY=VALUE", help="with this label; repeated")
    parser.add_argument("--name", metavar="NAME", help="with this name")


def _ls(client: JobsClient, asked: Asked) -> Answer:
    status = {part.strip().lower() for item in asked.status or () for part in item.split(",")}
    if status - {"active", "suspended"}:
        raise OptionError("--status of a scheduled job is active or suspended.")
    if asked.all and status:
        raise OptionError("--all and --status say different things; leave one out.")
    wanted = status or ({"active", "suspended"} if asked.all else {"active"})
    found = client.scheduled.jobs(label_filters(asked.label, asked.name))
    jobs = [job for job in found if ("suspended" if job.suspended else "active") in wanted]
    rows = tuple(
        (
            *(job.id, job.name, job.schedule, job.flavor, _moment(job.last_at), _moment(job.next_at)),
            "suspended" if job.suspended else "active",
        )
        for job in jobs
    )
    table = Table(
        ("ID", "Name", "Schedule", "Flavor", "Last run", "Next run", "Status"),
        rows,
        empty="No scheduled jobs are active. `%hfjobs scheduled ls -a` shows suspended ones too.",
    )
    return Answer(table, data=[dataclasses.asdict(job) for job in jobs], ids=tuple(job.id for job in jobs))


def _inspect_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scheduled_ids", nargs="+", metavar="JOB", help="ids, beginnings of ids, or names")


def _inspect(client: JobsClient, asked: Asked) -> Answer:
    jobs = [find_scheduled_job(client, word) for word in asked.scheduled_ids]
    found = [{"name": job.name, **client.scheduled.details(job.id)} for job in jobs]
    text = json.dumps(found if len(found) > 1 else found[0], indent=2, ensure_ascii=False)
    return Answer(Text(text), data=found, ids=tuple(job.id for job in jobs))


def _suspend(client: JobsClient, asked: Asked) -> Answer:
    job = find_scheduled_job(client, asked.scheduled_id)
    client.scheduled.suspend(job.id)
    return Answer(Text(f"{job.name} is suspended; `%hfjobs scheduled resume {job.id}` resumes it."), ids=(job.id,))


def _resume(client: JobsClient, asked: Asked) -> Answer:
    job = find_scheduled_job(client, asked.scheduled_id)
    client.scheduled.resume(job.id)
    upcoming = client.scheduled.inspect(job.id).next_at
    return Answer(Text(f"{job.name} runs next at {_moment(upcoming) or 'a time not known yet'}."), ids=(job.id,))


def _trigger(client: JobsClient, asked: Asked) -> Answer:
    started = trigger(client, find_scheduled_job(client, asked.scheduled_id), ask=ask_reader).facts.id
    return Answer(Text(f"Started job {started}; `%hfjobs attach {started}` shows it."), ids=(started,))


def _reschedule_arguments(parser: argparse.ArgumentParser) -> None:
    _argument(parser)
    parser.add_argument("schedule", metavar="SCHEDULE", help='such as "0 9 * * 1" (UTC), @daily, @hourly')


def _reschedule(client: JobsClient, asked: Asked) -> Answer:
    job = find_scheduled_job(client, asked.scheduled_id)
    changed = client.scheduled.reschedule(job.id, parse_schedule(asked.schedule, "SCHEDULE"))
    said = in_words(changed.schedule)
    when = f"at {said}" if said == changed.schedule else f"{said} ({changed.schedule})"
    upcoming = "suspended" if changed.suspended else f"next at {_moment(changed.next_at)}"
    data = {"id": job.id, "schedule": changed.schedule}
    return Answer(Text(f"{job.name} runs {when}, {upcoming}."), data, (job.id,))


def _labels_arguments(parser: argparse.ArgumentParser) -> None:
    labels_options(parser)
    _argument(parser)


def _labels(client: JobsClient, asked: Asked) -> Answer:
    job = find_scheduled_job(client, asked.scheduled_id)
    return labels_answer(job.id, client.scheduled.set_labels(job.id, change_labels(asked, job.labels)).labels)


def _delete(client: JobsClient, asked: Asked) -> Answer:
    job = find_scheduled_job(client, asked.scheduled_id)
    client.scheduled.delete(job.id)
    return Answer(Text(f"Deleted the schedule {job.name}; jobs that it started keep running."), ids=(job.id,))


def _attach(client: JobsClient, asked: Asked) -> Answer:
    job = find_scheduled_job(client, asked.scheduled_id)
    return Answer(scheduled_job_of(client, job), ids=(job.id,))


VERBS = (
    Verb(("ls", "ps", "list"), "active scheduled jobs; -a for all", _ls, _ls_arguments),
    Verb(("attach",), "the live card of a scheduled job", _attach, _argument),
    Verb(("inspect",), "everything known of scheduled jobs, as JSON", _inspect, _inspect_arguments),
    Verb(("suspend",), "pause the schedule", _suspend, _argument),
    Verb(("resume",), "resume the schedule", _resume, _argument),
    Verb(("trigger",), "start one of its jobs now", _trigger, _argument),
    Verb(("reschedule",), "change when it runs", _reschedule, _reschedule_arguments),
    Verb(("labels",), "name it, or replace its labels", _labels, _labels_arguments),
    Verb(("delete",), "delete the schedule; its jobs keep running", _delete, _argument),
)
