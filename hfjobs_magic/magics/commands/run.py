"""``%hfjobs run``, ``uv run``, ``scheduled run``, ``scheduled uv run``: the commands that make jobs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.job import Job
from hfjobs_magic.api.plan import plan
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.scheduled_job import ScheduledJob
from hfjobs_magic.api.source import OF_CELLS, OF_UV, read_image, read_source
from hfjobs_magic.api.submit import submit
from hfjobs_magic.errors import OptionError
from hfjobs_magic.magics.commands.verb import FORMATS, Answer, Asked, check_token
from hfjobs_magic.options.command_line import split_options
from hfjobs_magic.options.cron import join_with_and
from hfjobs_magic.options.layers import Layer
from hfjobs_magic.options.line import parser
from hfjobs_magic.options.option import Option
from hfjobs_magic.options.stray_words import unknown_option
from hfjobs_magic.options.table import OPTIONS
from hfjobs_magic.views.table import Text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence

    from hfjobs_magic.hub.request import Request
    from hfjobs_magic.options.words import Words

    Ask = Callable[[str], bool]

OUTPUT = (
    Option(("--token",), "text", "refused: it would be saved with the notebook", "TOKEN"),
    Option(("--format",), "text", "form of the answer", "|".join(FORMATS)),
    Option(("--json",), "flag", "the answer as JSON, without a card"),
    Option(("-q", "--quiet"), "flag", "the id only, without a card"),
)
"""How ``hf jobs`` prints, and its login."""

_NOW = ("schedule", "suspend", "concurrency")
"""Options of a cell's schedule; here there are commands for it."""

_NOT_SCHEDULED = (
    *("schedule", "wait", "detach", "reuse", "ssh", "network_group", "network_aliases", "no_log_metrics", "no_mask"),
)
"""Options that a scheduled job does not have, or whose place is another one on these lines."""


@dataclass(frozen=True)
class Command:
    """One of the four."""

    words: tuple[str, ...]
    """What it is called."""
    arguments: tuple[tuple[str, str, str], ...]
    """Keyword, name in the usage and help of what it takes; the last may be followed by more."""
    help: str
    """One clause."""
    example: str
    """A line that works."""

    @property
    def name(self) -> str:
        """As it is written on a line."""
        return " ".join(("%hfjobs", *self.words))

    @property
    def is_uv(self) -> bool:
        """Whether it takes a script, not an image and a command."""
        return "uv" in self.words

    @property
    def is_scheduled(self) -> bool:
        """Whether it makes a scheduled job."""
        return "scheduled" in self.words

    @property
    def without(self) -> set[str]:
        """Keywords of options that it does not have."""
        return {*OF_CELLS, *(() if self.is_uv else OF_UV), *(_NOT_SCHEDULED if self.is_scheduled else _NOW)}

    @property
    def usage(self) -> str:
        """What ``--help`` begins with."""
        taken = " ".join(argument[1] for argument in self.arguments)
        return f"{self.name} [options] {taken} {'[ARGUMENTS…]' if self.is_uv else 'COMMAND…'}"

    def parser(self) -> argparse.ArgumentParser:
        """Read its options off the table."""
        return parser(self.name, without=self.without, more=OUTPUT)


_SCHEDULE = ("schedule", "SCHEDULE", '"0 9 * * 1" for Mondays at 09:00 UTC, @hourly, @daily, @weekly, …')
_IMAGE = ("image", "IMAGE", "Docker image")
_SCRIPT = ("script", "SCRIPT", "Python file, or its address")

RUN = Command(("run",), (_IMAGE,), "a command in a Docker image as a job", "%hfjobs run python:3.12 python -V")
UV_RUN = Command(("uv", "run"), (_SCRIPT,), "a Python file as a job", "%hfjobs uv run train.py --lr 3e-4")
SCHEDULED_RUN = Command(
    ("scheduled", "run"),
    (_SCHEDULE, _IMAGE),
    "schedule a command in a Docker image",
    "%hfjobs scheduled run @daily python:3.12 python -V",
)
SCHEDULED_UV_RUN = Command(
    ("scheduled", "uv", "run"),
    (_SCHEDULE, _SCRIPT),
    "schedule a Python file",
    '%hfjobs scheduled uv run "0 9 * * 1" report.py',
)
COMMANDS = (RUN, UV_RUN, SCHEDULED_RUN, SCHEDULED_UV_RUN)


