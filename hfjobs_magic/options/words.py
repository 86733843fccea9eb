"""A line as words: the quoting of a shell, and the expressions of the notebook in them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.braces import closing_brace, read_braces, read_sign, read_unclosed
from hfjobs_magic.options.expressions import Unreadable, Variable, join, write_list
from hfjobs_magic.options.typography import check_typography

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from hfjobs_magic.options.expressions import Part

    Reader = Callable[[str, int], tuple[str, str, int] | None]

_SECRET_FLAGS = ("-s", "--secrets")

_FIRST = 0xF0000
"""First code point of a private plane: one such character in a word stands for what is in braces or after ``$``."""


@dataclass(frozen=True)
class Words:
    """A line, split; each word stays one word, whatever the value in it holds."""

    words: tuple[str, ...]
    """Words with a character of the private plane in place of each expression."""
    parts: tuple[tuple[str, tuple[Part, ...]], ...] = ()
    """What these characters stand for: as it is on the line, and as parts (`hfjobs_magic.options.expressions`)."""

    def after(self, count: int) -> Words:
        """Return the line without its first words."""
        return replace(self, words=self.words[count:])

    def expand(self, words: Sequence[str], names: Mapping[str, Any], *, secrets: bool = True) -> list[str]:
        """Return words with the notebook's values in place of expressions.

        Parameters
        ----------
        words
            Some of this line's words.
        names
            The notebook's variables.
        secrets
            Whether ``-s`` and ``--secrets`` name secrets here: a value must never get there.

        Raises
        ------
        OptionError
            For an expression that fails.
        """
        before = ("", *words)
        return [
            self.restore(word)
            if secrets and (last in _SECRET_FLAGS or word.startswith(("--secrets=", "-s")))
            else self._replace(word, lambda _, parts: write_list(parts, names))
            if last == "--map" or word.startswith("--map=")
            else self._replace(word, lambda _, parts: join(parts, names))
            for last, word in zip(before, words, strict=False)
        ]

    def expand_command(self, words: Sequence[str], names: Mapping[str, Any]) -> list[str]:
        """Do the same for the command of an image: what only its shell may understand is left as it is."""

        def text(written: str, parts: tuple[Part, ...]) -> str:
            return written if any(_is_for_shell(part, names) for part in parts) else join(parts, names)

        return [self._replace(word, text) for word in words]

    def restore(self, word: str) -> str:
        """Return a word with its expressions as they are on the line."""
        return self._replace(word, lambda written, _: written)

    def _replace(self, word: str, text: Callable[[str, tuple[Part, ...]], str]) -> str:
        return "".join(
            text(*self.parts[ord(char) - _FIRST]) if 0 <= ord(char) - _FIRST < len(self.parts) else char
            for char in word
        )


def _is_for_shell(part: Part, names: Mapping[str, Any]) -> bool:
    """Whether a part means something to a shell and nothing here: ``$HOME``, ``{print $1}``."""
    return isinstance(part, Unreadable) or (isinstance(part, Variable) and part.name not in names)


def split_line(line: str, read: Reader | None = None) -> Words:
    """Split a line into words.

    Braces and ``$`` are read before quotes, as IPython does, so that ``{cfg['lr']}`` keeps its quotes; a ``$`` between
    single quotes is text.

    Parameters
    ----------
    line
        What follows a magic's name.
    read
        Reads what is no shell's at the beginning of a word, in front of ``--``: text to keep, text that stays as it
        is, and where that ends; or None.

    Raises
    ------
    OptionError
        For a quote that does not close, and for quotes, dashes and spaces of typesetting.
    """
    check_typography(line)
    try:
        text, parts = _with_placeholders(line, read)
        return Words(tuple(shlex.split(text)), tuple(parts))
    except RecursionError:
        raise OptionError("The braces of the line are nested too deeply. Put the text into a file.") from None
    except ValueError as error:
        raise OptionError(
            f"The line cannot be read: {error}. Close the quote, or escape it with a backslash."
        ) from None


def _with_placeholders(line: str, read: Reader | None) -> tuple[str, list[tuple[str, tuple[Part, ...]]]]:
    parts: list[tuple[str, tuple[Part, ...]]] = []
    text: list[str] = []
    quote, at = "", 0
    while at < len(line):
        char = line[at]
        if read is not None and not quote and (at == 0 or line[at - 1].isspace()):
            if re.match(r"--(?:\s|\Z)", line[at : at + 3]):
                read = None
            elif own := read(line, at):
                text += [own[0], chr(_FIRST + len(parts))]
                parts.append((own[1], (own[1],)))
                at = own[2]
                continue
        if char == "\\" and quote != "'":
            text.append(line[at : at + 2])
            at += 2
            continue
        if char in "'\"" and quote in {"", char}:
            quote = "" if quote else char
        part, end = _read(line, at, quote)
        if part == [char] and not _is_private(char):
            text.append(char)
        else:
            text.append(chr(_FIRST + len(parts)))
            parts.append((line[at:end], tuple(part)))
        at = end
    return "".join(text), parts


def _is_private(char: str) -> bool:
    return ord(char) >= _FIRST


def _read(line: str, at: int, quote: str) -> tuple[list[Part], int]:
    """Read the sign at a place of a line; braces may be closed inside the quotes around them, or beyond."""
    dollars = quote != "'"
    if line[at] != "{" or line[at : at + 2] == "{{" or not quote:
        return read_sign(line, at, dollars=dollars)
    inside = line[at : _end_of_quotes(line, at, quote)]
    end = closing_brace(inside, at=0)
    if end is not None:
        written = inside[: end + 1]
        content = re.sub(r"\\([\"\\$`])", r"\1", written) if quote == '"' else written
        return read_braces(content[1:-1], content, dollars=dollars), at + end + 1
    # Quotes that close in the middle of an expression are its own: IPython reads braces first.
    end = closing_brace(line, at)
    if end is not None:
        parts = read_braces(line[at + 1 : end], line[at : end + 1])
        if len(parts) == 1 and not isinstance(parts[0], (str, Unreadable)):
            return parts, end + 1
    return read_unclosed(inside, 0)[0], at + read_unclosed(inside, 0)[1]


def _end_of_quotes(line: str, at: int, quote: str) -> int:
    while at < len(line) and line[at] != quote:
        at += 2 if line[at] == "\\" and quote == '"' else 1
    return min(at, len(line))
