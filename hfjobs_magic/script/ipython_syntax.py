"""IPython syntax in a cell that Python runs: ``pip install`` lines become requirements, the rest is refused.

The compiler decides what is IPython syntax: a line is only looked at when Python cannot read
it, so that neither a string that holds ``%pip`` nor a ``%`` that goes on with an expression is
mistaken. Lines stay where they are.
"""

from __future__ import annotations

import re
import tokenize
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfjobs_magic.errors import CellError
from hfjobs_magic.script.packages.install_lines import read_installs
from hfjobs_magic.script.packages.requirements import InferredRequirement
from hfjobs_magic.script.syntax.lines import split_lines, strip_line_end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ESCAPED = re.compile(r"\s*(?:[%!?]|[\w.,\s*\[\]'\"]+?=\s*(?:!|%\s*[A-Za-z]))|[^#'\"]*\w\s*\?{1,2}\s*$")
"""A line that may be IPython's, once Python has refused it."""

_INSTALL = re.compile(
    r"\s*[%!]{0,2}\s*(?:sudo\s+|\w+=\S*\s+)*(?:(?:\S*python[\d.]*|\{sys\.executable\}|\$sys\.executable)\s+-m\s+)?"
    r"(?:(?:uv\s+)?pip[\d.]*\s+(?:-\S+\s+)*install|uv\s+add)(?=\s|$)",
    re.DOTALL,
)

_WAY = (
    "Leave out --script, or the # /// script block (packages go with --with), and IPython runs the cell. "
    "Nothing was submitted."
)
"""What to do about syntax that only IPython reads."""


@dataclass(frozen=True)
class Translation:
    """A cell that Python can read, as far as IPython is concerned."""

    text: str
    """With as many lines as before."""
    requirements: tuple[InferredRequirement, ...] = ()
    """What ``pip install`` lines ask for; their source is "pip"."""


def translate(text: str, compiles: Callable[[str], SyntaxError | None], *, first: int = 2) -> Translation:
    """Turn ``pip install`` lines into comments and requirements.

    Parameters
    ----------
    text
        The cell with the magic line, as a comment, in front.
    compiles
        Says why Python cannot read a text; None when it can.
    first
        Line of the text where the cell itself begins.

    Raises
    ------
    CellError
        With the line, for every other IPython syntax.
    """
    lines = split_lines(text)
    _refuse_cell_magic(lines, first)
    found: list[InferredRequirement] = []
    while (error := compiles("".join(lines))) is not None:
        start = _find_escaped_line(lines, error.lineno or 0)
        if start is None:
            break
        found += _take(lines, start)
    if error is not None:  # it may be syntax that this kernel is too old for
        for start in _first_tokens(lines):
            found += _take(lines, start)
    return Translation("".join(lines), tuple(sorted(found, key=lambda item: item.line)))


def _refuse_cell_magic(lines: list[str], first: int) -> None:
    for at, line in enumerate(lines[first - 1 :], first):
        if line.strip():
            if line.startswith("%%"):
                name = re.match(r"%%\s*(\w*)", line)
                raise CellError(
                    f"Line {at} is the cell magic %%{name[1] if name else ''}, and a script has none. {_WAY}"
                )
            return


def _is_install(statement: str) -> bool:
    """Whether it is ``pip install`` in one of its spellings, behind a sign of IPython or without."""
    return bool(_INSTALL.match(statement))


def _find_escaped_line(lines: list[str], number: int) -> int | None:
    """Index of the IPython line that a compiler's error stands on; None where it is plain Python."""
    if not 0 < number <= len(lines):
        return None
    at = number - 1
    while at > 0 and strip_line_end(lines[at - 1]).endswith("\\"):
        at -= 1
    return at if _ESCAPED.match(strip_line_end(lines[at])) or _is_install(lines[at]) else None


def _first_tokens(lines: list[str]) -> Iterator[int]:
    """Find the lines that begin a statement with a sign no statement begins with."""
    skipped = {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING}
    begins = True
    found: list[int] = []
    try:
        for token in tokenize.generate_tokens(iter(lines).__next__):
            if token.type in skipped or not token.string.strip():
                begins = begins or token.type == tokenize.NEWLINE
                continue
            if begins and token.string[0] in "%!?":
                found.append(token.start[0] - 1)
            begins = token.type == tokenize.NEWLINE
    except (tokenize.TokenError, SyntaxError):
        pass  # what could be told apart is in the list
    yield from found


def _take(lines: list[str], start: int) -> list[InferredRequirement]:
    """Replace the statement at an index by comments; return what it installs."""
    end = start + 1
    while end < len(lines) and strip_line_end(lines[end - 1]).endswith("\\"):
        end += 1
    written = [strip_line_end(line) for line in lines[start:end]]
    statement = "".join(line.removesuffix("\\") for line in written[:-1]) + written[-1]
    if not _is_install(statement):
        raise CellError(f"Line {start + 1} is IPython syntax, and a script is plain Python. {_WAY}")
    shown = statement.strip()
    installs = read_installs(re.sub(r"^\s*[%!]*", "", statement), start + 1)
    if installs.has_others:
        raise CellError(
            f"Line {start + 1}: only `pip install` with names can be moved into a script. Put the rest elsewhere. "
            "Nothing was submitted."
        )
    found = [InferredRequirement(item, shown, start + 1, "pip") for item in installs.requirements]
    for at, line in enumerate(written, start):
        ending = lines[at][len(line) :]
        code = line.lstrip(" \t\f")
        indent = line[: len(line) - len(code)]
        # A block must not become empty; only the first line stands where a statement stood.
        lines[at] = f"{indent}{'pass  ' if indent and at == start else ''}# {code.removesuffix(chr(92))}{ending}"
    return found
