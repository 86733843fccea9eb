"""However a card comes to the screen it shows the same: after a reload, twice, of a kernel that is busy or gone."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.lab.test_lab import open_notebook, processes_with, run_all
from tests.waiting import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from hfjobs_magic.local.daemon import Service
    from tests.lab.conftest import Lab

pytestmark = pytest.mark.lab

LINES = 3000


def counting(marker: str) -> str:
    """A job that shows something, prints numbered lines at once, then ten a second until it is told to end."""
    return (
        f"%%hfjob --local --timeout 10m -- {marker}\n"
        "import itertools, time\n"
        "from IPython.display import HTML\ndisplay(HTML('<i>shown by the job</i>'))\n"
        f"for n in range(1, {LINES}): print('line', n)\n"
        f"for n in itertools.count({LINES}):\n"
        "    print('line', n, flush=True); time.sleep(0.1)\n"
    )


def shown(card: Locator) -> list[str]:
    """The rows in view, with their numbers, as a reader sees them."""
    return card.locator(".hfj-row").evaluate_all(
        "rows => rows.map(r => r.querySelector('.hfj-number').dataset.n + ' ' + r.lastElementChild.textContent)"
    )


def assert_same_everywhere(page: Page, card: Locator) -> None:
    """What was shown is there, and every line once and in its place: at the start, in the middle and at the end."""
    card.get_by_role("tab", name="Output").click()
    expect(card.get_by_role("listitem")).to_have_count(1)
    expect(card.frame_locator("iframe").locator("i")).to_have_text("shown by the job")
    card.get_by_role("tab", name="Logs").click()
    expect(card.locator(".hfj-row").first).to_be_attached()
    for line in (1, LINES // 2, LINES - 200):
        card.locator(".hfj-scroll").evaluate("(s, line) => s.scrollTop = line * 18", line)
        expect(card.get_by_text(f"line {line}", exact=True)).to_be_visible()
        expect(card.locator(".hfj-missing")).to_have_count(0)
        # The first row is the output's.
        numbers = [row.split(" ", 1) for row in shown(card) if " line " in row]
        assert all(text == f"line {int(number) - 1}" for number, text in numbers), numbers
        places = [int(number) for number, _ in numbers]
        assert places == list(range(places[0], places[0] + len(places)))
    jump = card.get_by_role("button", name="Jump to latest")
    jump.click()
    page.wait_for_function(
        "card => { const rows = card.querySelectorAll('.hfj-row');"
        f" return rows.length && Number(rows[rows.length - 1].querySelector('.hfj-number').dataset.n) > {LINES} }}",
        arg=card.element_handle(),
    )


def test_a_reload_and_a_second_view_show_the_same(page: Page, lab: Lab, local: Service):
    marker = f"marker-{uuid.uuid4().hex}"
    path = open_notebook(page, lab, "%load_ext hfjobs_magic", counting(marker))
    run_all(page)
    cards = page.locator(".hfj")
    expect(cards.first.get_by_text(f"line {LINES + 3}", exact=True)).to_be_visible()
    assert_same_everywhere(page, cards.first)

    # The context menu of an output, as people find it.
    cards.first.locator(".hfj-header").click(button="right")
    page.get_by_role("menuitem", name="Create New View for Cell Output").click()
    expect(cards).to_have_count(2)
    assert_same_everywhere(page, cards.nth(1))

    page.keyboard.press("Control+s")
    wait_until(lambda: "data-hfjob" in path.read_text())
    # The log has gone on since the save: JupyterLab asks whether to leave.
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{lab.url}lab/tree/{path.name}?token={lab.token}&reset")
    expect(cards.first).to_be_visible()
    expect(cards.first.locator(".hfj-pill")).to_have_text("Running")
    assert_same_everywhere(page, cards.first)
    cards.first.get_by_role("button", name="Cancel").click()
    cards.first.get_by_role("button", name="Yes").click()
    expect(cards.first.locator(".hfj-pill")).to_have_text("Canceled")
    wait_until(lambda: processes_with(marker) == [])


def test_a_busy_kernel_pushes_lines_and_answers_once_it_is_free(page: Page, lab: Lab, local: Service):
    marker, go = f"marker-{uuid.uuid4().hex}", lab.folder / f"go-{uuid.uuid4().hex[:8]}"
    open_notebook(
        page,
        lab,
        "%load_ext hfjobs_magic",
        counting(marker),
        f"import pathlib, time\nprint('busy' + ' now')\nwhile not pathlib.Path({go.name!r}).exists(): time.sleep(0.05)",
    )
    run_all(page)
    expect(page.get_by_text("busy now", exact=True)).to_be_visible()
    card = page.locator(".hfj").first
    # Pushes come while a cell runs.
    expect(card.get_by_text(f"line {LINES + 5}", exact=True)).to_be_visible()
    # So does what must be asked for: older lines, a search, a cancel.
    card.locator(".hfj-scroll").evaluate("s => s.scrollTop = 0")
    expect(card.get_by_text("line 1", exact=True)).to_be_visible()
    assert_same_everywhere(page, card)
    page.evaluate("document.querySelector('[data-hfjob]').dataset.before = ''")
    card.get_by_role("button", name="Cancel").click()
    card.get_by_role("button", name="Yes").click()
    expect(card.locator(".hfj-pill")).to_have_text("Canceled")
    assert not go.exists()
    go.touch()
    # The card stands in the twin that is sent when the job has ended.
    expect(page.locator("[data-hfjob]:not([data-before]) .hfj")).to_have_count(1)
    expect(card.locator(".hfj-pill")).to_have_text("Canceled")
    assert_same_everywhere(page, card)
    wait_until(lambda: processes_with(marker) == [])


def test_after_a_kernel_restart_the_job_is_found_and_its_log_is_whole(page: Page, lab: Lab, local: Service):
    marker = f"marker-{uuid.uuid4().hex}"
    open_notebook(page, lab, "%load_ext hfjobs_magic", counting(marker))
    run_all(page)
    card = page.locator(".hfj").first
    expect(card.get_by_text(f"line {LINES + 3}", exact=True)).to_be_visible()
    job = card.locator(".hfj-name").get_attribute("title").split(" · ")[-1]  # type: ignore[union-attr]
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Restart Kernel…", exact=True).click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first).to_be_attached()
    page.locator(".jp-CodeCell .cm-content").nth(1).fill(f"%load_ext hfjobs_magic\n%hfjobs attach {job} --local")
    page.locator(".jp-CodeCell .cm-content").nth(1).press("Control+Enter")
    fresh = page.locator(".hfj").first
    expect(fresh.locator(".hfj-pill")).to_have_text("Running")
    assert_same_everywhere(page, fresh)
    # The row of the log leads to what it tells of, for whoever attached late, too.
    fresh.locator(".hfj-scroll").evaluate("s => s.scrollTop = 0")
    fresh.get_by_role("button", name="shown by the job").click()
    expect(fresh.get_by_role("tab", name="Output")).to_have_attribute("aria-selected", "true")
    expect(fresh.get_by_role("listitem")).to_be_focused()
    # As of the cell that started it, what it shows stands below the card, too.
    below = page.locator(".jp-Cell").nth(1).locator(".jp-OutputArea-child i")
    expect(below.filter(has_text="shown by the job").last).to_be_visible()
    fresh.get_by_role("button", name="Cancel").click()
    fresh.get_by_role("button", name="Yes").click()
    expect(fresh.locator(".hfj-pill")).to_have_text("Canceled")
    wait_until(lambda: processes_with(marker) == [])
