"""``-i`` and ``-o``: values that go along and come back, as ``acc``, ``best=max(history)`` or ``df:parquet``."""

from __future__ import annotations

import keyword
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.braces import parse_expression
from hfjobs_magic.options.identifiers import is_ipythons, shorten
from hfjobs_magic.options.value_expressions import split_together
from hfjobs_magic.values.spelling import spell
from hfjobs_magic.values.table import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable

Flag = Literal["-i", "-o"]


@dataclass(frozen=True)
class ValueName:
    """One value that is sent or wanted."""

    name: str
    """What it is called where it arrives: ``-i`` in the job, ``-o`` in the notebook."""
    expression: str
    """What it is where it comes from: ``-i`` evaluated at submission, ``-o`` when the cell has ended."""
    format: str | None = None
    """As written behind the colon; None goes by the type."""

    def in_format(self, wanted: str) -> str:
        """Return what the line has for it, with another format."""
        return spell(self.name, self.expression, wanted)


_HOW: dict[Flag, str] = {
    "-i": "write the name of a variable of the notebook, as in -i df, or a name for an expression, "
    "as in -i train=df[:1000]",
    "-o": "write the name of a variable of the job, as in -o acc, or a name for an expression, "
    "as in -o best=max(history)",
}


def parse_values(items: Iterable[str], flag: Flag) -> tuple[ValueName, ...]:
    """Return the values that several ``-i`` or ``-o`` ask for.

    Raises
    ------
    OptionError
        When one cannot be read, or two have one name.
    """
    wanted = [one for item in items for one in parse_value(item, flag)]
    names = [one.name for one in wanted]
    if double := next((name for name in names if names.count(name) > 1), None):
        raise OptionError(
            f"{flag} asks for {double} twice. Give one of them another name, as in {flag} {double}2=EXPRESSION."
        )
    return tuple(wanted)


def parse_value(text: str, flag: Flag) -> tuple[ValueName, ...]:
    """Return the values of one ``-i`` or ``-o``: names with commas between them, or one NAME=EXPRESSION.

    Raises
    ------
    OptionError
        When it cannot be read.

    >>> parse_value("best=max(history):json", "-o")
    (ValueName(name='best', expression='max(history)', format='json'),)
    """
    name, equals, expression = text.partition("=")
    if len(together := split_together(text)) > 1:
        way = " ".join(f"{flag} {one}" for one in together)
        raise OptionError(f"{flag} {shorten(text)}: each expression has a {flag} of its own. Write {shorten(way)}.")
    if not equals or expression.startswith("=") or not name.strip().isidentifier():
        return tuple(_parse_name(part.strip(), flag) for part in text.split(","))
    expression, wanted = _split_format(expression.strip(), flag)
    if parse_expression(expression) is None:
        raise OptionError(f"{flag} {shorten(text)}: {shorten(expression)} is not a Python expression.")
    _check_name(name.strip(), flag)
    return (ValueName(name.strip(), expression, wanted),)


def _parse_name(text: str, flag: Flag) -> ValueName:
    name, wanted = _split_format(text, flag)
    _check_name(name, flag)
    return ValueName(name, name, wanted)


def _split_format(text: str, flag: Flag) -> tuple[str, str | None]:
    """Cut a format off; a colon may be Python's own."""
    before, colon, after = text.rpartition(":")
    if colon and after.strip() in NAMES:
        return before.strip(), after.strip()
    if colon and before.strip().isidentifier() and after.strip().isidentifier():
        known = ", ".join(NAMES)
        raise OptionError(f"{flag} {shorten(text)}: there is no format {after.strip()}. The formats are {known}.")
    return text, None


def _check_name(name: str, flag: Flag) -> None:
    if not name.isidentifier() or keyword.iskeyword(name) or name != unicodedata.normalize("NFKC", name):
        raise OptionError(f"{flag} {shorten(name) or 'without a name'}: {_HOW[flag]}.")
    if flag == "-o" and is_ipythons(name):
        raise OptionError(f"-o {name} would hide what IPython has by this name. Give it another, as in -o last={name}.")
