"""A notebook that is opened again: a live card while its kernel lives, what became of the job when nobody has it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import httpx2
import pytest
from playwright.sync_api import expect

import hfjobs_magic
from tests.conftest import BUILD
from tests.lab.test_disconnected import kernel_of, load_again, restart
from tests.lab.test_lab import open_notebook, run_all
from tests.waiting import UNTIL_TOLD, tell, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from hfjobs_magic.local.daemon import Service
    from tests.lab.conftest import Lab

pytestmark = pytest.mark.lab

SCREENSHOTS = BUILD / "screenshots"
CELL = (
    "%%hfjob --local --name reopened --timeout 5m\n"
    f"for n in range(3000): print('line', n, flush=n == 2999)\n{UNTIL_TOLD}"
)


def test_a_reopened_notebook_shows_the_card_while_there_is_a_model_and_else_its_twin(
    page: Page, lab: Lab, local: Service
):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = open_notebook(page, lab, "%load_ext hfjobs_magic", CELL)
    run_all(page)
    card = page.locator(".hfj")
    expect(card.locator(".hfj-pill")).to_have_text("Running")
    expect(card.get_by_text("line 2999", exact=True)).to_be_visible()
    card.locator(".hfj-scroll").evaluate("s => s.scrollTop = 1000 * 18")
    expect(card.get_by_text("line 1005", exact=True)).to_be_visible()
    job, *_ = hfjobs_magic.jobs(labels={"name": "reopened"}, local=True)
    tell(local, job.id)
    expect(card.locator(".hfj-pill")).to_have_text("Completed")
    # The output is the twin now, with the live card in its place, scrolled as the reader left it.
    expect(page.locator("[data-hfjob] .hfj")).to_have_count(1)
    expect(card).to_have_count(1)
    expect(card.get_by_text("line 1005", exact=True)).to_be_visible()
    page.screenshot(path=SCREENSHOTS / "lab-completed.png")

    def is_end_in_the_file() -> bool:
        with page.expect_response(lambda response: response.request.method == "PUT"):
            page.get_by_role("button", name="Save and create checkpoint").click()
        return "Completed" in path.read_text()

    # The output is brought up to date a moment after the card.
    wait_until(is_end_in_the_file)
    assert "widget-view" not in path.read_text()

    page.on("dialog", lambda dialog: dialog.accept())  # JupyterLab may ask whether to leave
    # The kernel still has the job: older lines, which no notebook holds, come from it.
    page.goto(f"{lab.url}lab/tree/{path.name}?token={lab.token}&reset")
    expect(card.locator(".hfj-pill")).to_have_text("Completed")
    card.locator(".hfj-scroll").evaluate("s => s.scrollTop = 0")
    expect(card.get_by_text("line 0", exact=True)).to_be_visible()

    # A kernel that knows nothing of the job; the copy is trusted as what it is a copy of was.
    copy = shutil.copy(path, path.with_name(f"copy-{path.name}"))
    page.goto(f"{lab.url}lab/tree/{copy.name}?token={lab.token}&reset")
    twin = page.locator("[data-hfjob]")
    expect(twin.get_by_text("line 2999", exact=False)).to_be_visible()
    expect(twin.get_by_text("Completed", exact=True)).to_be_visible()
    expect(card).to_have_count(0)
    expect(page.get_by_text("model not found", exact=False)).to_have_count(0)
    page.screenshot(path=SCREENSHOTS / "lab-reopened.png")


def test_what_is_saved_while_a_job_runs_can_be_read_without_a_kernel_too(page: Page, lab: Lab, local: Service):
    cells = ("%load_ext hfjobs_magic", CELL, "job", "%hfjobs ls -a --local")
    path = open_notebook(page, lab, *(cell.replace("--name reopened", "--name early --as job") for cell in cells))
    run_all(page)
    # The cell's card, that of the Job at the end of a cell, and the table: each live in the place of its twin.
    live = page.locator("[data-hfjob] > .hfj, [data-hfjob] > div > .hfj")
    expect(live).to_have_count(3)
    expect(live.nth(0).locator(".hfj-pill")).to_have_text("Running")
    expect(live.nth(1).locator(".hfj-pill")).to_have_text("Running")
    row = live.nth(2).get_by_role("row", name="early")
    row.get_by_role("button", name="Show the card of early").click()
    expect(live.nth(2).locator(".hfj-tcard .hfj-row").first).to_be_visible()
    page.get_by_role("button", name="Save and create checkpoint").click()
    wait_until(lambda: path.read_text().count("data-hfjob") == 3)
    assert "widget-view" not in path.read_text()

    page.on("dialog", lambda dialog: dialog.accept())  # JupyterLab may ask whether to leave
    copy = shutil.copy(path, path.with_name(f"copy-{path.name}"))
    live.nth(0).get_by_role("button", name="Cancel").click()
    live.nth(0).get_by_role("button", name="Yes").click()
    expect(live.nth(0).locator(".hfj-pill")).to_have_text("Canceled")
    page.goto(f"{lab.url}lab/tree/{copy.name}?token={lab.token}&reset")
    twins = page.locator("[data-hfjob]")
    expect(twins).to_have_count(3)
    expect(twins.nth(0).get_by_text("shows it live", exact=False)).to_be_visible()
    expect(twins.nth(2).get_by_role("table")).to_be_visible()
    expect(page.locator(".hfj")).to_have_count(0)
    expect(page.get_by_text("model not found", exact=False)).to_have_count(0)
    page.screenshot(path=SCREENSHOTS / "lab-reopened-early.png")

    # A new kernel of the notebook itself, which knows of no list: the extension asks the page which there are.
    httpx2.delete(f"{lab.url}api/kernels/{kernel_of(lab, path)}", params={"token": lab.token}).raise_for_status()
    page.goto(f"{lab.url}lab/tree/{path.name}?token={lab.token}&reset")
    expect(twins).to_have_count(3)
    load_again(page, lab, path)
    table = page.locator("[data-hfjob] .hfj-table")
    expect(table.get_by_role("row", name="early")).to_contain_text("Canceled")
    expect(table.locator(".hfj-stream")).to_have_text("live")
    page.screenshot(path=SCREENSHOTS / "lab-table-revived.png")


def test_a_notebook_that_was_renamed_finds_its_jobs_after_a_restart(page: Page, lab: Lab, local: Service):
    path = open_notebook(page, lab, "%load_ext hfjobs_magic", CELL.replace("--name reopened", "--name renamed"))
    run_all(page)
    card = page.locator(".hfj")
    expect(card.locator(".hfj-pill")).to_have_text("Running")
    page.keyboard.press("Control+s")
    wait_until(lambda: "data-hfjob" in path.read_text())
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Rename Notebook…").click()
    page.locator(".jp-Dialog input").fill(f"renamed-{path.name}")
    page.locator(".jp-Dialog").get_by_role("button", name="Rename").click()
    new = path.with_name(f"renamed-{path.name}")
    wait_until(new.exists)
    wait_until(lambda: lab.is_connected(new.name))
    restart(page)
    expect(card.locator(".hfj-stream")).to_have_text("kernel gone")
    load_again(page, lab, new)
    expect(page.get_by_text("One job of this notebook still runs: renamed", exact=False)).to_be_visible()
    expect(card.locator(".hfj-stream")).to_have_text("live")
    card.get_by_role("button", name="Cancel").click()
    card.get_by_role("button", name="Yes").click()
    expect(card.locator(".hfj-pill")).to_have_text("Canceled")
