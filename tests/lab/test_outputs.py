"""What a cell shows, in JupyterLab: in the card and below it while the job runs, after a reload, and in the file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.waiting import wait_until

from .test_lab import SCREENSHOTS, open_notebook, run_all

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from hfjobs_magic.local.daemon import Service
    from tests.lab.conftest import Lab

pytestmark = pytest.mark.lab

CELL = """%%hfjob --local --name shows
import time
from pathlib import Path
from IPython.display import HTML, Image, Markdown, display, update_display
gates = Path({gates!r})
def wait(name):
    while not (gates / name).exists(): time.sleep(0.02)
print("before")
display(HTML("<table><tr><td>a table of the cell</td></tr></table><script>window.ran = 1</script>"))
display(Markdown("a **bold** word"), display_id="text")
print("after")
wait("one")
update_display(Markdown("an *updated* word"), display_id="text")
wait("two")
raise ValueError("boom")
"""


@pytest.fixture
def gates(tmp_path: Path) -> Path:
    (tmp_path / "gates").mkdir()
    return tmp_path / "gates"


def saved(path: Path) -> list[dict[str, Any]]:
    try:
        return list(json.loads(path.read_text())["cells"][1]["outputs"])
    except ValueError:
        return []  # half written


def save(page: Page) -> None:
    page.get_by_role("button", name="Save and create checkpoint").click()


def test_outputs_come_while_the_job_runs_and_stay_after_a_reload(page: Page, lab: Lab, local: Service, gates: Path):
    path = open_notebook(page, lab, "%load_ext hfjobs_magic", CELL.format(gates=str(gates)))
    run_all(page)
    cell = page.locator(".jp-Cell").nth(1)
    card = cell.locator(".hfj").first
    expect(card.get_by_role("button", name="table, 1 × 1")).to_be_visible()
    expect(card.get_by_role("tab", name="Output")).to_have_text("Output2")
    # As ordinary outputs of the cell.
    expect(cell.locator(".jp-OutputArea-child td", has_text="a table of the cell")).to_be_visible()
    expect(cell.locator(".jp-RenderedMarkdown strong")).to_have_text("bold")
    expect(card.get_by_text("Running", exact=True).first).to_be_visible()
    (gates / "one").touch()
    expect(cell.locator(".jp-RenderedMarkdown em")).to_have_text("updated")
    card.get_by_role("tab", name="Output").click()
    expect(card.frame_locator("iframe").nth(1).locator("em")).to_have_text("updated")
    cell.screenshot(path=SCREENSHOTS / "lab-outputs-running.png")
    save(page)
    wait_until(lambda: len(saved(path)) == 3)
    # The card has changed since; leaving the page is asked about.
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    card = page.locator(".hfj").first
    expect(card.get_by_role("tab", name="Output")).to_have_text("Output2")
    (gates / "two").touch()
    expect(card.locator(".hfj-failure")).to_contain_text("ValueError: boom (line 15)")
    card.get_by_role("tab", name="Output").click()
    expect(card.get_by_role("listitem")).to_have_count(3)
    expect(card.get_by_role("listitem").last).to_contain_text("ValueError: boom")
    expect(page.locator(".jp-RenderedMarkdown em")).to_have_text("updated")
    page.locator(".jp-Cell").nth(1).screenshot(path=SCREENSHOTS / "lab-outputs-reloaded.png")


def test_an_error_is_an_error_output_below_the_card(page: Page, lab: Lab, local: Service):
    path = open_notebook(page, lab, "%load_ext hfjobs_magic", "%%hfjob --local\nx = 1\ny = 0\nx / y\n")
    run_all(page)
    expect(page.locator(".jp-OutputArea-child .jp-RenderedText", has_text="ZeroDivisionError").last).to_be_visible()
    save(page)
    wait_until(lambda: [item["output_type"] for item in saved(path)] == ["display_data", "error"])
    assert saved(path)[1]["ename"] == "ZeroDivisionError"
    page.locator(".jp-Cell").nth(1).screenshot(path=SCREENSHOTS / "lab-outputs-error.png")
