r"""The newest rows of a terminal: what a reader would see of a job's output, colours kept cell by cell.

A terminal without an edge on the right: nothing wraps, because a job has no window. Understood are
carriage return, backspace and tab, erase (EL, ED), moves along the row (CUF, CUB, CHA) and between
the newest rows (CUU, CUD, CNL, CPL, RI: how tqdm draws one bar above another), ECH, DCH and colours (SGR).
A screen cannot be cleared and the cursor not placed in it (``\x1b[2J``, ``\x1b[H``): a log keeps what was
printed. All other sequences do nothing. Names as in ECMA-48.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hfjobs_magic.log.clip import FOLD_CHARS, unfold
from hfjobs_magic.log.pen import restyle
from hfjobs_magic.log.row import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.log.pen import Pen

COLUMNS = 512
"""How far right of its text a row's cursor can be sent, in cells, so that ten bytes cannot make a row of a million."""

TAB = 8
"""Cells between two tab stops."""

_TOKENS = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|\x1b\[(?P<parameters>[\x30-\x3f]*)[\x20-\x2f]*(?P<final>[\x40-\x7e])"
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)"  # titles, links: to their terminator
    r"|\x1b(?P<escape>[\x20-\x2f]*[\x30-\x7e])"
    r"|(?P<control>[\s\S])"
)
# Latin letters, boxes, blocks and Braille patterns: what progress bars are made of.
_NARROW = re.compile(r"[\x20-\x7e\xa1-\xac\xae-\u02ff\u2500-\u259f\u2800-\u28ff]*")
_MOVES = re.compile(r"\x1b(?:\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x6c\x6e-\x7e]|M)")

ESCAPES = re.compile(
    r"\x1b\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]?"
    r"|\x1b[\]PX^_][^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[\x20-\x2f]*[\x30-\x7e]?"
)
"""All that is not text; the page takes out the same (``plainText`` in js/src/log/ansi.ts)."""


def is_moving(text: str) -> bool:
    r"""Whether `text` does more than add to the row it is written on.

    >>> is_moving("\x1b[31mred\x1b[0m"), is_moving("10%\r20%")
    (False, True)
    """
    return "\r" in text or "\b" in text or ("\x1b" in text and _MOVES.search(text) is not None)


def without_escapes(text: str) -> str:
    r"""Take out what is not seen of one or more lines.

    >>> without_escapes("\x1b[31mred\x1b[0m \x1b]8;;https://a.test\x07link")
    'red link'
    """
    return ESCAPES.sub("", text) if "\x1b" in text else text


class Screen:
    """The newest rows, and a cursor in them. Rows that nobody wrote on again stay as they came."""

    def __init__(self) -> None:
        self.rows: list[str | Row] = []
        # Row and cell that the next character goes to, and how it is painted.
        self._at = -1
        self._column = 0
        self._pen: Pen = ""

    @property
    def at_end(self) -> bool:
        """Whether the cursor is on the last row, so that the next line makes a new one."""
        return self._at == len(self.rows) - 1

    def feed(self, text: str, *, again: bool) -> None:
        """Write what a job printed: on a new line, or `again` on the one the cursor is on.

        Colours end with their line: each line is read alone, here and in the page.
        """
        if self._at < 0 or not again:
            self._at, self._pen = self._at + 1, ""
            if self._at == len(self.rows):
                self.rows.append(Row())
        self._column = 0
        self._write(text)

    def add(self, lines: Sequence[str]) -> None:
        """Add whole lines that move nothing; only with the cursor `at_end`."""
        if not lines:
            return
        self.rows += lines
        self._at, self._column, self._pen = len(self.rows) - 1, 0, ""

    def drop(self, count: int) -> None:
        """Give up the oldest rows; they can no longer change."""
        del self.rows[:count]
        self._at = max(min(0, len(self.rows) - 1), self._at - count)

    def _row(self) -> Row:
        line = self.rows[self._at]
        if isinstance(line, Row):
            return line
        place = self._column, self._pen
        text, hidden = unfold(line)
        row = self.rows[self._at] = Row(hidden)
        self._column, self._pen = 0, ""
        self._write(text)
        self._column, self._pen = place
        return row

    def _write(self, text: str) -> None:
        for token in _TOKENS.finditer(text):
            kind = token.lastgroup
            if kind == "text":
                self._print(token["text"])
            elif kind == "final":
                self._sequence(token["final"], token["parameters"])
            elif kind == "control":
                self._control(token["control"])
            elif kind == "escape" and token["escape"] == "M":
                self._move(-1)

    def _print(self, text: str) -> None:
        row = self._row()
        if _NARROW.fullmatch(text):
            row.put(self._column, list(text[: FOLD_CHARS + 1]), self._pen)
            row.hidden = max(row.hidden, self._column + len(text) - FOLD_CHARS)
            self._column += len(text)
            return
        for character in text:
            width = _width(character)
            if width == 0:
                row.combine(self._column, character)
            else:
                row.put(self._column, [character, ""][:width], self._pen)
                self._column += width

    def _control(self, control: str) -> None:
        if control == "\r":
            self._column = 0
        elif control == "\b":
            self._column = max(0, self._column - 1)
        elif control == "\t":
            self._forward(TAB - self._column % TAB)
        elif control == "\n":  # a line of its own in the job's eyes, one line of the log
            self._print("\u2424")

    def _sequence(self, final: str, parameters: str) -> None:
        if final == "m":
            self._pen = restyle(self._pen, parameters)
            return
        first = re.match(r"\d{1,9}", parameters)
        given = int(first[0]) if first else 0
        if final in "KJ":
            self._erase(given, whole_screen=final == "J")
        elif final in "ABEF":
            self._move(max(1, given) * (1 if final in "BE" else -1))
            if final in "EF":
                self._column = 0
        elif final == "C":
            self._forward(max(1, given))
        elif final == "D":
            self._column = max(0, self._column - max(1, given))
        elif final in "G`":
            self._forward(max(1, given) - 1 - self._column)
        elif final == "X":
            self._row().erase(self._column, self._column + max(1, given))
        elif final == "P":
            self._row().delete(self._column, max(1, given))

    def _erase(self, what: int, *, whole_screen: bool) -> None:
        row = self._row()
        end = len(row.cells)
        if what == 0:
            row.erase(self._column, max(end, self._column))
            if whole_screen:
                self.rows[self._at + 1 :] = [""] * (len(self.rows) - self._at - 1)
        elif what == 1 and not whole_screen:
            row.erase(0, self._column + 1)
        elif what == 2 and not whole_screen:
            row.erase(0, end)

    def _move(self, rows: int) -> None:
        self._at = min(max(0, self._at + rows), len(self.rows) - 1)

    def _forward(self, cells: int) -> None:
        self._column = min(self._column + cells, max(COLUMNS, len(self._row().cells), self._column))


def _width(character: str) -> int:
    from wcwidth import wcwidth  # noqa: PLC0415 - few jobs need its tables

    return max(0, wcwidth(character))
