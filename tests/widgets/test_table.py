"""The jobs table on the kernel's side, over real HTTP to the local service."""

from __future__ import annotations

import math
import re
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

import hfjobs_magic
from hfjobs_magic.api.submit import connect
from hfjobs_magic.errors import HubError
from hfjobs_magic.facts import NOT_ENDED
from hfjobs_magic.follow.job_list import Listed, Query, changes, read, reread, row, trimmed
from hfjobs_magic.follow.list_watcher import SILENCE_S, Watch, stop_all
from hfjobs_magic.hub.client import JobsClient
from hfjobs_magic.views.table import jobs_table
from hfjobs_magic.widgets.table import MAX_CARDS, JobsTable
from tests.counting import counted
from tests.fakes import FACTS
from tests.waiting import wait_until

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.local.daemon import Service

SLEEP = "import time; time.sleep(600)"


class Sent(JobsTable):
    """A table that keeps what it sends to its pages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        super().__init__(*args, **kwargs)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append(content)

    def say(self, **message: Any) -> None:
        self._handle_custom_msg(message, [])

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        return {one["id"]: one for one in self.rows_now()["rows"]}


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("hfjobs-table")]


class Refusing:
    """A Hub that is asked for too much."""

    local, refuses = True, True

    def jobs(self, *, status: Any = None, labels: Any = None) -> Iterator[Any]:
        if self.refuses:
            error = HubError("Too many requests.")
            error.retry_after_s = 55.0
            raise error
        return iter(())


def make_table(client: JobsClient, query: Query, **watch: Any) -> Sent:
    found = read(client, query)
    return Sent(
        Watch(client, query, found, rerun=lambda job: client.rerun(job.id), **watch),
        jobs_table(found.jobs, empty="None."),
        empty="None.",
        prices={},
    )


@pytest.fixture
def client(local: Service) -> JobsClient:
    return connect(local=True)


@pytest.fixture
def table(client: JobsClient) -> Iterator[Sent]:
    made = make_table(client, Query())
    yield made
    made.close()
    wait_until(lambda: threads() == [])


@pytest.fixture
def running(local: Service) -> Iterator[list[Job]]:
    """Jobs that run until they are cancelled."""
    jobs = [hfjobs_magic.run(SLEEP, local=True, name=f"table-{i}", labels={"team": "table"}) for i in range(2)]
    yield jobs
    for job in jobs:
        if job.stage in NOT_ENDED:
            job.cancel()
    wait_until(lambda: all(job.stage not in NOT_ENDED for job in jobs))


def test_a_table_follows_while_it_is_on_the_screen_and_asks_nothing_when_it_is_not(local: Service, running: list[Job]):
    with counted(local) as (proxied, asked):
        client = JobsClient(endpoint=proxied.endpoint, token=local.token, namespace=local.namespace, local=True)
        table = make_table(client, Query())
        assert threads() == []
        table.say(type="watch", view="a", visible=True, seq=0)
        table.say(type="watch", view="b", visible=True, seq=0)
        wait_until(lambda: table.rows[running[0].id]["stage"] == "RUNNING" and table.status["watching"])
        # A job of somebody else's making appears by itself; there is room for two at a time.
        third = hfjobs_magic.run("print(1)", local=True, name="table-third")
        wait_until(lambda: third.id in table.rows)
        third.cancel()
        wait_until(lambda: table.rows[third.id]["stage"] == "CANCELED")
        assert [message["type"] for message in table.sent if third.id in str(message)][:1] == ["rows"]
        assert threads() == ["hfjobs-table-list"]
        table.say(type="watch", view="a", visible=False)
        before = len(asked)
        wait_until(lambda: len(asked) > before + 1)
        table.say(type="watch", view="b", visible=False)
        # Nobody is left who could ask.
        wait_until(lambda: threads() == [] and not table.status["watching"])
        quiet = len(asked)
        running[0].cancel()
        wait_until(lambda: running[0].stage == "CANCELED")
        assert len(asked) == quiet
        table.close()


def test_messages_of_a_page_cancel_rerun_and_open_cards(table: Sent, running: list[Job], client: JobsClient):
    one, two = (job.id for job in running)
    table.say(type="watch", view="a", visible=True, seq=0)
    wait_until(lambda: {one, two} <= {job_id for job_id, job in table.rows.items() if job["stage"] == "RUNNING"})
    table.say(type="card", id=one)
    wait_until(lambda: one in table.cards)
    card = table._open[one]
    assert table.cards[one] == f"anywidget:{card.model_id}"
    wait_until(lambda: card.job["stage"] == "RUNNING")
    # Twice in a row is once.
    table.say(type="cancel", ids=[one, two, one])
    table.say(type="cancel", ids=[one])
    wait_until(lambda: all(table.rows[job_id]["stage"] == "CANCELED" for job_id in (one, two)))
    wait_until(lambda: table.status["cancelling"] == [] and card.job["stage"] == "CANCELED")
    before = set(table.rows)
    table.say(type="rerun", id=one)
    wait_until(lambda: len(table.rows) == len(before) + 1)
    (again,) = set(table.rows) - before
    assert table.rows[again]["name"] == "table-0"
    client.cancel(again)
    wait_until(lambda: table.rows[again]["stage"] == "CANCELED")


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        {"type": "cancel", "ids": "0" * 24},
        {"type": "cancel", "ids": [None, 7, "x", "../whoami", "0" * 25]},
        {"type": "cancel", "ids": ["0" * 24]},
        {"type": "rerun", "id": "0" * 24},
        {"type": "rerun", "id": ["0" * 24]},
        {"type": "card", "id": "0" * 24},
        {"type": "card", "id": f"{'0' * 24}/cancel"},
        {"type": "nonsense"},
    ],
)
def test_what_a_page_may_not_ask_for_is_never_sent(local: Service, message: Any):
    with counted(local) as (proxied, asked):
        client = JobsClient(endpoint=proxied.endpoint, token=local.token, namespace=local.namespace, local=True)
        table = make_table(client, Query())
        listed_only = len(asked)
        table._handle_custom_msg(message, [])
        wait_until(lambda: threads() == [])
        assert asked[listed_only:] == []
        assert table.cards == {}
        table.close()


def test_a_cancel_that_fails_is_said_and_may_be_tried_again(local: Service, running: list[Job]):
    client = connect(local=True)
    table = make_table(client, Query())
    wait_until(lambda: client.inspect(running[0].id).stage == "RUNNING")
    job_id = running[0].id
    # Something else answers there, for a while.
    client._api.endpoint = f"{local.endpoint}/elsewhere"
    table.say(type="watch", view="a", visible=True, seq=0)
    table.say(type="cancel", ids=[job_id])
    wait_until(lambda: table.status["notice"].startswith("Cancel did not work: The Hub refused"))
    assert table.status["cancelling"] == []
    wait_until(lambda: "The Hub refused" in table.status["error"])
    seen = table.status["seen_at"]
    client._api.endpoint = local.endpoint
    wait_until(lambda: table.status["error"] == "" and table.status["seen_at"] > seen)
    table.say(type="cancel", ids=[job_id])
    wait_until(lambda: table.rows[job_id]["stage"] == "CANCELED")
    assert table.status["notice"] == ""
    table.close()


def test_a_fault_of_ours_is_said_and_the_list_is_looked_at_again(
    client: JobsClient, running: list[Job], errors_logged: list[logging.LogRecord], monkeypatch: pytest.MonkeyPatch
):
    table = make_table(client, Query())
    said = "This failed with an unexpected ZeroDivisionError; the logger hfjobs_magic has its traceback."
    with monkeypatch.context() as patch:
        for name in ("jobs", "cancel", "rerun"):
            patch.setattr(client, name, lambda *_, **__: 1 // 0)
        table.say(type="watch", view="a", visible=True, seq=0)
        wait_until(lambda: table.status["error"] == said)
        table.say(type="cancel", ids=[running[0].id])
        wait_until(lambda: table.status["notice"] == f"Cancel did not work: {said}")
        assert table.status["cancelling"] == []
        table.say(type="rerun", id=running[0].id)
        wait_until(lambda: table.status["notice"] == f"Rerun did not work: {said}")
    wait_until(lambda: table.status["error"] == "")
    assert {record.exc_info[0] for record in errors_logged} == {ZeroDivisionError}
    table.close()


def test_a_card_that_the_hub_is_slow_to_tell_of_holds_up_nothing(
    table: Sent, running: list[Job], client: JobsClient, monkeypatch: pytest.MonkeyPatch
):
    one, two = (job.id for job in running)
    asked, go_on = threading.Event(), threading.Event()

    def slowly() -> list[Any]:
        asked.set()
        go_on.wait()
        return []

    monkeypatch.setattr(client, "hardware", slowly)
    table.say(type="watch", view="a", visible=True, seq=0)
    wait_until(lambda: {one, two} <= table.rows.keys())
    try:
        table.say(type="card", id=one)
        wait_until(asked.is_set)
        table.say(type="cancel", ids=[two])
        wait_until(lambda: table.rows[two]["stage"] == "CANCELED")
        assert table.cards == {}
    finally:
        go_on.set()
    wait_until(lambda: list(table.cards) == [one])


def test_a_page_that_missed_something_gets_everything(table: Sent):
    states: list[Any] = []
    table.send_state = lambda key=None: states.append(key)  # type: ignore[method-assign]
    table.say(type="watch", view="a", visible=True, seq=0)
    wait_until(lambda: table.status["watching"])
    assert "jobs" not in states
    table.say(type="watch", view="a", visible=True, seq=7)
    wait_until(lambda: "jobs" in states)


def test_when_no_page_speaks_any_more_looking_becomes_rare_and_ends(client: JobsClient):
    clock = [0.0]
    watch = Watch(client, Query(), Listed(()), rerun=lambda job: client.rerun(job.id), elapsed=lambda: clock[0])
    watch.heard("a", visible=True)
    # The first look is at once.
    wait_until(lambda: watch.seen.watching and watch._looked == 0.0)
    assert watch._wait() == watch.every_s
    clock[0] = 100.0
    watch._looked = 100.0
    assert watch._wait() == 10.0
    clock[0] = SILENCE_S
    watch.do(lambda: None)
    wait_until(lambda: not watch.seen.watching)
    wait_until(lambda: threads() == [])
    watch.heard("a", visible=True)
    wait_until(lambda: watch.seen.watching)
    stop_all()
    wait_until(lambda: threads() == [])


def test_too_many_requests_are_answered_by_waiting_as_long_as_the_hub_says():
    clock, hub = [0.0], Refusing()
    watch = Watch(
        cast("JobsClient", hub), Query(), Listed(()), rerun=lambda job: hub.rerun(job.id), elapsed=lambda: clock[0]
    )
    watch.heard("a", visible=True)
    wait_until(lambda: watch.seen.error == "Too many requests." and watch._refused_until == 55.0)
    assert watch._wait() == 55.0
    # Not even what a button did makes it ask earlier.
    watch.do(lambda: watch._cancels_sent({}))
    wait_until(lambda: watch._looked == -math.inf)
    clock[0] = 54.0
    assert watch._wait() == 1.0
    hub.refuses, clock[0] = False, 55.0
    watch.do(lambda: None)
    wait_until(lambda: watch.seen.error == "")
    stop_all()
    wait_until(lambda: threads() == [])


def test_few_cards_stay_open(table: Sent, client: JobsClient):
    jobs = [client.rerun(done.id) for done in [hfjobs_magic.run("print(1)", local=True).wait(timeout=60)] * MAX_CARDS]
    table.say(type="watch", view="a", visible=True, seq=0)
    ids = [job.id for job in jobs]
    wait_until(lambda: set(ids) <= set(table.rows))
    oldest = next(iter(set(table.rows) - set(ids)))
    for job_id in (oldest, *ids):
        table.say(type="card", id=job_id)
    wait_until(lambda: list(table.cards) == ids)
    wait_until(lambda: all(client.inspect(job_id).is_terminal for job_id in ids))


def test_the_saved_twin_is_a_plain_table_and_the_repr_is_constant(table: Sent):
    data, _ = table._repr_mimebundle_()
    assert re.match(r'<div data-hfjob="table-[0-9a-f]{16}"><(table|p)>', data["text/html"])
    assert "Created" in data["text/plain"] or "None." in data["text/plain"]
    assert repr(table) == "Jobs of local, local service"


# -- what a list is made of, without a network ----------------------------------------------------


class Pages:
    """A namespace's jobs, newest first, and how far they were read."""

    def __init__(self, count: int) -> None:
        self.all = {
            f"{i:024x}": replace(FACTS, id=f"{i:024x}", stage="COMPLETED", created_at=float(i)) for i in range(count)
        }
        self.read: list[str] = []
        self.inspected: list[str] = []

    def put(self, number: int, **changes: Any) -> None:
        job_id = f"{number:024x}"
        self.all[job_id] = replace(self.all.get(job_id, FACTS), id=job_id, created_at=float(number), **changes)

    def inspect(self, job_id: str) -> Any:
        self.inspected.append(job_id)
        return self.all[job_id]

    def jobs(self, *, status: Any = None, labels: Any = None) -> Iterator[Any]:
        for job_id in sorted(self.all, reverse=True):
            if status is None or self.all[job_id].stage in status:
                self.read.append(job_id)
                yield self.all[job_id]


