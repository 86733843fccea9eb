"""Rows of the log as a terminal shows them, held against pyte, which is one."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hfjobs_magic.log.clip import FOLD_CHARS
from hfjobs_magic.log.pen import restyle
from hfjobs_magic.log.screen import COLUMNS, Screen, is_moving

WIDTH, HEIGHT = 200, 40

TEXT = st.text(st.sampled_from("abc XYZ 012%|█▌é─⠋"), min_size=1, max_size=12)
COLORS = st.sampled_from(["0", "", "1", "22", "3", "23", "4", "24", "7", "27", "9", "29", "31", "39", "42", "49", "95"])
PALETTE = st.sampled_from(["38;5;208", "48;5;17", "38;2;1;2;3", "48;2;9;8;7;1", "1;31", "0;32", "38;5;9;1"])
SGR = st.one_of(COLORS, PALETTE).map("\x1b[{}m".format)
ERASE = st.sampled_from(["\x1b[K", "\x1b[0K", "\x1b[1K", "\x1b[2K", "\x1b[J"])
ALONG = st.tuples(st.integers(0, 15), st.sampled_from("CDGPX")).map(lambda move: f"\x1b[{move[0] or ''}{move[1]}")
ONE_ROW = st.one_of(TEXT, TEXT, SGR, ERASE, ALONG, st.sampled_from(["\r", "\b", "\t", "\x1b[?25l", "\x1b]0;title\x07"]))
UP = st.one_of(st.integers(1, 4).map("\x1b[{}A".format), st.sampled_from(["\x1b[A", "\x1b[2F"]))


def shown(pieces: list[str]) -> list[str]:
    """What our rows hold after these pieces."""
    screen = Screen()
    for piece in pieces:
        screen.feed(piece, again=piece.startswith("\r"))
    return [str(row) for row in screen.rows]


def cells(text: str) -> list[list[object]]:
    """What pyte shows: rows of cells without what cannot be seen, the paint of a blank and blanks at the end."""
    screen = pyte.Screen(WIDTH, HEIGHT)
    pyte.Stream(screen).feed(text)
    rows = []
    for at in range(HEIGHT):
        row = [screen.buffer[at][column] for column in range(WIDTH)]
        seen = [None if cell.data == " " else cell for cell in row]
        while seen and seen[-1] is None:
            seen.pop()
        rows.append(seen)
    return rows


def printed(pieces: list[str]) -> str:
    r"""The same pieces as a program writes them; a line of ours begins without colour."""
    return "".join(
        piece if piece.startswith("\r") or not index else f"\r\n\x1b[0m{piece}" for index, piece in enumerate(pieces)
    )


@settings(deadline=None)
@given(st.lists(ONE_ROW, max_size=20).map("".join), st.lists(st.lists(ONE_ROW, max_size=6).map("".join), max_size=4))
@example("\x1b[31mred\x1b[0m", ["\x1b[32mgo"])
@example("100%", ["\x1b[Kdone"])
def test_a_row_that_is_written_over_shows_what_a_terminal_shows(first: str, frames: list[str]):
    pieces = [first, *("\r" + frame for frame in frames)]
    (row,) = shown(pieces)
    assert cells(row) == cells(printed(pieces))


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["", "", "\r"]), st.lists(st.one_of(ONE_ROW, ONE_ROW, UP), max_size=6).map("".join)),
        min_size=1,
        max_size=12,
    )
)
def test_rows_above_each_other_show_what_a_terminal_shows(lines: list[tuple[str, str]]):
    pieces = [lead + text for lead, text in lines]
    assert cells("\r\n".join(shown(pieces))) == cells(printed(pieces))


def test_nested_bars_of_tqdm_stay_two_lines():
    # What tqdm writes for an inner bar (position 1) below an outer one, as the log's events bring it.
    pieces = ["outer:   0%"]
    for step in range(1, 4):
        pieces += ["inner:  50%\x1b[A", f"\router: {step * 25:3}%", "inner: 100%\x1b[A"]
    assert shown(pieces) == ["outer:  75%", "inner: 100%"]


@pytest.mark.parametrize(
    ("pieces", "row"),
    [
        (["漢字", "\ra"], "a 字"),
        (["漢字", "\r a"], " a字"),
        (["e\u0301x", "\r\x1b[CX"], "e\u0301X"),
        (["a\x00b\x07c", "\r\x1b[3Cd"], "abcd"),
        (["\x1b]8;;https://a.test\x1b\\link\x1b]8;;\x1b\\", "\rL"], "Link"),
        (["two\nlines", "\r\x1b[3C!"], "two!lines"),
        (["up", "\r\x1bMUP"], "UP"),
        (["kept", "\r\x1b[2J\x1b[H"], "kept"),
        ([f"\x1b[{10**8}Cx"], " " * COLUMNS + "x"),
        (["x", "\r\x1b[" + "9" * 400 + "C!"], "x" + " " * (COLUMNS - 1) + "!"),
        (["\x1b[31mred", "\r\x1b[1;32mg"], "\x1b[1;32mg\x1b[0;31med\x1b[0m"),
    ],
)
def test_hostile_and_wide_text_keeps_its_columns(pieces: list[str], row: str):
    assert shown(pieces) == [row]


@pytest.mark.slow
def test_a_row_is_as_long_as_a_line_may_be():
    (row,) = shown(["x" * (FOLD_CHARS + 10), "\rab"])
    assert row == "ab" + "x" * (FOLD_CHARS - 2) + "… +10 characters"
    (row,) = shown(["é" * (FOLD_CHARS + 10)])
    assert row == "é" * FOLD_CHARS + "… +10 characters"
    (row,) = shown(["漢" * (FOLD_CHARS // 2 + 10)])
    assert row == "漢" * (FOLD_CHARS // 2) + "… +20 characters"


@given(st.lists(st.one_of(COLORS, PALETTE, st.text("0123456789;:", max_size=12)), max_size=30))
def test_a_pen_never_grows_beyond_one_code_an_attribute(sequences: list[str]):
    pen = ""
    for parameters in sequences:
        pen = restyle(pen, parameters)
        assert restyle("", pen) == pen
    assert len(pen) < 200


@pytest.mark.parametrize("text", ["plain", "\x1b[1;31mred\x1b[0m", "\x1b]0;title\x07", "\x1b", "a\tb"])
def test_what_only_adds_to_a_row_is_kept_as_it_came(text: str):
    assert not is_moving(text)
