"""Log lines: numbered, rewritten as a terminal would, whole however many there are."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.logs import CHUNK_LINES, FOLD_CHARS, LogBuffer, overwrite

PLAIN = st.text(st.characters(exclude_characters="\r\n\x1b", exclude_categories=["Cs"]), max_size=8)


def make_log(*pieces: str) -> LogBuffer:
    log = LogBuffer()
    for piece in pieces:
        log.append(piece)
    return log


def test_lines_are_numbered_from_zero():
    log = make_log("a", "b", "", "d")
    assert log.total == 4
    assert log.lines(0, 10) == ["a", "b", "", "d"]
    assert log.lines(1, 2) == ["b", ""]
    assert log.lines(3, 5) == ["d"]
    assert log.lines(9, 5) == []
    assert log.tail(2) == (2, ["", "d"])
    log.close()


def test_a_progress_bar_is_one_line_that_changes():
    log = make_log("start", "  0%", "\r 50%", "\r100%", "end")
    assert log.lines(0, 10) == ["start", "100%", "end"]
    log.close()


def test_an_empty_log_is_empty():
    log = LogBuffer()
    assert (log.total, log.lines(0, 10), log.tail(5)) == (0, [], (0, []))
    log.close()


@given(st.lists(PLAIN), st.integers(-3, 30), st.integers(0, 30))
def test_any_window_is_the_same_as_of_a_list(pieces: list[str], first: int, count: int):
    log = make_log(*pieces)
    assert log.lines(first, count) == pieces[max(0, first) : max(0, first + count)]
    assert log.total == len(pieces)
    log.close()


@pytest.mark.parametrize(
    ("before", "piece", "after"),
    [
        ("", "plain", "plain"),
        ("100%", "\rdone", "done"),
        ("abcdef", "\rXY", "XYcdef"),
        ("abcdef", "\r\x1b[KXY", "XY"),
        ("abc", "\r", "abc"),
        ("", "one\rtwo\rthree", "three"),
        ("\x1b[31mred\x1b[0m", "\r\x1b[32mgo\x1b[0m", "\x1b[32mgo\x1b[0m"),
    ],
)
def test_carriage_returns_do_what_a_terminal_does(before: str, piece: str, after: str):
    assert overwrite(before, piece) == after


def test_a_very_long_line_is_folded_with_a_mark():
    log = make_log("x" * (FOLD_CHARS + 1234))
    (line,) = log.lines(0, 1)
    assert line == "x" * FOLD_CHARS + "… +1,234 characters"
    log.close()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "", "", "\r", "\n", "\x1b[K", "\x1b[1m", "\u2424é\ud800"]),
            PLAIN,
            st.sampled_from(["", "", "\n", "\r\n", "\rmore"]),
        ).map("".join)
    ),
    st.lists(st.integers(0, 40)),
)
def test_many_pieces_at_once_are_the_same_as_one_after_the_other(pieces: list[str], cuts: list[int]):
    one, many = make_log(*pieces), LogBuffer()
    edges = [0, *sorted(cuts), len(pieces)]
    for start, stop in pairwise(edges):
        many.extend(pieces[start:stop])
        many.lines(0, 1)
    assert (many.total, many.lines(0, 99)) == (one.total, one.lines(0, 99))
    one.close()
    many.close()


def test_a_chunk_is_taken_in_parts_and_each_line_is_found_again():
    pieces = [f"line {number} é" for number in range(3 * CHUNK_LINES + 1)]
    log = make_log("first")
    log.extend(pieces)
    assert log.total == len(pieces) + 1
    assert log.lines(CHUNK_LINES - 1, 3) == pieces[CHUNK_LINES - 2 : CHUNK_LINES + 1]
    assert log.tail(1) == (len(pieces), [pieces[-1]])
    log.close()
