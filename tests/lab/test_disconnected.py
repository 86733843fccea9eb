"""A kernel that is restarted, shut down, killed or busy, and a page without a network: each says what it is."""

from __future__ import annotations

import os
import re
import signal
import time
from typing import TYPE_CHECKING

import httpx2
import psutil
import pytest
from huggingface_hub import HfApi
from playwright.sync_api import expect

from tests.cells import line_cell
from tests.conftest import BUILD, MOMENT
from tests.lab.test_lab import open_notebook, run_all
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from hfjobs_magic.local.daemon import Service
    from tests.lab.conftest import Lab

pytestmark = pytest.mark.lab

SCREENSHOTS = BUILD / "screenshots"
SINCE = re.compile(rf"Not connected since {MOMENT}; the job may still run\.")


@pytest.fixture(autouse=True)
def _no_job_left(local: Service) -> Iterator[None]:
    yield
    api = HfApi(endpoint=local.endpoint, token=local.token)
    for job in api.list_jobs(namespace=local.namespace, status=["RUNNING", "SCHEDULING"]):
        api.cancel_job(job_id=job.id, namespace=local.namespace)


def running(page: Page, lab: Lab, *more: str) -> tuple[Path, Locator]:
    """Open a notebook with a job that runs; its path and its card."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = open_notebook(page, lab, "%load_ext hfjobs_magic", line_cell("goes-on"), *more)
    run_all(page)
    card = page.locator(".hfj").first
    expect(card.locator(".hfj-row").nth(3)).to_be_visible()
    expect(card.locator(".hfj-stream")).to_have_text("live")
    return path, card


def kernel_of(lab: Lab, path: Path) -> str:
    sessions = httpx2.get(f"{lab.url}api/sessions", params={"token": lab.token}).json()
    return str(next(session["kernel"]["id"] for session in sessions if session["path"] == path.name))


def pid_of(lab: Lab, path: Path) -> int:
    kernel = kernel_of(lab, path)
    commands = ((process.pid, process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))
    return next(pid for pid, words in commands if any(f"kernel-{kernel}" in word for word in words))


def choose(page: Page, *items: str) -> None:
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    for item in items:
        page.locator(".lm-Menu-itemLabel").get_by_text(item, exact=True).click()


def restart(page: Page) -> None:
    choose(page, "Restart Kernel…")
    page.get_by_role("button", name="Confirm Kernel Restart").click()


def assert_stopped(card: Locator) -> None:
    """Clock and spinner stand, nothing that needs the kernel can be pressed, and what helps is there."""
    expect(card.locator(".hfj-lost")).to_contain_text(SINCE)
    # Copy and Download have every line: all of this log is in the page.
    for name in ("Cancel", "Find"):
        expect(card.get_by_role("button", name=name, exact=True)).to_be_disabled()
    expect(card.get_by_role("button", name="Copy %hfjobs cancel")).to_be_enabled()
    spinner = card.locator(".hfj-pill .hfj-icon-running")
    expect(spinner).to_have_css("animation-name", "none")
    clock = card.locator(".hfj-time").inner_text()
    # Two turns of the clock's own timer.
    card.evaluate("() => new Promise(done => setTimeout(done, 2100))")
    expect(card.locator(".hfj-time")).to_have_text(clock)


def assert_cancel_works(card: Locator) -> None:
    card.get_by_role("button", name="Cancel").click()
    card.get_by_role("button", name="Yes").click()
    expect(card.locator(".hfj-pill")).to_have_text("Canceled")


def test_a_restarted_kernel_is_said_and_one_click_brings_the_card_back(page: Page, lab: Lab, local: Service):
    _, card = running(page, lab)
    restart(page)
    expect(card.locator(".hfj-stream")).to_have_text("kernel gone")
    page.screenshot(path=SCREENSHOTS / "lab-kernel-gone.png")
    assert_stopped(card)
    card.get_by_role("button", name="Reconnect").click()
    expect(card.locator(".hfj-stream")).to_have_text("live")
    expect(card.locator(".hfj-lost")).to_be_hidden()
    expect(page.locator(".hfj")).to_have_count(1)
    assert_cancel_works(card)


def load_again(page: Page, lab: Lab, path: Path) -> None:
    """Run the first cell in the new kernel."""
    expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first).to_be_attached()
    # What is run before the page's socket is open is lost.
    wait_until(lambda: lab.is_connected(path.name))
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+Enter")


SCHEDULE = '%%hfjob --local --schedule "0 9 * * 1" --name weekly-one\nprint("by schedule")'


def test_all_that_the_page_shows_comes_back_as_it_was_left(page: Page, lab: Lab, local: Service):
    path, card = running(page, lab, "%hfjobs ls --local", SCHEDULE)
    table, schedule = page.locator(".hfj-table"), page.locator(".hfj-scheduled")
    row = table.get_by_role("row", name="goes-on")
    expect(row).to_be_visible()
    expect(schedule).to_contain_text("every Monday")
    # A second view, each with its own tab and line.
    card.locator(".hfj-header").click(button="right")
    page.get_by_role("menuitem", name="Create New View for Cell Output").click()
    other = page.locator(".jp-LinkedOutputView .hfj")
    other.get_by_role("tab", name="Script").click()
    # It follows the end, so that no one line is certain to be seen.
    expect(card.locator(".hfj-count")).to_have_text(re.compile(r"([5-9]\d|\d{3}) lines"))
    card.get_by_role("button", name="Top", exact=True).click()
    card.locator(".hfj-scroll").evaluate("s => s.scrollTop = 10 * 18")
    expect(card.get_by_role("button", name="Jump to latest")).to_be_visible()
    restart(page)
    for one in (card, other):
        expect(one.locator(".hfj-stream")).to_have_text("kernel gone")
    for one in (table, schedule):
        expect(one.locator(".hfj-lost")).to_be_visible()
    expect(table.locator(".hfj-lost")).to_contain_text("jobs may still run")
    expect(table.get_by_role("button", name="Cancel goes-on")).to_be_disabled()
    page.screenshot(path=SCREENSHOTS / "lab-all-gone.png")
    load_again(page, lab, path)
    expect(page.get_by_text("still runs", exact=False)).to_be_visible()
    for one in (card, other):
        expect(one.locator(".hfj-stream")).to_have_text("live")
    for one in (table, schedule):
        expect(one.locator(".hfj-lost")).to_be_hidden()
    expect(other.get_by_role("tab", name="Script")).to_have_attribute("aria-selected", "true")
    expect(card.get_by_text("line 10", exact=True)).to_be_visible()
    expect(card.get_by_role("button", name="Jump to latest")).to_be_visible()
    expect(row).to_contain_text("Running")
    page.screenshot(path=SCREENSHOTS / "lab-revived.png")
    # Once more, by one click on any of them.
    restart(page)
    for one in (table, schedule):
        expect(one.locator(".hfj-lost")).to_be_visible()
    table.get_by_role("button", name="Reconnect").press("Enter")
    for one in (table, schedule):
        expect(one.locator(".hfj-lost")).to_be_hidden()
    for one in (card, other):
        expect(one.locator(".hfj-stream")).to_have_text("live")
    # A keyboard is where it was, though all of the table is new.
    expect(table.locator(":focus")).to_have_count(1)
    table.get_by_role("button", name="Cancel goes-on").click()
    table.get_by_role("button", name="Yes").click()
    expect(row).to_contain_text("Canceled")
    schedule.get_by_role("button", name="Delete").click()
    schedule.get_by_role("button", name="Yes").click()
    expect(schedule.locator(".hfj-pill").first).to_have_text("Deleted")


def test_the_card_of_a_rerun_comes_back_with_the_one_it_stands_below(page: Page, lab: Lab, local: Service):
    path, card = running(page, lab)
    assert_cancel_works(card)
    opener = card.get_by_role("button", name="Rerun", exact=True)

    def is_open() -> bool:
        # When the log is whole the output is drawn once more: a button may be gone between press and release.
        if opener.get_attribute("aria-expanded") != "true":
            opener.click()
        return opener.get_attribute("aria-expanded") == "true"

    wait_until(is_open)
    card.get_by_label("Timeout").fill("7m")
    page.keyboard.press("Tab")
    wait_until(lambda: "ran " in card.inner_text() and card.locator(".hfj-stream").inner_text() == "complete")
    expect(card.get_by_label("Timeout")).to_have_value("7m")
    send = card.get_by_role("button", name="Run again", exact=True)
    expect(send).to_be_enabled()
    send.click()
    cards = page.locator(".hfj")
    expect(cards).to_have_count(2)
    rerun = cards.last
    expect(rerun.locator(".hfj-stream")).to_have_text("live")
    page.keyboard.press("Control+s")
    wait_until(lambda: path.read_text().count("data-hfjob") == 2)
    # It may ask whether to leave what it is just about to save.
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{lab.url}lab/tree/{path.name}?token={lab.token}&reset")
    expect(cards).to_have_count(2)
    expect(rerun.locator(".hfj-stream")).to_have_text("live")
    restart(page)
    expect(rerun.locator(".hfj-stream")).to_have_text("kernel gone")
    load_again(page, lab, path)
    expect(rerun.locator(".hfj-stream")).to_have_text("live")
    expect(cards).to_have_count(2)
    expect(page.locator(".hfj-below .hfj")).to_have_count(1)
    page.screenshot(path=SCREENSHOTS / "lab-rerun-revived.png")
    assert_cancel_works(rerun)


def test_a_kernel_that_was_shut_down_is_said_and_reconnect_starts_one(page: Page, lab: Lab, local: Service):
    _, card = running(page, lab)
    choose(page, "Shut Down Kernel")
    expect(card.locator(".hfj-stream")).to_have_text("kernel gone")
    assert_stopped(card)
    card.get_by_role("button", name="Reconnect").click()
    expect(card.locator(".hfj-stream")).to_have_text("live")
    assert_cancel_works(card)


def test_reconnect_starts_a_kernel_where_the_page_has_not_noticed_yet_that_its_own_is_gone(
    page: Page, lab: Lab, local: Service
):
    path, card = running(page, lab)
    # As somebody else shuts it down, in another window: JupyterLab asks for the list of kernels every ten seconds.
    httpx2.delete(f"{lab.url}api/kernels/{kernel_of(lab, path)}", params={"token": lab.token}).raise_for_status()
    expect(card.locator(".hfj-lost")).to_contain_text(SINCE)
    card.get_by_role("button", name="Reconnect").click()
    expect(card.locator(".hfj-stream")).to_have_text("live")
    assert_cancel_works(card)


def test_a_kernel_that_was_killed_is_said_within_two_seconds(page: Page, lab: Lab, local: Service):
    path, card = running(page, lab)
    page.evaluate(
        "() => { const stream = document.querySelector('.hfj-stream'); window.left = new Promise(done =>"
        " new MutationObserver(() => stream.textContent !== 'live' && done(Date.now()))"
        ".observe(stream, {childList: true, characterData: true, subtree: true})) }"
    )
    killed = time.time()
    os.kill(pid_of(lab, path), signal.SIGKILL)
    print(f"said after {page.evaluate('window.left') / 1000 - killed:.2f} s")  # noqa: T201 - a figure, not a condition
    expect(card.locator(".hfj-lost")).to_contain_text(SINCE)
    # The server starts another one, and JupyterLab says so.
    expect(card.locator(".hfj-stream")).to_have_text("kernel gone")
    page.locator(".jp-Dialog").get_by_role("button").last.click()
    card.get_by_role("button", name="Reconnect").click()
    expect(card.locator(".hfj-stream")).to_have_text("live")
    assert_cancel_works(card)


def test_a_busy_kernel_is_heard_and_a_stalled_one_is_not_called_live(page: Page, lab: Lab, local: Service):
    path, card = running(page, lab, "import time\nprint('busy' + ' now')\ntime.sleep(600)")
    expect(page.get_by_text("busy now", exact=True)).to_be_visible()
    before = int(card.locator(".hfj-count").inner_text().split()[0].replace(",", ""))
    page.wait_for_function(
        "before => Number(document.querySelector('.hfj-count').textContent.split(' ')[0].replace(',', '')) > before",
        arg=before + 30,
    )
    expect(card.locator(".hfj-stream")).to_have_text("live")
    # Stopped, it is as silent as one whose interpreter lock is held, and the front end calls it busy.
    process = psutil.Process(pid_of(lab, path))
    process.suspend()
    try:
        expect(card.locator(".hfj-stream")).to_have_text("kernel busy")
        page.screenshot(path=SCREENSHOTS / "lab-kernel-busy.png")
    finally:
        process.resume()
    expect(card.locator(".hfj-stream")).to_have_text("live")
    choose(page, "Interrupt Kernel")
    assert_cancel_works(card)


def test_a_kernel_that_says_nothing_from_the_first_moment_of_a_cell_on_is_busy(page: Page, lab: Lab, local: Service):
    # The call holds the interpreter lock before the kernel's other thread has said that a cell runs.
    _, card = running(page, lab, "pass")
    expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first).to_be_attached()
    page.evaluate(
        "() => { const stream = document.querySelector('.hfj-stream'); window.words = [];"
        " new MutationObserver(() => window.words.push(stream.textContent))"
        ".observe(stream, {childList: true, characterData: true, subtree: true}) }"
    )
    page.locator(".jp-CodeCell .cm-content").last.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("import ctypes; ctypes.PyDLL(None).sleep(6)")
    page.keyboard.press("Control+Enter")
    expect(card.locator(".hfj-stream")).to_have_text("kernel busy")
    page.screenshot(path=SCREENSHOTS / "lab-kernel-lock.png")
    expect(card.locator(".hfj-stream")).to_have_text("live")
    assert page.evaluate("window.words.filter(word => !['live', 'kernel busy'].includes(word))") == []


def test_a_cancel_that_never_arrived_does_not_look_sent(page: Page, lab: Lab, local: Service):
    path, card = running(page, lab)
    process = psutil.Process(pid_of(lab, path))
    process.suspend()
    card.get_by_role("button", name="Cancel").click()
    card.get_by_role("button", name="Yes").click()
    process.kill()
    expect(card.locator(".hfj-lost")).to_contain_text("Cancel was not confirmed.")
    expect(card.get_by_text("cancelling")).to_have_count(0)
    expect(card.get_by_text("will be sent")).to_have_count(0)
    page.screenshot(path=SCREENSHOTS / "lab-cancel-unconfirmed.png")
    # The job runs on: what was not confirmed was not sent.
    wait_until(lambda: [job.status.stage for job in _jobs(local)] == ["RUNNING"])


def _jobs(local: Service) -> list:  # type: ignore[type-arg]
    api = HfApi(endpoint=local.endpoint, token=local.token)
    return list(api.list_jobs(namespace=local.namespace, status=["RUNNING"]))


def test_a_page_without_a_network_says_so_and_comes_back_by_itself(page: Page, lab: Lab, local: Service):
    # Chromium keeps sockets open that are there when it goes offline, and may wait for the other side's goodbye.
    page.add_init_script(
        "window.sockets = []; window.WebSocket = class extends WebSocket"
        " { constructor(...args) { super(...args); window.sockets.push(this) } }"
    )
    _, card = running(page, lab)
    page.context.set_offline(True)
    page.evaluate("window.sockets.forEach((s) => { s.dispatchEvent(new CloseEvent('close')); s.close() })")
    expect(card.locator(".hfj-stream")).to_have_text("page offline")
    expect(card.locator(".hfj-lost")).to_contain_text("Page offline since")
    page.screenshot(path=SCREENSHOTS / "lab-page-offline.png")
    # JupyterLab says so, too, in a dialog that comes when it likes.
    dialog = page.get_by_role("dialog").filter(has_text="Server Connection Error")
    page.add_locator_handler(dialog, lambda: dialog.get_by_role("button", name="Close").click())
    page.context.set_offline(False)
    expect(card.locator(".hfj-stream")).to_have_text("live")
    assert_cancel_works(card)
