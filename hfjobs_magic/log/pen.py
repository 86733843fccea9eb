"""How a cell of a terminal is painted: select graphic rendition (SGR), as in ECMA-48."""

from __future__ import annotations

import re
from functools import lru_cache

_SLOTS = {1: 0, 2: 1, 3: 2, 20: 2, 4: 3, 21: 3, 5: 4, 6: 4, 7: 5, 8: 6, 9: 7, 51: 8, 52: 8, 53: 9, 73: 10, 74: 10}
"""Which attribute a code sets; colours have slots of their own. Slots are in the order in which a pen names them."""
_CLEARS = {22: (0, 1), 23: (2,), 24: (3,), 25: (4,), 27: (5,), 28: (6,), 29: (7,), 54: (8,), 55: (9,), 75: (10,)}
_COLORS = {3: 11, 4: 12, 5: 13}
"""Slots of foreground, background and underline colour, by the first digit of their codes."""

Pen = str
"""Parameters of the SGR sequence that turns a plain pen into this one; empty for a plain one."""


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