def command_of(words: Sequence[str]) -> Command | None:
    """Find the command that a line begins with."""
    return next((command for command in COMMANDS if tuple(words[: len(command.words)]) == command.words), None)


@dataclass(frozen=True)
class Line:
    """A line, read."""

    given: dict[str, Any]
    """Keyword arguments."""
    schedule: str | None
    """When, for a scheduled command."""
    what: str
    """Image or script."""
    rest: tuple[str, ...]
    """The command's, or the script's, own words."""
    output: Asked
    """What was asked of the answer."""


def read(command: Command, words: Words, names: Mapping[str, Any]) -> Line:
    """Read what follows the command's name.

    Raises
    ------
    OptionError
        When something is missing, or for an option that it does not have.
    """
    known = [option for option in OPTIONS if option.dest not in command.without]
    own, rest = split_options(words.words, [*known, *OUTPUT])
    cut = len(command.arguments)
    for word in rest[:cut]:
        if word.startswith("-"):
            raise OptionError(_not_here(command, word))
    if len(rest) < cut + (0 if command.is_uv else 1):
        wanted = [f"{'an' if name == 'IMAGE' else 'a'} {name.lower()}" for _, name, _ in command.arguments]
        wanted += [] if command.is_uv else ["a command"]
        raise OptionError(f"{command.name} needs {join_with_and(wanted)}, as in: {command.example}")
    output = command.parser().parse_args(words.expand(own, names), namespace=Asked())
    check_token(output)
    if output.format not in {None, *FORMATS}:
        raise OptionError(f"--format {output.format}: choose one of {', '.join(FORMATS)}.")
    of_output = {option.dest for option in OUTPUT}
    given = {key: value for key, value in vars(output).items() if value is not None and key not in of_output}
    arguments = words.expand(rest[:cut], names, secrets=False)
    taken = dict(zip((argument[0] for argument in command.arguments), arguments, strict=False))
    more = rest[cut:]
    more = words.expand(more, names, secrets=False) if command.is_uv else words.expand_command(more, names)
    return Line(given, taken.get("schedule"), arguments[cut - 1], tuple(more), output)


def _not_here(command: Command, word: str) -> str:
    flag = word.partition("=")[0]
    option = next((option for option in OPTIONS if flag in option.flags), None)
    if option is None:
        return unknown_option(word)
    if option.dest in OF_UV and not command.is_uv:
        return f"{flag} belongs to %%hfjob; {command.name} takes an image and a command."
    if option.dest in _NOW and not command.is_scheduled:
        return f"{flag} belongs to %%hfjob; use {' '.join(('%hfjobs scheduled', *command.words))} here."
    return f"{flag} is for jobs that start now; {command.name} makes a scheduled one. Leave it out."


def start(command: Command, words: Words, names: Mapping[str, Any], ask: Ask) -> tuple[Job | ScheduledJob | Text, Line]:
    """Submit what a line asks for, or say what it would be (``--dry-run``).

    Raises
    ------
    OptionError, CellError, BudgetError, HubError
        Before anything is sent, where it can be known to fail.
    """
    line = read(command, words, names)
    given = {**line.given, **({"schedule": line.schedule} if command.is_scheduled else {})}
    request = _request(command, line, given)
    if request.options.dry_run:
        return Text(plan(request)), line
    made = submit(request, ask=ask)
    return ScheduledJob.from_submission(made) if command.is_scheduled else Job.from_submission(made), line


def _request(command: Command, line: Line, given: dict[str, Any]) -> Request:
    if not command.is_uv:
        return read_image(line.what, line.rest, [Layer("line", given), *RUNTIME.session.layers()])
    layers = [Layer("line", {**given, "script_args": line.rest}), *RUNTIME.session.layers()]
    # A word on this line is a file, whatever it is called.
    return read_source(line.what if line.what.startswith(("https://", "http://")) else Path(line.what), layers)


def answer(handle: Job | ScheduledJob) -> Answer:
    """Say what was started, for ``--json`` and ``--quiet``, in the words of ``hf jobs``."""
    url = {} if isinstance(handle, ScheduledJob) else {"url": handle.url}
    return Answer(handle, data={"id": handle.id, "name": handle.name, **url}, ids=(handle.id,))
