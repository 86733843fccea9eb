"""A page like Colab's: a frame and a widget manager an output, and models of a saved state; see pages/colab.js."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.cells import line_cell
from tests.conftest import BUILD
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import FrameLocator, Page

    from hfjobs_magic.local.daemon import Service

pytestmark = pytest.mark.browser

SCREENSHOTS = BUILD / "screenshots"


def run(page: Page, code: str) -> FrameLocator:
    """Run a cell; its first output."""
    page.evaluate("(code) => notebook.run(code)", code)
    return page.locator(".cell").nth(page.locator(".cell").count() - 1).frame_locator(".output >> nth=0")


def test_each_output_has_its_card_and_one_without_a_kernel_says_so(
    page: Page, widget_page: Callable[..., str], local: Service
) -> None:
    expect.set_options(timeout=PATIENCE_S * 1000)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.goto(widget_page("colab", "colab_output"))
    page.locator("html[data-ready]").wait_for()
    run(page, "%load_ext hfjobs_magic")

    card = run(page, line_cell("in-colab")).locator(".hfj")
    expect(card.get_by_text("line 9", exact=True)).to_be_attached()
    expect(card.locator(".hfj-stream")).to_have_text("live")
    page.screenshot(path=SCREENSHOTS / "colab.png")
    table = run(page, "%hfjobs ls --local").locator(".hfj-table")
    table.get_by_role("button", name="Show the card of in-colab").click()
    opened = table.locator(".hfj:not(.hfj-table)")
    # Nothing of a card that is made while no cell runs comes by itself, not even that it is there.
    expect(opened.get_by_text(re.compile(r"^line \d+$")).first).to_be_attached()
    opened.get_by_role("button", name="Cancel", exact=True).click()
    opened.get_by_role("button", name="Yes").click()
    # The card in the other frame has a model of its own.
    expect(card.locator(".hfj-pill")).to_have_text("Canceled")
    # A job that has ended says nothing, and nobody asks; what is asked for comes.
    card.get_by_role("button", name="Find", exact=True).click()
    card.get_by_role("searchbox").fill("line 7")
    # Which of them it begins with depends on how much was printed by then.
    expect(card.get_by_text(re.compile(r"^\d+ of \d+"))).to_be_visible()

    card = run(page, line_cell("left-alone")).locator(".hfj")
    expect(card.get_by_text("line 30", exact=True)).to_be_attached()
    expect(card.locator(".hfj-stream")).to_have_text("live")
    shown = card.locator(".hfj-row").last.inner_text()
    page.evaluate("notebook.reopen()")
    expect(card.locator(".hfj-stream")).to_have_text("not connected")
    expect(card.locator(".hfj-lost")).to_contain_text("the job may still run")
    expect(card.get_by_text(shown, exact=True)).to_be_attached()
    expect(card.get_by_role("button", name="Copy %hfjobs attach")).to_be_visible()
    expect(card.get_by_role("button", name="Cancel", exact=True)).to_be_disabled()
    page.screenshot(path=SCREENSHOTS / "colab-reopened.png", full_page=True)
