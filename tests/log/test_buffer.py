"""Log lines: numbered, rewritten as a terminal would, whole however many there are."""

from __future__ import annotations

import resource
import signal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.log.buffer import CHUNK_LINES, ROWS, LogBuffer
from hfjobs_magic.log.clip import FOLD_CHARS, count_json_bytes

PLAIN = st.text(st.characters(exclude_characters="\r\n\b\x1b", exclude_categories=["Cs"]), max_size=8)


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


@given(st.lists(st.sampled_from(["plain", "\x1b" * 30_000, "\U0001f642" * 9_000, '"' * 70_000, ""]), min_size=1))
def test_what_is_asked_for_by_size_fits_however_it_is_written(pieces: list[str]):
    log = make_log(*pieces)
    first, newest = log.tail(50, 60_000)
    assert first + len(newest) == log.total
    for found in (newest, log.lines(0, 50, 60_000)):
        assert found
        assert sum(map(count_json_bytes, found)) <= 60_000
    log.close()


def test_a_log_that_fits_its_window_has_no_file():
    logs = [make_log("one", "two") for _ in range(300)]
    assert [log for log in logs if log._file is not None] == []
    long = make_log(*map(str, range(2 * ROWS)))
    assert long._file is not None
    file = long._file
    long.close()
    assert file.closed


def test_a_full_disk_costs_no_line():
    lines = [f"line {number} é" for number in range(3 * CHUNK_LINES)]
    log = make_log(*lines[: 2 * ROWS])
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, hard))
        with pytest.raises(OSError, match="File too large"):
            log.extend(lines[2 * ROWS : -1])
        assert log.lines(0, len(lines)) == lines[:-1]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        signal.signal(signal.SIGXFSZ, before)
    log.extend(lines[-1:])
    assert log.lines(0, len(lines)) == lines
    assert log.settled > CHUNK_LINES
    log.close()
