"""Lines of a traceback as they stand in the editor.

IPython shows a cell as Python has it, ``get_ipython().system('ls')`` for ``!ls``, and leaves out the comment behind the
last line of a function.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_ANSI = re.compile(r"\x1b\[[0-9;:]*[A-Za-z]")
_ENDING_ANSI = re.compile(rf"(?:{_ANSI.pattern})+\Z")
_NUMBERED = re.compile(r" *(?:-+> *)?(?P<number>\d+) (?P<code>.*)")


_NO_SOURCE = "'Could not get source, probably due dynamically evaluated source code.'"
"""What IPython shows as if it were the line, of code that is in no file: ``eval("x + 1")``."""

_SENT = "# "
"""Stands before each line of the ``%%hfjob`` line in the file that is sent (`hfjobs_magic.script.cell`)."""


def as_written(text: str) -> tuple[str, ...]:
    r"""Return the lines of a cell's file as they stand in the editor: with its magic line, a comment in the file.

    >>> as_written("# %%hfjob --local \\\n#   --name a\n# why\n")
    ('%%hfjob --local \\\n', '  --name a\n', '# why\n')
    """
    lines = text.splitlines(keepends=True)
    goes_on = bool(lines) and lines[0].startswith(f"{_SENT}%%hfjob")
    for at, line in enumerate(lines):
        if not goes_on or not line.startswith(_SENT):
            break
        lines[at] = line[len(_SENT) :]
        goes_on = line.rstrip().endswith("\\")
    return tuple(lines)


def restore(frame: str, run: Sequence[str], written: Sequence[str]) -> str:
    """Give the lines of a frame the text that was written.

    Parameters
    ----------
    frame
        What IPython says of it, in colours or without.
    run
        Lines of its file, as they were compiled.
    written
        The same, as they were written.
    """
    lines = [line for line in frame.split("\n") if _NO_SOURCE not in line]
    return "\n".join(_restore_line(line, run, written) for line in lines)


def _restore_line(line: str, run: Sequence[str], written: Sequence[str]) -> str:
    found = _NUMBERED.fullmatch(_ANSI.sub("", line))
    at = int(found["number"]) - 1 if found else -1
    if found is None or not 0 <= at < min(len(run), len(written)):
        return line
    shown, ran, wanted = found["code"].strip(), run[at].rstrip("\r\n"), written[at].rstrip("\r\n")
    if ran != wanted:
        if shown != ran.strip():
            return line
        cut = len(ran.rstrip()) - len(found["code"].rstrip())  # what all lines of the frame are indented by
        # Without the colours of the first word, which nothing would end.
        return _ENDING_ANSI.sub("", line[: _find_place(line, found.start("code"))]) + wanted[cut:]
    rest = ran.strip()[len(shown) :]
    return line + rest if shown and ran.strip().startswith(shown) and rest.lstrip().startswith("#") else line


def _find_place(line: str, characters: int) -> int:
    """Return the index in a coloured line where that many characters have been shown."""
    at = 0
    while True:
        while colour := _ANSI.match(line, at):
            at = colour.end()
        if characters <= 0 or at >= len(line):
            return at
        at, characters = at + 1, characters - 1
