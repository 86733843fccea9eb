"""``%%hfjob``: this cell as a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, no_var_expand
from IPython.display import display

from hfjobs_magic.api.job import Job
from hfjobs_magic.api.plan import plan
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.scheduled_job import ScheduledJob
from hfjobs_magic.api.source import read_cell
from hfjobs_magic.api.submit import submit
from hfjobs_magic.api.sweep_plan import describe_sweep
from hfjobs_magic.errors import BudgetError, CellError, NotLoggedInError, OptionError
from hfjobs_magic.magics.bound_values import BoundValues
from hfjobs_magic.magics.confirm import ask_reader
from hfjobs_magic.magics.earlier_jobs import find_earlier_jobs
from hfjobs_magic.magics.sweep import start_sweep
from hfjobs_magic.magics.wait import say_what_goes_on, wait_if_asked
from hfjobs_magic.options.layers import Layer
from hfjobs_magic.options.line import parser, read_line, wants_help
from hfjobs_magic.script.names.earlier_cells import note_if_refused
from hfjobs_magic.script.script import Script
from hfjobs_magic.views.table import Text
from hfjobs_magic.widgets.display import show, show_below

if TYPE_CHECKING:
    from hfjobs_magic.hub.request import Request
    from hfjobs_magic.magics.earlier_jobs import EarlierJobs


class HfJobMagic(Magics):
    """The cell magic.

    It is written into its table by hand: IPython's decorators go through one list of the whole process, and this module
    is imported on a thread, perhaps while another declares magics of its own.
    """

    registered = True
    magics = {"line": {}, "cell": {"hfjob": "hfjob"}}  # noqa: RUF012 - an attribute of instances, as IPython declares it

    def __init__(self, shell: Any = None, **settings: Any) -> None:
        super().__init__(shell, **settings)
        self.values = BoundValues(shell)
        """Names of ``-o`` in the notebook."""

    @no_var_expand
    def hfjob(self, line: str, cell: str) -> None:
        """Run the cell as a job on Hugging Face, with a live card below it.

        ::

            %%hfjob --flavor a10g-small --with transformers --timeout 30m
            import transformers
            ...

        Options are those of ``hf jobs uv run``; ``--local`` runs the cell on this machine, without an
        account, and ``--dry-run`` only shows what would be submitted. Arguments of the script
        go after ``--``. ``%%hfjob --help`` shows all options, Tab completes options, flavors with
        prices, and names of secrets.
        """
        if wants_help(line):
            display(Text(parser().format_help()))
            return
        names = self.shell.user_ns if self.shell else {}
        with note_if_refused(names, cell, (OptionError, CellError, BudgetError, NotLoggedInError)):
            self._start(*join_lines(line, cell), names)

    def _start(self, line: str, cell: str, names: dict[str, Any]) -> None:
        """Submit what the cell says, and show it."""
        layers = [Layer("line", read_line(line.replace("\\\n", " "), names)), *RUNTIME.session.layers()]
        request = read_cell(line, cell, layers, names)
        if request.options.dry_run:
            display(Text(describe_sweep(request) if request.options.is_sweep else plan(request)))
            return
        if request.options.is_sweep:
            start_sweep(request, self.shell)
            return
        earlier = _find_earlier(request, self.shell)
        made = submit(request, ask=ask_reader)
        handle = ScheduledJob.from_submission(made) if request.options.schedule else Job.from_submission(made)
        with say_what_goes_on(handle):
            self._show(handle, request, earlier)

    def _show(self, handle: Job | ScheduledJob, request: Request, earlier: EarlierJobs | None) -> None:
        """Bind, show and wait for what was submitted."""
        if isinstance(handle, Job) and earlier:
            earlier.give_way(handle)
        if request.options.as_ and self.shell:
            self.shell.user_ns[request.options.as_] = handle
        if isinstance(handle, Job):
            self.values.add(handle)
        show(handle, self.shell)
        if isinstance(handle, Job):
            show_below(handle, self.shell)
            try:
                wait_if_asked(handle, self.shell)
            finally:
                self.values.settle(waited_for=handle.id)


def _find_earlier(request: Request, shell: Any) -> EarlierJobs | None:
    """Find jobs of this cell that still run; a schedule takes the place of none."""
    if request.options.schedule is not None or not isinstance(request.work, Script):
        return None
    return find_earlier_jobs(shell, request.work.digest)


def join_lines(line: str, cell: str) -> tuple[str, str]:
    """Move lines that a trailing backslash continues from the cell to the magic line, newlines and all."""
    while line.rstrip().endswith("\\") and cell:
        more, _, cell = cell.partition("\n")
        line = f"{line.rstrip()}\n{more}"
    return line, cell
