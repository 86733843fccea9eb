"""``%hfjobs logs``, ``inspect``, ``stats``, ``wait``, ``ssh``: how a job is."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hfjobs_magic.api.attach import find_job, find_jobs
from hfjobs_magic.api.failure import find_endings, say_end
from hfjobs_magic.api.job import Job, open_job
from hfjobs_magic.api.waiting import say_running
from hfjobs_magic.errors import HubError, JobFailedError, OptionError, WaitInterruptedError, WaitTimedOutError
from hfjobs_magic.magics.commands.verb import Answer, Asked, Verb
from hfjobs_magic.options.quantities import parse_timeout
from hfjobs_magic.values.sizes import format_size
from hfjobs_magic.views.table import Table, Text

if TYPE_CHECKING:
    import argparse

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.hub.client import JobsClient

GB = 2**30

LATE_S = 5.0
"""Seconds after the end of its log in which a job's stage is waited for."""


def job_argument(parser: argparse.ArgumentParser) -> None:
    """Take one job."""
    parser.add_argument("job_id", metavar="JOB", help="id, beginning of an id, name, @latest, @1, @running, …")


def _latest_argument(parser: argparse.ArgumentParser) -> None:
    """Take one job, the newest one by itself."""
    parser.add_argument(
        "job_id", metavar="JOB", nargs="?", default="@latest", help="id, name or selector; by default the newest job"
    )


def _jobs_argument(parser: argparse.ArgumentParser, nargs: str = "+") -> None:
    parser.add_argument("job_ids", nargs=nargs, metavar="JOB", help="ids, names or selectors such as @running")


def _logs_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-f", "--follow", action="store_true", help="lines as they come, until the job ends")
    parser.add_argument("-n", "--tail", type=int, metavar="N", help="newest lines only")
    job_argument(parser)


def _logs(client: JobsClient, asked: Asked) -> Answer:
    if (asked.tail or 0) < 0:
        raise OptionError(f"--tail {asked.tail} is not a number of lines. Write one such as -n 20.")
    job = Job(client, find_job(client, asked.job_id))
    if not asked.follow:
        lines = list(job.logs(tail=asked.tail))
        return Answer(Text("\n".join(lines) or "No log lines yet."), data=lines, ids=(job.id,))
    try:
        for line in job.logs(follow=True, tail=asked.tail):
            sys.stdout.write(f"{line}\n")  # one line at a time: a display each would fill the notebook
    except KeyboardInterrupt:
        local = " --local" if client.local else ""
        way = f"`%hfjobs cancel {job.id}{local}` ends it."
        return Answer(Text(f"Stopped following; job {job.name} keeps running. {way}"), ids=(job.id,))
    facts = _wait_for_stage(client, job.id)
    if not facts.is_terminal:
        return Answer(Text(f"Job {facts.name} is still {facts.stage}; its log has ended."), ids=(job.id,))
    return Answer(Text(say_end(facts, find_endings(client, [facts]).get(job.id))), ids=(job.id,))


def _wait_for_stage(client: JobsClient, job_id: str) -> JobFacts:
    """Return how a job is whose log has ended, for which its stage may be late."""
    until = time.monotonic() + LATE_S
    while not (facts := client.inspect(job_id)).is_terminal and time.monotonic() < until:
        time.sleep(LATE_S / 10)
    return facts


def _outputs(client: JobsClient, asked: Asked) -> Answer:
    job = open_job(client, client.inspect(find_job(client, asked.job_id).id))
    found = job.outputs
    if not found:
        return Answer(
            Text(f"Job {job.name} has shown nothing{'' if job.status.is_terminal else ' yet'}."), ids=(job.id,)
        )
    data = [{"number": item.number, "kind": item.kind, "data": item.data} for item in found]
    return Answer(found, data=data, ids=(job.id,))


def _values(client: JobsClient, asked: Asked) -> Answer:
    job = open_job(client, client.inspect(find_job(client, asked.job_id).id))
    found = job.values.manifests()
    rows = tuple(
        (name, one.type, "" if one.refused else format_size(one.size), one.refused or one.repr.partition("\n")[0][:60])
        for name, one in found.items()
    )
    missing = job.values.say_missing()
    empty = f"Job {job.name} has given no values{'' if job.status.is_terminal else ' yet'}."
    empty = missing or (empty if job.values.wanted else f"{empty} -o NAME asks for some.")
    data = [{"name": name, "type": one.type, "size": one.size, "refused": one.refused} for name, one in found.items()]
    table = Table(
        ("Name", "Type", "Size", "Value"), rows, empty=empty, right=frozenset({"Size"}), note=missing if rows else ""
    )
    return Answer(table, data=data, ids=(job.id,))


def _inspect(client: JobsClient, asked: Asked) -> Answer:
    import json  # noqa: PLC0415 - only this verb shows JSON to people

    jobs = find_jobs(client, asked.job_ids)
    endings = find_endings(client, jobs)
    found = [
        {"name": job.name, "stage": job.stage}
        | ({"failure": endings[job.id].as_trait()["words"]} if job.id in endings else {})
        | client.details(job.id)
        for job in jobs
    ]
    text = json.dumps(found if len(found) > 1 else found[0], indent=2, ensure_ascii=False)
    return Answer(Text(text), data=found, ids=tuple(job.id for job in jobs))


def _stats_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-f", "--follow", action="store_true", help="the live card of the job, with its charts")
    _jobs_argument(parser, "*")


