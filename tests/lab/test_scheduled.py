"""A scheduled job in a real JupyterLab: its card's buttons reach the service through the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

import hfjobs_magic
from tests.conftest import BUILD
from tests.lab.test_lab import open_notebook, run_all
from tests.waiting import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from hfjobs_magic.local.daemon import Service
    from tests.lab.conftest import Lab

pytestmark = pytest.mark.lab


def test_suspend_resume_trigger_and_delete_from_the_card(page: Page, lab: Lab, local: Service):
    path = open_notebook(
        page,
        lab,
        "%load_ext hfjobs_magic",
        '%%hfjob --local --schedule "0 9 * * 1" --name lab-weekly --as weekly\nprint("by schedule")\n',
    )
    run_all(page)
    card = page.locator(".hfj").first
    expect(card).to_contain_text("every Monday at 09:00 UTC")
    expect(card).to_contain_text("next in ")
    # JupyterLab's own style for lists would make the labels a fifth of the width.
    assert card.locator("dt").first.evaluate("e => e.getBoundingClientRect().width") < 110
    (job,) = hfjobs_magic.scheduled_jobs(labels={"name": "lab-weekly"}, local=True)

    card.get_by_role("button", name="Suspend").click()
    expect(card).to_contain_text("none while it is suspended")
    assert job.suspended
    card.get_by_role("button", name="Resume").click()
    expect(card).to_contain_text("next in ")
    assert not job.suspended

    card.get_by_role("button", name="Trigger").click()
    expect(card.locator("dd").last).not_to_contain_text("none yet")
    started = job.last_run
    assert started is not None
    expect(card).to_contain_text(started.id)
    started.wait(timeout=120)
    assert list(started.logs()) == ["by schedule"]
    # The card looks again by itself while it is seen.
    expect(card.locator("dd").last).to_contain_text("Completed")
    (BUILD / "screenshots").mkdir(parents=True, exist_ok=True)
    page.screenshot(path=BUILD / "screenshots" / "lab-scheduled.png")

    page.get_by_role("button", name="Save and create checkpoint").click()
    wait_until(lambda: "%hfjobs scheduled attach" in path.read_text())
    # Only the static twin is saved: a notebook that is opened again has no model for a widget.
    assert "widget-view" not in path.read_text()
    assert local.token not in path.read_text()

    page.on("dialog", lambda dialog: dialog.accept())  # JupyterLab may ask whether to leave
    page.goto(f"{lab.url}lab/tree/{path.name}?token={lab.token}&reset")
    card = page.locator("[data-hfjob] .hfj")
    expect(card).to_contain_text("next in ")

    card.get_by_role("button", name="Delete").click()
    card.get_by_role("button", name="Yes").click()
    expect(card).to_contain_text("none: it was deleted")
    wait_until(lambda: hfjobs_magic.scheduled_jobs(labels={"name": "lab-weekly"}, local=True) == [])
