"""``%%hfjob --map``: a cell as a sweep, and the table of its jobs below it."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from IPython.display import display

from hfjobs_magic.api.pull import Pulled, count_files
from hfjobs_magic.api.sweep import Sweep
from hfjobs_magic.api.sweep_plan import ask_for_all, ask_to_go_on, plan_sweep
from hfjobs_magic.api.sweep_results import SweepValue
from hfjobs_magic.api.sweep_steps import LEFT_ALONE, WAITING, count_runs, count_stages
from hfjobs_magic.errors import HfJobsError, WaitInterruptedError
from hfjobs_magic.facts import NOT_ENDED
from hfjobs_magic.magics.confirm import ask_reader
from hfjobs_magic.views.table import Text
from hfjobs_magic.widgets.display import show_list
from hfjobs_magic.widgets.frontend import is_text_only, is_unattended, is_watched
from hfjobs_magic.widgets.job_list import list_runs

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    planned = ask_for_all(plan_sweep(request), ask_reader)
    before = _find_before(planned.request.options.as_, shell)
    made = Sweep(planned)
    name = _bind(made, planned.request.options.as_, shell)
    with _say_interrupted(made, name):
        if shell is not None:
            wanted = planned.request.options.values_back
            shell.user_ns.update({one.name: SweepValue(made, one.name) for one in wanted if one.name != name})
        waits = request.options.wait or (is_unattended(shell) and not request.options.detach)
        way = "" if waits or not name else _say_way(name, shell)
        _show(made, f"{planned}{_say_name(made, name)}{way}{before}", shell, live=not request.options.detach)
        if not request.options.detach:
            _ring(made, shell)
        if waits:
            made.wait()
            display(made.summarize())
            if planned.request.options.folder_back:
                display(Text("\n".join(_say_pulled(made))))


def _find_before(wanted: str | None, shell: Any) -> str:
    """Say that the sweep that has had the name still runs; empty where none does."""
    before = None if shell is None else shell.user_ns.get(wanted or DEFAULT_NAME)
    if not isinstance(before, Sweep) or before.is_over:
        return ""
    ends = f"`%hfjobs cancel {before.selector}` ends it"
    return f"\nSweep {before.id}, which had that name, still runs: {count_stages(before.stages)}. {ends}."


def take_up_sweep(made: Sweep, shell: Any, *, yes: bool, retry_failed: bool) -> None:
    """Show a sweep of another kernel, and ask whether to start the runs that were not started.

    Raises
    ------
    BudgetError
        When the session's budget does not allow it.
    WaitInterruptedError
        When the reader interrupts the waiting; the sweep goes on.
    """
    _ = made.errors  # finds out why runs failed
    name, go_on = _bind(made, None, shell), made.retry_failed if retry_failed else made.resume
    waiting = made.stages.count(WAITING) + (len(made.failed) if retry_failed else 0)
    asks = bool(waiting) and not yes and not is_unattended(shell)
    ask = partial(ask_to_go_on, made.plan, waiting, ask_reader, with_failed=retry_failed and bool(made.failed))
    wanted = ask(yes=True) if waiting and yes else None
    if wanted:
        go_on(over_budget=wanted.over_budget)
    _show(made, f"{count_runs(len(made))}, {count_stages(made.stages)}.{_say_name(made, name)}", shell, live=True)
    if asks and (wanted := ask(yes=False)):
        go_on(over_budget=wanted.over_budget)
    if wanted or not NOT_ENDED.isdisjoint(made.stages):
        _ring(made, shell)
    if waiting and not wanted:
        said = "They are left alone." if made.stopped in {"", LEFT_ALONE} else made.stopped
        again = "retry_failed" if retry_failed else "resume"
        display(Text(f"{said} `{name or DEFAULT_NAME}.{again}()` starts them."))
    elif wanted and is_unattended(shell):
        # A program ends the kernel after its last cell, and nobody would start the others.
        with _say_interrupted(made, name):
            made.wait()
            display(made.summarize())


@contextmanager
def _say_interrupted(made: Sweep, name: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        way = f"`{name}.cancel()`" if name else f"`%hfjobs cancel {made.selector}`"
        raise WaitInterruptedError(f"Stopped waiting; sweep {made.id} goes on. {way} ends it.") from None


def _say_name(made: Sweep, name: str) -> str:
    if name:
        return f" It is `{name}` here."
    local = ", local=True" if made.plan.client.local else ""
    return f' `hfjobs_magic.attach_sweep("{made.id}"{local})` returns it; --as NAME gives it a name.'


def _say_way(name: str, shell: Any) -> str:
    """Say how its end is seen where no table shows it: in a terminal."""
    return f" `{name}` says how it is, `{name}.wait()` waits for its end." if is_text_only(shell) else ""


def _say_pulled(made: Sweep) -> list[str]:
    """Say what has come of each run's folder, and what has not."""
    done = made.pull()
    failed = [(number, one) for number, one in enumerate(done, 1) if isinstance(one, HfJobsError)]
    files = sum(len(one.fetched) for one in done if isinstance(one, Pulled))
    folder = made.plan.request.options.folder_back
    return [f"{count_files(files)} fetched into {folder}/1 to {folder}/{len(made)}."] + [
        f"Run {number}: {error}" for number, error in failed
    ]


def _show(made: Sweep, text: str, shell: Any, *, live: bool) -> None:
    display(Text(f"Sweep {made.id}: {text}"))
    if live and is_watched(shell) and not is_text_only(shell):
        show_list(list_runs(made), shell, live=True)
    elif live and any(made.jobs):
        display(made.table())


def _ring(made: Sweep, shell: Any) -> None:
    """Have a terminal ring at its end; a page has a bell of its own."""
    if is_text_only(shell):
        from hfjobs_magic.widgets.terminal_bell import ring_at_end  # noqa: PLC0415 - rich is slow to import

        ring_at_end(made)


def _bind(made: Sweep, wanted: str | None, shell: Any) -> str:
    """Give it a name in the notebook; empty where the default one is something else's."""
    if shell is None:
        return ""
    names = shell.user_ns
    if wanted is None and not isinstance(names.get(DEFAULT_NAME, made), Sweep):
        return ""
    names[wanted or DEFAULT_NAME] = made
    return wanted or DEFAULT_NAME
