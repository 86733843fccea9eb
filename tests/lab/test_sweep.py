"""A sweep in JupyterLab: its runs as they come, all curves in the colours of a parameter, and the cards of its rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.lab.test_disconnected import load_again, restart
from tests.lab.test_lab import SCREENSHOTS, open_notebook, run_all
from tests.waiting import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from hfjobs_magic.local.daemon import Service
    from tests.lab.conftest import Lab

pytestmark = pytest.mark.lab

CELL = """%%hfjob --local --deps none --map lr=0.001,0.1 --map seed=1..2 --max-parallel 2
for step in range(1, 6):
    print({"step": step, "eval_loss": seed + 1 / (1 + step * lr)})
assert (lr, seed) != (0.1, 2), "it diverges"
"""
ROWS = ".hfj-tsizer > .hfj-trow"


def test_runs_are_drawn_sorted_and_opened_and_the_notebook_keeps_how_they_ended(page: Page, lab: Lab, local: Service):
    path = open_notebook(page, lab, "%load_ext hfjobs_magic", CELL)
    run_all(page)
    table = page.locator(".hfj-table")
    expect(table.locator(f"{ROWS} .hfj-pill[data-stage=COMPLETED]")).to_have_count(3, timeout=90_000)
    expect(table.get_by_role("listitem")).to_contain_text("AssertionError", timeout=30_000)
    panel = table.get_by_role("region", name="Training curves")
    expect(panel.locator(".hfj-dots i")).to_have_count(4, timeout=30_000)
    expect(panel.locator("canvas").first).to_be_visible()
    expect(panel.locator(".hfj-keys")).to_contain_text("0.0010.1")
    table.get_by_role("button", name="Best", exact=True).click()
    best = table.locator(f"{ROWS} .hfj-c-metric:nth-child(6)")
    expect(best.first).to_have_text("1.667")
    page.screenshot(path=SCREENSHOTS / "sweep.png")
    table.get_by_role("button", name="Show the card of").first.click()
    expect(table.locator(".hfj-tcard .hfj-pill")).to_have_text("Completed")
    page.keyboard.press("Control+s")
    wait_until(lambda: "1 of 4: AssertionError" in path.read_text())
    # A new kernel knows it for a sweep.
    restart(page)
    expect(table.locator(".hfj-lost").first).to_be_visible()
    load_again(page, lab, path)
    expect(table.locator(".hfj-lost").first).to_be_hidden()
    expect(table.get_by_text(re.compile("^Sweep [0-9a-f]{8}$"))).to_be_visible()
    expect(table.locator(f"{ROWS} .hfj-c-value")).to_have_count(8)
    expect(panel.locator(".hfj-dots i")).to_have_count(4)


LONG_CELL = """%%hfjob --local --deps none --script --map n=1..3 --max-parallel 1
import time
time.sleep(600)
"""


def test_its_buttons_end_all_runs_and_start_them_anew_and_its_name_shows_it_again(page: Page, lab: Lab, local: Service):
    open_notebook(page, lab, "%load_ext hfjobs_magic", LONG_CELL, "sweep")
    run_all(page)
    table, again = page.locator(".hfj-table").first, page.locator(".hfj-table").nth(1)
    for shown in (table, again):
        expect(shown.locator(f"{ROWS} .hfj-pill[data-stage=RUNNING]")).to_have_count(1, timeout=60_000)
        expect(shown).to_contain_text("3 runs, 2 not started")
    table.get_by_role("button", name="Cancel all").click()
    table.get_by_role("group", name="Cancel 1 job and start no more?").get_by_role("button", name="Yes").click()
    for shown in (table, again):
        expect(shown.locator(f"{ROWS} .hfj-pill[data-stage=CANCELED]")).to_have_count(1, timeout=30_000)
        expect(shown.get_by_role("listitem")).to_have_text("It was cancelled.")
    # From the other table, with what was never started.
    again.get_by_role("button", name="Rerun 1 that failed").click()
    again.get_by_role("group", name="Start 1 run anew?").get_by_role("button", name="Yes").click()
    expect(table.locator(f"{ROWS} .hfj-pill[data-stage=RUNNING]")).to_have_count(1, timeout=60_000)
    table.get_by_role("button", name="Cancel all").click()
    table.get_by_role("button", name="Yes").click()
    expect(table.locator(f"{ROWS} .hfj-pill[data-stage=CANCELED]")).to_have_count(1, timeout=30_000)
