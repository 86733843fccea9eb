"""``%%hfjob``: this cell as a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.magic import Magics, cell_magic, magics_class, no_var_expand
from IPython.display import display

from hfjobs_magic import origin
from hfjobs_magic.errors import WaitInterruptedError
from hfjobs_magic.launch import script_settings, submit, with_header
from hfjobs_magic.magics.cards import show
from hfjobs_magic.magics.frontend import text_only, unattended
from hfjobs_magic.magics.shown import Text, answers
from hfjobs_magic.magics.welcome import note
from hfjobs_magic.options import given_on, parser, wants_help
from hfjobs_magic.plan import plan
from hfjobs_magic.script import from_cell
from hfjobs_magic.session import SESSION
from hfjobs_magic.settings import Layer, resolve

if TYPE_CHECKING:
    from hfjobs_magic.job import Job


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
        layers = [Layer("line", given_on(line.replace("\\\n", " "), names)), *SESSION.layers()]
        options = resolve(layers)
        script = from_cell(cell, magic_line=f"%%hfjob {line}", **script_settings(options))
        options = with_header(layers, script)
        if options.dry_run:
            display(Text(plan(script, options)))
            return
        job = submit(script, origin.labelled(options, origin.notebook(names), script.digest), ask=answers)
        note(job, names)
        if options.as_ and self.shell:
            self.shell.user_ns[options.as_] = job
        show(job, self.shell)
        # A terminal has followed it to its end.
        if (options.wait or (unattended(self.shell) and not options.detach)) and not text_only(self.shell):
            _wait(job)


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
