"""The jobs table on the kernel's side, over real HTTP to the local service."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import pytest

import hfjobs_magic
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.submit import connect
from hfjobs_magic.facts import NOT_ENDED
from hfjobs_magic.follow.job_list import JobQuery, JobRows, read
from hfjobs_magic.follow.list_watcher import ListWatcher
from hfjobs_magic.follow.runtime import FollowRuntime
from hfjobs_magic.hub.client import JobsClient
from hfjobs_magic.views.table import jobs_table
from hfjobs_magic.widgets.sweep_part import SweepPart
from hfjobs_magic.widgets.table import MAX_CARDS, JobsTable
from tests.counting import counted
from tests.runtimes import QUICK, threads
from tests.waiting import UNTIL_TOLD, tell, wait_until

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
        if content["type"] != "pulse":
            self.sent.append(content)

    def say(self, **message: Any) -> None:
        self._handle_custom_msg(message, [])

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        return {one["id"]: one for one in self.write_rows()["rows"]}


def make_table(client: JobsClient, query: JobQuery | None = None, runtime: FollowRuntime = RUNTIME) -> Sent:
    query = query or JobQuery()
    found = read(client, query)
    watcher = ListWatcher(runtime, client, query, found, rerun=lambda job: client.rerun(job.id))
    return Sent(watcher, jobs_table(found.jobs, empty="None."), empty="None.", prices={})


@pytest.fixture
def client(local: Service) -> JobsClient:
    return connect(local=True)


@pytest.fixture
def table(client: JobsClient) -> Iterator[Sent]:
    made = make_table(client)
    yield made
    made.close()
    wait_until(lambda: threads("hfjobs-table") == [])


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
    runtime = FollowRuntime(QUICK)
    with counted(local) as (proxied, asked):
        client = JobsClient(endpoint=proxied.endpoint, token=local.token, namespace=local.namespace, local=True)
        table = make_table(client, runtime=runtime)
        assert table._watch._book._rounds._asker.is_idle
        table.say(type="watch", view="a", visible=True, seq=0)
        table.say(type="watch", view="b", visible=True, seq=0)
        wait_until(lambda: table.rows[running[0].id]["stage"] == "RUNNING" and table.status["watching"])
        # A job of somebody else's making appears by itself.
        third = hfjobs_magic.run(SLEEP, local=True, name="table-third")
        wait_until(lambda: third.id in table.rows)
        third.cancel()
        wait_until(lambda: table.rows[third.id]["stage"] == "CANCELED")
        assert [message["type"] for message in table.sent if third.id in str(message)][:1] == ["rows"]
        table.say(type="watch", view="a", visible=False)
        before = len(asked)
        wait_until(lambda: len(asked) > before + 1)
        table.say(type="watch", view="b", visible=False)
        # Nobody is left who could ask.
        wait_until(lambda: runtime.pump.is_idle and not table.status["watching"])
        wait_until(lambda: table._watch._book._rounds._asker.is_idle)
        # Why the third ended may still be looked up: it began before.
        wait_until(lambda: table._watch._endings is not None and table._watch._endings._worker.is_idle)
        quiet = len(asked)
        running[0].cancel()
        wait_until(lambda: running[0].stage == "CANCELED")
        assert len(asked) == quiet
        table.close()


@pytest.mark.lowest
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
        table = make_table(client)
        listed_only = len(asked)
        table._handle_custom_msg(message, [])
        wait_until(lambda: table._worker.is_idle and table._watch._book._canceller.is_idle)
        assert asked[listed_only:] == []
        assert table.cards == {}
        table.close()


def test_a_cancel_that_fails_is_said_and_may_be_tried_again(local: Service, running: list[Job]):
    client = connect(local=True)
    table = make_table(client, runtime=FollowRuntime())
    wait_until(lambda: client.inspect(running[0].id).stage == "RUNNING")
    job_id = running[0].id
    # Something else answers there, for a while.
    client._api.endpoint = f"{local.endpoint}/elsewhere"
    table.say(type="watch", view="a", visible=True, seq=0)
    table.say(type="cancel", ids=[job_id])
    wait_until(
        lambda: "Cancel of " in table.status["notice"] and "did not work: The Hub refused" in table.status["notice"]
    )
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
    table = make_table(client, runtime=FollowRuntime())
    said = "This failed with an unexpected ZeroDivisionError; the logger hfjobs_magic has its traceback."
    with monkeypatch.context() as patch:
        for name in ("jobs", "cancel", "rerun"):
            patch.setattr(client, name, lambda *_, **__: 1 // 0)
        table.say(type="watch", view="a", visible=True, seq=0)
        wait_until(lambda: table.status["error"] == said)
        table.say(type="cancel", ids=[running[0].id])
        wait_until(lambda: table.status["notice"] == f"Cancel of {running[0].name} did not work: {said}")
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


@pytest.mark.lowest
def test_a_page_that_missed_something_gets_everything(table: Sent):
    states: list[Any] = []
    table.send_state = lambda key=None: states.append(key)  # type: ignore[method-assign]
    table.say(type="watch", view="a", visible=True, seq=0)
    wait_until(lambda: table.status["watching"])
    assert "jobs" not in states
    table.say(type="watch", view="a", visible=True, seq=7)
    wait_until(lambda: "jobs" in states)


LOSSES = """
for step in range(1, 4):
    print({"loss": 1 / step, "step": step})
