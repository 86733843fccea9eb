"""``%%hfjob``: this cell as a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.magic import Magics, cell_magic, magics_class, no_var_expand
from IPython.display import display

from hfjobs_magic.api.plan import plan
from hfjobs_magic.api.scheduling import submit_scheduled
from hfjobs_magic.api.session import SESSION
from hfjobs_magic.api.submit import script_settings, submit, with_header
from hfjobs_magic.errors import WaitInterruptedError
from hfjobs_magic.magics.confirm import answers
from hfjobs_magic.magics.welcome import note
from hfjobs_magic.options.layers import Layer, resolve
from hfjobs_magic.options.line import parser, read_line, wants_help
from hfjobs_magic.records import notebooks
from hfjobs_magic.script.script import from_cell
from hfjobs_magic.views.table import Text
from hfjobs_magic.widgets.display import show, show_scheduled
from hfjobs_magic.widgets.frontend import text_only, unattended

if TYPE_CHECKING:
    from hfjobs_magic.api.job import Job
    from hfjobs_magic.api.scheduled_job import ScheduledJob


@magics_class
class HfJobMagic(Magics):
    """The cell magic."""

    @no_var_expand
    @cell_magic
    def hfjob(self, line: str, cell: str) -> None:
        """Run the cell as a uv script on Hugging Face Jobs, with a live card below it.

        ::

            %%hfjob --flavor a10g-small --with transformers --timeout 30m
            import transformers
            ...

        Options are those of ``hf jobs uv run``; ``--local`` runs the cell on this machine, without an
        account, and ``--dry-run`` only shows what would be submitted. What stands behind ``--`` are
        arguments of the script. ``%%hfjob --help`` shows all options, Tab completes options, flavors with
        prices, and names of secrets.
        """
        if wants_help(line):
            display(Text(parser().format_help()))
            return
        line, cell = joined(line, cell)
        names = self.shell.user_ns if self.shell else {}
        layers = [Layer("line", read_line(line.replace("\\\n", " "), names)), *SESSION.layers()]
        options = resolve(layers)
        script = from_cell(cell, magic_line=f"%%hfjob {line}", **script_settings(options))
        options = with_header(layers, script)
        if options.dry_run:
            display(Text(plan(script, options)))
            return
        options = notebooks.labelled(options, notebooks.notebook(names), script.digest)
        if options.schedule:
            scheduled = submit_scheduled(script, options, ask=answers)
            self._bind(options.as_, scheduled)
            show_scheduled(scheduled, self.shell, detach=options.detach)
            return
        job = submit(script, options, ask=answers)
        note(job, names)
        self._bind(options.as_, job)
        show(job, self.shell)
        # A terminal has followed it to its end.
        if (options.wait or (unattended(self.shell) and not options.detach)) and not text_only(self.shell):
            _wait(job)

    def _bind(self, name: str | None, job: Job | ScheduledJob) -> None:
        if name and self.shell:
            self.shell.user_ns[name] = job


def joined(line: str, cell: str) -> tuple[str, str]:
    """Move lines that a trailing backslash continues from the cell to the magic line, newlines and all."""
    while line.rstrip().endswith("\\") and cell:
        more, _, cell = cell.partition("\n")
        line = f"{line.rstrip()}\n{more}"
    return line, cell


def _wait(job: Job) -> None:
    try:
        job.wait()
    except KeyboardInterrupt:
        local = " --local" if job.client.local else ""
        raise WaitInterruptedError(
            f"Stopped waiting; job {job.name} goes on. `%hfjobs cancel {job.id}{local}` ends it."
        ) from None
