"""What a cell has shown, in the card: drawn, found from the log, and nothing of it runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.conftest import ROOT

from .jobs import make_job
from .outputs import OUTPUTS, make_items, make_messages
from .test_card import open_card, print_lines, sent, set_traits
from .test_looks import violations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page, Route

pytestmark = pytest.mark.browser

SHOTS = ROOT / "build" / "screenshots"

FAILED = {
    "kind": "error",
    "type": "ValueError",
    "message": "boom",
    "line": 12,
    "headline": "ValueError at line 12",
    "words": "ValueError: boom (line 12)",
    "change": {},
}


def say(page: Page, *messages: dict[str, Any]) -> None:
    page.evaluate("all => all.forEach(one => host.model.emit('msg:custom', one))", list(messages))


def show(page: Page, outputs: list[tuple[str, str, str, str, str]] = OUTPUTS, lines: int = 0) -> None:
    """Print lines with the outputs' among them, and show these."""
    print_lines(page, *(f"step {at}" for at in range(lines)))
    print_lines(page, *(f"[output {at}] {label}" for at, (label, *_) in enumerate(outputs, 1)))
    set_traits(page, outputs=make_items(outputs, lines))
    say(page, *make_messages(outputs))


def tab(card: Locator) -> Locator:
    return card.get_by_role("tab", name="Output")


def test_there_is_no_output_tab_until_something_was_shown(page: Page) -> None:
    card = open_card(page)
    print_lines(page, "one")
    expect(tab(card)).to_be_hidden()
    show(page, OUTPUTS[:1], lines=1)
    expect(tab(card)).to_be_visible()
    expect(card.get_by_role("tab").first).to_have_text("Output")
    # The reader stays where they were.
    expect(card.get_by_role("tab", name="Logs")).to_have_attribute("aria-selected", "true")


def test_the_tab_counts_and_draws_every_kind(page: Page) -> None:
    card = open_card(page)
    show(page)
    expect(tab(card)).to_have_text(f"Output{len(OUTPUTS)}")
    tab(card).click()
    items = card.get_by_role("listitem")
    expect(items).to_have_count(len(OUTPUTS))
    expect(card.get_by_role("img", name="figure, 640×240")).to_have_js_property("naturalWidth", 640)
    frame = card.frame_locator("iframe[title='table, 3 × 3']")
    expect(frame.get_by_role("cell", name="0.512")).to_be_visible()
    expect(items.nth(5)).to_contain_text("the output below the card draws it")
    expect(items.last).to_contain_text("ValueError: boom")
    assert "\x1b" not in items.last.inner_text()
    assert items.last.locator("span[style*='color']").count() > 3


def test_a_line_of_the_log_leads_to_its_output(page: Page) -> None:
    card = open_card(page)
    show(page, lines=4)
    print_lines(page, "[output 3] printed by a program", "text before it")
    rows = card.locator(".hfj-row")
    expect(rows.filter(has_text="printed by a program")).to_contain_text("[output 3] printed by a program")
    way = card.get_by_role("button", name="table, 3 × 3")
    expect(way).to_be_visible()
    assert "[output" not in rows.filter(has=page.get_by_role("button")).nth(1).inner_text()
    way.click()
    expect(tab(card)).to_have_attribute("aria-selected", "true")
    expect(card.get_by_role("listitem").nth(1)).to_be_focused()


def test_what_a_program_had_begun_stands_before_the_way(page: Page) -> None:
    card = open_card(page)
    print_lines(page, "50 %[output 1] figure")
    set_traits(page, outputs=[{"number": 1, "line": 0, "revision": 1, "label": "figure"}])
    expect(card.locator(".hfj-row .hfj-text")).to_have_text("50 %figure")