"""


def test_curves_come_of_jobs_that_run_and_of_logs_of_those_that_ended(table: Sent, client: JobsClient):
    runs = hfjobs_magic.run(f"{LOSSES}\n{SLEEP}", local=True, name="compare-runs")
    ended = hfjobs_magic.run(LOSSES, local=True, name="compare-ended").wait(timeout=60)
    says_nothing = hfjobs_magic.run("print('no numbers')", local=True, name="compare-silent").wait(timeout=60)
    ended_id, silent_id = ended.id, says_nothing.id
    for job in (ended, says_nothing):
        job._follower.stop()
    table.say(type="watch", view="a", visible=True, seq=0)
    wait_until(lambda: {runs.id, ended_id, silent_id} <= set(table.rows))

    def curves(job_id: str) -> Any:
        found = [message for message in table.sent if message["type"] == "curves" and message["id"] == job_id]
        assert all(message["error"] == "" for message in found)
        return [(one["key"], one["step"], one["y"]) for one in found[-1]["curves"]] if found else None

    expected = [("loss", [1.0, 2.0, 3.0], [1.0, 0.5, 1 / 3])]
    table.say(type="compare", ids=[runs.id, ended_id, silent_id, "0" * 24, 7])
    wait_until(lambda: curves(runs.id) == curves(ended_id) == expected and curves(silent_id) == [])
    wait_until(lambda: any("not in the list" in message.get("error", "") for message in table.sent))
    follower = table._curves._followed[runs.id]._follower
    assert set(table._curves._followed) == {runs.id}
    # What is known is sent again to a page that asks again; what it compares no more is let go, for others to follow.
    table.sent.clear()
    table.say(type="compare", ids=[ended_id])
    wait_until(lambda: curves(ended_id) == expected and table._curves._followed == {})
    assert not follower.is_stopped
    # One that ends is followed no more, and what it said stays.
    table.say(type="compare", ids=[runs.id])
    wait_until(lambda: set(table._curves._followed) == {runs.id})
    runs.cancel()
    wait_until(lambda: table._curves._followed == {} and set(table._curves._read) == {runs.id})
    table.sent.clear()
    table.say(type="compare", ids=[runs.id])
    wait_until(lambda: curves(runs.id) == expected)
    table.say(type="watch", view="a", visible=False, seq=0)
    wait_until(lambda: table._curves._read == {})


def test_a_metric_that_the_sweep_names_comes_though_its_runs_print_it_once(local: Service, client: JobsClient):
    code = f"print('accuracy: 0.25', flush=True)\n{UNTIL_TOLD}"
    made = hfjobs_magic.sweep(code, {"n": [1]}, local=True, script=True, metric="accuracy:min")
    watcher = ListWatcher(RUNTIME, client, JobQuery(None, {"sweep": made.id}), JobRows(()), rerun=lambda _job: None)
    table = Sent(watcher, made.table(), empty="None.", prices={}, sweep=SweepPart(made))
    try:
        table.say(type="watch", view="a", visible=True, seq=0)
        wait_until(lambda: any(row["stage"] == "RUNNING" for row in table.rows.values()))
        (job_id,) = table.rows
        # Whoever follows it for all that look at it is told of no names.
        table.say(type="compare", ids=[job_id])
        wait_until(lambda: any(message["type"] == "curves" for message in table.sent))
        assert all((message.get("curves", []), message.get("error", "")) == ([], "") for message in table.sent)
        tell(local, job_id)

        def curves() -> list[Any]:
            return [one for message in table.sent if message["type"] == "curves" for one in message["curves"]]

        wait_until(lambda: bool(curves()))
        one = {"key": "accuracy", "step": None, "epoch": None, "y": [0.25], "best": 0.25, "last": 0.25}
        assert curves()[-1] == one | {"log": False, "odd": ""}
        # It is kept for a page that asks again, as are those of a log that is read from the start.
        for _ in range(2):
            table.sent.clear()
            table.say(type="compare", ids=[job_id])
            wait_until(lambda: bool(curves()))
            table.say(type="compare", ids=[])
            wait_until(lambda: table._curves._read == {})
    finally:
        made.cancel()
        made.wait(60)
        table.close()


def test_a_value_of_o_by_which_runs_are_compared_has_its_dots_too(client: JobsClient):
    made = hfjobs_magic.sweep("acc = n / 4", {"n": [1, 2]}, local=True, outputs="acc", metric="acc").wait(timeout=120)
    watcher = ListWatcher(RUNTIME, client, JobQuery(None, {"sweep": made.id}), JobRows(()), rerun=lambda _job: None)
    table = Sent(watcher, made.table(), empty="None.", prices={}, sweep=SweepPart(made))
    ids = [job.id for job in made.jobs if job]

    def find_values() -> dict[str, Any]:
        messages = [message for message in table.sent if message["type"] == "curves"]
        return {message["id"]: [(one["key"], one["best"]) for one in message["curves"]] for message in messages}

    try:
        table.say(type="watch", view="a", visible=True, seq=0)
        table.say(type="compare", ids=ids)
        wait_until(lambda: find_values() == {ids[0]: [("acc", 0.25)], ids[1]: [("acc", 0.5)]})
        assert all(one["step"] is None for message in table.sent for one in message.get("curves", []))
        assert made.best() is made.jobs[1]
    finally:
        table.close()


def test_a_log_that_cannot_be_read_is_said_and_tried_again(
    table: Sent, client: JobsClient, monkeypatch: pytest.MonkeyPatch
):
    job = hfjobs_magic.run(LOSSES, local=True, name="compare-refused").wait(timeout=60)
    job._follower.stop()
    table.say(type="watch", view="a", visible=True, seq=0)
    wait_until(lambda: job.id in table.rows)
    with monkeypatch.context() as patch:
        patch.setattr(client._api, "endpoint", f"{client.endpoint}/elsewhere")
        table.say(type="compare", ids=[job.id])
        wait_until(lambda: any("cannot be read" in message.get("error", "") for message in table.sent))
    table.say(type="compare", ids=[job.id])
    wait_until(lambda: any(message["type"] == "curves" and message["curves"] for message in table.sent))


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
    data_of_it = r'data-hfjob="table-[0-9a-f]{16}" data-line="%hfjobs ls" data-local="true"'
    assert re.match(rf"<div {data_of_it}><(table|p)>", data["text/html"])
    assert "Created" in data["text/plain"] or "None." in data["text/plain"]
    assert repr(table) == "Jobs of local, local service"
