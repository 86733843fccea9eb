"""Whoever looks at a job knows the same of it at once, and the Hub is asked once: card, table, handle, `%hfjobs`."""

from __future__ import annotations

import math
import threading
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import hfjobs_magic
from hfjobs_magic.api.job import Job
from hfjobs_magic.api.runtime import Runtime
from hfjobs_magic.follow.job_list import JobQuery, read
from hfjobs_magic.follow.list_watcher import ListWatcher
from hfjobs_magic.follow.timing import Timing
from hfjobs_magic.hub.client import JobsClient
from hfjobs_magic.magics.commands import change
from hfjobs_magic.magics.hfjobs import parse
from hfjobs_magic.views.table import jobs_table
from hfjobs_magic.widgets.card import JobCard
from hfjobs_magic.widgets.table import JobsTable
from tests.counting import counted
from tests.fakes import FACTS, FakeHub
from tests.runtimes import QUICK, threads
from tests.waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hfjobs_magic.local.daemon import Service

NEVER = Timing(poll_local=3600, list_local=3600, list_whole=10_000)
"""Nobody asks the Hub a second time, so what one learns of another's doing it has not from there."""


class Hub(FakeHub):
    """A Hub that takes a cancel when the test lets it."""

    namespace = "me"

    def __init__(self) -> None:
        super().__init__()
        self.say(stage="RUNNING")
        self.may_cancel = threading.Event()

    def hardware(self) -> tuple[()]:
        return ()

    def script_texts(self, _job_id: str) -> None:
        return None

    def cancel(self, job_id: str) -> None:
        assert self.may_cancel.wait(PATIENCE_S)
        super().cancel(job_id)


class Views:
    """Two cards, a table and a handle of one job."""

    def __init__(self, client: Any, runtime: Runtime, facts: Any) -> None:
        self.runtime = runtime
        self.handle = Job(client, facts, runtime=runtime)
        self.cards = [JobCard(Job(client, facts, runtime=runtime)) for _ in range(2)]
        found = read(client, JobQuery())
        watcher = ListWatcher(runtime, client, JobQuery(), found, rerun=lambda job: job)
        self.table = JobsTable(watcher, jobs_table(found.jobs, empty="None."), empty="None.", prices={})
        self.table._handle_custom_msg({"type": "watch", "view": "a", "visible": True, "seq": 0}, [])
        wait_until(lambda: self.table.status["watching"] and self.table._watch._list._whole_at > -math.inf)

    def wait_for_stage(self, stage: str) -> None:
        """Return once all of them show it."""
        wait_until(lambda: all(card.job["stage"] == stage for card in self.cards))
        wait_until(lambda: self.rows[self.handle.id]["stage"] == stage)
        assert self.handle.facts.stage == stage

    @property
    def rows(self) -> dict[str, Any]:
        return {row["id"]: row for row in self.table.write_rows()["rows"]}

    @property
    def cancelling(self) -> list[bool]:
        """Who shows that the job is being cancelled: both cards, the table, the handle."""
        entry = self.handle._entry.status
        return [
            *(card.cancelling for card in self.cards),
            self.table.status["cancelling"] == [self.handle.id],
            entry.cancelling,
        ]

    @property
    def notices(self) -> list[str]:
        return [*(card.notice for card in self.cards), self.table.status["notice"]]

    def close(self) -> None:
        self.runtime.stop()
        self.table.close()
        for card in self.cards:
            card.close()


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    yield made
    made.may_cancel.set()
    made.say(stage="COMPLETED")
    wait_until(lambda: threads() == [])


@pytest.fixture
def views(hub: Hub) -> Iterator[Views]:
    made = Views(hub, Runtime(NEVER), hub.facts)
    made.wait_for_stage("RUNNING")
    yield made
    made.close()


def by_magic(views: Views, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change, "RUNTIME", views.runtime)
    asked: Any = parse(["cancel", FACTS.id])
    threading.Thread(target=asked.run, args=(hub, asked), name="hfjob-test").start()


WAYS: dict[str, Callable[[Views, Hub, pytest.MonkeyPatch], None]] = {
    "card": lambda views, *_: views.cards[0]._handle_custom_msg({"type": "cancel"}, []),
    "table": lambda views, *_: views.table._handle_custom_msg({"type": "cancel", "ids": [FACTS.id]}, []),
    "handle": lambda views, *_: threading.Thread(target=views.handle.cancel, name="hfjob-test").start(),
    "%hfjobs cancel": by_magic,
}
"""Where somebody can cancel a job."""


