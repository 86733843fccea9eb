"""``%hfjobs ls`` and ``hardware``: what there is."""

from __future__ import annotations

import dataclasses
import math
from functools import partial
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.attach import find_jobs
from hfjobs_magic.api.earlier import cells_of_notebook, of_notebook
from hfjobs_magic.api.failure import MOST_READ, find_endings
from hfjobs_magic.api.job import Job
from hfjobs_magic.api.right_size import usage_of
from hfjobs_magic.errors import OptionError
from hfjobs_magic.facts import NOT_ENDED, STAGES
from hfjobs_magic.follow.job_list import JobQuery, read
from hfjobs_magic.magics.commands.verb import Answer, Asked, Verb, label_filters
from hfjobs_magic.metrics.right_size import fitting
from hfjobs_magic.metrics.usage import join
from hfjobs_magic.records import notebooks
from hfjobs_magic.views.table import Table, jobs_table
from hfjobs_magic.widgets.job_list import JobList

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from hfjobs_magic.facts import Hardware
    from hfjobs_magic.hub.client import JobsClient
    from hfjobs_magic.metrics.usage import Usage

FIRST_ROWS = 100
"""Jobs that a live table begins with, one page of the Hub's; the others come while it is looked at."""


def _ls_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-a", "--all", action="store_true", help="also those that have ended")
    parser.add_argument("--status", action="append", metavar="STAGE", help="in this stage; commas or repeated")
    parser.add_argument("-l", "--label", action="append", metavar="KEY=VALUE", help="with this label; repeated")
    parser.add_argument("--notebook", action="store_true", help="started from cells of this notebook")
    parser.add_argument("--name", metavar="NAME", help="with this name")
    parser.add_argument(
        "--limit", type=int, default=100, metavar="N", help="most jobs to list, 100 by default; 0 for all"
    )


def _ls(client: JobsClient, asked: Asked, *, live: bool = False) -> Answer:
    """Read what a table shows; a live one begins with a page of it and reads on while it is looked at."""
    status = stages(asked.status)
    if asked.all and status:
        raise OptionError("--all and --status say different things; leave one out.")
    labels = label_filters(asked.label, asked.name)
    if asked.notebook:
        labels = {**labels, **_notebook_label()}
    if asked.limit < 0:
        raise OptionError("--limit is a number of jobs; 0 shows all.")
    query = JobQuery(frozenset(status) or (None if asked.all else NOT_ENDED), labels, asked.limit)
    found = read(
        client, dataclasses.replace(query, limit=min(asked.limit or FIRST_ROWS, FIRST_ROWS)) if live else query
    )
    prices = {} if client.local else {item.flavor: item.usd_per_minute for item in client.hardware()}
    more = f"The newest {len(found.jobs)}; --limit 0 shows all." if found.more else ""
    renamed = _describe_old_names(labels["notebook"], client) if asked.notebook else ""
    note = f"{more} {renamed}".strip()

    def lay_out(most: int) -> Table:
        endings = find_endings(client, found.jobs, most)
        return jobs_table(
            found.jobs,
            empty=f"{_describe_nothing(asked)} {renamed}".strip(),
            prices=prices,
            note=note,
            cells=cells_of_notebook(),
            why={job_id: ending.headline for job_id, ending in endings.items()},
        )

    return Answer(
        JobList(
            **vars(lay_out(0 if live or asked.is_for_programs else MOST_READ)),
            client=client,
            query=query,
            first=found,
            prices=prices,
            line=asked.line,
            explain=lambda: lay_out(MOST_READ),
        ),
        data=[dataclasses.asdict(job) for job in found.jobs],
        ids=tuple(job.id for job in found.jobs),
    )


def _notebook_label() -> dict[str, str]:
    found = _label_of(notebooks.current_path())
    if not found:
        raise OptionError("The front end does not say which notebook this is. --label notebook=NAME does.")
    return found


def _label_of(path: str | None) -> dict[str, str]:
    own = [label.partition("=") for label in notebooks.labels(path, "")]
    return {key: value for key, _, value in own if key == "notebook"}


def _describe_old_names(name: str, client: JobsClient) -> str:
    """Say how jobs of this notebook are labelled that were started when it was called otherwise."""
    names = {_label_of(note.notebook).get("notebook", name) for note in of_notebook() if note.local == client.local}
    local = " --local" if client.local else ""
    lines = [f"`%hfjobs ls --label notebook={old}{local}`" for old in sorted(names - {name})]
    return f"Jobs from before it was renamed: {', '.join(lines)}." if lines else ""


