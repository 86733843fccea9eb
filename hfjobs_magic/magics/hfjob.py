"""``%%hfjob``: this cell as a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.magic import Magics, cell_magic, magics_class, no_var_expand
from IPython.display import display

from hfjobs_magic import origin
from hfjobs_magic.errors import WaitInterruptedError
from hfjobs_magic.launch import submit
from hfjobs_magic.magics.cards import show
from hfjobs_magic.magics.frontend import unattended
from hfjobs_magic.magics.shown import Text
from hfjobs_magic.magics.welcome import note
from hfjobs_magic.options import parse_line, parser, wants_help
from hfjobs_magic.plan import plan
from hfjobs_magic.script import from_cell

if TYPE_CHECKING:
    from hfjobs_magic.job import Job


@magics_class
class HfJobMagic(Magics):
    """The cell magic."""

    @no_var_expand
    @cell_magic
    def hfjob(self, line: str, cell: str) -> None:
        """Run the cell as a uv script on Hugging Face Jobs; ``%%hfjob --help`` shows the options."""
        if wants_help(line):
            display(Text(parser().format_help()))
            return
        options = parse_line(line)
        script = from_cell(cell, magic_line=f"%%hfjob {line}", dependencies=options.dependencies)
        if options.dry_run:
            display(Text(plan(script, options)))
            return
        names = self.shell.user_ns if self.shell else {}
        job = submit(script, origin.labelled(options, origin.notebook(names), script.digest))
        note(job, names)
        if options.as_ and self.shell:
            self.shell.user_ns[options.as_] = job
        if options.detach:
            display(Text(f"Job {job.name} was submitted: {job.id}\n{job.url}"))
        else:
            show(job, self.shell)
        if options.wait or (unattended(self.shell) and not options.detach):
            _wait(job)


def _wait(job: Job) -> None:
    try:
        job.wait()
    except KeyboardInterrupt:
        local = " --local" if job.client.local else ""
        raise WaitInterruptedError(
            f"Stopped waiting; job {job.name} goes on. `%hfjobs cancel {job.id}{local}` ends it."
        ) from None
