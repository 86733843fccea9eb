r"""The newest rows of a terminal: what a reader would see of a job's output, colours kept cell by cell.

A terminal without an edge on the right: nothing wraps, because a job has no window. Understood are
carriage return, backspace and tab, erase (EL, ED), moves along the row (CUF, CUB, CHA) and between
the newest rows (CUU, CUD, CNL, CPL, RI: how tqdm draws one bar above another), ECH, DCH and colours (SGR).
A screen cannot be cleared and the cursor not placed in it (``\x1b[2J``, ``\x1b[H``): a log keeps what was
printed. All other sequences do nothing. Names as in ECMA-48.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from hfjobs_magic.log.clip import FOLD_CHARS, fold, unfold

if TYPE_CHECKING:
    from collections.abc import Sequence

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
"""All that is no text; the page takes out the same (``plainText`` in js/src/log/ansi.ts)."""

_SLOTS = {1: 0, 2: 1, 3: 2, 20: 2, 4: 3, 21: 3, 5: 4, 6: 4, 7: 5, 8: 6, 9: 7, 51: 8, 52: 8, 53: 9, 73: 10, 74: 10}
"""Which attribute a code sets; colours have slots of their own. Slots are in the order in which a pen names them."""
_CLEARS = {22: (0, 1), 23: (2,), 24: (3,), 25: (4,), 27: (5,), 28: (6,), 29: (7,), 54: (8,), 55: (9,), 75: (10,)}
_COLORS = {3: 11, 4: 12, 5: 13}
"""Slots of foreground, background and underline colour, by the first digit of their codes."""

Pen = str
"""Parameters of the SGR sequence that turns a plain pen into this one; empty for a plain one."""


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


class Row:
    """Cells of one row: a character and its pen each; the right half of a wide character is an empty one."""

    __slots__ = ("cells", "hidden", "pens")

    def __init__(self, hidden: int = 0) -> None:
        self.cells: list[str] = []
        self.pens: list[Pen] = []
        self.hidden = hidden
        """Cells right of the last that is kept."""

    def __len__(self) -> int:
        return len(self.cells)

    def __str__(self) -> str:
        return fold(self._text(), self.hidden)

    def _text(self) -> str:
        if not any(self.pens):
            return "".join(self.cells)
        parts: list[str] = []
        last = ""
        for cell, pen in zip(self.cells, self.pens, strict=True):
            if pen != last:
                parts.append(f"\x1b[{'0;' if last and pen else ''}{pen or '0'}m")
                last = pen
            parts.append(cell)
        return "".join(parts) + ("\x1b[0m" if last else "")

    def put(self, column: int, cells: list[str], pen: Pen) -> None:
        """Overwrite cells from `column` on; a wide character of which half is left becomes a space."""
        stop = column + len(cells)
        if stop > FOLD_CHARS:
            self.hidden = max(self.hidden, stop - FOLD_CHARS)
            cells, stop = cells[: max(0, FOLD_CHARS - column)], max(column, FOLD_CHARS)
            if not cells:
                return
        self._reach(column)
        if stop < len(self.cells) and not self.cells[stop]:
            self.cells[stop] = " "
        if 0 < column < len(self.cells) and not self.cells[column]:
            self.cells[column - 1] = " "
        self.cells[column:stop] = cells
        self.pens[column:stop] = [pen] * len(cells)

    def combine(self, column: int, mark: str) -> None:
        """Add a combining character to the cell before `column`."""
        at = min(column, len(self.cells)) - 1
        while at > 0 and not self.cells[at]:
            at -= 1
        if at >= 0:
            self.cells[at] += mark

    def erase(self, start: int, stop: int) -> None:
        """Blank the cells of ``start:stop``; at the end of the row they go."""
        stop = min(stop, len(self.cells))
        if start < stop:
            self.put(start, [" "] * (stop - start), "")
        if stop == len(self.cells):
            del self.cells[start:], self.pens[start:]
            self.hidden = 0

    def delete(self, start: int, count: int) -> None:
        """Take cells out; what stands right of them moves left."""
        self.erase(start, start + count)
        del self.cells[start : start + count], self.pens[start : start + count]

    def _reach(self, column: int) -> None:
        """Fill up with blanks to `column`."""
        missing = column - len(self.cells)
        if missing > 0:
            self.cells += [" "] * missing
            self.pens += [""] * missing


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


@lru_cache(maxsize=1024)
def restyle(pen: Pen, parameters: str) -> Pen:
    """Pen after an SGR sequence with these parameters; codes that mean nothing change nothing.

    >>> restyle("1;31", "32"), restyle("1;31", "0;4"), restyle("1;31", "22")
    ('1;32', '4', '31')
    """
    if re.search(r"[^\d;:]", parameters):
        return pen
    slots = _slots(pen)
    slots = _apply_codes(slots, parameters)
    return ";".join(slots[slot] for slot in sorted(slots))


def _slots(pen: Pen) -> dict[int, str]:
    return _apply_codes({}, pen) if pen else {}


def _apply_codes(slots: dict[int, str], parameters: str) -> dict[int, str]:
    codes = parameters.split(";")
    while codes:
        code = codes.pop(0)
        number = int(code.split(":")[0][:4] or 0)
        tens, ones = divmod(number, 10)
        if number == 0:
            slots = {}
        elif number in _SLOTS:
            slots[_SLOTS[number]] = code
        elif number in _CLEARS:
            for slot in _CLEARS[number]:
                slots.pop(slot, None)
        elif tens in _COLORS and ones == 8:
            color = code if ":" in code else _palette(code, codes)
            if color:
                slots[_COLORS[tens]] = color
        elif tens in _COLORS and ones == 9:
            slots.pop(_COLORS[tens], None)
        elif tens in {3, 4, 9, 10} and ones < 8:
            slots[_COLORS[{3: 3, 4: 4, 9: 3, 10: 4}[tens]]] = code
    return slots


def _palette(code: str, codes: list[str]) -> str:
    """Take the rest of ``38;5;n`` or ``38;2;r;g;b`` off the front of `codes`; empty where it is none."""
    length = {"5": 2, "2": 4}.get(codes[0] if codes else "", 1)
    rest, codes[:length] = codes[:length], []
    return ";".join([code, *rest]) if length > 1 and len(rest) == length else ""
