"""How a job ended, to those who have folded the card away, look at the table, or do not see the page."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.conftest import BUILD, MOMENT

from .jobs import make_job
from .rows import make_row, make_table
from .test_card import open_card, sent, set_traits
from .test_looks import violations

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

FAILURE = {
    "kind": "error",
    "type": "ValueError",
    "message": "no column target",
    "line": 12,
    "headline": "ValueError at line 12",
    "words": "ValueError: no column target (line 12)",
    "change": {},
}


def failed(**changes: Any) -> dict[str, Any]:
    return make_job(stage="ERROR", message="exit code: 1", finished_at=time.time(), **changes)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_collapsed_card_says_why_its_job_failed(page: Page, theme: str) -> None:
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    card = open_card(page, job=failed(failure=FAILURE))
    expect(card.locator(".hfj-failure")).to_have_text(FAILURE["words"])
    expect(card.locator(".hfj-why")).to_be_hidden()
    card.get_by_role("button", name="Show only this line").click()
    expect(card.locator(".hfj-why")).to_have_text("ValueError at line 12")
    expect(card.locator(".hfj-why")).to_be_visible()
    card.screenshot(path=BUILD / "screenshots" / f"failed-collapsed-{theme}.png")
    page.set_viewport_size({"width": 320, "height": 640})
    expect(card.locator(".hfj-why")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    card.screenshot(path=BUILD / "screenshots" / f"failed-collapsed-narrow-{theme}.png")


def test_a_row_of_the_table_says_why_its_job_failed(page: Page) -> None:
    row = make_row(4, stage="ERROR", message=FAILURE["headline"])
    page.evaluate("traits => host.open(traits)", make_table([make_row(0), row, make_row(5)]))
    why = page.locator(f".hfj-trow[data-id='{row['id']}'] .hfj-why")
    expect(why).to_have_text(FAILURE["headline"])
    page.locator(".hfj-table").screenshot(path=BUILD / "screenshots" / "table-failed.png")


def said(page: Page) -> Locator:
    """What a screen reader was told of jobs: each a paragraph of a region that no card takes along."""
    return page.locator("body > [role=status] > p")


def test_an_end_is_announced_once_by_name(page: Page) -> None:
    card = open_card(page)
    expect(card).to_have_attribute("aria-label", "Job train-distilbert")
    expect(page.locator("body > [role=status]")).to_be_empty()
    set_traits(page, job=failed())
    expect(card.get_by_text("Error", exact=True).first).to_be_visible()
    expect(said(page)).to_have_count(0)
    set_traits(page, job=failed(failure=FAILURE))
    words = f"Job train-distilbert: Error. {FAILURE['words']}"
    expect(said(page)).to_have_text([words])
    # Once: what comes later changes nothing, and no other place is read out for the same end.
    set_traits(page, job=failed(failure={**FAILURE, "words": "something else"}))
    expect(card.locator(".hfj-failure")).to_have_text("something else")
    expect(said(page)).to_have_text([words])
    expect(card.locator(".hfj-failure")).not_to_have_attribute("role", "status")
    assert (
        said(page).evaluate("e => e.getBoundingClientRect().width > 0 && getComputedStyle(e).visibility") == "visible"
    )
    assert violations(page) == []


def test_an_end_that_two_cards_show_is_announced_once_and_goes_with_none_of_them(page: Page) -> None:
    open_card(page)
    page.evaluate("host.show()")
    expect(page.locator(".hfj")).to_have_count(2)
    region = page.locator("body > [role=status]").element_handle()
    set_traits(page, job=make_job(stage="COMPLETED", finished_at=time.time()), stream="complete")
    expect(said(page)).to_have_text(["Job train-distilbert: Completed"])
    # Another model of the job, as a kernel makes it that takes the job up.
    open_card(page)
    set_traits(page, job=make_job(stage="COMPLETED", finished_at=time.time()), stream="complete")
    expect(page.locator(".hfj").nth(2)).to_contain_text("Completed")
    open_card(page, job=make_job(id="6923b1c7a1f0c2d4e5f60719"))
    set_traits(page, job=failed(id="6923b1c7a1f0c2d4e5f60719", failure=FAILURE), stream="complete")
    # Two that end together are both read: none takes the other's place.
    expect(said(page)).to_have_text(["Job train-distilbert: Completed", re.compile("^Job train-distilbert: Error")])
    for _ in range(4):
        page.evaluate("host.hide()")
    expect(page.locator(".hfj")).to_have_count(0)
    expect(said(page)).to_have_count(2)
    assert page.evaluate("region => region.isConnected", region)


def test_a_job_that_had_ended_before_is_not_announced(page: Page) -> None:
    card = open_card(page, job=make_job(stage="COMPLETED", finished_at=time.time()), stream="complete")
    expect(card).to_contain_text("Completed")
    expect(page.locator("body > [role=status]")).to_be_empty()


def test_the_time_of_an_earlier_job_is_not_read_out_every_second(page: Page) -> None:
    one = {"id": "6923b1c7a1f0c2d4e5f60719", "name": "before", "local": False, "namespace": "ada", "stage": "RUNNING"}
    one |= {"started_at": time.time() - 60, "usd_per_minute": 0.0167, "cancelling": False, "error": ""}
    card = open_card(page, earlier=[one])
    line = card.locator(".hfj-earlier")
    expect(line).to_contain_text(re.compile(r"still runs \(1:0\d, ~\$0\.0"))
    assert line.locator("[role=status], [aria-live]").count() == 0
    assert line.evaluate("e => e.closest('[role=status], [aria-live]')") is None
    expect(said(page)).to_have_text(["The earlier job of this cell still runs."])
    set_traits(page, earlier=[one | {"cancelling": True}])
    set_traits(page, earlier=[one | {"stage": "CANCELED"}])
    expect(said(page).nth(1)).to_have_text("The earlier job of this cell: cancelling…")


def test_pressed_and_selected_are_seen_in_contrast_themes(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    card = open_card(page)
    page.evaluate("host.print('one')")
    follow = card.get_by_role("button", name="Follow")
    pressed = follow.evaluate("e => getComputedStyle(e).backgroundColor")
    assert pressed != card.get_by_role("button", name="Find").evaluate("e => getComputedStyle(e).backgroundColor")
    assert card.get_by_role("tab", name="Logs").evaluate("e => getComputedStyle(e).borderBottomWidth") == "2px"
    card.screenshot(path=BUILD / "screenshots" / "forced-colors.png")


ADVICE = (
    "Peak memory 3.21 of 14.0 GB (23 %), peak GPU memory 5.40 of 21.3 GB (25 %), GPU 12 % on average (sampled). "
    "Cheaper with memory for that: t4-small $0.40, l4x1 $0.80; a10g-small is $1.00 an hour. "
    "Memory only; speed is not known."
)


def test_a_job_that_does_nothing_is_kept_with_one_click(sharp: Page) -> None:
    card = open_card(sharp)
    keep = card.get_by_role("button", name="Keep")
    expect(keep).to_be_hidden()
    now = time.time()
    set_traits(sharp, idle={"since": now - 900, "until": now + 300})
    said = card.get_by_text(re.compile(f"^Idle since {MOMENT}: will be cancelled at {MOMENT}$"))
    for theme in ("light", "dark"):
        sharp.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        expect(said).to_be_visible()
        card.screenshot(path=BUILD / "screenshots" / f"idle-{theme}.png")
    sharp.set_viewport_size({"width": 320, "height": 640})
    assert sharp.evaluate("document.documentElement.scrollWidth") <= 320
    card.screenshot(path=BUILD / "screenshots" / "idle-narrow.png")
    # A card that is folded says it, too.
    card.get_by_role("button", name="Show only this line").click()
    keep.click()
    assert sent(sharp, "keep") == [{"type": "keep"}]
    set_traits(sharp, idle=None)
    expect(said).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_would_have_been_enough_is_the_end_of_the_card(sharp: Page, theme: str) -> None:
    sharp.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    card = open_card(sharp, job=make_job(stage="COMPLETED", finished_at=time.time()), stream="complete")
    size = card.locator(".hfj-size")
    expect(size).to_be_hidden()
    set_traits(sharp, right_size=ADVICE)
    expect(size).to_have_text(ADVICE)
    card.screenshot(path=BUILD / "screenshots" / f"right-size-{theme}.png")
    sharp.set_viewport_size({"width": 320, "height": 640})
    assert sharp.evaluate("document.documentElement.scrollWidth") <= 320
    card.screenshot(path=BUILD / "screenshots" / f"right-size-narrow-{theme}.png")
    card.get_by_role("button", name="Show only this line").click()
    expect(size).to_be_hidden()
