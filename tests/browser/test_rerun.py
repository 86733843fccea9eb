"""Running a job again from its card: priced before it is sent, sent once, and shown below."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.conftest import BUILD

from .jobs import make_job, make_traits
from .test_card import open_card, print_lines, sent
from .test_looks import violations

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

FAILURE = {
    "kind": "memory",
    "type": "",
    "message": "",
    "line": None,
    "headline": "Out of memory",
    "words": "It was killed because memory ran out: 15.9 of 16.0 GB; take a --flavor with more memory",
    "change": {},
}
FLAVORS = [["cpu-basic", "2 vCPU · 16 GB"], ["a10g-small", "4 vCPU · 15 GB · 1x A10G 24 GB"]]
CHANGE = {"flavor": "a10g-small", "timeout": "30m", "dependencies": ""}


def open_failed(page: Page) -> Locator:
    job = make_job(stage="ERROR", message="Job failed with exit code: 137", finished_at=time.time(), failure=FAILURE)
    card = open_card(page, job=job | {"flavor": "cpu-basic", "hardware": "2 vCPU · 16 GB"}, stream="complete")
    print_lines(page, *[f"step {i} loss {1 / (i + 1):.4f}" for i in range(40)], "Killed")
    return card


def answer(page: Page, **more: Any) -> None:
    """Say what the kernel says to the last question about a rerun."""
    asked = sent(page, "rerun")[-1]
    said = {"type": "rerun", "id": asked["id"], "flavors": FLAVORS, "change": CHANGE, "cost": "at most $0.50"}
    said |= {"wrong": "", "question": "", "sent": None, **more}
    page.evaluate("message => host.model.emit('msg:custom', message)", said)


def test_a_job_runs_again_with_what_may_help_and_is_paid_for_once(page: Page) -> None:
    card = open_failed(page)
    card.get_by_role("button", name="Rerun").click()
    form = card.get_by_role("group", name="Run again")
    send = form.get_by_role("button", name="Run again")
    expect(send).to_be_disabled()
    assert [(one["change"], one["send"]) for one in sent(page, "rerun")] == [(None, False)]
    answer(page)
    expect(form.get_by_label("Flavor")).to_have_value("a10g-small")
    expect(form).to_contain_text("at most $0.50")

    form.get_by_label("Timeout").fill("soon")
    # A price of before is no price of now.
    page.keyboard.press("Tab")
    expect(send).to_be_disabled()
    assert sent(page, "rerun")[-1]["change"] == {**CHANGE, "timeout": "soon"}
    answer(page, cost="", wrong="--timeout soon is not a time.")
    expect(form).to_contain_text("is not a time")
    expect(send).to_be_disabled()
    form.get_by_label("Timeout").fill("2h")
    form.get_by_label("Add packages").fill("einops")
    # The notebook builds the card again when its log is whole: what was typed is there, and priced.
    page.evaluate("host.hide(); host.show()")
    typed = {"flavor": "a10g-small", "timeout": "2h", "dependencies": "einops"}
    assert [(one["change"], one["send"]) for one in sent(page, "rerun")][-1] == (typed, False)
    answer(page, change=typed, cost="at most $2.00")
    expect(form.get_by_label("Timeout")).to_have_value("2h")

    send.click()
    expect(send).to_be_disabled()
    asked = sent(page, "rerun")[-1]
    assert (asked["change"], asked["send"], asked["anyway"]) == (
        {"flavor": "a10g-small", "timeout": "2h", "dependencies": "einops"},
        True,
        False,
    )
    answer(page, question="This job can cost up to $2.00; that may exceed the budget of $1.00. Submit it anyway?")
    # Enter pressed once too often pays for nothing.
    expect(form.get_by_role("button", name="Keep")).to_be_focused()
    form.get_by_role("button", name="Yes").click()
    asked = sent(page, "rerun")[-1]
    assert (asked["send"], asked["anyway"]) == (True, True)

    new = "6923b1c7a1f0c2d4e5f60719"
    traits = make_traits(job=make_job(id=new, stage="SCHEDULING", started_at=None, flavor="a10g-small"))
    page.evaluate("traits => host.cards['anywidget:new'] = traits", traits)
    answer(page, sent=new)
    page.evaluate("again => host.set({again})", [[new, "anywidget:new"]])
    expect(form).to_be_hidden()
    expect(page.locator(".hfj")).to_have_count(2)
    expect(page.locator(".hfj").nth(1)).to_contain_text("Scheduling")
    # The one of before makes room, and says why it failed.
    expect(card.get_by_role("tab", name="Logs")).to_be_hidden()
    expect(card).to_contain_text("Out of memory")


def test_escape_closes_the_form_from_within_and_from_its_button(page: Page) -> None:
    card = open_failed(page)
    form, opener = card.get_by_role("group", name="Run again"), card.get_by_role("button", name="Rerun")
    for focus in (None, card.get_by_role("button", name="Close")):
        opener.click()
        expect(form).to_be_visible()
        if focus:
            focus.focus()
        page.keyboard.press("Escape")
        expect(form).to_be_hidden()
        expect(opener).to_be_focused()


def test_a_keyboard_that_has_changed_something_comes_to_run_again(page: Page) -> None:
    card = open_failed(page)
    card.get_by_role("button", name="Rerun").click()
    answer(page)
    form = card.get_by_role("group", name="Run again")
    send = form.get_by_role("button", name="Run again")
    form.get_by_label("Add packages").focus()
    page.keyboard.type("einops")
    page.keyboard.press("Tab")
    expect(send).to_be_focused()
    # It has no price yet.
    expect(send).to_be_disabled()
    page.keyboard.press("Enter")
    assert [one["send"] for one in sent(page, "rerun")] == [False, False]
    answer(page, change=CHANGE | {"dependencies": "einops"})
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert [one["send"] for one in sent(page, "rerun")] == [False, False, True]
    answer(page, question="Submit it anyway?")
    expect(form.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(send).to_be_focused()
    answer(page, sent="6923b1c7a1f0c2d4e5f60719")
    expect(form).to_be_hidden()
    expect(card.get_by_role("button", name="Rerun")).to_be_focused()


@pytest.mark.parametrize("more", [{"sent": "6923b1c7a1f0c2d4e5f60719"}, {"question": "Submit it anyway?"}])
def test_an_answer_that_comes_late_takes_the_focus_from_nobody(page: Page, more: dict[str, str]) -> None:
    card = open_failed(page)
    card.get_by_role("button", name="Rerun").click()
    answer(page)
    form = card.get_by_role("group", name="Run again")
    form.get_by_role("button", name="Run again").click()
    page.evaluate("document.body.append(Object.assign(document.createElement('textarea'), {id: 'cell'}))")
    page.locator("#cell").focus()
    page.keyboard.type("x = ")
    answer(page, **more)
    expect(form if "sent" in more else form.get_by_role("button", name="Run again")).to_be_hidden()
    page.keyboard.type("1")
    expect(page.locator("#cell")).to_have_value("x = 1")


def test_only_what_has_ended_runs_again_and_only_where_the_kernel_hears(page: Page) -> None:
    card = open_card(page, job=make_job())
    rerun = card.get_by_role("button", name="Rerun")
    expect(rerun).to_be_hidden()
    end = make_job(stage="COMPLETED", finished_at=time.time())
    page.evaluate("traits => host.set(traits)", {"job": end, "stream": "live"})
    rerun.click()
    answer(page)
    page.evaluate("kernel.beats = false")
    expect(rerun).to_be_disabled(timeout=10_000)
    expect(card.get_by_role("group", name="Run again")).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_form_fits_wherever_the_card_does(sharp: Page, theme: str) -> None:
    sharp.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    card = open_failed(sharp)
    card.get_by_role("button", name="Rerun").click()
    answer(sharp)
    expect(card).to_contain_text("at most $0.50")
    assert violations(sharp) == []
    card.screenshot(path=BUILD / "screenshots" / f"rerun-{theme}.png")
    sharp.set_viewport_size({"width": 320, "height": 640})
    form = card.get_by_role("group", name="Run again")
    assert form.evaluate("e => e.scrollWidth <= e.clientWidth")
    card.screenshot(path=BUILD / "screenshots" / f"rerun-narrow-{theme}.png")
