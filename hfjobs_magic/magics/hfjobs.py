"""``%hfjobs``: jobs that were started, as tables and text. One small module a group of verbs."""

from __future__ import annotations

import shlex
from collections import ChainMap
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, needs_local_scope, no_var_expand
from IPython.display import display

from hfjobs_magic.api.connect import connect
from hfjobs_magic.api.job import Job
from hfjobs_magic.api.scheduled_job import ScheduledJob
from hfjobs_magic.api.sweep import Sweep
from hfjobs_magic.errors import OptionError
from hfjobs_magic.magics.commands import attach, change, files, ls, read, scheduled
from hfjobs_magic.magics.commands.config import config
from hfjobs_magic.magics.commands.handles import name_handles
from hfjobs_magic.magics.commands.run import (
    RUN,
    SCHEDULED_RUN,
    SCHEDULED_UV_RUN,
    UV_RUN,
    Command,
    answer,
    command_of,
    start,
)
from hfjobs_magic.magics.commands.verb import Asked, Parser, add_verbs, check_token
from hfjobs_magic.magics.confirm import ask_reader
from hfjobs_magic.magics.earlier_jobs import find_earlier_jobs
from hfjobs_magic.magics.sweep import take_up_sweep
from hfjobs_magic.magics.wait import say_what_goes_on, wait_if_asked
from hfjobs_magic.options.help import did_you_mean, examples
from hfjobs_magic.options.words import split_line
from hfjobs_magic.views.table import Text
from hfjobs_magic.widgets.display import show, show_below, show_list
from hfjobs_magic.widgets.frontend import is_watched
from hfjobs_magic.widgets.job_list import JobList

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from hfjobs_magic.magics.commands.verb import Verb
    from hfjobs_magic.options.words import Words

VERBS = (*ls.VERBS, *read.VERBS, *files.VERBS, *change.VERBS, *attach.VERBS)


class HfJobsMagic(Magics):
    """The line magic, written into its table by hand as `HfJobMagic` is."""

    registered = True
    magics = {"line": {"hfjobs": "hfjobs"}, "cell": {}}  # noqa: RUF012 - an attribute of instances, as IPython declares it

    @no_var_expand
    @needs_local_scope
    def hfjobs(self, line: str, local_ns: dict[str, Any] | None = None) -> None:
        """List jobs, read their logs, cancel them.

        ::

            %hfjobs ls -a               jobs, also those that have ended
            %hfjobs logs -n 20 @latest  the newest lines of a log
            %hfjobs cancel JOB_ID       end a job
            %hfjobs hardware            flavors and prices

        ``--local`` is for jobs of the local service. ``%hfjobs --help`` shows all commands, Tab completes
        commands, options and the ids of jobs.
        """
        line_words = split_line(line)
        command = command_of(line_words.words)
        # What a command's image or script is given is expanded where that is known.
        # In a function its own variables come first, as on IPython's lines.
        names = ChainMap(local_ns or {}, self.shell.user_ns if self.shell else {})
        words = list(line_words.words if command else line_words.expand(line_words.words, names, secrets=False))
        words = words or ["ls"]
        own = words[len(command.words) if command else 1 :]
        if (command or words[0] == "config") and own[:1] in (["-h"], ["--help"]):
            display(Text(parser_of(parsers()[0], words).format_help()))
        elif command:
            self._start(command, line_words.after(len(command.words)), names)
        elif words[0] == "config":
            display(config(own))
        else:
            self._answer(words, names)

    def _answer(self, words: list[str], names: Mapping[str, Any]) -> None:
        asked = parse(words)
        if isinstance(asked, str):
            display(Text(asked))
            return
        name_handles(asked, names)
        live = not asked.is_for_programs and is_watched(self.shell)
        if words[0] != "scheduled":
            attach.complete(asked)
        client = connect(local=asked.local, namespace=asked.namespace)
        run = asked.run_live if live else asked.run
        found = run(client, asked).in_format(asked)
        if isinstance(found, Sweep):
            take_up_sweep(found, self.shell, yes=asked.yes, retry_failed=asked.retry_failed)
            return
        self._show(found, live=live)
        if isinstance(found, Job):
            show_below(found, self.shell)
            if words[0] == "rerun":
                with say_what_goes_on(found):
                    wait_if_asked(found, self.shell)

    def _start(self, command: Command, words: Words, names: Mapping[str, Any]) -> None:
        earlier = None if command.is_scheduled else find_earlier_jobs(self.shell)
        handle, line = start(command, words, names, ask_reader)
        if isinstance(handle, Text):
            display(handle)
            return
        if isinstance(handle, Job) and earlier:
            earlier.give_way(handle)
        name = line.given.get("as_")
        if name and self.shell:
            self.shell.user_ns[name] = handle
        with say_what_goes_on(handle):
            self._show(answer(handle).in_format(line.output))
            # Programs that asked for JSON or ids only wait where the line says so.
            if isinstance(handle, Job) and (line.given.get("wait") or not line.output.is_for_programs):
                wait_if_asked(handle, self.shell)

    def _show(self, shown: Any, *, live: bool = False) -> None:
        if isinstance(shown, tuple):
            for one in shown:
                show(one, self.shell)
        elif isinstance(shown, Job | ScheduledJob):
            show(shown, self.shell)
        elif isinstance(shown, JobList):
            show_list(shown, self.shell, live=live)
        else:
            display(shown)


