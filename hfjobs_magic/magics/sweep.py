"""``%%hfjob --map``: a cell as a sweep, and the table of its jobs below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.display import display

from hfjobs_magic.api.sweep import Sweep
from hfjobs_magic.api.sweep_plan import ask_for_all, plan_sweep
from hfjobs_magic.errors import WaitInterruptedError
from hfjobs_magic.follow.job_list import JobQuery, JobRows
from hfjobs_magic.magics.confirm import ask_reader
from hfjobs_magic.views.table import Text, jobs_table
from hfjobs_magic.widgets.display import JobList, show_list
from hfjobs_magic.widgets.frontend import is_text_only, is_unattended, is_watched

if TYPE_CHECKING:
    from hfjobs_magic.api.sweep_plan import SweepPlan
    from hfjobs_magic.hub.request import Request

DEFAULT_NAME = "sweep"
"""Name in the notebook where ``--as`` gives none, and nothing else has it: without one nobody gets at the values."""


def start_sweep(request: Request, shell: Any) -> None:
    """Ask, start and show a sweep; wait for it where ``--wait`` asks for that, and where a program runs the notebook.

    Raises
    ------
    OptionError, BudgetError, CellError, HubError
        Before anything is submitted.
    WaitInterruptedError
        When the reader interrupts the waiting; the sweep goes on.
    """
    planned = plan_sweep(request)
    ask_for_all(planned, ask_reader)
    made = Sweep(planned)
    name = _bind(made, planned, shell)
    display(Text(f"Sweep {made.id}: {planned}{f' It is `{name}` here.' if name else ''}"))
    if is_watched(shell) and not is_text_only(shell) and not request.options.detach:
        show_list(_list_of(made, planned), shell, live=True)
    if request.options.wait or (is_unattended(shell) and not request.options.detach):
        try:
            made.wait()
        except KeyboardInterrupt:
            raise WaitInterruptedError(
                f"Stopped waiting; sweep {made.id} goes on. `{name or DEFAULT_NAME}.cancel()` ends it."
            ) from None
        display(Text(repr(made)) if is_text_only(shell) else made)


def _bind(made: Sweep, planned: SweepPlan, shell: Any) -> str:
    """Give it a name in the notebook; empty where the default one is something else's."""
    if shell is None:
        return ""
    names, wanted = shell.user_ns, planned.request.options.as_
    if wanted is None and not isinstance(names.get(DEFAULT_NAME, made), Sweep):
        return ""
    names[wanted or DEFAULT_NAME] = made
    return wanted or DEFAULT_NAME


def _list_of(made: Sweep, planned: SweepPlan) -> JobList:
    client, hardware = planned.client, planned.hardware
    prices = {} if client.local or hardware is None else {hardware.flavor: hardware.usd_per_minute}
    line = f"%hfjobs ls -a --label sweep={made.id}{' --local' if client.local else ''}"
    table = jobs_table((), empty="The first runs are being submitted.", prices=prices)
    return JobList(
        **vars(table),
        client=client,
        query=JobQuery(None, {"sweep": made.id}),
        first=JobRows(()),
        prices=prices,
        line=line,
        again=f"`{line}` shows them as they are now",
    )
