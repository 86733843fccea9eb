"""The card of a scheduled job in a real browser: what a reader sees, clicks and hears."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from hfjobs_magic.views.scheduled import trait
from tests.conftest import BUILD
from tests.fakes import SCHEDULED, scheduled_facts

from .test_card import set_traits
from .test_looks import violations

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

WEEK_S = 7 * 86_400


def next_monday(now: float) -> float:
    """Monday at 09:00 UTC; the epoch began on a Thursday."""
    first = 4 * 86_400 + 9 * 3600
    return now - (now - first) % WEEK_S + WEEK_S


LAST = {
    "id": "6923b1c7a1f0c2d4e5f60718",
    "stage": "COMPLETED",
    "url": "https://huggingface.co/jobs/ada/6923b1c7a1f0c2d4e5f60718",
    "at": next_monday(time.time()) - WEEK_S + 4,
}


def make_scheduled(*, local: bool = False, deleted: bool = False, **facts: Any) -> dict[str, Any]:
    """The ``job`` trait, made as the kernel makes it."""
    now = time.time()
    given = {"next_at": next_monday(now), **facts}
    hardware = "2 vCPU · 16 GB" if local else "4 vCPU · 15 GB · A10G 24 GB"
    return trait(scheduled_facts(**given), now=now, local=local, hardware=hardware, most_usd=0.5, deleted=deleted)


def open_scheduled(page: Page, **traits: Any) -> Locator:
    given = {"job": make_scheduled(), "last": LAST, "busy": "", "notice": "", **traits}
    page.evaluate("traits => host.open(traits)", {"view": "scheduled", **given})
    return page.locator(".hfj").first


def sent(page: Page) -> list[str]:
    """What was asked of the kernel, the looks left out."""
    return [message["type"] for message in page.evaluate("host.model.sent") if message["type"] != "refresh"]


def looks(page: Page) -> int:
    return sum(message["type"] == "refresh" for message in page.evaluate("host.model.sent"))


STATES: dict[str, dict[str, Any]] = {
    "active": {},
    "new": {"job": make_scheduled(local=True, schedule="*/5 2-4 * * *"), "last": {}},
    "suspended": {"job": make_scheduled(suspended=True), "last": {**LAST, "stage": "ERROR"}},
    "refused": {
        "notice": "The Hub refused: Another job is already running at the same time, set `concurrency` to allow "
        "multiple instances of scheduled jobs to run concurrently",
        "last": {**LAST, "stage": "RUNNING"},
    },
    "deleted": {"job": make_scheduled(deleted=True)},
}
LOOKS = {"light": ("light", 960), "dark": ("dark", 960), "narrow": ("light", 320)}


@pytest.mark.parametrize("look", LOOKS)
def test_it_is_photographed_and_axe_finds_nothing_in_any_state(sharp: Page, look: str) -> None:
    theme, width = LOOKS[look]
    sharp.set_viewport_size({"width": width, "height": 640})
    sharp.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    folder = BUILD / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    for state, traits in STATES.items():
        sharp.evaluate("while (host.views.length) host.hide()")
        card = open_scheduled(sharp, **traits)
        expect(card).to_have_attribute("data-theme", theme)
        assert sharp.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(sharp) == [], state
        card.screenshot(path=folder / f"scheduled-{state}-{look}.png", animations="disabled")
        if state == "active":
            card.get_by_role("button", name="Delete").click()
            assert violations(sharp) == [], "the question"
            card.screenshot(path=folder / f"scheduled-question-{look}.png", animations="disabled")


def test_it_says_when_jobs_start_and_counts_down(page: Page) -> None:
    card = open_scheduled(page, job=make_scheduled(next_at=time.time() + 65))
    for text in (
        "Scheduled",
        SCHEDULED.name,
        "every Monday at 09:00 UTC",
        "0 9 * * 1",
        "at most $0.50 a run",
        "Completed",
    ):
        expect(card).to_contain_text(text)
    expect(card.locator(".hfj-facts")).to_contain_text("next in 1:0")
    expect(card.locator(".hfj-facts")).to_contain_text("next in 59 s", timeout=15_000)
    expect(card.get_by_role("link", name="Open on the Hub")).to_have_attribute("href", LAST["url"])
    card.get_by_role("button", name="Copy command").click()
    expect(card).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"%hfjobs attach {LAST['id']}"


def test_a_countdown_runs_on_the_kernels_clock_and_a_run_that_is_due_is_looked_for_once(page: Page) -> None:
    ahead = time.time() + 5000
    page.clock.install()
    card = open_scheduled(page)
    set_traits(page, job={**make_scheduled(next_at=ahead + 50), "now": ahead})
    expect(card.locator(".hfj-facts")).to_contain_text(re.compile(r"next in \d\d? s"))
    page.wait_for_function("host.model.sent.length > 0")
    before = looks(page)
    set_traits(page, job={**make_scheduled(next_at=ahead - 3), "now": ahead})
    expect(card.locator(".hfj-facts")).to_contain_text("due now")
    page.wait_for_function(f"host.model.sent.length > {before}")
    # Each second it is looked at whether one is due.
    page.clock.run_for(10_000)
    assert looks(page) == before + 1


def test_each_button_sends_its_word_once_and_shows_it_at_once(page: Page) -> None:
    card = open_scheduled(page)
    for verb, doing in (("Suspend", "suspending…"), ("Resume", "resuming…"), ("Trigger", "starting a job…")):
        card.get_by_role("button", name=verb).click()
        expect(card.get_by_role("status").filter(has_text=doing)).to_be_visible()
        # The focus stays for those who use the keyboard, and a second press does nothing.
        for button in ("Delete", verb):
            expect(card.get_by_role("button", name=button)).to_have_attribute("aria-disabled", "true")
        card.get_by_role("button", name="Delete").click(force=True)
        card.get_by_role("button", name=verb).press("Enter")
        expect(card.get_by_role("button", name=verb)).to_be_focused()
        set_traits(page, busy=verb.lower())
        assert violations(page) == []
        set_traits(page, job=make_scheduled(suspended=verb == "Suspend"))
        set_traits(page, busy="")
        expect(card.get_by_role("button", name="Delete")).to_have_attribute("aria-disabled", "false")
    assert sent(page) == ["suspend", "resume", "trigger"]


def test_delete_asks_and_keeps_unless_the_answer_is_yes(page: Page) -> None:
    card = open_scheduled(page)
    card.get_by_role("button", name="Delete").click()
    expect(card.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Enter")
    expect(card.get_by_role("button", name="Delete")).to_be_focused()
    page.keyboard.press("Enter")
    expect(card.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Escape")
    assert sent(page) == []
    card.get_by_role("button", name="Delete").click()
    card.get_by_role("button", name="Yes").click()
    assert sent(page) == ["delete"]
    set_traits(page, busy="delete")
    set_traits(page, job=make_scheduled(deleted=True))
    set_traits(page, busy="")
    expect(card).to_contain_text("Deleted")
    expect(card.get_by_role("button", name="Trigger")).to_have_count(0)


def test_the_first_job_appears_when_there_is_one(page: Page) -> None:
    card = open_scheduled(page, last={}, job=make_scheduled(local=True))
    expect(card).to_contain_text("none yet")
    set_traits(page, last={**LAST, "stage": "RUNNING", "url": "http://127.0.0.1:8000/jobs/x"})
    expect(card.locator("dd").last).to_contain_text("Running")
    expect(card.get_by_role("link", name="Open")).to_be_visible()
    card.get_by_role("button", name="Copy command").click()
    expect(card).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"%hfjobs attach {LAST['id']} --local"


def test_a_busy_kernel_is_told_of_and_the_click_is_not_lost(page: Page) -> None:
    card = open_scheduled(page)
    card.get_by_role("button", name="Suspend").click()
    expect(card).to_contain_text("will be sent when the kernel is free", timeout=10_000)
    set_traits(page, busy="suspend")
    expect(card).to_contain_text("suspending…")


def test_it_looks_while_it_is_seen_and_not_when_it_is_gone(page: Page) -> None:
    open_scheduled(page)
    page.wait_for_function("host.model.sent.length === 1")
    page.evaluate("host.hide(); host.modelLife.abort()")
    assert page.evaluate("host.model.listeners") == 0


def test_hostile_names_are_text(page: Page) -> None:
    name = "<img src=x onerror=alert(1)>"
    card = open_scheduled(
        page,
        job=make_scheduled(name=name, schedule=name),
        last={**LAST, "url": "javascript:alert(1)"},
        notice=name,
    )
    expect(card.locator(".hfj-name")).to_have_text(name)
    assert card.locator("img").count() == 0
    assert card.get_by_role("link").count() == 0
