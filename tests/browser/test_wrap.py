"""Lines of a log that wrap: each of them can be reached and read, and the choice is remembered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.conftest import BUILD

from .jobs import make_job
from .test_card import open_card, print_lines, set_traits

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser


def line(number: int) -> str:
    """A line of about `number % 5` rows."""
    return f"[{number}] " + "loading the shard of a data set, " * (10 * (number % 5)) + f"end {number}"


def whole(card: Locator) -> list[int]:
    """Numbers of the lines that are whole in view."""
    found = card.locator(".hfj-scroll").evaluate(
        """scroller => {
            const view = scroller.getBoundingClientRect();
            return [...scroller.querySelectorAll(".hfj-row")].flatMap(row => {
                const { top, bottom } = row.getBoundingClientRect();
                const isWhole = top >= view.top - 1 && bottom <= view.bottom + 1;
                return isWhole ? [Number(row.querySelector(".hfj-number").dataset.n) - 1] : [];
            });
        }"""
    )
    return [int(number) for number in found]


def test_every_wrapped_line_can_be_read(sharp: Page) -> None:
    card = open_card(sharp)
    print_lines(sharp, *[line(number) for number in range(60)])
    scroller = card.locator(".hfj-scroll")
    card.get_by_role("button", name="Wrap").click()
    expect(card.get_by_text("end 59", exact=False)).to_be_in_viewport()
    sharp.wait_for_function("s => s.scrollWidth <= s.clientWidth", arg=scroller.element_handle())
    assert whole(card)[-1] == 59
    card.screenshot(path=BUILD / "screenshots" / "wrap-end.png")

    # It follows: new lines push the old ones up.
    print_lines(sharp, line(64))
    expect(card.get_by_text("end 64", exact=False)).to_be_in_viewport()
    assert whole(card)[-1] == 60

    seen: set[int] = set()
    card.get_by_role("button", name="Top").click()
    expect(card.get_by_text("end 0", exact=False)).to_be_in_viewport()
    for _ in range(200):
        seen |= set(whole(card))
        if 60 in seen:
            break
        before = scroller.evaluate("s => s.scrollTop")
        scroller.evaluate(
            "s => new Promise(done => { s.scrollTop += 18; requestAnimationFrame(() => requestAnimationFrame(done)) })"
        )
        assert scroller.evaluate("s => s.scrollTop") > before
    assert seen == set(range(61))
    # Whoever has come to the end follows it again.
    expect(card.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "true")

    card.get_by_role("button", name="Wrap").click()
    expect(scroller.locator(".hfj-row").first).to_have_css("height", "18px")


def test_the_choice_is_remembered_and_a_found_line_is_in_view(page: Page) -> None:
    card = open_card(page)
    print_lines(page, *[line(number) for number in range(60)])
    card.get_by_role("button", name="Wrap").click()
    page.evaluate("host.hide(); kernel.lines = []")
    other = open_card(page, job=make_job(id="f" * 24))
    print_lines(page, *[line(number) for number in range(60)])
    expect(other.get_by_role("button", name="Wrap")).to_have_attribute("aria-pressed", "true")
    other.get_by_role("button", name="Find").click()
    other.get_by_role("searchbox").fill("end 23")
    expect(other.locator(".hfj-current")).to_be_in_viewport()
    assert 23 in whole(other)
    set_traits(page, job=make_job(stage="COMPLETED", finished_at=1), stream="complete")
    page.set_viewport_size({"width": 320, "height": 640})
    other.get_by_role("searchbox").press("Escape")
    other.screenshot(path=BUILD / "screenshots" / "wrap-narrow.png")


def test_lines_show_when_they_were_printed(page: Page) -> None:
    card = open_card(page)
    at = 1_778_597_903
    lines = [line(number) for number in range(20)]
    set_traits(page, log={"first": 0, "lines": lines, "total": 20, "times": [[1, at], [19, at + 3600]]})
    card.get_by_role("button", name="Times").click()
    expect(card.get_by_role("button", name="Times")).to_have_attribute("aria-pressed", "true")
    expect(card.get_by_text("end 19", exact=False)).to_be_in_viewport()
    card.get_by_role("button", name="Top").click()
    expect(card.get_by_text("end 0", exact=False)).to_be_in_viewport()
    # Where nobody says when, the number of the line stays.
    assert [gutter(card, number) for number in (0, 1, 2)] == ["1", *[time.strftime("%H:%M:%S", time.localtime(at))] * 2]
    card.get_by_role("button", name="Follow").click()
    expect(card.get_by_text("end 19", exact=False)).to_be_in_viewport()
    assert gutter(card, 19) == time.strftime("%H:%M:%S", time.localtime(at + 3600))
    card.screenshot(path=BUILD / "screenshots" / "times.png")
    page.evaluate("host.hide(); kernel.lines = []")
    other = open_card(page, job=make_job(id="f" * 24))
    print_lines(page, "one")
    expect(other.get_by_role("button", name="Times")).to_have_attribute("aria-pressed", "true")
    page.set_viewport_size({"width": 320, "height": 640})
    other.screenshot(path=BUILD / "screenshots" / "times-narrow.png")


def gutter(card: Locator, number: int) -> str:
    """What stands before a line."""
    row = card.locator(f'.hfj-number[data-n="{number + 1}"]')
    return str(row.evaluate("e => getComputedStyle(e, '::before').content")).strip('"')
