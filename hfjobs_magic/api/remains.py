"""What a job that has ended has left in its folder, and what is said where that is nothing, or not all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hfjobs_magic.api.job import Job


def read_report(job: Job) -> dict[str, Any] | None:
    """Return its ``exit.json``, nothing of a job that has no folder; None where it is not there."""
    folder = job.client.run_folder(job.facts)
    return {"cell": "none"} if folder is None else folder.read_report()


def is_emptied(job: Job) -> bool:
    """Whether what a job that has ended had left is there no more; the last thing that it writes is how it ended."""
    return read_report(job) is None


def was_cut_short(report: Mapping[str, Any]) -> bool:
    """Whether the cell's own process was ended before it could say anything, by its ``exit.json``: also with code 0."""
    return report.get("cell") is None


def say_cut_short(job: Job, names: str) -> str:
    """Say why values of such a job did not come."""
    files = " `job.files` has the files of --out-dir that had settled." if job.facts.out_dir else ""
    return f"Values are sent when the cell ends; its process was ended before, and {names} with it.{files}"


def say_rerun(job: Job) -> str:
    """Say how a job is run again."""
    return f"`%hfjobs rerun {job.id}{' --local' if job.client.local else ''}` runs the job again."
