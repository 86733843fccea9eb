"""A sweep as it is asked for: its runs, the most that they can cost, and the question before the first is paid for."""

from __future__ import annotations

import builtins
import secrets
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.connect import choose_hardware, connect
from hfjobs_magic.api.idle import check_idle
from hfjobs_magic.api.plan import plan
from hfjobs_magic.api.price import find_offer, most_of
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.session import RAISE_BUDGET, up_to
from hfjobs_magic.api.source import read_grid
from hfjobs_magic.api.sweep_steps import MAX_PARALLEL, Limits, count_runs
from hfjobs_magic.cost import check_cap, format_duration, format_usd
from hfjobs_magic.errors import BudgetError, HubError, OptionError
from hfjobs_magic.hub.request import MAP, SweepRun
from hfjobs_magic.options.identifiers import check_variable
from hfjobs_magic.options.sweep_grid import describe
from hfjobs_magic.options.value_names import parse_values
from hfjobs_magic.script.script import Script

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hfjobs_magic.facts import Hardware
    from hfjobs_magic.hub.client import JobsClient
    from hfjobs_magic.hub.request import Request

ID_BYTES = 4
"""Random bytes of a sweep's id, eight hex digits: so many sweeps that meet in one namespace are not to be had."""


@dataclass(frozen=True)
class SweepPlan:
    """What is to be submitted."""

    request: Request
    """What each job is, but for its run."""
    client: JobsClient
    """Where they go."""
    id: str
    """Eight hex digits."""
    runs: tuple[dict[str, Any], ...]
    """Values of each run, by name."""
    limits: Limits
    """How many at a time, and how far."""
    hardware: Hardware | None
    """What they run on; None where the Hub did not say."""
    over_budget: bool = False
    """Whether somebody has said yes to more than the session's budget leaves."""

    @property
    def most_usd(self) -> float | None:
        """Most that all of them can cost, and no more than the cap; None where that is not known."""
        return self.most_of(len(self.runs))

    def most_of(self, count: int) -> float | None:
        """Return the same for so many of them."""
        each = self.limits.each_usd
        if each is None:
            return None
        total = each * count
        return total if self.limits.cap_usd is None else min(total, self.limits.cap_usd)

    def of_run(self, place: int, first: str = "", *, start: int = 1, by: str = "") -> Request:
        """Return the request of one run; `first` is the job whose files it shares, the rest is as for `SweepRun`."""
        return replace(self.request, run=SweepRun(self.id, place + 1, self.runs, first, start, by))

    def __str__(self) -> str:
        """Say it as the question does."""
        return self.describe(len(self.runs))

    def describe(self, count: int) -> str:
        """Say it of so many of the runs."""
        options = self.request.options
        where = "on this machine" if self.client.local else f"x {options.flavor}"
        most = "" if self.client.local else f": {up_to(self.most_of(count))}"
        time = format_duration(options.timeout_s)
        ends = f"; one that is idle for {options.cancel_if_idle} is cancelled" if options.cancel_if_idle else ""
        jobs = f"{count} job{'' if count == 1 else 's'} {where} x {time} at most{most}"
        if options.reuse:
            jobs = f"{count_runs(count)}, those that completed before are reused and free; else {jobs}"
        return f"{jobs}, {self.limits.at_a_time(count)} at a time{ends}."


def plan_sweep(request: Request, client: JobsClient | None = None) -> SweepPlan:
    """Price a request with ``--map``; nothing is submitted.

    Raises
    ------
    OptionError, BudgetError
        For runs that cannot be read, and where one of them can cost more than the cap.
    """
    options = request.options
    if not isinstance(request.work, Script):
        raise OptionError("--map and --map-file make a sweep of a cell or a script, not of an image's command.")
    if any(item.format == "pickle" for item in parse_values(options.inputs, "-i")):
        raise OptionError("-i NAME:pickle is for one job, whose name is its key. Send the value in another format.")
    runs = _read_runs(request)
    client = client or connect(local=options.local, namespace=options.namespace)
    hardware = choose_hardware(options.flavor, client.hardware())
    check_idle(options, hardware)
    each = most_of(request, hardware, local=client.local)
    cap = None if client.local else options.max_cost_usd
    check_cap(cap, each, hardware.usd_per_minute, of_sweep=True)
    limits = Limits(options.max_parallel or MAX_PARALLEL, options.stop_on_fail, cap, each)
    # The cap is the sweep's: of a single job it would shorten the timeout.
    alone = replace(request, options=replace(options, max_cost=None))
    return SweepPlan(alone, client, secrets.token_hex(ID_BYTES), runs, limits, hardware)


def _read_runs(request: Request) -> tuple[dict[str, Any], ...]:
    """Return the values of each run; names that a cell, or a plain script, cannot have are refused."""
    grid = read_grid(request.options)
    if isinstance(request.work, Script) and request.work.is_cell:
        _check_builtins(grid.names)
    else:
        _check_variables(grid.names)
    return grid.runs()