def test_the_line_of_an_output_that_was_cleared_says_so_and_leads_nowhere(page: Page) -> None:
    card = open_card(page)
    print_lines(page, "[output 1] figure, 3×4", "[output 2] text")
    cleared = {"number": 0, "line": 0, "revision": 0, "label": ""}
    set_traits(page, outputs=[{"number": 2, "line": 1, "revision": 2, "label": "text"}, cleared])
    expect(card.locator(".hfj-row .hfj-text")).to_have_text(["figure, 3×4 (cleared)", "text"])
    expect(card.locator(".hfj-row button")).to_have_count(1)
    expect(tab(card)).to_have_text("Output")


@pytest.fixture
def hostile(browser: Browser, address: str) -> Iterator[tuple[Page, list[str]]]:
    """A page whose console may complain of what it refuses, and what it asked other hosts for."""
    context = browser.new_context(viewport={"width": 960, "height": 640})
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body="")

    context.route(re.compile("tracker"), answer)
    page = context.new_page()
    page.goto(f"{address}/page.html")
    page.wait_for_function("window.ready")
    yield page, asked
    context.close()


def test_nothing_of_a_job_runs_and_nothing_is_fetched(hostile: tuple[Page, list[str]]) -> None:
    page, asked = hostile
    evil = (
        "<script>parent.ran = 1</script><img src=x onerror='parent.ran = 2'>"
        "<svg onload='parent.ran = 3'></svg><iframe srcdoc='<script>top.ran = 4</script>'></iframe>"
        "<img src='http://tracker.test/a.png'><link rel=stylesheet href='http://tracker.test/b.css'>"
        "<style>@import url(http://tracker.test/c.css); body { background: url(http://tracker.test/d) }</style>"
        "<meta http-equiv=refresh content='0;url=http://tracker.test/e'>"
        "<form action='http://tracker.test/f'><button autofocus formaction='javascript:parent.ran = 5'>Go</button>"
        "<a href='javascript:parent.ran = 6'>link</a><b>seen</b>"
    )
    svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="parent.ran = 7"><script>parent.ran = 8</script></svg>'
    card = open_card(page)
    show(
        page,
        [
            ("page", "display_data", "text/html", evil, ""),
            ("figure", "display_data", "image/svg+xml", svg, ""),
            ("text", "display_data", "text/plain", "<b onclick='ran = 9'>plain</b>", ""),
            ('"><script>ran = 10</script>', "display_data", "image/png", '" onerror="ran = 11', ""),
        ],
    )
    tab(card).click()
    frame = card.frame_locator("iframe").first
    expect(frame.get_by_text("seen")).to_be_visible()
    frame.get_by_text("link").click()
    expect(card.get_by_text("<b onclick='ran = 9'>plain</b>")).to_be_visible()
    assert page.evaluate("window.ran") is None
    assert asked == []
    # The same without the frame's policy is asked for: the test would see it.
    page.evaluate("document.body.append(Object.assign(new Image(), {src: 'http://tracker.test/seen'}))")
    page.wait_for_function("document.body.lastElementChild.complete")
    assert asked == ["http://tracker.test/seen"]


def test_what_is_large_is_asked_for_when_it_is_looked_at(page: Page) -> None:
    card = open_card(page)
    set_traits(page, outputs=make_items(OUTPUTS))
    say(page, *make_messages(OUTPUTS)[1:])
    tab(card).click()
    page.wait_for_function("host.model.sent.some(one => one.type === 'outputs')")
    assert sent(page, "outputs") == [{"type": "outputs", "numbers": [1]}]
    expect(card.get_by_role("listitem").first).to_have_text("figure, 640×240")


def test_a_picture_has_its_place_before_it_has_come(page: Page) -> None:
    card = open_card(page)
    set_traits(page, outputs=make_items(OUTPUTS[:2]))
    tab(card).click()
    say(page, make_messages(OUTPUTS)[1])
    table = card.get_by_role("listitem").nth(1)
    expect(card.frame_locator("iframe").get_by_role("cell", name="0.512")).to_be_visible()
    top = table.evaluate("e => e.offsetTop")
    say(page, make_messages(OUTPUTS)[0])
    expect(card.get_by_role("img", name="figure, 640×240")).to_have_js_property("naturalWidth", 640)
    assert abs(table.evaluate("e => e.offsetTop") - top) <= 2