def _stats(client: JobsClient, asked: Asked) -> Answer:
    jobs = find_jobs(client, asked.job_ids or ["@running"]) if asked.job_ids or _has_running(client) else []
    if asked.follow:
        return _open_live(client, [job.id for job in jobs])
    samples = {}
    for job in jobs:
        try:
            samples[job.id] = next(iter(client.metrics(job.id, follow=False)), None)
        except HubError:
            samples[job.id] = None
    rows = tuple(_stats_row(job.id, job.name, samples[job.id]) for job in jobs)
    table = Table(
        ("ID", "Name", "CPU", "Memory", "Network in / out", "GPU", "GPU memory"),
        rows,
        empty="No jobs are running. `%hfjobs ls -a` shows those that have ended.",
        right=frozenset({"CPU", "Memory"}),
    )
    data = [{"job_id": key, **(value or {})} for key, value in samples.items()]
    return Answer(table, data=data, ids=tuple(samples))


def _has_running(client: JobsClient) -> bool:
    return next(iter(client.jobs(status=["RUNNING"])), None) is not None


def _open_live(client: JobsClient, ids: list[str]) -> Answer:
    if len(ids) != 1:
        raise OptionError(f"--follow shows one job; this matches {len(ids)}.")
    return Answer(open_job(client, client.inspect(ids[0])), ids=tuple(ids))


def _stats_row(job_id: str, name: str, sample: dict[str, Any] | None) -> tuple[str, ...]:
    if sample is None:
        return job_id, name, "none yet", "", "", "", ""
    gpus = sample.get("gpus") or {}
    return (
        job_id,
        name,
        f"{sample['cpu_usage_pct']:.0f} %",
        f"{sample['memory_used_bytes'] / GB:.2f} / {sample['memory_total_bytes'] / GB:.1f} GB",
        f"{sample['rx_bps'] / 1e6:.1f} / {sample['tx_bps'] / 1e6:.1f} MB/s",
        ", ".join(f"{gpu['utilization']:.0f} %" for gpu in gpus.values()),
        ", ".join(
            f"{gpu['memory_used_bytes'] / GB:.1f} / {gpu['memory_total_bytes'] / GB:.0f} GB" for gpu in gpus.values()
        ),
    )


def _wait_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--timeout", metavar="TIME", help="longest time to wait: 90, 90s, 10m, 1.5h, 1d")
    _jobs_argument(parser)


def _wait(client: JobsClient, asked: Asked) -> Answer:
    seconds = None if asked.timeout is None else parse_timeout(asked.timeout)
    jobs = [Job(client, facts) for facts in find_jobs(client, asked.job_ids)]
    for job in jobs:
        job.follow()
    deadline = None if seconds is None else time.monotonic() + seconds
    failed: list[JobFailedError] = []
    late: list[str] = []
    for job in jobs:
        try:
            job.wait(None if deadline is None else max(0.0, deadline - time.monotonic()))
        except JobFailedError as error:
            failed.append(error)
        except TimeoutError:
            late.append(job.name)
        except KeyboardInterrupt:
            raise WaitInterruptedError(say_running(jobs)) from None
    if late:
        raise WaitTimedOutError(
            f"After {asked.timeout} not ended yet: {', '.join(late)}. They keep running; wait again."
        )
    if failed:
        raise failed[0] if len(failed) == 1 else JobFailedError("\n".join(map(str, failed)), failed[0].job)
    data = [{"id": job.id, "stage": job.status.stage, "message": job.status.message} for job in jobs]
    return Answer(Text(f"Completed: {', '.join(job.name for job in jobs)}."), data, tuple(job.id for job in jobs))


def _ssh_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-i", "--identity-file", metavar="FILE", help="for ssh -i")
    parser.add_argument("--dry-run", action="store_true", help="no effect here: the command is always shown, never run")
    job_argument(parser)


def _ssh(client: JobsClient, asked: Asked) -> Answer:
    import shlex  # noqa: PLC0415 - only here

    job = find_job(client, asked.job_id)
    if job.is_terminal:
        raise OptionError(f"Job {job.name} has ended ({job.stage}); there is nothing to connect to.")
    url = client.ssh_url(job.id)
    if url is None:
        raise OptionError(f"Job {job.name} was started without SSH. Start it with `hf jobs run --ssh`.")
    parts = urlsplit(url)
    words = ["ssh", *(["-i", asked.identity_file] if asked.identity_file else [])]
    words += [*(["-p", str(parts.port)] if parts.port else []), f"{parts.username}@{parts.hostname}"]
    return Answer(Text(shlex.join(words)), data={"command": words}, ids=(job.id,))


VERBS = (
    Verb(("logs",), "log of a job; -n for its newest lines, -f to follow", _logs, _logs_arguments),
    Verb(
        ("outputs",),
        "show a job's outputs again: figures, tables, its last expression",
        _outputs,
        _latest_argument,
    ),
    Verb(("values",), "values that a job gives back (-o), with type and size", _values, _latest_argument),
    Verb(("inspect",), "everything known of jobs, as JSON", _inspect, _jobs_argument),
    Verb(("stats",), "what running jobs use now; -f for the live card", _stats, _stats_arguments),
    Verb(("wait",), "block until jobs end; raise if one failed", _wait, _wait_arguments),
    Verb(("ssh",), "show the command that connects to a running job", _ssh, _ssh_arguments),
)
