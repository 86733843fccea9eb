"""A kernel that is gone or busy, a page that is offline, a Hub that is not reached: four words, in every look."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.conftest import BUILD

from .jobs import make_job, make_training, training_log
from .rows import make_row, make_status
from .test_card import open_card, print_lines, set_traits
from .test_looks import violations
from .test_table import open_table

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

SCREENSHOTS = BUILD / "screenshots"
WORDS = {
    "kernel gone": "autorestarting",
    "page offline": "disconnected",
    "kernel busy": "busy",
    "Hub unreachable": "idle",
}
"""The card's word, and what the front end says."""
NOTHING = "Nothing answers at https://huggingface.co."
NUMBERS = itertools.count(1)
"""Cards of one job would take each other's places."""
UNREACHED = {"retry_at": None, "missing": False, "unreachable": True}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {},
    "forced-light": {"forced_colors": "active", "color_scheme": "light"},
    "forced-dark": {"forced_colors": "active", "color_scheme": "dark"},
}


def dress(page: Page, look: str, width: int) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.set_viewport_size({"width": width, "height": 1000})
    page.emulate_media(**LOOKS[look])
    page.evaluate("theme => document.documentElement.dataset.theme = theme", "dark" if "dark" in look else "light")


def open_live(page: Page, widget: str) -> Locator:
    page.evaluate("() => { host.session = makeSession(); kernel.lines = []; kernel.answers = kernel.beats = true }")
    if widget == "table":
        open_table(page, rows=[make_row(i) for i in range(3)])
        page.evaluate("() => host.set({ place: { ...host.model.traits.place, id: 'a-table', line: '%hfjobs ls' } })")
    else:
        open_card(page, job=make_job(id=f"{next(NUMBERS):024x}"), training=make_training(20))
        print_lines(page, *training_log()[:6])
    shown = page.locator(".hfj").last
    expect(shown.locator(".hfj-stream")).to_have_text("live")
    return shown


def lose(page: Page, widget: str, word: str) -> None:
    page.evaluate("status => host.session.say(status)", WORDS[word])
    if word != "Hub unreachable":
        # Signs of life go to the widget that was opened last.
        page.evaluate("() => { kernel.beats = kernel.answers = false }")
    elif widget == "card":
        set_traits(page, stream="reconnecting", stream_note=UNREACHED, notice=NOTHING)
    else:
        set_traits(page, status=make_status(seen_at=time.time() - 4, error=NOTHING))


def outside(node: Locator) -> list[str]:
    """What a reader does not see whole: texts and buttons that stand out of the card, or are cut in its bar."""
    return list(
        node.evaluate(
            """node => {
                const box = node.getBoundingClientRect();
                const shown = [...node.querySelectorAll('.hfj-lost, .hfj-lost *, .hfj-stream, .hfj-header .hfj-button')]
                    .filter(e => e.getClientRects().length);
                return shown.filter(e => {
                    const { left, right } = e.getBoundingClientRect();
                    return left < box.left - 1 || right > box.right + 1 || e.scrollWidth > e.clientWidth + 1 &&
                        e.matches('.hfj-lost, .hfj-ways, .hfj-button');
                }).map(e => e.className + ': ' + e.textContent);
            }"""
        )
    )


@pytest.mark.parametrize("width", [960, 320])
@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("widget", ["card", "table"])
def test_what_is_cut_off_says_why_in_every_look(sharp: Page, widget: str, look: str, width: int) -> None:
    dress(sharp, look, width)
    for word in WORDS:
        shown = open_live(sharp, widget)
        lose(sharp, widget, word)
        expect(shown.locator(".hfj-stream")).to_contain_text(word)
        expect(shown.locator(".hfj-icon-running").first).to_have_css("animation-name", "none")
        assert outside(shown) == [], word
        # A name that would have room is not cut for what stands beside it.
        assert shown.locator(".hfj-name").first.evaluate("e => e.scrollWidth <= e.clientWidth"), word
    expect(sharp.locator(".hfj")).to_have_count(len(WORDS))
    if "forced" in look:
        # What cannot be pressed has the reader's own grey, and nothing over it.
        grey = sharp.evaluate(
            "() => { const e = document.body.appendChild(document.createElement('i')); e.style.color = 'GrayText';"
            " const { color } = getComputedStyle(e); e.remove(); return color }"
        )
        cancel = sharp.get_by_role("button", name="Cancel")
        assert grey != cancel.and_(sharp.locator(":enabled")).first.evaluate("e => getComputedStyle(e).color")
        off = cancel.and_(sharp.locator(":disabled")).first
        for name, value in (("opacity", "1"), ("color", grey), ("border-top-color", grey)):
            expect(off).to_have_css(name, value)
    else:
        # Widgets of one name stand here below one another.
        assert [one for one in violations(sharp) if not one.startswith("landmark-unique")] == []
    sharp.screenshot(path=SCREENSHOTS / f"links-{widget}-{look}-{width}.png", full_page=True)


@pytest.mark.parametrize("widget", ["card", "table"])
def test_clocks_stand_while_the_hub_is_not_reached_and_go_on_after(page: Page, widget: str) -> None:
    shown = open_live(page, widget)
    clock = shown.locator(".hfj-time" if widget == "card" else ".hfj-tsizer .hfj-c-duration").first
    lose(page, widget, "Hub unreachable")
    expect(shown.locator(".hfj-stream")).to_contain_text("Hub unreachable")
    # Two turns of the clock's own timer.
    turns = "() => new Promise((done) => setTimeout(done, 2100))"
    page.evaluate(turns)
    before = clock.inner_text()
    page.evaluate("() => { const now = Date.now; Date.now = () => now() + 3_600_000 }")
    page.evaluate(turns)
    assert clock.inner_text() == before
    if widget == "card":
        set_traits(page, stream="live", stream_note={**UNREACHED, "unreachable": False})
    else:
        set_traits(page, status=make_status(now=time.time() + 3600, seen_at=time.time() + 3600))
    expect(clock).to_contain_text("1:0")
    assert clock.inner_text() != before
