"""``%hfjobs``: jobs that were started, as tables and text."""

from __future__ import annotations

import argparse
import dataclasses
import json
import shlex
import time
from typing import TYPE_CHECKING, Any, NoReturn

from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from IPython.display import display

from hfjobs_magic.errors import OptionError
from hfjobs_magic.launch import connect
from hfjobs_magic.magics.config import config
from hfjobs_magic.magics.run import run
from hfjobs_magic.magics.shown import Table, Text, answers, show
from hfjobs_magic.options import did_you_mean
from hfjobs_magic.pricing import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hfjobs_magic.hub import JobsClient
    from hfjobs_magic.state import JobFacts

ACTIVE = ("SCHEDULING", "RUNNING")


@magics_class
class HfJobsMagic(Magics):
    """The line magic."""

    @no_var_expand
    @line_magic
    def hfjobs(self, line: str) -> None:
        """List jobs, read their logs, cancel them; ``%hfjobs --help`` shows the commands."""
        words = shlex.split(line) or ["ls"]
        if words[0] == "config":
            display(config(words[1:]))
            return
        if words[0] == "run":
            self._run(words[1:])
            return
        if {"-h", "--help"} & set(words):
            display(Text(_parser().format_help()))
            return
        if words[0] not in COMMANDS:
            raise OptionError(f"There is no command {words[0]!r}.{_nearest(words[0])} See %hfjobs --help.")
        asked = _parser().parse_args(words)
        client = connect(local=asked.local, namespace=asked.namespace)
        display(COMMANDS[words[0]](client, asked))

    def _run(self, words: list[str]) -> None:
        job = run(words, self.shell.user_ns if self.shell else {}, answers)
        if self.shell and job.options and job.options.as_:
            self.shell.user_ns[job.options.as_] = job
        show(job)


def _nearest(verb: str) -> str:
    return did_you_mean(verb, [*COMMANDS, "config", "run"])


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise OptionError(f"{message[:1].upper()}{message[1:]}. See %hfjobs --help.")


def _parser() -> argparse.ArgumentParser:
    made = _Parser(prog="%hfjobs", description="Jobs of your namespace.", add_help=False)
    verbs = made.add_subparsers(dest="verb", metavar="COMMAND")
    common = _Parser(add_help=False)
    common.add_argument("--local", action="store_true", help="jobs of the local service")
    common.add_argument("--namespace", metavar="NAME", help="user or organisation")
    for names, text in (
        (("ls", "ps", "list"), "running and scheduled jobs; -a for all"),
        (("logs",), "log of a job; -n for its newest lines"),
        (("inspect",), "everything known of a job"),
        (("cancel",), "end jobs"),
        (("hardware",), "flavors and prices"),
    ):
        verb = verbs.add_parser(names[0], aliases=names[1:], help=text, parents=[common], add_help=False)
        if names[0] == "ls":
            verb.add_argument("-a", "--all", action="store_true", help="also those that have ended")
        if names[0] == "logs":
            verb.add_argument("-n", "--tail", type=int, metavar="N", help="newest lines only")
            verb.add_argument("job_id", metavar="JOB_ID")
        if names[0] in {"inspect", "cancel"}:
            verb.add_argument("job_ids", nargs="+", metavar="JOB_ID")
    return made


def _ls(client: JobsClient, asked: argparse.Namespace) -> Table:
    if asked.all:
        return jobs_table(client.jobs(), empty="There are no jobs yet.")
    active = (job for job in client.jobs() if job.stage in ACTIVE)
    return jobs_table(active, empty="No jobs are running or scheduled. `%hfjobs ls -a` shows those that have ended.")


def jobs_table(jobs: Iterable[JobFacts], *, empty: str) -> Table:
    """Lay jobs out as `hf jobs ls` does, with their run time."""
    now = time.time()
    return Table(
        columns=("ID", "Name", "Stage", "Flavor", "Created", "Run time"),
        rows=tuple(_row(job, now) for job in jobs),
        empty=empty,
        right=frozenset({"Run time"}),
    )


def _row(job: JobFacts, now: float) -> tuple[str, ...]:
    created = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(job.created_at)) if job.created_at else ""
    end = job.finished_at or (None if job.is_terminal else now)
    ran = format_duration(end - job.started_at) if job.started_at and end else ""
    return job.id, job.name, job.stage, job.flavor, created, ran


def _logs(client: JobsClient, asked: argparse.Namespace) -> Text:
    return Text("\n".join(client.logs(asked.job_id, tail=asked.tail)) or "No log lines yet.")


def _inspect(client: JobsClient, asked: argparse.Namespace) -> Text:
    found = [dataclasses.asdict(client.inspect(job_id)) for job_id in asked.job_ids]
    return Text(json.dumps(found if len(found) > 1 else found[0], indent=2, ensure_ascii=False))


def _cancel(client: JobsClient, asked: argparse.Namespace) -> Text:
    for job_id in asked.job_ids:
        client.cancel(job_id)
    return Text(f"Asked to cancel {', '.join(asked.job_ids)}.")


def _hardware(client: JobsClient, _asked: argparse.Namespace) -> Table:
    rows = tuple(
        (item.flavor, item.label, *_price(item.usd_per_minute))
        for item in sorted(client.hardware(), key=lambda item: item.usd_per_minute or 0.0)
    )
    return Table(
        columns=("Flavor", "Hardware", "$ a minute", "$ an hour"),
        rows=rows,
        empty="The Hub names no hardware.",
        right=frozenset({"$ a minute", "$ an hour"}),
    )


def _price(usd_per_minute: float | None) -> tuple[str, str]:
    return ("unknown", "unknown") if usd_per_minute is None else (f"{usd_per_minute:.4f}", f"{usd_per_minute * 60:.2f}")


COMMANDS: dict[str, Callable[[JobsClient, Any], Text | Table]] = {
    "ls": _ls,
    "ps": _ls,
    "list": _ls,
    "logs": _logs,
    "inspect": _inspect,
    "cancel": _cancel,
    "hardware": _hardware,
}