@pytest.mark.parametrize("way", WAYS)
def test_a_cancel_shows_everywhere_before_anybody_has_asked_the_hub(
    views: Views, hub: Hub, way: str, monkeypatch: pytest.MonkeyPatch
):
    hub.asked.clear()
    WAYS[way](views, hub, monkeypatch)
    wait_until(lambda: all(views.cancelling))
    # To find the job, the magic asks for it; nobody else has.
    assert hub.asked == (["inspect"] if way == "%hfjobs cancel" else [])
    hub.may_cancel.set()
    views.wait_for_stage("CANCELED")
    wait_until(lambda: not any(views.cancelling))
    assert hub.cancelled == [FACTS.id]


@pytest.mark.parametrize("way", ["card", "table"])
def test_a_cancel_that_fails_is_taken_back_and_said_everywhere(
    views: Views, hub: Hub, way: str, monkeypatch: pytest.MonkeyPatch
):
    hub.refuse_cancel = True
    hub.may_cancel.set()
    WAYS[way](views, hub, monkeypatch)
    said = "Cancel did not work: Nothing answers at https://hub.test."
    in_table = said.replace("Cancel", f"Cancel of {FACTS.name}")
    wait_until(lambda: views.notices == [said, said, in_table])
    assert not any(views.cancelling)
    hub.refuse_cancel = False
    WAYS[way](views, hub, monkeypatch)
    views.wait_for_stage("CANCELED")
    wait_until(lambda: views.notices == [""] * 3)


def test_what_one_learns_of_a_job_all_know(views: Views, hub: Hub):
    hub.facts = replace(hub.facts, message="Pulling the image")
    hub.asked.clear()
    views.handle._entry.book.inspect(FACTS.id)
    wait_until(lambda: all(card.job["message"] == "Pulling the image" for card in views.cards))
    wait_until(lambda: views.rows[FACTS.id]["message"] == "Pulling the image")
    assert views.handle.facts.message == "Pulling the image"
    assert hub.asked == ["inspect"]


@pytest.mark.slow
def test_however_many_look_the_hub_is_asked_once(hub: Hub):
    views = Views(hub, Runtime(replace(QUICK, poll_local=0.1, list_local=0.2)), hub.facts)
    views.wait_for_stage("RUNNING")
    views.handle.follow()
    hub.asked.clear()

    def is_asked_often() -> bool:
        assert views.handle.stage == "RUNNING"
        return hub.asked.count("list") >= 20

    wait_until(is_asked_often)
    # The table's list answers for the cards and for the handle; log and metrics are streamed once.
    assert set(hub.asked) == {"list"}
    hub.say("last", stage="COMPLETED")
    views.wait_for_stage("COMPLETED")
    assert views.handle.stage == "COMPLETED"
    wait_until(lambda: all(card.stream == "complete" for card in views.cards))
    assert [card.log["lines"] for card in views.cards] == [["last"]] * 2
    views.close()


def test_however_many_look_the_local_service_is_asked_once(local: Service):
    job = hfjobs_magic.run("import time; print('up', flush=True); time.sleep(600)", local=True, name="one-truth")
    with counted(local) as (proxied, asked), ExitStack() as stack:
        client = JobsClient(endpoint=proxied.endpoint, token=local.token, namespace=local.namespace, local=True)
        views = Views(client, Runtime(), client.inspect(job.id))
        stack.callback(views.close)
        views.handle.follow()
        views.wait_for_stage("RUNNING")
        wait_until(lambda: all(card.log["total"] == 1 for card in views.cards))
        wait_until(lambda: all(card.metrics.get("t") for card in views.cards))
        # Why jobs of other tests failed is asked for, too.
        streams = [one for one in asked if job.id in one and one.partition("?")[0].endswith(("/logs", "/metrics"))]
        assert len(streams) == 2, streams
        asked.clear()
        lists = f"GET /api/jobs/{local.namespace}"
        while sum(one.partition("?")[0] == lists for one in asked) < 5:
            assert views.handle.stage == "RUNNING"
        assert not [one for one in asked if job.id in one]
        asked.clear()
        views.cards[0]._handle_custom_msg({"type": "cancel"}, [])
        views.wait_for_stage("CANCELED")
        assert [one for one in asked if one.startswith("POST")] == [f"POST /api/jobs/{local.namespace}/{job.id}/cancel"]
