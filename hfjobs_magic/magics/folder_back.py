"""The folder of ``--out-dir``, brought beside the notebook when its job has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.display import display

from hfjobs_magic.api.pull import count_files
from hfjobs_magic.api.values import SMALL
from hfjobs_magic.errors import HfJobsError
from hfjobs_magic.values.sizes import format_size
from hfjobs_magic.views.table import Text

if TYPE_CHECKING:
    from hfjobs_magic.api.job import Job

MANY = 1_000
"""Files that come without a question: they take about a second."""


def bring(job: Job, *, wanted: bool) -> None:
    """Pull the folder of a job that has ended, and say what did not come, or why.

    Parameters
    ----------
    job
        A job that was started here.
    wanted
        Whether somebody waits for it; else a large folder is left for whoever asks for it.
    """
    if not job.options or not job.options.folder_back:
        return
    folder = job.options.folder_back
    try:
        files = job.files
        if not wanted and (files.size > SMALL or len(files) > MANY):
            has = f"{folder} of job {job.name} has {count_files(len(files))} ({format_size(files.size)})"
            said = f"{has}, too large to download by itself. {_command(job)} brings it."
        elif not files:
            said = f"{files.say_empty()} {files.say_missing()}" if wanted or files.say_damaged() else ""
        else:
            said = " ".join(filter(None, (files.pull().trouble, files.say_missing())))
    except KeyboardInterrupt:
        said = f"Stopped. {_command(job)} goes on where it was."
    except HfJobsError as error:
        said = f"{folder} of job {job.name} could not be brought back: {error} {_command(job)} tries again."
    if said:
        display(Text(said.strip()))


def _command(job: Job) -> str:
    local = " --local" if job.client.local else ""
    return f"`%hfjobs files {job.id}{local} --pull {job.options.folder_back if job.options else ''}`"
