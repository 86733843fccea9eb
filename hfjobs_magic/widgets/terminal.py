"""A job where there is only a terminal: its log scrolls by, one line below it says how it is.

Where the output is not a terminal (a pipe, a file), the same lines come plainly. Ctrl-C stops following, not the job.
"""

from __future__ import annotations

import re
import sys
from collections import deque
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from hfjobs_magic.api.idle import describe_idle
from hfjobs_magic.api.right_size import compare
from hfjobs_magic.cost import cost_usd, format_duration, format_estimate
from hfjobs_magic.errors import RemoteError
from hfjobs_magic.widgets.terminal_bell import ring
from hfjobs_magic.widgets.terminal_outputs import write_outputs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.follow.follower import Follower

TICK_S = 0.1
"""Seconds between two looks at the log."""

BLOCK_LINES = 2_000
"""Lines written at a time; between two blocks Ctrl-C is heard and the line below moves."""

MAX_BEHIND = 20_000
"""Lines a terminal may lag behind the job; what is older is left out and said to be."""

REMEMBERED_LINES = 2_000
"""Newest lines among which the traceback of a failed cell is looked for; 1,000 is what Python's own limit of recursion
makes at most."""

_ANSI = re.compile(r"\x1b\[[0-9;:]*[A-Za-z]")

_COLORS = {"COMPLETED": "green", "ERROR": "red", "RUNNING": "blue", "SCHEDULING": "yellow"}


def follow(job: Job) -> None:
    """Show a job until it has ended, or until Ctrl-C.

    Raises
    ------
    JobFailedError
        When it did not end in COMPLETED.
    """
    console = Console(highlight=False)
    follower = job.open_follower(job)
    screen: _Plain | _Screen = _Screen(job, follower, console) if console.is_terminal else _Plain()
    flag = " --local" if job.client.local else ""
    console.print(f"Job {job.name} ({job.id})", f"{job.url}", sep="\n", markup=False, soft_wrap=True)
    newest: deque[str] = deque(maxlen=REMEMBERED_LINES)
    try:
        with screen:
            _copy(follower, screen, f"`%hfjobs keep {job.id}{flag}`", newest)
    except KeyboardInterrupt:
        console.print(
            f"Stopped following; job {job.name} keeps running. `%hfjobs attach {job.id}{flag}` follows it again, "
            f"`%hfjobs cancel {job.id}{flag}` ends it.",
            markup=False,
            soft_wrap=True,
        )
        return
    write_outputs(console, job)
    console.print(summary(job, follower), soft_wrap=True)
    ring(console, f"Job {job.name}: {job.facts.stage.capitalize()}")
    size = compare(job, follower.metrics.usage(), follower.state.finished_at)
    if size:
        console.print(str(size), style="dim", markup=False, soft_wrap=True)
    try:
        job.wait()
    except RemoteError as error:
        if _has_lines(newest, error.traceback):
            error.leave_traceback_out()
        raise


def summary(job: Job, follower: Follower) -> Text:
    """Say how a job is: stage, name and flavor, time, money."""
    state = follower.state
    facts = state.facts
    until = state.finished_at or (None if facts.is_terminal else follower.clock())
    parts = [f"{facts.name} on {facts.flavor}"]
    begun = facts.started_at or facts.created_at
    if begun and until:
        waited = "" if facts.started_at else "waiting "
        parts.append(f"{waited}{format_duration(until - begun)}")
    if facts.stage == "SCHEDULING" and facts.message:
        parts.append(facts.message.removesuffix("."))
    if job.client.local:
        parts.append("free · local")
    elif facts.started_at and until and job.hardware:
        parts.append(format_estimate(cost_usd(job.hardware.usd_per_minute, until - facts.started_at)))
    total = follower.log.total
    parts.append(f"{total:,} line{'' if total == 1 else 's'}")
    if state.stream == "reconnecting":
        parts.append("reconnecting")
    stage = "Canceling" if state.cancelling else facts.stage.capitalize()
    return Text.assemble((stage, f"bold {_COLORS.get(facts.stage, 'default')}"), "  ", " · ".join(parts))


def _copy(follower: Follower, screen: _Plain | _Screen, keep: str, newest: deque[str]) -> None:
    """Write lines as they come, until the job has ended and its whole log is written.

    `keep` lets an idle one run; `newest` gets what is written.
    """
    log, written, ended = follower.log, 0, False
    while not ended:
        ended = follower.done.wait(TICK_S)
        if idle := follower.idle.news():
            screen.write([f"The job is {describe_idle(idle)}. Ctrl-C and {keep} let it run."])
        # The newest line may still change, as progress bars do, until another follows or the job has ended.
        settled = log.total - (0 if ended else 1)
        if settled - written > MAX_BEHIND:
            left_out = settled - written - BLOCK_LINES
            screen.write([f"… {left_out:,} lines are left out here"])
            written += left_out
        while written < settled:
            lines = log.lines(written, min(BLOCK_LINES, settled - written))
            screen.write(lines)
            newest.extend(lines)
            written += len(lines)
        screen.show_last("" if ended else "".join(log.lines(written, 1)))


def _has_lines(lines: Iterable[str], text: str) -> bool:
    """Whether all lines of a text are there, in their order; what was printed meanwhile may stand between them."""
    found = iter([_ANSI.sub("", line).rstrip() for line in lines])
    return bool(text) and all(line.rstrip() in found for line in _ANSI.sub("", text).split("\n"))


class _Plain:
    """Lines to a pipe or a file, as they are."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()

    def write(self, lines: list[str]) -> None:
        """Write lines that no longer change."""
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()

    def show_last(self, line: str) -> None:
        """Leave out a line that may still change."""


class _Screen:
    """Lines above, and below them the newest line and how the job is."""

    def __init__(self, job: Job, follower: Follower, console: Console) -> None:
        self._job = job
        self._follower = follower
        self._console = console
        self._newest = ""
        self._spinner = Spinner("dots")
        self._live = Live(
            get_renderable=self._below, console=console, refresh_per_second=8, transient=True, redirect_stdout=False
        )

    def __enter__(self) -> None:
        self._live.start(refresh=True)

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def write(self, lines: list[str]) -> None:
        """Write lines that no longer change."""
        self._console.print(Text.from_ansi("\n".join(lines)), soft_wrap=True)

    def show_last(self, line: str) -> None:
        """Show a line that may still change."""
        self._newest = line

    def _below(self) -> Group:
        status = Table.grid(padding=(0, 1))
        status.add_column(no_wrap=True)
        status.add_column(no_wrap=True, overflow="ellipsis")
        status.add_row(self._spinner, summary(self._job, self._follower))
        newest = [Text.from_ansi(self._newest, no_wrap=True, overflow="ellipsis")] if self._newest else []
        return Group(*newest, status)
