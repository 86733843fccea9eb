"""Living with a job in JupyterLab: start it, close the tab, lose the kernel, come back, cancel it from the table."""

from __future__ import annotations

import os
import signal
import uuid
from typing import TYPE_CHECKING, Any

import httpx2
import psutil
import pytest
from playwright.sync_api import expect

from tests.lab.test_lab import SCREENSHOTS, open_notebook, processes_with, run_all
from tests.lab.test_same_card import LINES, assert_same_everywhere, counting
from tests.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from hfjobs_magic.local.daemon import Service
    from tests.lab.conftest import Lab

pytestmark = pytest.mark.lab


def kernel_of(lab: Lab, path: Path) -> str:
    sessions = httpx2.get(f"{lab.url}api/sessions", params={"token": lab.token}).json()
    return next(str(session["kernel"]["id"]) for session in sessions if session["path"] == path.name)


def process_of(lab: Lab, path: Path) -> psutil.Process:
    """The kernel's process: its command line names the file with its ports."""
    name = f"kernel-{kernel_of(lab, path)}.json"
    return next(
        process
        for process in psutil.process_iter(["cmdline"])
        if any(name in word for word in process.info["cmdline"] or [])
    )


def come_back(page: Page, lab: Lab, path: Path) -> None:
    """Open a notebook in a page that is new, and wait for its kernel."""
    page.goto(f"{lab.url}lab/tree/{path.name}?token={lab.token}&reset")
    expect(page.locator(".jp-Notebook .jp-Cell").first).to_be_visible()
    wait_until(lambda: lab.is_connected(path.name))


def run_in(page: Page, cell: int, text: str) -> Locator:
    """Put text into a cell of the notebook and run it; its outputs."""
    code = page.locator(".jp-CodeCell").nth(cell)
    code.locator(".cm-content").fill(text)
    code.locator(".cm-content").press("Control+Enter")
    return code.locator(".jp-OutputArea-output")


def job_of(card: Locator) -> str:
    return str(card.locator(".hfj-name").first.get_attribute("title")).rsplit(" · ", maxsplit=1)[-1]


def test_close_the_tab_lose_the_kernel_attach_and_cancel_from_the_table(page: Page, lab: Lab, local: Service):
    marker = f"marker-{uuid.uuid4().hex}"
    tab: Any = page.context.new_page()
    path = open_notebook(tab, lab, "%load_ext hfjobs_magic", counting(marker), "", "", "")
    run_all(tab)
    card = tab.locator(".hfj").first
    expect(card.get_by_text(f"line {LINES + 3}", exact=True)).to_be_visible()
    job = job_of(card)
    tab.keyboard.press("Control+s")
    wait_until(lambda: "data-hfjob" in path.read_text())
    assert "widget-view+json" not in path.read_text(), "nobody has the model when it is opened again"

    # The tab is closed; the kernel dies in the worst way, and the server starts another.
    tab.close()
    killed = process_of(lab, path)
    os.kill(killed.pid, signal.SIGKILL)
    wait_until(lambda: process_of_new(lab, path, killed.pid))

    back = page
    back.on("dialog", lambda dialog: dialog.accept())
    come_back(back, lab, path)
    said = run_in(back, 0, "%load_ext hfjobs_magic")
    expect(said.first).to_contain_text("One job of this notebook still runs")
    expect(said.first).to_contain_text(f"%hfjobs attach {job} --local")
    run_in(back, 2, f"%hfjobs attach {job} --local")
    attached = back.locator(".jp-CodeCell").nth(2).locator(".hfj")
    expect(attached.locator(".hfj-pill")).to_have_text("Running")
    # The whole log, from the first line, with no gap.
    assert_same_everywhere(back, attached)

    run_in(back, 3, "%hfjobs ls --local")
    table = back.locator(".hfj-table")
    row = table.locator(f".hfj-trow[data-id='{job}']")
    expect(row.locator(".hfj-pill")).to_have_text("Running")
    row.get_by_role("button", name="Show the card of").click()
    expanded = table.locator(".hfj-tcard .hfj")
    # Nothing of the job stands below the table: what it has shown is seen first.
    expanded.get_by_role("tab", name="Logs").click()
    expect(expanded.locator(".hfj-row").first).to_be_visible()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    table.scroll_into_view_if_needed()
    back.screenshot(path=SCREENSHOTS / "lab-table.png")
    # Cancel does not wait for the cell that runs meanwhile.
    go = lab.folder / f"go-{uuid.uuid4().hex[:8]}"
    busy = f"while not pathlib.Path({go.name!r}).exists(): time.sleep(0.05)"
    run_in(back, 4, f"import pathlib, time\nprint('busy' + ' now')\n{busy}")
    expect(back.get_by_text("busy now", exact=True)).to_be_visible()
    row.get_by_role("button", name="Cancel").click()
    row.get_by_role("button", name="Yes").click()
    expect(row.locator(".hfj-pill")).to_have_text("Canceled")
    go.touch()
    expect(attached.locator(".hfj-pill")).to_have_text("Canceled")
    expect(expanded.locator(".hfj-pill")).to_have_text("Canceled")
    wait_until(lambda: processes_with(marker) == [])


def process_of_new(lab: Lab, path: Path, old: int) -> bool:
    """Whether the server has started another kernel in the place of one that died."""
    try:
        return process_of(lab, path).pid != old
    except (StopIteration, psutil.NoSuchProcess):
        return False


def test_two_notebooks_on_one_job_show_the_same_and_a_cancel_shows_in_both(page: Page, lab: Lab, local: Service):
    marker = f"marker-{uuid.uuid4().hex}"
    open_notebook(page, lab, "%load_ext hfjobs_magic", counting(marker))
    run_all(page)
    first = page.locator(".hfj").first
    expect(first.get_by_text(f"line {LINES + 3}", exact=True)).to_be_visible()
    other: Any = page.context.new_page()
    open_notebook(other, lab, "%load_ext hfjobs_magic", f"%hfjobs attach {job_of(first)} --local")
    run_all(other)
    second = other.locator(".hfj").first
    expect(second.locator(".hfj-pill")).to_have_text("Running")
    assert_same_everywhere(other, second)
    assert_same_everywhere(page, first)
    second.get_by_role("button", name="Cancel").click()
    second.get_by_role("button", name="Yes").click()
    for card in (second, first):
        expect(card.locator(".hfj-pill")).to_have_text("Canceled")
    wait_until(lambda: processes_with(marker) == [])
    other.close()
