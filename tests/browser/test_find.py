"""Search in the card: keys, counts, marks, and what a kernel that is busy leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from .test_card import open_card, print_lines, scroll_to_line, sent, wait_at_end

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser


def open_search(page: Page, query: str) -> Locator:
    card = page.locator(".hfj").first
    card.locator(".hfj-scroll").focus()
    page.keyboard.press("/")
    box = card.get_by_role("searchbox", name="Find in the log")
    expect(box).to_be_focused()
    box.fill(query)
    return card


def current(card: Locator) -> Locator:
    return card.locator(".hfj-row.hfj-current .hfj-text")


def test_a_slash_opens_the_search_enter_and_n_go_on_and_escape_closes_it(page: Page) -> None:
    card = open_card(page)
    print_lines(page, *[f"step {i} loss {i / 10}" if i % 100 == 7 else f"step {i}" for i in range(450)])
    wait_at_end(page)
    open_search(page, "LOSS")
    status = card.get_by_role("search").get_by_role("status")
    expect(status).to_have_text("5 of 5")
    expect(current(card)).to_have_text("step 407 loss 40.7")
    expect(current(card).locator(".hfj-mark")).to_have_text("loss")
    expect(card.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Enter")
    expect(status).to_have_text("1 of 5")
    expect(current(card)).to_be_in_viewport()
    page.keyboard.press("Shift+Enter")
    expect(status).to_have_text("5 of 5")
    card.locator(".hfj-scroll").focus()
    page.keyboard.press("n")
    expect(status).to_have_text("1 of 5")
    page.keyboard.press("N")
    expect(status).to_have_text("5 of 5")
    page.keyboard.press("Escape")
    expect(card.get_by_role("searchbox")).to_have_count(0)
    expect(card.locator(".hfj-mark, .hfj-current")).to_have_count(0)
    expect(card.locator(".hfj-scroll")).to_be_focused()


def test_the_search_goes_to_lines_the_page_has_never_seen(page: Page) -> None:
    card = open_card(page)
    page.evaluate(
        "kernel.lines = Array.from({length: 100_000}, (_, i) => i % 9_000 === 5 ? `needle ${i}` : `line ${i}`);"
        "host.push()"
    )
    wait_at_end(page)
    scroll_to_line(page, 40_000)
    expect(card.get_by_text("line 40000", exact=True)).to_be_in_viewport()
    open_search(page, "needle")
    expect(card.get_by_role("search").get_by_role("status")).to_have_text("6 of 12")
    expect(current(card)).to_have_text("needle 45005")
    page.keyboard.press("Shift+Enter")
    expect(current(card)).to_have_text("needle 36005")
    assert len(sent(page, "search")) == 1


def test_case_and_regular_expressions_are_switched_on_and_a_bad_one_is_said(page: Page) -> None:
    card = open_card(page)
    print_lines(page, "Loss 1", "loss 22", "<b>loss</b> 333")
    open_search(page, "loss")
    status = card.get_by_role("search").get_by_role("status")
    expect(status).to_have_text("1 of 3")
    card.get_by_role("button", name="Match case").click()
    expect(status).to_have_text("1 of 2")
    card.get_by_role("button", name="Regular expression").click()
    box = card.get_by_role("searchbox")
    box.fill(r"\d{3}")
    expect(current(card)).to_have_text("<b>loss</b> 333")
    expect(card.locator(".hfj-mark")).to_have_text("333")
    box.fill("(")
    expect(status).to_have_text("Not valid")
    expect(box).to_have_attribute("aria-invalid", "true")
    box.fill("nowhere")
    expect(status).to_have_text("None")
    expect(card.get_by_role("button", name="Next match")).to_be_disabled()


def test_a_search_that_a_busy_kernel_did_not_answer_is_asked_again(page: Page) -> None:
    card = open_card(page)
    print_lines(page, "one", "two")
    page.evaluate("kernel.answers = false")
    open_search(page, "two")
    status = card.get_by_role("search").get_by_role("status")
    expect(status).to_have_text("…")
    page.evaluate("kernel.answers = true")
    expect(status).to_have_text("1 of 1", timeout=10_000)


def test_matches_that_arrive_later_are_counted_and_the_reader_stays(page: Page) -> None:
    card = open_card(page)
    print_lines(page, "one match", *["line"] * 60)
    open_search(page, "match")
    status = card.get_by_role("search").get_by_role("status")
    expect(status).to_have_text("1 of 1")
    print_lines(page, "another match")
    expect(status).to_have_text("1 of 2", timeout=10_000)
    expect(current(card)).to_have_text("one match")
