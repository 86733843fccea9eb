"""What a job's cell shows, where there is only a terminal: the text of what its log has a shortened line of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.errors import HubError

if TYPE_CHECKING:
    from rich.console import Console

    from hfjobs_magic.api.job import Job

ON_ITS_LINE = 100
"""Characters of an output that are whole on its line of the log (`hfjobs_magic.runner.description`)."""

MAX_LINES = 200
"""Lines of an output that are shown; a frame of pandas has 60 rows at most."""


def write_outputs(console: Console, job: Job) -> None:
    """Write tables, lists and texts that a job's cell has shown, as IPython does where it runs itself."""
    if job.script is None or not job.script.is_cell:
        return
    try:
        outputs = job.outputs
    except HubError as error:
        console.print(f"The outputs of job {job.name} can't be read now: {error}", markup=False, soft_wrap=True)
        return
    for item in outputs:
        lines = str(item.data.get("text/plain", "")).splitlines()
        if item.kind == "error" or (sum(map(len, lines)) <= ON_ITS_LINE and len(lines) < 2):
            continue
        console.print(f"[output {item.number}]", style="dim", markup=False)
        console.print("\n".join(lines[:MAX_LINES]), markup=False, soft_wrap=True)
        if len(lines) > MAX_LINES:
            flag = " --local" if job.client.local else ""
            rest = f"… {len(lines) - MAX_LINES:,} more lines: `%hfjobs outputs {job.id}{flag}` shows all."
            console.print(rest, style="dim", markup=False, soft_wrap=True)
