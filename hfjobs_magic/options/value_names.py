"""``-o``: values of the job that come back, as ``acc``, ``best=max(history)`` or ``df:parquet``."""

from __future__ import annotations

import ast
import keyword
import unicodedata
from dataclasses import dataclass

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.identifiers import shorten
from hfjobs_magic.values.table import NAMES


@dataclass(frozen=True)
class ValueName:
    """One value that is wanted."""

    name: str
    """What it is called in the notebook."""
    expression: str
    """What it is in the job, evaluated when the cell has ended."""
    format: str | None = None
    """As written behind the colon; None goes by the type."""


def parse_outputs(items: tuple[str, ...]) -> tuple[ValueName, ...]:
    """Return the values that several ``-o`` ask for.

    Raises
    ------
    OptionError
        When one cannot be read, or two have one name.
    """
    wanted = [one for item in items for one in parse_output(item)]
    names = [one.name for one in wanted]
    if double := next((name for name in names if names.count(name) > 1), None):
        raise OptionError(f"-o asks for {double} twice. Give one of them another name, as in -o {double}2=EXPRESSION.")
    return tuple(wanted)


def parse_output(text: str) -> tuple[ValueName, ...]:
    """Return the values of one ``-o``: names with commas between them, or one NAME=EXPRESSION.

    Raises
    ------
    OptionError
        When it cannot be read.

    >>> parse_output("best=max(history):json")
    (ValueName(name='best', expression='max(history)', format='json'),)
    """
    name, equals, expression = text.partition("=")
    if not equals or expression.startswith("=") or not name.strip().isidentifier():
        return tuple(_parse_name(part.strip()) for part in text.split(","))
    expression, wanted = _split_format(expression.strip())
    try:
        ast.parse(expression, mode="eval")
    except (SyntaxError, ValueError):
        raise OptionError(f"-o {shorten(text)}: {shorten(expression)} is no Python expression.") from None
    _check_name(name.strip())
    return (ValueName(name.strip(), expression, wanted),)


def _parse_name(text: str) -> ValueName:
    name, wanted = _split_format(text)
    _check_name(name)
    return ValueName(name, name, wanted)


def _split_format(text: str) -> tuple[str, str | None]:
    """Cut a format off; a colon may be Python's own."""
    before, colon, after = text.rpartition(":")
    if colon and after.strip() in NAMES:
        return before.strip(), after.strip()
    if colon and before.strip().isidentifier() and after.strip().isidentifier():
        raise OptionError(f"-o {shorten(text)}: there is no format {after.strip()}. There are {', '.join(NAMES)}.")
    return text, None


def _check_name(name: str) -> None:
    if not name.isidentifier() or keyword.iskeyword(name) or name != unicodedata.normalize("NFKC", name):
        raise OptionError(
            f"-o {shorten(name) or 'without a name'}: write the name of a variable of the job, as in -o acc, "
            "or a name for an expression, as in -o best=max(history)."
        )
