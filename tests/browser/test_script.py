"""The Script tab: the script in colours that can be read, and the command that starts the same job."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.conftest import BUILD

from .jobs import SCRIPT
from .test_card import open_card
from .test_looks import violations
from .test_outputs import show

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


CODE = """\
# %% from the notebook: np
import numpy as np

# %% from the notebook: train, line 4
def train(rows, epochs=EPOCHS):
    return np.mean(rows) * epochs
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_came_along_from_the_notebook_is_folded(sharp: Page, theme: str) -> None:
    sharp.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    card = open_card(sharp)
    card.get_by_role("tab", name="Script").click()
    expect(card.get_by_text("From this notebook")).to_have_count(1)
    expect(card.get_by_text("From this notebook")).to_be_hidden()
    sharp.evaluate("names => host.set({names})", {"names": ["np", "EPOCHS", "train"], "code": CODE})
    summary = card.locator("summary")
    expect(summary).to_have_text("From this notebook: np, EPOCHS, train")
    expect(card.get_by_text("def train")).to_be_hidden()
    summary.focus()
    sharp.keyboard.press("Enter")
    code = card.get_by_role("region", name="Code from this notebook")
    expect(code.locator("[data-token=kwd]").first).to_be_visible()
    assert code.evaluate("e => e.textContent") == CODE
    assert violations(sharp) == []
    card.screenshot(path=BUILD / "screenshots" / f"script-names-{theme}.png")
    sharp.set_viewport_size({"width": 320, "height": 640})
    card.screenshot(path=BUILD / "screenshots" / f"script-names-narrow-{theme}.png")
    assert sharp.evaluate("document.documentElement.scrollWidth <= 320")


@pytest.mark.parametrize("has_files", [False, True])
@pytest.mark.parametrize("has_outputs", [False, True])
def test_no_tab_lies_under_a_button_however_narrow(page: Page, has_outputs: bool, has_files: bool) -> None:
    card = open_card(page, out_dir="results" if has_files else "")
    if has_outputs:
        show(page)
        expect(card.get_by_role("tab", name="Output")).to_be_visible()
    card.get_by_role("tab", name="Script").click()
    left, right = card.get_by_role("button", name="Copy command"), card.get_by_role("tab", name="Details")
    for width in (320, 360, 400, 440, 480, 520, 600, 680, 760, 900, 1000, 1100, 1300):
        page.set_viewport_size({"width": width, "height": 640})
        button, tab = left.bounding_box(), right.bounding_box()
        assert button is not None
        assert tab is not None
        beside = button["x"] >= tab["x"] + tab["width"]
        assert beside or button["y"] >= tab["y"] + tab["height"], width


def test_the_command_is_copied_and_hidden_where_there_is_none(page: Page) -> None:
    card = open_card(page)
    card.get_by_role("tab", name="Script").click()
    # In a narrow card the pictures are all there is of the two buttons.
    pictures = [
        card.get_by_role("button", name=name, exact=True).locator("path").get_attribute("d")
        for name in ("Copy", "Copy command")
    ]
    assert len({*pictures}) == 2
    card.get_by_role("button", name="Copy command").click()
    expect(card.get_by_text("Copied")).to_be_visible()
    command = "hf jobs uv run --flavor a10g-small --timeout 30m train-distilbert.py"
    assert page.evaluate("navigator.clipboard.readText()") == command
    page.evaluate("host.set({command: ''})")
    expect(card.get_by_role("button", name="Copy command")).to_have_count(0)


def test_what_the_copied_line_starts_and_where_it_goes_is_said(page: Page) -> None:
    card = open_card(page)
    card.get_by_role("tab", name="Script").click()
    copy = card.get_by_role("button", name="Copy command")
    expect(copy).to_have_attribute("title", re.compile("command for a terminal that starts this job, with the script"))
    page.evaluate("host.set({job: {...host.model.get('job'), local: true}})")
    expect(copy).to_have_attribute("title", re.compile("line for a cell that starts this job here, with the script"))