def _check_builtins(names: Sequence[str]) -> None:
    """Refuse names that Python has: the cell, and all that it calls of the notebook's, would have the value instead."""
    if own := next((name for name in names if hasattr(builtins, name)), None):
        raise OptionError(f"--map {own}=…: {own} is a name of Python's own. Call it {own}_, as in --map {own}_=….")


def _check_variables(names: Sequence[str]) -> None:
    """Refuse names that are not variables of the environment, in which a plain script finds its values."""
    for name in names:
        check_variable(f"{MAP}_{name.upper()}", "--map")
    same = Counter(name.upper() for name in names).most_common(1)
    if same and same[0][1] > 1:
        raise OptionError(f"Two of the mapped names are {MAP}_{same[0][0]} in a plain script. Rename one of them.")


def ask_for_all(planned: SweepPlan, ask: Callable[[str], bool] | None) -> SweepPlan:
    """Ask once for the whole sweep, and return what is to be started; a local one costs nothing and asks nothing.

    Raises
    ------
    BudgetError
        When the answer is no, or the session's budget does not allow it and nobody can be asked.
    """
    if planned.client.local:
        return planned
    excess = RUNTIME.session.find_excess(planned.most_usd)
    if not excess and (ask is None or planned.request.options.yes):
        return planned
    if ask is None:
        raise BudgetError(
            f"This sweep can cost {up_to(planned.most_usd)}; {excess}. Nothing was submitted. "
            f"Shorten --timeout, or {RAISE_BUDGET}"
        )
    if not _ask(f"{planned}{_as_sentence(excess)} Start?", excess, ask):
        raise BudgetError("Nothing was submitted.")
    return replace(planned, over_budget=bool(excess))


def _ask(question: str, excess: str, ask: Callable[[str], bool]) -> bool:
    """Ask; where nobody can be asked the error says what to do."""
    try:
        return ask(question)
    except BudgetError as error:
        raise BudgetError(f"{error} {RAISE_BUDGET.capitalize() if excess else '--yes starts it unasked.'}") from None


def _as_sentence(excess: str) -> str:
    return f" {excess[0].upper()}{excess[1:]}." if excess else ""


def ask_to_go_on(
    planned: SweepPlan, waiting: int, ask: Callable[[str], bool], *, yes: bool, with_failed: bool = False
) -> SweepPlan | None:
    """Ask once before the runs are started that another kernel has not started; None where they are not to be.

    `waiting` is how many, those that failed among them where `with_failed`.

    Raises
    ------
    BudgetError
        When the session's budget does not allow it, or nobody can be asked.
    """
    excess = "" if planned.client.local else RUNTIME.session.find_excess(planned.most_of(waiting))
    if yes and not excess:
        return planned
    secret = planned.request.options.secrets
    gets = f" They get {', '.join(secret)} from here." if secret else ""
    verb = "failed or were not started" if with_failed else "were not started"
    told = f"{waiting} of {len(planned.runs)} runs {verb}: {planned.describe(waiting)}{gets}"
    question = f"{told}{_as_sentence(excess)} Another kernel that is still starting them will stop. Start them here?"
    return replace(planned, over_budget=bool(excess)) if _ask(question, excess, ask) else None


def describe_sweep(request: Request, *, endpoint: str | None = None, token: str | None = None) -> str:
    """Return what ``--dry-run`` shows: the job, then every run with what it can cost; needs no account.

    Parameters are those of `plan`.

    Raises
    ------
    OptionError, BudgetError
        Where submitting would raise it too.
    """
    options, runs = request.options, _read_runs(request)
    offer, is_silent = None, False
    try:
        offer = find_offer(options, endpoint=endpoint, token=token)
    except HubError:
        is_silent = True  # the plan of one run says why
    each = most_of(request, offer, local=options.local)
    cap = None if options.local else options.max_cost_usd
    if not is_silent:
        check_cap(cap, each, offer.usd_per_minute if offer else None, of_sweep=True)
    alone = replace(request, options=replace(options, max_cost=None), run=SweepRun("0" * 8, 1, runs))
    total = None if each is None else each * len(runs)
    money = "nothing" if options.local else up_to(total)
    capped = ""
    # Where the price is not known nothing is promised: a cap cannot be kept then.
    if cap is not None and total is not None and total > cap:
        capped = f", {format_usd(cap)} at most (--max-cost)"
    parallel = Limits(options.max_parallel or MAX_PARALLEL, cap_usd=cap, each_usd=each).at_a_time(len(runs))
    costs = "it costs" if len(runs) == 1 else "all together cost"
    head = f"A sweep of {count_runs(len(runs))}, {parallel} at a time; {costs} {money}{capped}."
    return f"{head}\n\n{_list_runs(runs, each)}\n\nEach of them:\n\n{plan(alone, endpoint=endpoint, token=token)}"


def _list_runs(runs: Sequence[dict[str, Any]], each: float | None) -> str:
    width = len(str(len(runs)))
    price = "" if not each else f"  {up_to(each)}"
    return "\n".join(f"{number:>{width}}  {describe(run)}{price}" for number, run in enumerate(runs, 1))
