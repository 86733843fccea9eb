"""The magic line: its parser, and the keyword arguments that a line gives."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any, NoReturn

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.help import HelpParser, examples
from hfjobs_magic.options.quantities import parse_timeout
from hfjobs_magic.options.stray_words import describe_single_dash, describe_stray
from hfjobs_magic.options.table import HUB, OPTIONS, OURS
from hfjobs_magic.options.value_expressions import read_expression
from hfjobs_magic.options.words import split_line

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hfjobs_magic.options.option import Option


EXAMPLES = (
    "%%hfjob --local",
    "%%hfjob --flavor a10g-small --timeout 30m --secrets HF_TOKEN",
    "%%hfjob --with 'torch>=2' -v hf://buckets/me/runs:/out --as job -- --lr 3e-4",
)
"""The end of ``--help``: a free job, a usual one, and one with many options."""


class _Parser(HelpParser):
    def error(self, message: str) -> NoReturn:
        needs = re.fullmatch(r"argument (?:-\w/)?(--[\w-]+)[^:]*: expected one argument", message)
        whole = re.fullmatch(r"argument (?:-\w/)?(--[\w-]+)[^:]*: invalid int value: (.*)", message)
        takes_none = re.fullmatch(r"argument (?:-\w/)?(--[\w-]+)[^:]*: ignored explicit argument .*", message)
        if needs:
            flag, example = needs[1], next(item.metavar for item in OPTIONS if needs[1] in item.flags)
            message = f"{flag} needs a value: write {flag} {example}"
        elif whole:
            message = f"{whole[1]} is {whole[2]}; write a whole number"
        elif takes_none:
            message = f"{takes_none[1]} takes no value: write {takes_none[1]} alone"
        raise OptionError(f"{message[:1].upper()}{message[1:]}. See %%hfjob --help.")


def parser(
    prog: str = "%%hfjob", *, without: Collection[str] = (), more: Sequence[Option] = ()
) -> argparse.ArgumentParser:
    """Build the parser of the magic line from the table.

    Parameters
    ----------
    prog
        What the line begins with.
    without
        Keywords of options to leave out.
    more
        Options to add at the end.

    Returns
    -------
    argparse.ArgumentParser
        In what it parses, an option that was not given is None.
    """
    made = _Parser(
        prog=prog,
        usage=f"{prog} [options] [-- script arguments]".replace("%", "%%"),
        description="Run this cell as a Hugging Face Job.",
        allow_abbrev=False,
        epilog=examples(*EXAMPLES),
    )
    for title, options in (("as in hf jobs uv run", HUB), ("specific to hfjobs-magic", OURS), ("output", more)):
        group = made.add_argument_group(title)
        for option in (option for option in options if option.dest not in without):
            help_text = option.help.replace("%", "%%")  # argparse formats it
            if option.kind == "flag":
                group.add_argument(*option.flags, dest=option.dest, action="store_true", default=None, help=help_text)
            elif option.kind == "switch":
                on = option.flags[0]  # argparse derives --no-… from it
                group.add_argument(on, dest=option.dest, action=argparse.BooleanOptionalAction, help=help_text)
            else:
                group.add_argument(
                    *option.flags,
                    dest=option.dest,
                    action="append" if option.kind == "many" else "store",
                    type=int if option.kind == "count" else str,
                    metavar=option.metavar,
                    help=help_text,
                )
    return made


def wants_help(line: str) -> bool:
    """Whether the line asks for help instead of a job."""
    words = line.split()
    own = words[: words.index("--")] if "--" in words else words
    return bool({"-h", "--help"} & set(own))


def read_line(line: str, names: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the keyword arguments that a magic line gives; only their names are checked.

    Parameters
    ----------
    line
        What follows the magic's name.
    names
        The notebook's variables, for ``{expression}`` and ``$name``; None where there is no notebook.

    Raises
    ------
    OptionError
        For anything that is not an option of the table, with the nearest name.
    """
    split = split_line(line, lambda line, at: read_expression(line, at, names or {}))
    cut = split.words.index("--") if "--" in split.words else len(split.words)
    words = split.expand(split.words[:cut], names or {})
    script_args = split.expand(split.words[cut + 1 :], names or {}, secrets=False)
    if said := describe_single_dash(words):
        raise OptionError(said)
    parsed, unknown = parser().parse_known_args(words)
    if unknown:
        _check_spelled_out_time(words, unknown[0])
        raise OptionError(describe_stray(words, unknown[0]))
    given = {key: value for key, value in vars(parsed).items() if value is not None}
    return {**given, "script_args": script_args} if script_args else given


def _check_spelled_out_time(words: Sequence[str], stray: str) -> None:
    """Refuse ``--timeout 10 minutes`` with what to write; `stray` is a word that belongs to no option."""
    at = words.index(stray) if stray in words else 0
    if at >= 2 and words[at - 2] == "--timeout" and not stray.startswith("#"):
        parse_timeout(f"{words[at - 1]} {stray}")
