"""One row of a terminal: its cells, wide characters among them, each with its pen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.log.clip import FOLD_CHARS, fold

if TYPE_CHECKING:
    from hfjobs_magic.log.pen import Pen


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
