"""The one line after a kernel restart: which jobs of this notebook still run."""

from __future__ import annotations

from typing import Any

from IPython.display import display

from hfjobs_magic.api.earlier import Earlier, find_earlier, of_notebook
from hfjobs_magic.magics.revival import revive_later
from hfjobs_magic.views.table import Text
from hfjobs_magic.widgets.frontend import is_watched


def greet(shell: Any) -> None:
    """Show the line, if there is something to say, when the extension loads; lost cards on the page come alive."""
    # Those that ended meanwhile, too: their cards say that they may still run.
    lost = [note for note in of_notebook() if not note.ended]
    running = find_earlier(lost)
    if running:
        display(Text(line(running)))
    if is_watched(shell):
        revive_later(lost)


def line(running: list[Earlier]) -> str:
    """Say which jobs of this notebook have not ended, and how to see them."""
    one = len(running) == 1
    jobs = ", ".join(f"{job.note.name} ({', '.join([job.age_and_cost(), *_cell(job)])})" for job in running)
    count = "One job" if one else f"{len(running)} jobs"
    verbs = {job.verb for job in running}
    does = verbs.pop() if one else "still run" if verbs == {"still runs"} else "have not ended"
    way = f"%hfjobs attach {running[0].note.job_id}{running[0].flag}" if one else "%hfjobs attach @notebook"
    return f"{count} of this notebook {does}: {jobs}. {way} shows {'it' if one else 'them all'}."


def _cell(job: Earlier) -> list[str]:
    return [f"cell [{job.note.prompt}]"] if job.note.prompt else []
