"""VS Code: its own widget manager around a real kernel. What the extension does beside it is in pages/vscode.js."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.cells import line_cell
from tests.conftest import BUILD
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from hfjobs_magic.local.daemon import Service

pytestmark = pytest.mark.browser

SCREENSHOTS = BUILD / "screenshots"


def run(page: Page, code: str, *, wait: bool = True) -> Locator:
    """Run a cell; where it is."""
    page.evaluate("([code, wait]) => notebook.run(code, wait)", [code, wait])
    return page.locator(".cell").nth(page.locator(".cell").count() - 1)


def cancel(card: Locator) -> None:
    card.get_by_role("button", name="Cancel", exact=True).click()
    card.get_by_role("button", name="Yes").click()


def test_a_card_and_a_table_work_and_what_ended_is_said(
    page: Page, widget_page: Callable[..., str], local: Service
) -> None:
    expect.set_options(timeout=PATIENCE_S * 1000)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.goto(widget_page("vscode"))
    page.locator("html[data-ready]").wait_for()
    # As the extension does for a kernel that it started.
    run(page, "__vsc_ipynb_file__ = 'folder/notebook.ipynb'")
    run(page, "%load_ext hfjobs_magic")

    card = run(page, line_cell("in-vscode")).locator(".hfj")
    expect(card.get_by_text("line 9", exact=True)).to_be_attached()
    expect(card.locator(".hfj-stream")).to_have_text("live")
    page.screenshot(path=SCREENSHOTS / "vscode.png")

    card.get_by_role("button", name="Find", exact=True).click()
    card.get_by_role("searchbox").fill("line 7")
    expect(card.get_by_text(re.compile(r"^\d+ of \d+"))).to_be_visible()

    # A kernel that runs a cell takes nothing up here: there are no subshells.
    busy = run(page, "import time\nfor n in range(300):\n    print('busy') if n == 0 else time.sleep(0.02)", wait=False)
    expect(busy.get_by_text("busy")).to_be_visible()
    cancel(card)
    expect(card.get_by_text("will be sent when the kernel is free")).to_be_visible()
    expect(card.locator(".hfj-stream")).to_have_text("live")
    expect(card.locator(".hfj-pill")).to_have_text("Canceled")

    card = run(page, line_cell("second")).locator(".hfj")
    table = run(page, "%hfjobs ls --local").locator(".hfj-table")
    row = table.get_by_role("row", name="second")
    row.get_by_role("button", name="Show the card of second").click()
    expect(table.locator(".hfj:not(.hfj-table)").get_by_text("line 9", exact=True)).to_be_attached()
    table.scroll_into_view_if_needed()
    page.screenshot(path=SCREENSHOTS / "vscode-table.png")

    # The window is loaded again: nobody asks the kernel for its models, and the HTML is what is left.
    page.reload()
    page.locator("html[data-ready]").wait_for()
    expect(page.locator(".hfj")).to_have_count(0)
    expect(page.locator(".cell").nth(2)).to_contain_text(re.compile(r"Canceled in-vscode.*line \d+", re.DOTALL))
    expect(page.get_by_text("Jobs as of")).to_be_visible()
    page.screenshot(path=SCREENSHOTS / "vscode-reloaded.png", full_page=True)
    attached = run(page, "%hfjobs attach second --local").locator(".hfj")
    expect(attached.locator(".hfj-stream")).to_have_text("live")

    page.evaluate("notebook.restart()")
    expect(attached.locator(".hfj-stream")).to_have_text("kernel gone")
    expect(attached.locator(".hfj-lost")).to_contain_text("Not connected since")
    expect(attached.get_by_role("button", name="Reconnect")).to_be_hidden()
    expect(attached.get_by_role("button", name="Cancel", exact=True)).to_be_disabled()
    expect(attached.get_by_role("button", name="Copy %hfjobs attach")).to_be_visible()
    page.screenshot(path=SCREENSHOTS / "vscode-restarted.png", full_page=True)
    # Loading the extension in the new kernel is enough.
    run(page, "__vsc_ipynb_file__ = 'folder/notebook.ipynb'")
    run(page, "%load_ext hfjobs_magic")
    expect(attached.locator(".hfj-stream")).to_have_text("live")
    cancel(attached)
    expect(attached.locator(".hfj-pill")).to_have_text("Canceled")
