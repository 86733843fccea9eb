"""``%hfjobs attach``: the card of a job that is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.finding import one, taken_up
from hfjobs_magic.magics.verbs import Answer, Verb

if TYPE_CHECKING:
    import argparse

    from hfjobs_magic.hub import JobsClient


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "job_id", nargs="?", default="@latest", metavar="JOB", help="id, name or selector; the newest job by default"
    )


def _attach(client: JobsClient, asked: argparse.Namespace) -> Answer:
    job = taken_up(client, one(client, asked.job_id))
    return Answer(job, ids=(job.id,))


VERBS = (Verb(("attach",), "the live card of a job again, with its whole log", _attach, _arguments),)
