"""A log read for training metrics while it comes in."""

from __future__ import annotations

import itertools
import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.metrics.training_scan import PORTION_LINES, WAITING_CHARS, TrainingScan

LINES = st.lists(
    st.sampled_from(["step {} loss 0.5", "epoch {}: acc=0.5", "{}", "\rx: 10%|█  | {}/9 [0:01<0:09, 1it/s]"])
)


def report(step: int) -> str:
    return f"step {step} loss {1 / (step + 1):.6f}"


def steps(scan: TrainingScan) -> list[float]:
    series: list[dict[str, Any]] = scan.trait().get("series", [])
    return series[0]["step"] if series else []


def test_what_is_fed_is_read_when_there_is_time():
    scan = TrainingScan()
    scan.feed([report(1), "an ordinary line", report(2)], 5.0)
    assert (scan.is_behind, scan.trait()) == (True, {})
    assert scan.advance(math.inf)
    assert (scan.is_behind, steps(scan)) == (False, [1, 2])
    assert [record["time"] for record in scan.records()] == [5.0, 5.0]
    # Which value is the best may be said; else the name decides.
    (plain,), (told,) = scan.curves(), scan.curves({scan.curves()[0]["key"]: "max"})
    assert (plain["best"], told["best"]) == (min(plain["y"]), max(plain["y"]))
    assert plain["best"] != told["best"]


def test_a_log_that_says_nothing_gives_nothing():
    scan = TrainingScan()
    scan.feed(["hello", "lr: 0.1", "100%"], 0.0)
    assert not scan.advance(math.inf)
    assert (scan.trait(), scan.records()) == ({}, [])


def test_every_state_of_a_line_that_was_redrawn_is_read():
    scan = TrainingScan()
    scan.feed([f"\r{report(1)}\r{report(2)}\r{report(3)}"], 0.0)
    scan.advance(math.inf)
    assert steps(scan) == [1, 2, 3]


def test_a_turn_ends_when_its_time_is_up_and_the_next_one_goes_on():
    seconds = itertools.count()
    scan = TrainingScan(clock=lambda: float(next(seconds)))
    scan.feed([report(step) for step in range(PORTION_LINES * 3)], 0.0)
    scan.advance(1.5)
    assert scan.is_behind
    assert len(scan.records()) == PORTION_LINES
    while scan.is_behind:
        scan.advance(1.5)
    assert len(scan.records()) == PORTION_LINES * 3


def test_a_flood_is_thinned_but_never_loses_the_newest():
    scan = TrainingScan()
    filling = ["." * 1900] * (PORTION_LINES - 1)
    count = 3 * WAITING_CHARS // (1900 * PORTION_LINES)
    for step in range(count):
        scan.feed([report(step), *filling], float(step))
        assert scan._chars <= WAITING_CHARS
    scan.advance(math.inf)
    read = [record["step"] for record in scan.records()]
    assert (read[0], read[-1]) == (0, count - 1)
    assert count // 8 < len(read) < count


def test_what_was_read_no_longer_counts_as_waiting():
    scan = TrainingScan()
    for step in range(3):
        filling = ["." * 1900] * (WAITING_CHARS // 4 // 1900)
        scan.feed([*filling, *map(report, range(step * 500, step * 500 + 500)), *filling], 0.0)
        scan.advance(math.inf)
    assert len(scan.records()) == 1500


@given(st.lists(st.tuples(LINES, st.integers(0, 3)), max_size=6))
def test_it_never_matters_when_lines_are_read(turns: list[tuple[list[str], int]]):
    number = itertools.count()
    log = [([line.format(next(number)) for line in lines], pause) for lines, pause in turns]
    seconds = itertools.count()
    slow, quick = TrainingScan(clock=lambda: float(next(seconds))), TrainingScan()
    for lines, pause in log:
        slow.feed(lines, 1.0)
        quick.feed(lines, 1.0)
        quick.advance(math.inf)
        slow.advance(float(pause))
    slow.advance(math.inf)
    assert slow.records() == quick.records()
    assert slow.trait() == quick.trait()
