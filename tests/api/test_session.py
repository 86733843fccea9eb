"""What a session's jobs may still cost: the Hub is asked once for all of them, with all who look at them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hfjobs_magic.api.session import Session
from hfjobs_magic.errors import HubUnreachableError
from hfjobs_magic.facts import Hardware
from tests.follow.test_job_book import Hub
from tests.runtimes import quick_runtime

HARDWARE = Hardware(flavor="t4-small", label="T4", usd_per_minute=0.5)


def test_all_jobs_that_have_not_ended_are_asked_for_at_once_and_an_ended_one_not_again():
    hub, session = Hub(3), Session()
    with quick_runtime(poll_local=60) as runtime:
        book = runtime.book(hub, "me")
        entries = [book.entry(facts) for facts in hub.all.values()]
        for entry in entries:
            session.commit(entry, 30.0, HARDWARE)
        first = entries[0].facts
        hub.all[first.id] = replace(first, stage="COMPLETED", started_at=100.0, finished_at=220.0)
        assert session.sum_committed_usd() == pytest.approx(61.0)
        assert hub.asked == ["list", "inspect"]
        assert session.sum_committed_usd() == pytest.approx(61.0)
        assert hub.asked == ["list", "inspect"], "what was just asked for"


def test_what_a_card_has_learned_counts_without_asking_and_what_cannot_be_asked_counts_in_full():
    hub, session = Hub(1), Session()
    with quick_runtime(poll_local=60) as runtime:
        book = runtime.book(hub, "me")
        (facts,) = hub.all.values()
        session.commit(book.entry(facts), 30.0, HARDWARE)
        hub.failure = HubUnreachableError("Nothing answers.")
        assert session.sum_committed_usd() == 30.0
        book.entry(replace(facts, stage="COMPLETED", started_at=100.0, finished_at=220.0))
        hub.asked.clear()
        assert session.sum_committed_usd() == pytest.approx(1.0)
        assert hub.asked == []
