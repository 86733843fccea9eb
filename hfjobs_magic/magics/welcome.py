"""The one line after a kernel restart: which jobs of this notebook still run."""

from __future__ import annotations

from IPython.display import display

from hfjobs_magic.api.connect import connect
from hfjobs_magic.errors import HfJobsError, JobMissingError
from hfjobs_magic.records import notebooks
from hfjobs_magic.views.table import Text

ASKED = 10
"""Newest jobs that are asked for when the extension loads: one request each."""


def greet() -> None:
    """Show the line, if there is something to say, when the extension loads."""
    said = still_running()
    if said:
        display(Text(said))


def still_running() -> str | None:
    """Say which jobs of this notebook still run, in one line; None where none does or nobody can be asked."""
    path = notebooks.current_path()
    known = notebooks.notes()
    mine = [item for item in known.of(path) if not item.ended][-ASKED:] if path else []
    running, ended = [], []
    for item in mine:
        try:
            facts = connect(local=item.local, namespace=item.namespace).inspect(item.job_id)
        except JobMissingError:
            ended.append(item.job_id)
            continue
        except HfJobsError:
            continue  # nobody can be asked now; loading the extension must not fail for it
        if facts.is_terminal:
            ended.append(item.job_id)
        else:
            running.append(
                f"{item.name} ({facts.stage}: %hfjobs attach {item.job_id}{' --local' if item.local else ''})"
            )
    known.end(ended)
    if not running:
        return None
    count = "One job" if len(running) == 1 else f"{len(running)} jobs"
    verb = "runs" if len(running) == 1 else "run"
    return f"{count} of this notebook still {verb}: {', '.join(running)}"