def test_a_look_reads_as_far_as_the_oldest_job_that_had_not_ended():
    pages, query = Pages(1000), Query()
    pages.put(997, stage="RUNNING")
    before = read(pages, query)
    assert len(before.jobs) == 1000
    pages.read.clear()
    pages.put(1000, stage="SCHEDULING")
    pages.put(997, stage="ERROR")
    after = reread(pages, query, before)
    assert [int(job_id, 16) for job_id in pages.read] == [1000, 999, 998, 997]
    assert len(after.jobs) == 1001
    changed, gone = changes(before, after)
    assert [(int(one["id"], 16), one["stage"]) for one in changed] == [(1000, "SCHEDULING"), (997, "ERROR")]
    assert gone == []
    pages.put(5, labels={"team": "new"})
    assert reread(pages, query, after, whole=True).jobs[-6].labels == {"team": "new"}


def test_a_job_that_leaves_the_stages_asked_for_stays_with_its_end():
    pages, query = Pages(10), Query(NOT_ENDED)
    pages.put(10, stage="RUNNING")
    before = read(pages, query)
    assert [job.stage for job in before.jobs] == ["RUNNING"]
    pages.put(10, stage="ERROR")
    for whole in (False, True):
        assert [job.stage for job in reread(pages, query, before, whole=whole).jobs] == ["ERROR"]
    assert len(set(pages.inspected)) == 1
    after = reread(pages, query, before)
    assert [job.stage for job in reread(pages, query, after, whole=True).jobs] == ["ERROR"]


def test_a_limit_keeps_the_newest_and_says_that_there_are_more():
    pages, query = Pages(30), Query(limit=10)
    before = read(pages, query)
    assert (len(before.jobs), before.more) == (10, True)
    pages.put(30, stage="RUNNING")
    after = reread(pages, query, before)
    assert (after.jobs[0].stage, len(after.jobs), after.more) == ("RUNNING", 10, True)
    assert changes(before, after)[1] == [f"{20:024x}"]
    assert trimmed(after.jobs, Query(limit=10), more=False).more is False


def test_a_row_names_what_a_page_needs_and_bounds_it():
    made = row(replace(FACTS, labels={"name": "x", "team": "nlp", "long": "y" * 1000}, owner=""))
    assert made["owner"] == "me"
    assert list(made["labels"]) == ["team", "long"]
    assert len(made["labels"]["long"]) == 60
