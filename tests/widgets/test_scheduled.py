"""The card of a scheduled job, on a real service: what its traits hold and what its buttons do."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

import hfjobs_magic
from hfjobs_magic.views.scheduled import html, line, run_trait, text, trait
from hfjobs_magic.widgets.scheduled import REFRESH_S, ScheduledCard, run_of
from tests.fakes import FACTS, SCHEDULED, scheduled_facts
from tests.waiting import wait_until

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator

    from hfjobs_magic.local.daemon import Service


class Clock:
    """Seconds that a test moves on."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def card(local: Service, clock: Clock) -> Iterator[ScheduledCard]:
    made = ScheduledCard(hfjobs_magic.schedule("print(1)", "0 9 * * 1", local=True, name="weekly"), clock=clock)
    yield made
    made.close()
    if made._handle.id in [job.id for job in hfjobs_magic.scheduled_jobs(local=True)]:
        made._handle.delete()


def press(card: ScheduledCard, verb: str) -> None:
    """What the page sends, and the end of what it starts."""
    card._handle_custom_msg({"type": verb}, [])
    wait_until(lambda: card._worker.is_idle)


@pytest.mark.lowest
def test_its_buttons_do_what_they_say(card: ScheduledCard, local: Service):
    seen: list[str] = []
    card.observe(lambda change: seen.append(change["new"]), names="busy")
    assert card.job["words"] == "every Monday at 09:00 UTC"
    assert card.job["next_at"] is not None
    press(card, "suspend")
    assert (card.job["suspended"], card.job["next_at"]) == (True, None)
    assert card._handle.suspended
    press(card, "resume")
    assert not card.job["suspended"]
    press(card, "trigger")
    started = card.last["id"]
    assert card.last["stage"] in {"SCHEDULING", "RUNNING"}
    hfjobs_magic.attach(started, local=True).wait(timeout=120)
    press(card, "delete")
    assert card.job["deleted"]
    press(card, "trigger")
    assert seen == ["suspend", "", "resume", "", "trigger", "", "delete", ""]
    assert card.last["id"] == started
    assert hfjobs_magic.scheduled_jobs(local=True) == []
    json.dumps({name: getattr(card, name) for name in ("job", "last", "busy", "notice")})
    assert local.token not in repr(card.get_state())


def test_it_asks_the_hub_as_often_as_is_good_however_often_pages_ask(card: ScheduledCard, clock: Clock):
    handle, asked = card._handle, []
    refresh = handle.refresh
    handle.refresh = lambda: asked.append(clock.now) or refresh()  # type: ignore[method-assign]
    for _ in range(5):
        press(card, "refresh")
    assert asked == []
    clock.now += REFRESH_S
    for _ in range(5):
        press(card, "refresh")
    assert asked == [clock.now]
    handle.suspend()
    clock.now += REFRESH_S
    press(card, "refresh")
    assert card.job["suspended"]


def test_a_refusal_is_a_sentence_on_the_card_that_the_next_success_clears(card: ScheduledCard, monkeypatch):
    sleeping = hfjobs_magic.schedule("import time; time.sleep(600)", "@yearly", local=True)
    other = ScheduledCard(sleeping)
    press(other, "trigger")
    press(other, "trigger")
    assert other.notice.startswith("The Hub refused: Another job is already running at the same time")
    assert other.busy == ""
    press(other, "suspend")
    assert other.notice == ""
    job = sleeping.last_run
    assert job is not None
    job.cancel()
    sleeping.delete()
    press(other, "resume")
    assert other.job["deleted"]
    assert other.notice == f"There is no scheduled job {sleeping.id} any more: it was deleted elsewhere."
    other.close()


def test_words_of_a_page_that_mean_nothing_do_nothing(card: ScheduledCard):
    for content in (None, [], {}, {"type": "reschedule"}, {"type": ["delete"]}, {"type": "refresh", "x": 1}):
        card._handle_custom_msg(content, [])
    wait_until(lambda: card._worker.is_idle)
    assert not card.job["deleted"]
    card.close()
    card._handle_custom_msg({"type": "delete"}, [])
    assert card._worker.is_idle


