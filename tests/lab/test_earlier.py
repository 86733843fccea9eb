"""A cell that is run again, and one whose output is cleared: its job runs on, and that is said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.cells import line_cell
from tests.conftest import BUILD, end_jobs
from tests.lab.test_disconnected import restart
from tests.lab.test_lab import open_notebook, run_all

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from hfjobs_magic.local.daemon import Service
    from tests.lab.conftest import Lab

pytestmark = pytest.mark.lab

SCREENSHOTS = BUILD / "screenshots"


def run_twice(page: Page, lab: Lab) -> tuple[Locator, Locator]:
    """Run a cell whose job goes on, and run it again: the new card, and what it says of the earlier job."""
    open_notebook(page, lab, "%load_ext hfjobs_magic", line_cell("goes-on"))
    run_all(page)
    card = page.locator(".hfj").first
    expect(card.locator(".hfj-stream")).to_have_text("live")
    page.locator(".jp-CodeCell .cm-content").nth(1).click()
    page.keyboard.press("Control+Enter")
    return card, card.locator(".hfj-earlier").first


def test_the_earlier_job_is_shown_and_cancelled_from_the_new_card_and_a_cleared_one_is_not_forgotten(
    page: Page, lab: Lab, local: Service
):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    _, earlier = run_twice(page, lab)
    expect(earlier).to_contain_text(re.compile(r"The earlier job of this cell still runs \([\d:]+( s)?, free\)\."))
    page.screenshot(path=SCREENSHOTS / "lab-earlier.png")

    earlier.get_by_role("button", name="Show it").click()
    shown = earlier.locator(".hfj")
    expect(shown.get_by_text("line 9", exact=True)).to_be_attached()
    page.screenshot(path=SCREENSHOTS / "lab-earlier-shown.png")
    earlier.get_by_role("button", name="Cancel it").click()
    earlier.get_by_role("button", name="Yes").press("Enter")
    expect(earlier.get_by_role("button", name="Hide it").first).to_be_focused()
    expect(shown.locator(".hfj-pill")).to_have_text("Canceled")
    expect(earlier).to_contain_text("The earlier job of this cell has ended: Canceled.")

    # The output is cleared, and the job runs on: what loads the extension says so, and so does the table.
    page.locator(".jp-CodeCell .cm-content").nth(1).click()
    page.keyboard.press("Escape")
    page.get_by_role("menuitem", name="Edit", exact=True).click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Clear Cell Output", exact=True).click()
    expect(page.locator(".hfj")).to_have_count(0)
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("%reload_ext hfjobs_magic\n%hfjobs ls --notebook --local")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("One job of this notebook still runs: goes-on")).to_be_visible()
    row = page.locator(".hfj-table").get_by_role("row", name="goes-on")
    expect(row.locator(".hfj-c-cell")).to_have_text("[3]")
    expect(row.locator(".hfj-c-cell")).to_be_visible()
    page.screenshot(path=SCREENSHOTS / "lab-earlier-table.png")
    row.get_by_role("button", name="Cancel goes-on").click()
    row.get_by_role("button", name="Yes").click()
    expect(row.locator(".hfj-pill")).to_have_text("Canceled")


def test_while_the_kernel_is_gone_the_earlier_job_is_not_said_to_run(page: Page, lab: Lab, local: Service):
    card, earlier = run_twice(page, lab)
    expect(earlier).to_contain_text("The earlier job of this cell still runs")
    restart(page)
    expect(card.locator(".hfj-stream")).to_have_text("kernel gone")
    expect(earlier).to_contain_text("The earlier job of this cell may still run")
    expect(earlier).not_to_contain_text("still runs")
    page.screenshot(path=SCREENSHOTS / "lab-earlier-gone.png")
    card.get_by_role("button", name="Reconnect").click()
    expect(card.locator(".hfj-stream")).to_have_text("live")
    # The new kernel knows of it, too.
    expect(earlier).to_contain_text("The earlier job of this cell still runs")
    earlier.get_by_role("button", name="Cancel it").click()
    earlier.get_by_role("button", name="Yes").click()
    expect(earlier).to_contain_text("The earlier job of this cell has ended: Canceled.")
    end_jobs(local)