def test_an_update_takes_the_place_of_what_was_there(page: Page) -> None:
    card = open_card(page)
    show(page, [("old", "display_data", "text/plain", "old", ""), ("end", "display_data", "text/plain", "end", "")])
    tab(card).click()
    items = card.get_by_role("listitem")
    expect(items).to_have_text(["old", "end"])
    set_traits(page, outputs=[{**make_items(OUTPUTS)[0], "revision": 9}, make_items(OUTPUTS)[1]])
    say(page, {**make_messages(OUTPUTS)[6], "number": 1, "revision": 9})
    expect(items).to_have_text(["0.88", "end"])
    # After clear_output.
    set_traits(page, outputs=[])
    expect(items).to_have_count(0)


def test_the_tabs_are_walked_by_arrow_keys_past_one_that_is_not_there(page: Page) -> None:
    card = open_card(page)
    logs = card.get_by_role("tab", name="Logs")
    logs.focus()
    page.keyboard.press("ArrowLeft")
    expect(card.get_by_role("tab", name="Details")).to_be_focused()
    show(page)
    page.keyboard.press("Home")
    expect(tab(card)).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_outputs_are_photographed(sharp: Page, theme: str) -> None:
    page = sharp
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    for width in (960, 320):
        page.set_viewport_size({"width": width, "height": 1900})
        page.evaluate("while (host.views.length) host.hide(); kernel.lines = []")
        card = open_card(page, job=make_job(stage="ERROR", message="Job failed with exit code: 1", failure=FAILED))
        show(page, lines=6)
        SHOTS.mkdir(parents=True, exist_ok=True)
        card.screenshot(path=SHOTS / f"output-log-{width}-{theme}.png")
        tab(card).click()
        expect(card.frame_locator("iframe").first.get_by_role("cell", name="0.512")).to_be_attached()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        card.screenshot(path=SHOTS / f"output-{width}-{theme}.png")
        page.add_style_tag(content=".hfj-outputs { max-height: none !important }")
        card.screenshot(path=SHOTS / f"output-all-{width}-{theme}.png")
        page.evaluate("document.head.lastElementChild.remove()")


def test_a_failed_cell_says_where(page: Page) -> None:
    card = open_card(page, job=make_job(stage="ERROR", message="Job failed with exit code: 1", failure=FAILED))
    expect(card.locator(".hfj-failure")).to_have_text(FAILED["words"])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_marked_expression_of_a_traceback_can_be_read(page: Page, theme: str) -> None:
    page.evaluate("theme => document.documentElement.setAttribute('data-theme', theme)", theme)
    page.evaluate("theme => document.body.setAttribute('data-jp-theme-light', String(theme === 'light'))", theme)
    # As IPython writes it: black on yellow.
    line = "----> 1 \x1b[30;43mrows\x1b[39;49m[0] \x1b[37;41mwhite\x1b[39;49m"
    card = open_card(page)
    show(page, [("IndexError", "error", "text/plain", line, "")])
    tab(card).click()
    marked = card.get_by_role("tabpanel", name="Output").locator(".hfj-bg")
    expect(marked).to_have_text(["rows", "white"])
    for node in marked.all():
        assert node.evaluate(CONTRAST) >= 4.5
    page.screenshot(path=SHOTS / f"marked-{theme}.png")


CONTRAST = """node => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const layers = [];
    for (let at = node; at; at = at.parentElement) layers.unshift(getComputedStyle(at).backgroundColor);
    const luminance = (...colors) => {
        for (const color of ["#fff", ...colors]) { canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); }
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(one => one / 255)
            .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const found = [luminance(...layers), luminance(...layers, getComputedStyle(node).color)].sort((a, b) => b - a);
    return (found[0] + 0.05) / (found[1] + 0.05);
}"""
"""Contrast of a text to what is below it (WCAG 2.2, 1.4.3)."""
