"""A line of a log as HTML, with the colours and styles of its ANSI sequences; `js/src/log/ansi.ts` does so live."""

from __future__ import annotations

import re
from html import escape

QUIET = "#808890"
"""Grey that can be read on white and on black."""

_SGR = re.compile(r"\x1b\[([0-9;:]*)m")
_OTHER = re.compile(r"\x1b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])|[\x00-\x08\x0b-\x1f\x7f]")
_COLORS = (QUIET, "#d1404a", "#2f8f46", "#a9790a", "#3b7fd9", "#a155c9", "#1c8a99", QUIET)
_STYLES = {
    1: "font-weight: bold",
    2: "opacity: 0.7",
    3: "font-style: italic",
    4: "underline",
    7: "",
    8: "visibility: hidden",
    9: "line-through",
}
"""Code -> how it looks; those of lines are put together, and colours that change places are where colours are said."""
_LINES = (4, 9)
_REVERSE = 7
_CLEARS = {22: (1, 2), 23: (3,), 24: (4,), 27: (7,), 28: (8,), 29: (9,), 39: (30,), 49: (40,)}
_TEXT, _BEHIND = 30, 40
"""Keys of both colours among the styles."""
_TINT = "42"
"""Opacity of what is behind the text, a quarter: the text is read on it, whatever the page's own colour."""


def paint(line: str) -> str:
    """Return the HTML of a line: escaped text, in spans where it has a style."""
    styles: dict[int, str] = {}
    made: list[str] = []
    for index, part in enumerate(_SGR.split(line)):
        if index % 2:
            _apply(styles, part)
        elif plain := _OTHER.sub("", part):
            style = _write(styles)
            made.append(f'<span style="{style}">{escape(plain)}</span>' if style else escape(plain))
    return "".join(made)


def _write(styles: dict[int, str]) -> str:
    """Return the CSS of the styles that hold."""
    parts = [style for code, style in styles.items() if code in _STYLES and code not in {*_LINES, _REVERSE}]
    if lines := [styles[code] for code in _LINES if code in styles]:
        parts.append(f"text-decoration: {' '.join(lines)}")
    text, behind = styles.get(_TEXT), styles.get(_BEHIND)
    if _REVERSE in styles:
        text, behind = behind, text or QUIET
    # Black and white are one grey, which has the page's own colour to be read on.
    if text and not (behind and text == QUIET):
        parts.append(f"color: {text}")
    if behind:
        parts.append(f"background: {behind}{_TINT}")
    return "; ".join(parts)


def _apply(styles: dict[int, str], codes: str) -> None:
    numbers = [int(code) for code in re.split("[;:]", codes) if code] or [0]
    while numbers:
        code = numbers.pop(0)
        tens, ones = divmod(code, 10)
        if code == 0:
            styles.clear()
        elif code in _STYLES:
            styles[code] = _STYLES[code]
        elif code in _CLEARS:
            for gone in _CLEARS[code]:
                styles.pop(gone, None)
        elif tens in {3, 4, 9, 10} and ones < 8:
            styles[_TEXT if tens in {3, 9} else _BEHIND] = _COLORS[ones]
        elif code in {38, 48, 58}:  # of the text, of what is behind it and of the line under it
            color = _read_color(numbers)
            if color and code != 58:
                styles[_TEXT if code == 38 else _BEHIND] = color


def _read_color(numbers: list[int]) -> str | None:
    """Take the arguments of a 256-colour or true-colour code from the front of `numbers`."""
    kind = numbers.pop(0) if numbers else 0
    if kind == 2 and len(numbers) >= 3:
        red, green, blue = (min(numbers.pop(0), 255) for _ in range(3))
        return f"#{red:02x}{green:02x}{blue:02x}"
    if kind == 5 and numbers:
        number = min(numbers.pop(0), 255)
        if number < 16:
            return _COLORS[number % 8]
        if number < 232:
            steps = (0, 95, 135, 175, 215, 255)
            number -= 16
            return f"#{steps[number // 36]:02x}{steps[number // 6 % 6]:02x}{steps[number % 6]:02x}"
        grey = 8 + (number - 232) * 10
        return f"#{grey:02x}{grey:02x}{grey:02x}"
    return None
