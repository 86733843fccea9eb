"""Who is streamed where there are more jobs than streams."""

from __future__ import annotations

from hfjobs_magic.follow.slots import Slots


class Seeker:
    def __init__(self) -> None:
        self.streamed = False

    def stream(self) -> None:
        assert not self.streamed
        self.streamed = True

    def unstream(self) -> None:
        self.streamed = False


def shown(seekers: list[Seeker]) -> list[int]:
    return [number for number, one in enumerate(seekers) if one.streamed]


def test_the_first_are_streamed_and_the_next_when_one_leaves():
    slots, seekers = Slots(2), [Seeker() for _ in range(4)]
    for one in seekers:
        slots.seek(one)
    assert shown(seekers) == [0, 1]
    slots.leave(seekers[0])
    assert shown(seekers) == [1, 2]
    slots.leave(seekers[3])
    slots.leave(seekers[3])
    assert shown(seekers) == [1, 2]
    assert slots.has(seekers[1])
    assert not slots.has(seekers[3])


def test_a_job_that_is_looked_at_comes_before_those_that_are_not():
    slots, seekers = Slots(2), [Seeker() for _ in range(4)]
    for one in seekers:
        slots.seek(one)
    slots.seek(seekers[3], looked_at=True)
    assert shown(seekers) == [0, 3]
    slots.seek(seekers[2], looked_at=True)
    assert shown(seekers) == [2, 3]
    # The one opened last is the one in view.
    slots.seek(seekers[0], looked_at=True)
    assert shown(seekers) == [0, 2]
