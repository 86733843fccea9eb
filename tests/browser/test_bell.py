"""Told when a job ends: by a notification of the browser, if the tab is hidden and the reader has asked for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.conftest import BROWSER_ARGUMENTS, BUILD, find_chromium

from .conftest import open_page
from .jobs import make_job
from .rows import make_row, make_table
from .test_card import open_card, sent, set_traits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

RECORD = """() => {
  window.shown = [];
  window.Notification = class extends Notification {
    constructor(title, options) {
      super(title, options);
      window.shown.push([title, options.body, options.tag]);
    }
  };
}"""
HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that may show notifications once the test grants it, in a Chromium that has them."""
    with browser.browser_type.launch(executable_path=find_chromium(), args=BROWSER_ARGUMENTS) as whole:
        for page in open_page(whole, address, request.node, 2):
            page.evaluate(RECORD)
            yield page


def ended(**changes: Any) -> dict[str, Any]:
    return make_job(stage="COMPLETED", finished_at=time.time(), **changes)


def test_a_card_rings_once_it_was_asked_to_and_nobody_looks(page: Page) -> None:
    page.context.grant_permissions(["notifications"])
    card = open_card(page)
    bell = card.get_by_role("button", name="Notify me when a job ends while this tab is hidden")
    expect(bell).to_have_attribute("aria-pressed", "false")
    page.evaluate(HIDE, True)
    set_traits(page, job=ended())
    assert page.evaluate("shown") == []
    expect(bell).to_be_hidden()

    page.evaluate(HIDE, False)
    set_traits(page, job=make_job())
    bell.click()
    expect(bell).to_have_attribute("aria-pressed", "true")
    card.screenshot(path=BUILD / "screenshots" / "bell-on.png")
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    card.screenshot(path=BUILD / "screenshots" / "bell-on-narrow.png")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    card.screenshot(path=BUILD / "screenshots" / "bell-on-narrow-dark.png")
    # Another job's card, later, on the same page: the choice is remembered.
    other = make_job(id="f" * 24, name="other")
    card = open_card(page, job=other)
    page.evaluate(HIDE, True)
    set_traits(page, job={**other, "stage": "ERROR", "message": "exit code: 1"}, stream="complete")
    page.wait_for_function("shown.length === 1")
    assert page.evaluate("shown") == [["Job other: Error", "exit code: 1", "f" * 24]]


def test_a_table_rings_for_its_jobs_and_is_kept_up_to_date_while_it_may_ring(page: Page) -> None:
    page.context.grant_permissions(["notifications"])
    rows = [make_row(number) for number in range(4)]
    page.evaluate("traits => host.open(traits)", make_table(rows))
    page.wait_for_function("host.model.sent.some(message => message.type === 'watch' && message.visible)")
    page.evaluate(HIDE, True)
    assert sent(page, "watch")[-1]["visible"] is False
    page.evaluate(HIDE, False)
    page.get_by_role("button", name="Notify me when").click()
    page.evaluate(HIDE, True)
    assert sent(page, "watch")[-1]["visible"] is True
    page.locator(".hfj-table").screenshot(path=BUILD / "screenshots" / "bell-table.png")
    first, second, third, _ = rows
    change(page, 1, {**first, "stage": "COMPLETED"})
    change(page, 2, {**second, "stage": "CANCELED"}, {**third, "stage": "ERROR"})
    both = f"{second['name']}: Canceled\n{third['name']}: Error"
    assert [shown[:2] for shown in page.evaluate("shown")] == [
        [f"Job {first['name']}: Completed", ""],
        ["2 jobs ended", both],
    ]
    # Nothing runs any more: nobody has to look.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert sent(page, "watch")[-1]["visible"] is False


def change(page: Page, seq: int, *rows: dict[str, Any]) -> None:
    message = {"type": "rows", "seq": seq, "changed": list(rows), "gone": []}
    page.evaluate("message => host.model.emit('msg:custom', message)", message)


def test_where_there_are_none_the_bell_says_so_and_does_nothing(page: Page) -> None:
    page.evaluate("() => { Object.defineProperty(Notification, 'permission', { get: () => 'denied' }); }")
    bell = open_card(page).locator(".hfj-bell")
    expect(bell).to_have_attribute("aria-disabled", "true")
    expect(bell).to_have_accessible_name(
        "This page may show no notifications: they are blocked, or not to be had in a frame"
    )
    bell.dispatch_event("click")
    expect(bell).to_have_attribute("aria-pressed", "false")


def test_a_sweep_rings_once_for_all_its_runs(page: Page) -> None:
    page.context.grant_permissions(["notifications"])
    rows = [make_row(number, stage="RUNNING", finished_at=None, run=number + 1) for number in range(3)]
    sweep = {"waiting": 1, "stopped": "", "groups": [], "failed": 0, "retry": "", "idle": []}
    made = make_table(rows, sweep=sweep)
    made["place"]["sweep"] = {"id": "1f2e3d4c", "runs": 4, "parameters": ["lr"], "outputs": []}
    page.evaluate("traits => host.open(traits)", made)
    page.locator(".hfj-table").get_by_role("button", name="Notify me").click()
    page.evaluate(HIDE, True)
    ends = [row | {"stage": stage} for row, stage in zip(rows, ("COMPLETED", "ERROR", "COMPLETED"), strict=True)]
    for seq, row in enumerate(ends, 1):
        message = {"type": "rows", "seq": seq, "changed": [row], "gone": []}
        page.evaluate("message => host.model.emit('msg:custom', message)", message)
    assert page.evaluate("shown") == []
    over = made["status"] | {"sweep": sweep | {"stopped": "1 was not started."}}
    set_traits(page, status=over)
    assert [title for title, *_ in page.evaluate("shown")] == ["Sweep 1f2e3d4c ended"]
    assert page.evaluate("shown")[0][1] == "2 Completed, 1 Error"
    set_traits(page, status=over)
    assert len(page.evaluate("shown")) == 1
