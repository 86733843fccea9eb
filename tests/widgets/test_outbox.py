"""What a page gets that asks what it has missed."""

from __future__ import annotations

from hfjobs_magic.widgets.outbox import KEEP_MESSAGES, KEEP_S, Missed, Outbox


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def make() -> tuple[Outbox, Clock]:
    clock = Clock()
    return Outbox(clock), clock


def test_the_first_question_is_answered_with_everything_and_the_next_with_what_is_new():
    outbox, _ = make()
    outbox.change(["job"])
    outbox.post({"type": "before"})
    first = outbox.since(-1)
    assert first == Missed(None, (), first.seen)
    outbox.change(["job", "log"])
    outbox.post({"type": "lines"})
    outbox.change(["log"])
    second = outbox.since(first.seen)
    assert (second.traits, second.messages) == ({"job", "log"}, ({"type": "lines"},))
    assert outbox.since(second.seen) == Missed(frozenset(), (), second.seen)
    # Another page, which has missed both.
    assert outbox.since(first.seen) == second


def test_a_page_that_asks_after_a_long_time_gets_everything():
    outbox, clock = make()
    seen = outbox.since(-1).seen
    clock.now = KEEP_S + 1
    outbox.post({"type": "not kept"})
    assert outbox.since(seen).traits is None
    assert outbox.since(seen).messages == ()


def test_a_page_that_missed_more_than_is_kept_gets_all_traits():
    outbox, _ = make()
    seen = outbox.since(-1).seen
    for number in range(KEEP_MESSAGES + 1):
        outbox.post({"number": number})
    missed = outbox.since(seen)
    assert missed.traits is None
    assert [message["number"] for message in missed.messages] == list(range(1, KEEP_MESSAGES + 1))


def test_a_page_of_another_kernel_gets_everything():
    outbox, _ = make()
    assert outbox.since(1_000).traits is None
    assert outbox.since(1_000).traits is None
