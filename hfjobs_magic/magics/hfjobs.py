"""``%hfjobs``: jobs that were started, as tables and text. One small module a group of verbs."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from IPython.display import display

from hfjobs_magic.errors import OptionError
from hfjobs_magic.helptext import examples
from hfjobs_magic.job import Job
from hfjobs_magic.launch import connect
from hfjobs_magic.magics import attaching, changing, listing, reading, scheduled
from hfjobs_magic.magics.cards import show
from hfjobs_magic.magics.config import config
from hfjobs_magic.magics.run import OF_UV, run
from hfjobs_magic.magics.shown import Text, answers
from hfjobs_magic.magics.verbs import Parser, add_verbs, check_token
from hfjobs_magic.options import did_you_mean, parser

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

VERBS = (*listing.VERBS, *reading.VERBS, *changing.VERBS, *attaching.VERBS)


@magics_class
class HfJobsMagic(Magics):
    """The line magic."""

    @no_var_expand
    @line_magic
    def hfjobs(self, line: str) -> None:
        """List jobs, read their logs, cancel them.

        ::

            %hfjobs ls -a               jobs, also those that have ended
            %hfjobs logs -n 20 @latest  the newest lines of a log
            %hfjobs cancel JOB_ID       end a job
            %hfjobs hardware            flavors and prices

        ``--local`` is for jobs of the local service. ``%hfjobs --help`` shows all commands, Tab completes
        commands, options and the ids of jobs.
        """
        words = split(line) or ["ls"]
        if words[0] in {"config", "run"} and words[1:2] in (["-h"], ["--help"]):
            display(Text(parser_of(parsers()[0], words).format_help()))
            return
        if words[0] == "config":
            display(config(words[1:]))
            return
        if words[0] == "run":
            self._run(words[1:])
            return
        asked = parse(words)
        if isinstance(asked, str):
            display(Text(asked))
            return
        if words[0] != "scheduled":
            attaching.complete(asked, self.shell.user_ns if self.shell else {})
        client = connect(local=asked.local, namespace=asked.namespace)
        shown = asked.run(client, asked).in_format(asked)
        if isinstance(shown, Job):
            show(shown, self.shell)
        else:
            display(shown)

    def _run(self, words: list[str]) -> None:
        job = run(words, self.shell.user_ns if self.shell else {}, answers)
        if self.shell and job.options and job.options.as_:
            self.shell.user_ns[job.options.as_] = job
        show(job, self.shell)


def split(line: str) -> list[str]:
    """Words of a line, quotes as in a shell."""
    try:
        return shlex.split(line)
    except ValueError as error:
        raise OptionError(f"The line cannot be read: {error}. Close the quote, or escape it.") from None


def parse(words: Sequence[str]) -> argparse.Namespace | str:
    """Read the words of a line: what was asked for, or the help text that was.

    Raises
    ------
    OptionError
        For a command that is not there, with the nearest name, and for options that cannot be used.
    """
    made, inner = parsers()
    if words[0] in {"-h", "--help"}:
        return made.format_help()
    _check_verb(words[0], _names(VERBS, "scheduled", "config", "run"))
    if words[0] == "scheduled":
        if len(words) == 1 or words[1] in {"-h", "--help"}:
            return inner.format_help()
        _check_verb(words[1], _names(scheduled.VERBS))
    return _asked(made, words)


def _asked(made: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Namespace | str:
    if {"-h", "--help"} & set(words):
        return parser_of(made, words).format_help()
    asked = made.parse_args(words)
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
        "scheduled", help="jobs that start by themselves", description="Scheduled jobs."
    )
    add_verbs(inner, scheduled.VERBS)
    _add_commands_of_jobs(verbs)
    return made, inner


def line_parser() -> argparse.ArgumentParser:
    """Build the parser of the line, for completion."""
    return parsers()[0]


def _add_commands_of_jobs(verbs: Any) -> None:
    """Add the commands that make jobs, for help and completion; their lines are read elsewhere."""
    made = verbs.add_parser(
        "run",
        help="a command in a Docker image as a job",
        usage="%%hfjobs run [options] IMAGE COMMAND…",
        parents=[parser(without=OF_UV)],
    )
    made.add_argument("image", metavar="IMAGE", help="Docker image")
    settings = verbs.add_parser(
        "config",
        help="defaults of this session, and its budget",
        usage="%%hfjobs config [NAME=VALUE …] [--reset]",
    )
    settings.add_argument("settings", nargs="*", metavar="NAME=VALUE", help="flavor=t4-small, budget=20, …")
    settings.add_argument("--reset", action="store_true", help="clear them all")


def _names(verbs: Sequence[object], *more: str) -> list[str]:
    return [name for verb in verbs for name in getattr(verb, "names", ())] + list(more)


def _check_verb(word: str, names: list[str]) -> None:
    if word not in names:
        raise OptionError(f"There is no command {word!r}.{did_you_mean(word, names)} See %hfjobs --help.")