def parse(words: Sequence[str]) -> Asked | str:
    """Read the words of a line: what was asked for, or the help text that was.

    Raises
    ------
    OptionError
        For a command that is not there, with the nearest name, and for options that cannot be used.
    """
    made, inner = parsers()
    if words[0] in {"-h", "--help"}:
        return made.format_help()
    _check_verb(words[0], _names(VERBS, "scheduled", "config", "run", "uv"))
    if words[0] == "scheduled":
        if len(words) == 1 or words[1] in {"-h", "--help"}:
            return inner.format_help()
        _check_verb(words[1], _names(scheduled.VERBS, "run", "uv"))
    if "uv" in words[:2] and (group := parser_of(made, words)).prog.endswith("uv"):
        if words[-1] not in {"uv", "-h", "--help"}:
            _check_verb(words[words.index("uv") + 1], ["run"])
        return group.format_help()
    return _parse(made, words)


def _parse(made: argparse.ArgumentParser, words: Sequence[str]) -> Asked | str:
    parser, depth = parser_of(made, words), 2 if words[0] == "scheduled" else 1
    if {"-h", "--help"} & set(words):
        return parser.format_help()
    # Options may stand between several jobs, as with `hf jobs`.
    made_of = Asked(verb=words[depth - 1], line=f"%hfjobs {shlex.join(words)}")
    asked = parser.parse_intermixed_args(words[depth:], namespace=made_of)
    check_token(asked)
    return asked


def parser_of(made: argparse.ArgumentParser, words: Sequence[str]) -> argparse.ArgumentParser:
    """Find the parser of the command that `words` begin with."""
    parser = made
    for word in words:
        choices: Any = next((action.choices for action in parser._actions if action.dest == "verb"), None)  # noqa: SLF001
        if not choices or word not in choices:
            break
        parser = choices[word]
    return parser


EXAMPLES = (
    "%hfjobs ls -a",
    "%hfjobs logs -n 20 @latest",
    "%hfjobs cancel @running",
    "%hfjobs run --flavor t4-small python:3.12 python -V",
    '%hfjobs scheduled uv run "0 9 * * 1" report.py',
    "%hfjobs config flavor=t4-small budget=20",
)
"""What ``--help`` ends with."""


def parsers() -> tuple[argparse.ArgumentParser, argparse.ArgumentParser]:
    """Build the parser of the line, and that of ``scheduled``."""
    made = Parser(
        prog="%hfjobs",
        description="Jobs of your namespace: what runs, what it said, what it costs.",
        epilog=examples(*EXAMPLES),
    )
    verbs = add_verbs(made, VERBS)
    inner: argparse.ArgumentParser = verbs.add_parser(
        "scheduled", help="jobs on a schedule", description="Scheduled jobs."
    )
    _add_making(add_verbs(inner, scheduled.VERBS), SCHEDULED_RUN, SCHEDULED_UV_RUN)
    _add_making(verbs, RUN, UV_RUN)
    _add_config(verbs)
    return made, inner


def line_parser() -> argparse.ArgumentParser:
    """Build the parser of the line, for completion."""
    return parsers()[0]


def _add_making(verbs: Any, plain: Command, uv: Command) -> None:
    """Add the commands that make jobs, for help and completion; their lines are read elsewhere."""
    group = verbs.add_parser("uv", help="Python files with packages, as jobs", description="Run Python files with uv.")
    inner = group.add_subparsers(dest="verb", metavar="COMMAND", title="commands", parser_class=Parser)
    for where, command in ((verbs, plain), (inner, uv)):
        made = where.add_parser(
            "run", help=command.help, usage=command.usage.replace("%", "%%"), parents=[command.parser()]
        )
        made.add_argument("-h", "--help", action="store_true", help="show this")
        for keyword, metavar, help_text in command.arguments:
            made.add_argument(keyword, metavar=metavar, help=help_text)


def _add_config(verbs: Any) -> None:
    settings = verbs.add_parser(
        "config",
        help="defaults of this session, and its budget",
        usage="%%hfjobs config [NAME=VALUE …] [--reset]",
    )
    settings.add_argument("settings", nargs="*", metavar="NAME=VALUE", help="flavor=t4-small, budget=20, …")
    settings.add_argument("--reset", action="store_true", help="clear them all")


def _names(verbs: Sequence[Verb], *more: str) -> list[str]:
    return [*(name for verb in verbs for name in verb.names), *more]


def _check_verb(word: str, names: list[str]) -> None:
    if word not in names:
        raise OptionError(f"There is no command {word!r}.{did_you_mean(word, names)} See %hfjobs --help.")
