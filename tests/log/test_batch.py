"""When lines were printed."""

from __future__ import annotations

from hfjobs_magic.log.batch import LineTimes, LogBatch
from hfjobs_magic.log.buffer import LogBuffer


def test_lines_are_told_apart_by_the_second_they_were_printed_in():
    assert list(LogBatch([], [], 0).runs()) == []
    assert list(LogBatch(["a", "b"], [], 2).runs()) == [(None, ["a", "b"])]
    # Of lines that are here already only the last second counts.
    assert list(LogBatch(["a", "b"], [(0, 5), (0, 6), (1, 7)], 2).runs()) == [(6, ["a"]), (7, ["b"])]


def test_a_second_is_kept_once_and_found_from_any_line_of_it():
    times = LineTimes()
    for line, second in ((0, 5), (1, 5), (4, 6), (4, 7), (9, 8)):
        times.note(line, second)
    assert times.runs(0, 20) == [[0, 5], [4, 7], [9, 8]]
    assert times.runs(6, 9) == [[6, 7]]
    assert times.runs(9, 10) == [[9, 8]]
    assert times.runs(3, 3) == []
    assert LineTimes().runs(0, 5) == []


def test_a_bar_is_of_the_second_in_which_it_began():
    log = LogBuffer()
    log.append("nobody says when")
    for second, piece in ((5, " 10%"), (6, "\r 20%"), (7, "\r100%"), (7, "done"), (9, "later")):
        log.second = second
        log.append(piece)
    assert log.lines(0, 9) == ["nobody says when", "100%", "done", "later"]
    assert log.times(0, 4) == [[1, 5], [2, 7], [3, 9]]
