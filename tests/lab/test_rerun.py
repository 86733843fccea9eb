"""A job that failed runs again from its card in JupyterLab; the new card is below the old one, and saved with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.lab.test_lab import SCREENSHOTS, open_notebook, run_all
from tests.waiting import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from hfjobs_magic.local.daemon import Service
    from tests.lab.conftest import Lab

pytestmark = pytest.mark.lab

FAILS = "%%hfjob --local --script --deps none --timeout 5m\nimport iniconfig_not_here"


def test_a_failed_job_runs_again_below_its_card(page: Page, lab: Lab, local: Service):
    path = open_notebook(page, lab, "%load_ext hfjobs_magic", FAILS)
    run_all(page)
    cards = page.locator(".hfj")
    expect(cards.first.locator(".hfj-pill")).to_have_text("Error", timeout=60_000)
    cards.first.get_by_role("button", name="Rerun").click()
    form = cards.first.get_by_role("group", name="Run again")
    expect(form).to_contain_text("free, on this machine")
    expect(form.get_by_label("Flavor")).to_be_hidden()
    form.get_by_label("Timeout").fill("7m")
    page.keyboard.press("Tab")
    page.screenshot(path=SCREENSHOTS / "rerun-form.png")
    form.get_by_role("button", name="Run again").click()
    expect(cards).to_have_count(2)
    expect(cards.nth(1).locator(".hfj-pill")).to_have_text("Error", timeout=60_000)
    cards.nth(1).get_by_role("tab", name="Details").click()
    expect(cards.nth(1)).to_contain_text("7:00")
    page.screenshot(path=SCREENSHOTS / "rerun.png")
    page.keyboard.press("Control+s")
    wait_until(lambda: path.read_text().count("data-hfjob") == 2)