class Tags(HTMLParser):
    """Names of elements and attributes, and links."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.links: list[str | None] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names |= {tag, *(name for name, _ in attrs)}
        self.links += [value for name, value in attrs if name in {"href", "src"}]


def test_its_static_twin_is_small_and_says_it_all(card: ScheduledCard, local: Service):
    data, _ = card._repr_mimebundle_()
    assert data["text/plain"] == repr(card)
    assert repr(card) == "Scheduled job weekly, every Monday at 09:00 UTC (0 9 * * 1), local service"
    for said in ("Scheduled", "weekly", "every Monday at 09:00 UTC", "0 9 * * 1", "scheduled attach"):
        assert said in data["text/html"]
    assert len(data["text/html"]) < 2000
    assert local.token not in json.dumps(data)
    assert Tags(data["text/html"]).names <= {"div", "data-hfjob", "b", "span", "style", "br", "code"}


RUN = run_trait(FACTS, FACTS.id, 50.0)


def drawn(last: dict[str, Any] | None = None, *, local: bool = False, deleted: bool = False, **facts: Any) -> str:
    job = trait(scheduled_facts(**facts), now=100.0, local=local, most_usd=0.5, deleted=deleted)
    return html(job, RUN if last is None else last, "said")


def test_the_static_twin_of_each_state():
    assert "next 1970-01-02 00:00:00 UTC · a run costs at most $0.50" in drawn(next_at=86400.0)
    suspended = drawn(suspended=True, next_at=86400.0)
    assert "Suspended" in suspended
    assert "next 1970" not in suspended
    assert "last run 1970-01-01 00:00:50 UTC: <span" in suspended
    assert Tags(suspended).links == [FACTS.url]
    assert Tags(drawn(local=True)).links == []
    assert "last run 1970-01-01 00:00:50 UTC: <span" in drawn(run_trait(None, FACTS.id, 50.0))
    assert "last run" not in drawn(run_trait(None, None, None))
    assert "shows it live" not in drawn(deleted=True)
    hostile = drawn({**RUN, "url": "javascript:alert(1)"}, name="<script>", schedule="<img>")
    assert Tags(hostile).links == []
    assert not {"script", "img"} & Tags(hostile).names


def test_a_terminal_gets_lines():
    assert line(scheduled_facts(next_at=0.0), local=True, notice="Mind this.").splitlines() == [
        f"Scheduled job weekly-report: {SCHEDULED.id}",
        "Starts every Monday at 09:00 UTC (0 9 * * 1), scheduled.",
        f"`%hfjobs scheduled trigger {SCHEDULED.id} --local` starts one now; there are `suspend` and `delete`, too.",
        "Mind this.",
    ]
    assert text("x", "0 0 9 * * 1", "here") == "Scheduled job x, 0 0 9 * * 1, here"


def test_a_button_that_fails_for_a_fault_of_ours_says_so_and_works_again(
    card: ScheduledCard, errors_logged: list[logging.LogRecord]
):
    refresh = card._handle.refresh
    card._handle.refresh = lambda: {}["hf_secret"]  # type: ignore[method-assign]
    press(card, "suspend")
    assert card.notice == "This failed with an unexpected KeyError; the logger hfjobs_magic has its traceback."
    card._handle.refresh = refresh  # type: ignore[method-assign]
    press(card, "resume")
    assert (card.notice, card.busy) == ("", "")
    assert [record.exc_info[0] for record in errors_logged] == [KeyError]


def test_a_job_that_was_just_triggered_is_the_last_one_before_the_hub_says_so(card: ScheduledCard):
    scheduled = card._handle.client.scheduled
    stale = scheduled.inspect(card._handle.id)
    card._handle.refresh = lambda: stale  # type: ignore[method-assign]
    press(card, "trigger")
    (job,) = card._handle.jobs()
    assert (card.last["id"], card.last["at"]) == (job.id, job.status.created_at)
    job.wait(timeout=120)


def test_a_job_that_the_hub_has_forgotten_is_still_named(card: ScheduledCard):
    client = card._handle.client
    assert run_of(client, "0" * 24, 5.0) == {"id": "0" * 24, "stage": "DELETED", "url": None, "at": 5.0}
    assert run_of(client, None, None) == {}
