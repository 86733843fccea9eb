"""The notebook's keys work while the focus is in a card, which captures only its own keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import HfApi
from playwright.sync_api import expect

from tests.waiting import wait_until

from .test_lab import open_notebook, run_all

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from hfjobs_magic.local.daemon import Service
    from tests.lab.conftest import Lab

pytestmark = pytest.mark.lab

HELD = (
    "[document.getSelection().toString(), document.querySelector('.hfj-scroll').scrollTop,"
    " held.value, held.selectionStart]"
)

WHERE = "document.activeElement.closest('.hfj') ? 'card' : document.activeElement.closest('.jp-Cell') ? 'cell' : 'else'"


def test_a_save_and_a_run_with_the_focus_on_a_tab_a_log_line_and_a_chart(page: Page, lab: Lab, local: Service):
    path = open_notebook(
        page,
        lab,
        "%load_ext hfjobs_magic",
        "%%hfjob --local --wait --as job --timeout 2m --script\n"
        "for step in range(50):\n    print({'loss': 1 / (step + 1)})\n",
        "runs = globals().get('runs', 0) + 1\nprint('run', runs)\njob",
    )
    run_all(page)
    expect(page.get_by_text("run 1", exact=True)).to_be_visible()
    card = page.locator(".jp-Cell").nth(2).locator(".hfj")
    expect(card.get_by_text("Completed", exact=True).first).to_be_visible()
    places = {
        "tab": lambda: card.get_by_role("tab", name="Logs").click(),
        "line": card.locator(".hfj-text").first.click,
        "chart": lambda: (card.get_by_role("tab", name="Metrics").click(), card.locator(".hfj-metrics").focus()),
    }
    for name, focus in places.items():
        page.locator(".jp-Cell .cm-content").first.click()
        page.keyboard.press("End")
        page.keyboard.type(f"  # {name}")
        focus()
        assert page.evaluate(WHERE) == "card", name
        page.keyboard.press("Control+s")
        wait_until(lambda name=name: f"# {name}" in path.read_text())
        assert page.evaluate(WHERE) == "card", name

    card.get_by_role("tab", name="Logs").click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(card.get_by_role("tab", name="Logs")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    assert page.evaluate(WHERE) == "cell"
    card.locator(".hfj-text").first.click()
    page.keyboard.press("Shift+Enter")
    expect(page.get_by_text("run 2", exact=True)).to_be_visible()


def test_letters_typed_in_a_card_are_no_commands_of_the_notebook(page: Page, lab: Lab, local: Service):
    """They would add cells, delete the one with the card, make it Markdown, or restart the kernel."""
    open_notebook(
        page,
        lab,
        "%load_ext hfjobs_magic",
        "%%hfjob --local --wait --timeout 2m --script\nfor n in range(50): print('line', n)\n",
        "%hfjobs ls -a --local",
        "print('end' + ' is here')",
    )
    run_all(page)
    expect(page.get_by_text("end is here", exact=True)).to_be_visible()
    card, table = page.locator(".hfj").first, page.locator(".hfj-table")
    places = {
        "log": lambda: card.get_by_role("region", name="Log lines").focus(),
        "tab": lambda: card.get_by_role("tab", name="Logs").focus(),
        "button": lambda: card.get_by_role("button", name="Copy", exact=True).focus(),
        "row": table.get_by_role("button", name="Show the card of").first.focus,
    }
    cells = page.locator(".jp-Notebook .jp-Cell")
    before = cells.all_inner_texts()
    for name, focus in places.items():
        focus()
        assert page.evaluate(WHERE) == "card", name
        for key in ("a", "b", "d", "d", "x", "m", "y", "z", "0", "0", "Shift+m", "Shift+l", "1"):
            page.keyboard.press(key)
        assert page.evaluate(WHERE) == "card", name
        expect(page.locator(".jp-Dialog")).to_have_count(0)
        # A key that the notebook does get comes after all of them.
        page.keyboard.press("Escape")
        assert page.evaluate(WHERE) == "cell", name
        page.keyboard.press("Control+s")
        assert len(cells.all_inner_texts()) == len(before), name
        expect(page.locator(".jp-Notebook .jp-MarkdownCell")).to_have_count(0)
    # The notebook has them back.
    page.keyboard.press("b")
    expect(cells).to_have_count(len(before) + 1)


def test_keys_with_ctrl_in_the_search_box_that_edit_no_text_are_not_the_boxs(page: Page, lab: Lab, local: Service):
    open_notebook(
        page,
        lab,
        "%load_ext hfjobs_magic",
        "%%hfjob --local --wait --timeout 2m --script\nfor n in range(50): print('line', n)\n",
        "print('end' + ' is here')",
    )
    run_all(page)
    expect(page.get_by_text("end is here", exact=True)).to_be_visible()
    card = page.locator(".hfj").first
    card.get_by_role("button", name="Find", exact=True).click()
    box, found = card.get_by_role("searchbox"), card.locator(".hfj-found")
    page.keyboard.type("line 2")
    expect(found).to_have_text(re.compile("of 11$"))
    before = int(found.inner_text().split()[0])
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Alt+Enter")
    # A key of the box comes after them.
    box.press("Enter")
    expect(found).to_have_text(f"{before % 11 + 1} of 11")
    page.keyboard.press("Control+Shift+c")
    expect(page.locator(".lm-CommandPalette-input")).to_be_focused()


def test_whoever_is_in_a_card_when_its_job_ends_is_still_there(page: Page, lab: Lab, local: Service):
    api = HfApi(endpoint=local.endpoint, token=local.token)
    open_notebook(
        page,
        lab,
        "%load_ext hfjobs_magic",
        "%%hfjob --local --as job --timeout 5m --script\nimport time\n"
        "for n in range(90): print('line', n, flush=True)\nwhile True: time.sleep(0.05)\n",
        "print('end' + ' is here')",
    )
    run_all(page)
    expect(page.get_by_text("end is here", exact=True)).to_be_visible()
    card = page.locator(".hfj").first

    def find() -> None:
        card.get_by_role("button", name="Find", exact=True).click()
        page.keyboard.type("line 8")
        page.keyboard.press("ArrowLeft")

    def look_up() -> None:
        card.locator(".hfj-text").get_by_text("line 85", exact=True).click()
        card.locator(".hfj-scroll").evaluate("s => s.scrollTop = 300")

    places = {
        "search box": find,
        "line": look_up,
        "selection": lambda: card.locator(".hfj-text").get_by_text("line 85", exact=True).click(click_count=3),
        "switch": lambda: card.get_by_role("button", name="Wrap").focus(),
        "tab": lambda: card.get_by_role("tab", name="Details").click(),
        "script": lambda: (card.get_by_role("tab", name="Script").click(), card.locator(".hfj-script").click()),
    }
    for name, focus in places.items():
        page.locator(".jp-CodeCell .cm-content").nth(1).click()
        page.keyboard.press("Control+Enter")
        expect(card.locator(".hfj-pill")).to_have_text("Running")
        expect(card.locator(".hfj-text").get_by_text("line 89", exact=True)).to_be_visible()
        page.evaluate("document.querySelector('[data-hfjob]').dataset.before = ''")
        focus()
        page.evaluate("held = document.activeElement")
        before = page.evaluate(HELD)
        assert page.evaluate(WHERE) == "card", name
        job = str(card.locator(".hfj-name").get_attribute("title")).split(" · ")[-1]
        api.cancel_job(job_id=job, namespace=local.namespace)
        expect(page.locator("[data-hfjob]:not([data-before]) .hfj")).to_have_count(1)
        expect(card.locator(".hfj-pill")).to_have_text("Canceled")
        assert page.evaluate("document.activeElement === held"), name
        assert page.evaluate(HELD) == before, name
