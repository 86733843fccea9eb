"""Cell text to uv script.

The script keeps the cell's line numbers: line 1 is the magic line as a comment, so the first line
under it is line 2, as the editor shows it. Our PEP 723 header goes below the code; uv takes it
anywhere in the file.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement

from hfjobs_magic.errors import CellError, OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

CELL = "<%%hfjob cell>"
"""Stands for the file name in a syntax error of the cell."""

_HEADER = re.compile(r"(?m)^# /// script$\s(?P<content>(?:^#(?:| .*)$\s)+)^# ///$")
"""PEP 723's own expression for a block, for the type ``script``."""

_IPYTHON = re.compile(r"\s*(?:[%!?]|\w+\s*=\s*[%!])|.*\?\s*$")


@dataclass(frozen=True)
class Script:
    """A uv script ready to be sent."""

    text: str
    """The whole file."""
    extra: tuple[str, ...]
    """Requirements that the cell's own header keeps us from writing; for ``uv run --with``."""
    jobs: dict[str, Any] = field(default_factory=dict)
    """Options of the script's own ``[tool.hf-jobs]``."""

    @property
    def digest(self) -> str:
        """Eight hex digits of the text's SHA-256: the same cell has the same name."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:8]


def from_cell(cell: str, *, magic_line: str, dependencies: Sequence[str] = ()) -> Script:
    """Turn a cell into a script.

    Parameters
    ----------
    cell
        The text below the magic line.
    magic_line
        The first line as written, with the magic's name.
    dependencies
        Requirements (PEP 508) to declare.

    Raises
    ------
    CellError
        When the cell is empty or does not compile.
    OptionError
        When a requirement cannot be read.
    """
    if not cell.strip():
        raise CellError("The cell is empty. Write the code to run below the %%hfjob line.")
    comment = "\n".join(f"# {row.strip()}" for row in magic_line.strip().split("\n"))
    numbered = f"{comment}\n{cell}"
    check_syntax(numbered)
    check_requirements(dependencies)
    if has_header(cell):
        return Script(_ending_with_newline(numbered), tuple(dependencies))
    if not dependencies:
        return Script(_ending_with_newline(numbered), ())
    return Script(f"{_ending_with_newline(numbered)}\n{header(dependencies)}", ())


def from_source(source: str, *, dependencies: Sequence[str] = ()) -> Script:
    """Turn Python source that is no cell into a script; it is left as it is."""
    if not source.strip():
        raise CellError("The script is empty. Give it some code to run.")
    check_syntax(source)
    check_requirements(dependencies)
    return Script(_ending_with_newline(source), tuple(dependencies))


def header(dependencies: Sequence[str]) -> str:
    """Write a PEP 723 block.

    >>> print(header(["rich"]), end="")
    # /// script
    # dependencies = [
    #   "rich",
    # ]
    # ///
    """
    rows = "".join(f"#   {_toml_string(item)},\n" for item in dependencies)
    return f"# /// script\n# dependencies = [\n{rows}# ]\n# ///\n"


def has_header(source: str) -> bool:
    """Whether the source declares its own PEP 723 block."""
    return _HEADER.search(_ending_with_newline(source).replace("\r\n", "\n")) is not None


def check_requirements(dependencies: Sequence[str]) -> None:
    """Refuse what uv would refuse later, in a job that is paid for."""
    for item in dependencies:
        try:
            Requirement(item)
        except InvalidRequirement:
            if "/" not in item and "\\" not in item:  # uv also takes URLs and paths
                raise OptionError(
                    f"--with {item} is not a requirement. Write a package's name, as in --with 'rich>=13'."
                ) from None


def check_syntax(source: str) -> None:
    """Compile, and say where it does not.

    Raises
    ------
    CellError
        With the compiler's error, whose lines are those the editor shows.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the job's own Python says these
            compile(source, CELL, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        if not isinstance(error, SyntaxError):
            raise CellError(f"The cell cannot be compiled: {error}. Remove the character.") from None
        raise CellError(_why_not(source, error), error) from None


def _why_not(source: str, error: SyntaxError) -> str:
    lines = source.splitlines()
    at = error.lineno or 0
    line = lines[at - 1].strip() if 0 < at <= len(lines) else ""
    if line and _IPYTHON.match(line):
        return (
            f"Line {at} is IPython syntax, which a script does not have; nothing was submitted. "
            "Name packages with --with; run commands with subprocess."
        )
    return "Nothing was submitted."


def _ending_with_newline(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def _toml_string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
