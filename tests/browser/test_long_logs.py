"""A log of five million lines: each of them can be read, by the scroll bar, the wheel, the keyboard and Find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from .test_card import open_card, print_lines

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

LINES = 5_000_000
ROW = 18
"""Pixels of a line."""

LONG = """length => {
    // Lines are made when they are asked for: five million of them would fill the browser.
    const line = n => n === 1_234_567 ? "the needle" : `line ${n}`;
    const slice = (from, to) => {
        const count = Math.max(0, Math.min(to, kernel.lines.length) - from);
        return Array.from({ length: count }, (_, i) => line(from + i));
    };
    const flatMap = pick => pick("the needle", 1_234_567);
    kernel.lines = { length, slice: (from, to = kernel.lines.length) => slice(from, to), flatMap,
                     push: () => kernel.lines.length += 1 };
    host.push();
}"""


def open_log(page: Page, lines: int = LINES) -> Locator:
    card = open_card(page)
    page.evaluate(LONG, lines)
    expect(card).to_contain_text(f"line {lines - 1}")
    return card


def scroller(card: Locator) -> Locator:
    return card.locator(".hfj-scroll")


def expect_in_view(card: Locator, line: int) -> None:
    expect(card.get_by_text(f"line {line}", exact=True)).to_be_in_viewport()


def first_in_view(card: Locator) -> int:
    """The number of the line at the top of the view."""
    return int(
        card.evaluate(
            """card => {
                const top = card.querySelector(".hfj-scroll").getBoundingClientRect().top;
                const rows = [...card.querySelectorAll(".hfj-row")];
                const row = rows.find(row => row.getBoundingClientRect().bottom > top + 1);
                return Number(row.innerText.match(/line (\\d+)/)[1]);
            }"""
        )
    )


def wait_for_line(page: Page, near: int) -> None:
    """Wait for lines around one in the view; near is two lines of a thousand."""
    page.wait_for_function(
        """([near, off]) => {
            const box = document.querySelector(".hfj-scroll").getBoundingClientRect();
            const rows = [...document.querySelectorAll(".hfj-row")].filter(row => {
                const { top, bottom } = row.getBoundingClientRect();
                return bottom > box.top && top < box.bottom;
            });
            return rows.length >= 17 && rows.every(
                row => Math.abs(Number(row.innerText.match(/line (\\d+)/)?.[1]) - near) <= off);
        }""",
        arg=[near, LINES * 0.002 + 20],
    )


def test_the_scroll_bar_reaches_every_part(page: Page) -> None:
    card = open_log(page)
    for share in (0.0, 0.002, 0.01, 0.25, 0.5, 0.9, 0.998, 1.0):
        at = scroller(card).evaluate(
            "(s, share) => { s.scrollTop = share * (s.scrollHeight - s.clientHeight); return s.scrollTop; }", share
        )
        # Wherever the scroll bar stands, lines that belong there are in view.
        near = round(share * LINES)
        wait_for_line(page, near)
        assert at >= 0
    expect_in_view(card, LINES - 1)
    scroller(card).evaluate("s => s.scrollTop = 0")
    expect_in_view(card, 0)
    scroller(card).evaluate("s => s.scrollTop = 25 * 18")
    expect_in_view(card, 25)


def test_the_wheel_scrolls_line_by_line_far_from_both_ends(page: Page) -> None:
    card = open_log(page)
    scroller(card).evaluate("s => s.scrollTop = s.scrollHeight / 2")
    wait_for_line(page, 2_500_000)
    before = first_in_view(card)
    scroller(card).hover()
    page.mouse.wheel(0, 10 * ROW)
    expect_in_view(card, before + 25)
    assert first_in_view(card) == before + 10
    page.mouse.wheel(0, -10 * ROW)
    expect_in_view(card, before)


def test_home_and_end_reach_the_first_line_and_the_last(page: Page) -> None:
    card = open_log(page)
    scroller(card).focus()
    page.keyboard.press("Home")
    expect_in_view(card, 0)
    expect(card.get_by_role("button", name="Jump to latest")).to_be_visible()
    page.keyboard.press("PageDown")
    expect(card.get_by_text("line 20", exact=True)).to_be_in_viewport()
    page.keyboard.press("End")
    expect_in_view(card, LINES - 1)
    expect(card.get_by_role("button", name="Jump to latest")).to_be_hidden()


@pytest.mark.parametrize(("key", "rest", "line"), [("Home", 700, 0), ("End", -700, LINES - 1)])
def test_the_rest_of_a_glide_takes_nobody_away_from_an_end(page: Page, key: str, rest: int, line: int) -> None:
    """Browsers that glide go on from wherever they are taken meanwhile; PageDown and Home at once ended at line 40."""
    card = open_log(page)
    scroller(card).evaluate("s => s.scrollTop = s.scrollHeight / 2")
    wait_for_line(page, 2_500_000)
    scroller(card).focus()
    # However slow this machine is, the glide goes on at once.
    page.evaluate("() => { const now = performance.now(); performance.now = () => now }")
    scroller(card).evaluate(
        """(scroller, [key, rest]) => new Promise((done) => {
            scroller.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
            let frames = 5;
            const glide = () => {
                if (frames-- === 0) return done();
                scroller.scrollTop += rest / 5;
                requestAnimationFrame(glide);
            };
            requestAnimationFrame(glide);
        })""",
        [key, rest],
    )
    expect_in_view(card, line)
    expect(card.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", str(key == "End").lower())
    # A reader who turns the wheel is heard at once.
    top = scroller(card).evaluate("s => s.scrollTop")
    scroller(card).hover()
    page.mouse.wheel(0, rest)
    page.wait_for_function("top => Math.abs(document.querySelector('.hfj-scroll').scrollTop - top) > 600", arg=top)
    expect(card.get_by_role("button", name="Jump to latest")).to_be_visible()


def test_find_shows_the_line_that_it_found(page: Page) -> None:
    card = open_log(page)
    card.get_by_role("button", name="Find").click()
    page.keyboard.type("needle")
    page.keyboard.press("Enter")
    expect(card.get_by_text("the needle")).to_be_in_viewport()
    expect(card.get_by_text("line 1234568", exact=True)).to_be_in_viewport()


def test_a_reader_stays_where_they_are_while_it_grows_beyond_what_an_element_holds(page: Page) -> None:
    card = open_log(page, 166_000)
    scroller(card).evaluate("s => s.scrollTop = 100_000 * 18")
    expect_in_view(card, 100_000)
    for total in (167_000, 1_000_000, LINES):
        page.evaluate(LONG, total)
        expect(card).to_contain_text(f"{total:,} lines")
        expect_in_view(card, 100_000)
        assert first_in_view(card) == 100_000


def test_a_tab_that_was_left_shows_the_same_lines_again(page: Page) -> None:
    card = open_log(page)
    scroller(card).evaluate("s => s.scrollTop = s.scrollHeight / 3")
    wait_for_line(page, LINES // 3)
    before = first_in_view(card)
    card.get_by_role("tab", name="Details").click()
    card.get_by_role("tab", name="Logs").click()
    expect_in_view(card, before + 5)
    assert first_in_view(card) == before


def test_new_lines_are_followed(page: Page) -> None:
    card = open_log(page)
    for more in range(3):
        print_lines(page, "one more")
        expect_in_view(card, LINES + more)
