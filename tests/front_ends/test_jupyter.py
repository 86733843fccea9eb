"""Notebook 7 and Voila: the same card; and of a saved notebook, what it became."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import nbformat
import pytest
from playwright.sync_api import expect

from tests.cells import line_cell
from tests.conftest import BUILD
from tests.waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from hfjobs_magic.local.daemon import Service

    Serve = Callable[..., AbstractContextManager[str]]

pytestmark = pytest.mark.browser

CELL = """%%hfjob --local --as job --name front-end --timeout 5m
import time
for step in range(20):
    print("step", step, flush=True)
    time.sleep(0.1)
from IPython.display import HTML
HTML("<i>shown by the cell</i>")
"""


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in ("%load_ext hfjobs_magic", CELL, "job")]
    node = nbformat.v4.new_notebook(cells=cells)
    node.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = tmp_path / "notebook.ipynb"
    nbformat.write(node, path)
    expect.set_options(timeout=PATIENCE_S * 1000)
    return path


def is_connected(url: str) -> bool:
    """Whether a page holds a socket to a kernel that has said it is idle."""
    kernels = [session["kernel"] for session in httpx2.get(f"{url}/api/sessions").json()]
    return any(kernel["connections"] and kernel["execution_state"] == "idle" for kernel in kernels)


def read_both_tabs(card: Locator) -> None:
    for tab, shown in (
        ("Output", card.frame_locator("iframe").get_by_text("shown by the cell")),
        ("Logs", card.get_by_text("step 19", exact=True)),
    ):
        # The view is built anew when the job has ended; a click may still meet the old one.
        wait_until(lambda tab=tab, shown=shown: click_for(card.get_by_role("tab", name=tab), shown))


def click_for(tab: Locator, shown: Locator) -> bool:
    tab.click()
    return shown.is_visible()


def test_notebook_7_runs_a_cell_and_is_saved_with_what_it_became(
    page: Page, serve: Serve, notebook: Path, local: Service
):
    words = ("notebook", "--no-browser", "--allow-root", "--port={port}", "--IdentityProvider.token=")
    with serve(*words, at="/api") as url:
        page.goto(f"{url}/notebooks/{notebook.name}")
        # What is run before the page's socket is open is lost.
        wait_until(lambda: is_connected(url))
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        card = page.locator(".hfj").first
        expect(card.locator(".hfj-pill")).to_have_text("Completed")
        read_both_tabs(card)
        # A Job at the end of a cell is a card, too.
        read_both_tabs(page.locator(".hfj").nth(1))
        assert_arrows_step_through_the_tabs(card)
        # What the cell shows stands below its card, as of any cell.
        expect(page.locator(".jp-OutputArea-output i", has_text="shown by the cell").first).to_be_visible()
        page.screenshot(path=BUILD / "screenshots" / "notebook7.png")
        page.keyboard.press("Control+s")
        wait_until(lambda: "Completed" in notebook.read_text() and "step 19" in notebook.read_text())
        saved = nbformat.read(notebook, as_version=4)
        assert any("shown by the cell" in output.data.get("text/html", "") for output in saved.cells[1].outputs[1:])
        assert len(notebook.read_text()) < 100_000
        assert_its_end_is_said(page)


def assert_arrows_step_through_the_tabs(card: Locator) -> None:
    """A key of the notebook's own for whatever is a tab is not in the way."""
    logs, metrics = (card.get_by_role("tab", name=name) for name in ("Logs", "Metrics"))
    logs.click()
    logs.press("ArrowRight")
    expect(metrics).to_have_attribute("aria-selected", "true")
    metrics.press("ArrowLeft")
    expect(logs).to_have_attribute("aria-selected", "true")


def assert_its_end_is_said(page: Page) -> None:
    """A kernel that is restarted or shut down is said to be gone, and Reconnect brings the card back."""
    page.locator(".jp-Notebook-cell").last.click()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    page.keyboard.insert_text(line_cell("goes-on"))
    page.keyboard.press("Control+Enter")
    card = page.get_by_role("region", name="goes-on")
    stream, reconnect = card.locator(".hfj-stream"), card.get_by_role("button", name="Reconnect")
    for item in ("Restart Kernel…", "Shut Down Kernel"):
        expect(stream).to_have_text("live")
        page.get_by_role("menuitem", name="Kernel", exact=True).click()
        page.locator(".lm-Menu-itemLabel").get_by_text(item, exact=True).click()
        if item.startswith("Restart"):
            page.get_by_role("button", name="Confirm Kernel Restart").click()
        expect(stream).to_have_text("kernel gone")
        expect(card.locator(".hfj-lost")).to_contain_text("the job may still run")
        expect(card.get_by_role("button", name="Cancel", exact=True)).to_be_disabled()
        reconnect.click()
    page.screenshot(path=BUILD / "screenshots" / "notebook7-reconnected.png")
    expect(stream).to_have_text("live")
    card.get_by_role("button", name="Cancel", exact=True).click()
    card.get_by_role("button", name="Yes").click()
    expect(card.locator(".hfj-pill")).to_have_text("Canceled")


def test_voila_runs_a_notebook_and_shows_the_live_card(page: Page, serve: Serve, notebook: Path, local: Service):
    with serve("voila", notebook.name, "--no-browser", "--port={port}", at="/voila/static/voila.js") as url:
        page.goto(url)
        card = page.locator(".hfj").first
        expect(card.locator(".hfj-pill")).to_have_text("Completed")
        read_both_tabs(card)
        page.screenshot(path=BUILD / "screenshots" / "voila.png")
