"""``%hfjobs``: jobs that were started, as tables and text. One small module a group of verbs."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from IPython.display import display

from hfjobs_magic.errors import OptionError
from hfjobs_magic.job import Job
from hfjobs_magic.launch import connect
from hfjobs_magic.magics import attaching, changing, listing, reading, scheduled
from hfjobs_magic.magics.cards import show
from hfjobs_magic.magics.config import config
from hfjobs_magic.magics.run import run
from hfjobs_magic.magics.shown import Text, answers
from hfjobs_magic.magics.verbs import Parser, add_verbs, check_token
from hfjobs_magic.options import did_you_mean

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
        """List jobs, read their logs, cancel them; ``%hfjobs --help`` shows the commands."""
        words = split(line) or ["ls"]
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


def parsers() -> tuple[argparse.ArgumentParser, argparse.ArgumentParser]:
    """Build the parser of the line, and that of ``scheduled``."""
    made = Parser(
        prog="%hfjobs",
        description="Jobs of your namespace; also run (a Docker job) and config (defaults of this session).",
        add_help=False,
    )
    verbs = add_verbs(made, VERBS)
    inner: argparse.ArgumentParser = verbs.add_parser(
        "scheduled", help="jobs that start by themselves", description="Scheduled jobs.", add_help=False
    )
    add_verbs(inner, scheduled.VERBS)
    return made, inner


def _names(verbs: Sequence[object], *more: str) -> list[str]:
    return [name for verb in verbs for name in getattr(verb, "names", ())] + list(more)


def _check_verb(word: str, names: list[str]) -> None:
    if word not in names:
        raise OptionError(f"There is no command {word!r}.{did_you_mean(word, names)} See %hfjobs --help.")
