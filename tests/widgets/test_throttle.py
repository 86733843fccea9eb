"""How often a large trait is sent."""

from __future__ import annotations

from typing import Any

import pytest

from hfjobs_magic.widgets.throttle import NUMBERS_PER_S, SHORTEST_S, Throttle


class Clock:
    """Seconds that the test lets pass."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def send(throttle: Throttle, known: int, value: dict[str, Any], *, last: bool = False) -> bool:
    due = throttle.is_due(known, last=last)
    if due:
        throttle.charge(value)
    return due


def test_a_small_one_is_sent_once_a_second_and_only_when_there_is_something_new(clock: Clock):
    pace = Throttle(clock)
    assert not send(pace, 0, {})
    assert send(pace, 1, {"t": [1.0]})
    clock.now += SHORTEST_S / 2
    assert not send(pace, 2, {"t": [1.0, 2.0]})
    clock.now += SHORTEST_S / 2
    assert send(pace, 2, {"t": [1.0, 2.0]})
    clock.now += SHORTEST_S
    assert not send(pace, 2, {"t": [1.0, 2.0]})


def test_a_large_one_is_sent_less_often(clock: Clock):
    pace = Throttle(clock)
    large = {"series": [{"key": "loss", "y": [0.5] * NUMBERS_PER_S, "step": None}] * 3}
    assert send(pace, 1, large)
    clock.now += 2.9
    assert not send(pace, 2, large)
    clock.now += 0.2
    assert send(pace, 2, large)


def test_the_last_one_waits_for_nothing(clock: Clock):
    pace = Throttle(clock)
    assert send(pace, 1, {"t": [0.0] * 1000})
    assert send(pace, 2, {"t": [0.0] * 1001}, last=True)
    assert not send(pace, 2, {"t": [0.0] * 1001}, last=True)
