"""How a job ended, to those who have folded the card away, look at the table, or do not see the page."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.conftest import BUILD

from .jobs import make_job
from .rows import make_row, make_table
from .test_card import open_card, set_traits

if TYPE_CHECKING:
    from playwright.sync_api import Page

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


def test_an_end_is_announced_once_by_name(page: Page) -> None:
    card = open_card(page)
    said = card.locator("p.hfj-unseen[role=status]")
    expect(card).to_have_attribute("aria-label", "Job train-distilbert")
    expect(said).to_be_empty()
    set_traits(page, job=failed())
    expect(said).to_be_empty()
    set_traits(page, job=failed(failure=FAILURE))
    expect(said).to_have_text(f"Job train-distilbert: Error. {FAILURE['words']}")
    # Once: what comes later changes nothing, and no other place is read out for the same end.
    set_traits(page, job=failed(failure={**FAILURE, "words": "something else"}))
    expect(card.locator(".hfj-failure")).to_have_text("something else")
    expect(said).to_have_text(f"Job train-distilbert: Error. {FAILURE['words']}")
    expect(card.locator(".hfj-failure")).not_to_have_attribute("role", "status")


def test_a_job_that_had_ended_before_is_not_announced(page: Page) -> None:
    card = open_card(page, job=make_job(stage="COMPLETED", finished_at=time.time()), stream="complete")
    expect(card.locator("p.hfj-unseen[role=status]")).to_be_empty()


def test_pressed_and_selected_are_seen_in_contrast_themes(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    card = open_card(page)
    page.evaluate("host.print('one')")
    follow = card.get_by_role("button", name="Follow")
    pressed = follow.evaluate("e => getComputedStyle(e).backgroundColor")
    assert pressed != card.get_by_role("button", name="Find").evaluate("e => getComputedStyle(e).backgroundColor")
    assert card.get_by_role("tab", name="Logs").evaluate("e => getComputedStyle(e).borderBottomWidth") == "2px"
    card.screenshot(path=BUILD / "screenshots" / "forced-colors.png")
