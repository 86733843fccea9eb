"""The Script tab: the script in colours that can be read, and the command that starts the same job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.conftest import BUILD

from .jobs import SCRIPT
from .test_card import open_card
from .test_looks import violations

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_script_is_in_colours_that_can_be_read(sharp: Page, theme: str) -> None:
    sharp.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    card = open_card(sharp)
    card.get_by_role("tab", name="Script").click()
    keyword = card.locator("[data-token=kwd]").first
    expect(keyword).to_have_text("from")
    color = "e => getComputedStyle(e).color"
    assert keyword.evaluate(color) != card.locator(".hfj-script code").evaluate(color)
    assert card.locator(".hfj-script code").evaluate("e => e.textContent") == SCRIPT
    # What is seen is what is there: no space is lost between two colours.
    assert card.locator(".hfj-code-line").nth(2).inner_text().strip() == SCRIPT.splitlines()[2]
    assert violations(sharp) == []
    card.screenshot(path=BUILD / "screenshots" / f"script-{theme}.png")


def test_the_command_is_copied_and_hidden_where_there_is_none(page: Page) -> None:
    card = open_card(page)
    card.get_by_role("tab", name="Script").click()
    card.get_by_role("button", name="Copy command").click()
    expect(card.get_by_text("Copied")).to_be_visible()
    command = "hf jobs uv run --flavor a10g-small --timeout 30m train-distilbert.py"
    assert page.evaluate("navigator.clipboard.readText()") == command
    page.evaluate("host.set({command: ''})")
    expect(card.get_by_role("button", name="Copy command")).to_have_count(0)
