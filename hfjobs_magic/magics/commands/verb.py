"""What a verb of ``%hfjobs`` is: names, arguments, and what it gives back."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.help import HelpParser
from hfjobs_magic.options.option_values import parse_pair
from hfjobs_magic.views.table import Table, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hfjobs_magic.hub.client import JobsClient

FORMATS = ("auto", "human", "agent", "json", "quiet")
"""What ``--format`` can say."""


class Asked(argparse.Namespace):
    """What a line of ``%hfjobs`` asks for: its verb, what all verbs take, and beside it the arguments of this one."""

    verb: str
    line: str
    """The whole line, as it would be written again."""
    local: bool
    namespace: str | None
    token: str | None
    format: str | None
    json: bool
    quiet: bool

    @property
    def is_for_programs(self) -> bool:
        """Whether the answer is read by a program, not by a person."""
        return self.quiet or self.json or self.format not in {None, "auto", "human"}


@dataclass(frozen=True)
class Answer:
    """What a verb found: for people, and for programs."""

    shown: Any
    """Something to display; a Job is shown as its card."""
    data: Any = None
    """The same as JSON, for ``--json``."""
    ids: tuple[str, ...] = ()
    """The ids in it, for ``--quiet``."""

    def in_format(self, asked: Asked) -> Any:
        """Choose what to display by ``--format``, ``--json`` and ``-q``."""
        if asked.quiet or asked.format == "quiet":
            return Text("\n".join(self.ids))
        if asked.json or asked.format == "json":
            one = {"id": self.ids[0]} if len(self.ids) == 1 else {}
            data = self.data if self.data is not None else {**one, "ids": list(self.ids)}
            return Text(json.dumps(data, indent=2, ensure_ascii=False))
        return Text(repr(self.shown)) if asked.format == "agent" and isinstance(self.shown, Table) else self.shown


@dataclass(frozen=True)
class Verb:
    """One command."""

    names: tuple[str, ...]
    """Its name and its other names."""
    help: str
    """One clause."""
    run: Callable[[JobsClient, Any], Answer]
    """Do it: one call of the public functions."""
    arguments: Callable[[argparse.ArgumentParser], object] = lambda _parser: None
    """Adds its own arguments to a parser."""
    run_live: Callable[[JobsClient, Any], Answer] | None = None
    """The same where a person looks at a notebook, in which widgets live; None where that makes no difference."""


class Parser(HelpParser):
    """argparse with our layout, whose errors are ours."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one sentence."""
        if needs := re.fullmatch(r"argument (?:-\w/)?(--[\w-]+)[^:]*: expected one argument", message):
            message = f"{needs[1]} needs a value"
        if extra := re.fullmatch(r"unrecognized arguments: ((\S+).*)", message):
            is_option = extra[2].startswith("-")
            message = f"there is no option {extra[2]} here" if is_option else f"this command does not take {extra[1]}"
        raise OptionError(f"{message[:1].upper()}{message[1:]}. See %hfjobs --help.")


def add_verbs(parser: argparse.ArgumentParser, verbs: Iterable[Verb]) -> Any:
    """Make a parser of each verb; returns the action that holds them."""
    made = parser.add_subparsers(dest="verb", metavar="COMMAND", title="commands", required=True, parser_class=Parser)
    for verb in verbs:
        one = made.add_parser(
            verb.names[0], aliases=verb.names[1:], help=verb.help, description=verb.help, add_help=False
        )
        verb.arguments(one)
        _add_common(one)
        one.set_defaults(run=verb.run, run_live=verb.run_live or verb.run, of=one)
    return made


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--local", action="store_true", help="jobs of the local service")
    parser.add_argument("--namespace", metavar="NAME", help="user or organisation")
    parser.add_argument("--token", metavar="TOKEN", help="refused: it would be saved with the notebook")
    parser.add_argument("--format", choices=FORMATS, help="form of the answer")
    parser.add_argument("--json", action="store_true", help="the answer as JSON")
    parser.add_argument("-q", "--quiet", action="store_true", help="ids only")
    parser.add_argument("--no-truncate", action="store_true", help="no effect: output is never truncated")
    parser.add_argument("-h", "--help", action="store_true", help="show this")


def check_token(asked: Asked) -> None:
    """Refuse a token on the line."""
    if asked.token is not None:
        raise OptionError(
            "--token would save the token in the notebook. Use `hf auth login` or set HF_TOKEN in the environment."
        )


def label_filters(labels: Sequence[str] | None, name: str | None) -> dict[str, str]:
    """``-l KEY=VALUE`` and ``--name`` as labels a job must have."""
    wanted: dict[str, str] = {}
    for item in labels or ():
        key, value = parse_pair(item, "--label")
        if value is None:
            raise OptionError(f"--label {item} is not a filter. Write --label {item}=VALUE.")
        wanted[key] = value
    if name is not None:
        if "name" in wanted:
            raise OptionError("--name and --label name=… say the same thing; leave one out.")
        wanted["name"] = name
    return wanted