def stages(given: list[str] | None) -> tuple[str, ...]:
    """``--status running,error`` as stages."""
    named = tuple(part.strip().upper() for item in given or () for part in item.split(",") if part.strip())
    for stage in named:
        if stage not in STAGES:
            raise OptionError(f"There is no stage {stage}. The stages are {', '.join(STAGES)}.")
    return named


def _describe_nothing(asked: Asked) -> str:
    if asked.status or asked.label or asked.name or asked.notebook:
        return "No jobs match. `%hfjobs ls -a` shows all."
    if asked.all:
        return "There are no jobs yet."
    return "No jobs are running or scheduled. `%hfjobs ls -a` shows those that have ended."


def _hardware_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--gpu-memory", type=float, metavar="GB", help="only flavors with at least this much GPU memory"
    )
    parser.add_argument(
        "--fits",
        dest="job_id",
        metavar="JOB",
        help="only flavors that would have had the memory a job used: an id, a name, @latest, …",
    )


def _hardware(client: JobsClient, asked: Asked) -> Answer:
    found = sorted(client.hardware(), key=_by_price)
    note = ""
    if asked.job_id is not None:
        found, note = _find_fitting(client, asked.job_id, found)
    if asked.gpu_memory is not None:
        found = [item for item in found if item.gpu_memory_gb >= asked.gpu_memory]
    table = Table(
        columns=("Flavor", "Hardware", "$ a minute", "$ an hour"),
        rows=tuple((item.flavor, item.label, *_price(item.usd_per_minute)) for item in found),
        empty=_describe_no_hardware(asked, note),
        right=frozenset({"$ a minute", "$ an hour"}),
        note=note,
    )
    data: list[dict[str, Any]] = [dataclasses.asdict(item) for item in found]
    return Answer(table, data=data, ids=tuple(item.flavor for item in found))


def _describe_no_hardware(asked: Asked, note: str) -> str:
    if note:
        return f"No hardware has memory for that. {note}"
    return "No hardware has that much GPU memory." if asked.gpu_memory else "The Hub names no hardware."


def _find_fitting(client: JobsClient, selector: str, offered: list[Hardware]) -> tuple[list[Hardware], str]:
    """Return the flavors that would have had the memory of some jobs, and what is to be said of that."""
    jobs = [Job(client, facts) for facts in find_jobs(client, [selector])]
    found, usages = offered, [usage_of(job) for job in jobs]
    for job, usage in zip(jobs, usages, strict=True):
        if usage.memory is None:
            raise OptionError(
                f"Nobody here saw what {job.name} used, and the Hub keeps no samples. A job is measured while its card "
                "is open or %hfjobs attach follows it."
            )
        ran_on = None if client.local else next((item for item in offered if item.flavor == job.facts.flavor), None)
        enough = fitting(usage, ran_on, offered)
        found = [item for item in found if item in enough]
    return found, " ".join(_describe_fit(join(usages), jobs, local=client.local))


def _describe_fit(usage: Usage, jobs: list[Job], *, local: bool) -> Iterator[str]:
    yield f"{usage}; sampled once a second, so a tenth is left to spare."
    yield "Memory only; speed is not known."
    if local:
        yield "Measured on this machine: elsewhere it may use another amount."
    if any(not job.facts.is_terminal for job in jobs):
        yield "What still runs may need more."
    elif any(job.facts.stage != "COMPLETED" for job in jobs):
        yield "What did not complete may have needed more."


def _by_price(item: Hardware) -> float:
    return math.inf if item.usd_per_minute is None else item.usd_per_minute  # what nobody knows is not the cheapest


def _price(usd_per_minute: float | None) -> tuple[str, str]:
    return ("unknown", "unknown") if usd_per_minute is None else (f"{usd_per_minute:.4f}", f"{usd_per_minute * 60:.2f}")


VERBS = (
    Verb(("ls", "ps", "list"), "running and scheduled jobs; -a for all", _ls, _ls_arguments, partial(_ls, live=True)),
    Verb(("hardware",), "flavors and prices, the cheapest first", _hardware, _hardware_arguments),
)
