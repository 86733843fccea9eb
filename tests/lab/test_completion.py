"""Tab in a real JupyterLab: flavors with prices below the line, and the chosen one in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.conftest import BUILD
from tests.lab.test_lab import open_notebook, run_all
from tests.waiting import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from hfjobs_magic.local.daemon import Service
    from tests.lab.conftest import Lab

pytestmark = pytest.mark.lab

SCREENSHOTS = BUILD / "screenshots"


def press_tab_until_offered(page: Page, text: str) -> None:
    """Press Tab; again where the answer came after the completer had stopped waiting for it."""
    menu = page.locator(".jp-Completer:not(.lm-mod-hidden)")

    def is_offered() -> bool:
        page.keyboard.press("Tab")
        menu.wait_for()
        if menu.get_by_text(text, exact=True).count():
            return True
        page.keyboard.press("Escape")  # only words of the notebook: JupyterLab adds them itself
        return False

    wait_until(is_offered)


def test_help_fits_and_tab_offers_flavors_with_prices(page: Page, lab: Lab, local: Service):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    open_notebook(page, lab, "%load_ext hfjobs_magic", "", "%%hfjob --help")
    run_all(page)
    help_text = page.locator(".jp-OutputArea-output pre", has_text="usage: %%hfjob")
    expect(help_text).to_be_visible()
    shown = help_text.bounding_box()
    help_text.evaluate("node => { node.style.whiteSpace = 'pre' }")
    assert help_text.bounding_box() == shown, "a line was broken into two"
    help_text.screenshot(path=SCREENSHOTS / "lab-help.png")
    cell = page.locator(".jp-CodeCell .cm-content").nth(1)
    cell.click()
    page.keyboard.type("%%hfjob --local --flavor ")
    press_tab_until_offered(page, "t4-small")
    menu = page.locator(".jp-Completer")
    flavor = menu.locator(".jp-Completer-item", has=page.get_by_text("t4-small", exact=True))
    expect(flavor).to_contain_text("$0.40/h · 4 vcpu · 15 gb · 1x t4 16 gb")
    page.screenshot(path=SCREENSHOTS / "lab-completion.png")
    flavor.click()
    expect(cell).to_have_text(re.compile(r"^%%hfjob --local --flavor t4-small$"))

    page.keyboard.type(" --")
    press_tab_until_offered(page, "--timeout")
    expect(menu.get_by_text("--timeout", exact=True)).to_be_visible()
    expect(menu.get_by_text("--flavor", exact=True)).to_have_count(0)
    page.screenshot(path=SCREENSHOTS / "lab-completion-options.png")
