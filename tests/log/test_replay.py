"""Where a log that is sent once more goes on: every line once, or a gap where nobody has it any more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.log.replay import EDGE_LINES, Place, continuation


def at(lines: list[str]) -> Place:
    place = Place()
    for start in range(0, len(lines), 7):
        place.advance(lines[start : start + 7])
    return place


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 60))
def test_whatever_is_trimmed_each_line_is_there_once_or_in_the_gap(seen: int, trimmed: int, later: int):
    lines = [f"line {number}" for number in range(seen + later)]
    replay = lines[trimmed:]
    place, start, gap = at(lines[:seen]).find_in(replay)
    assert gap == (trimmed >= seen)
    assert replay[start:] == lines[max(seen, trimmed) :]
    assert place.count == start
    # From the new place on it goes as before: the next replay is skipped by count, and agrees.
    place.advance(replay[start:])
    assert place.count == len(replay)
    assert all(place.agrees(index, line) for index, line in enumerate(replay))


@given(st.integers(1, 200), st.integers(1, 20))
def test_a_replay_that_begins_later_is_noticed_at_its_first_line(seen: int, trimmed: int):
    lines = [f"line {number}" for number in range(seen + 20)]
    place = at(lines[:seen])
    assert all(place.agrees(index, line) for index, line in enumerate(lines[:seen]))
    assert not place.agrees(0, lines[trimmed])


def test_lines_that_are_all_alike_are_not_taken_twice():
    place = at(["same"] * 30)
    assert place.find_in(["same"] * 40)[1:] == (30, False)


def test_of_a_very_long_replay_only_the_newest_lines_are_looked_through():
    lines = [f"line {number}" for number in range(300)]
    place, start, gap = at(lines[:250]).find_in(lines[200:], dropped=190)
    assert (start, gap, place.count) == (50, False, 240)


def test_the_newest_lines_say_whether_something_is_not_here():
    lines = [f"line {number}" for number in range(120)]
    place = at(lines[:100])
    assert not place.is_behind(lines[100 - EDGE_LINES : 100])
    assert place.is_behind(lines[101 - EDGE_LINES : 101])
    assert at([]).is_behind(["one"])
    assert not at([]).is_behind([])
    assert at(["one"]).is_behind(["one", "two"])
    assert not at(["one", "two"]).is_behind(["one", "two"])


def test_nothing_in_common_is_no_place():
    assert continuation([], ["a"], 1) is None
    assert continuation(["a"], ["b", "c"], 2) is None
