"""The Files tab: ten thousand files, sorted and scrolled, and what is asked of the kernel meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from .jobs import make_job
from .test_card import open_card, sent, set_traits
from .test_looks import violations
from .test_outputs import SHOTS, say

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

MANY = 10_000


def files_message(files: list[list[Any]], note: str = "") -> dict[str, Any]:
    return {"type": "files", "stamp": "s1", "files": files, "summary": f"{len(files):,} files, 50.0 GB", "note": note}


def open_tab(page: Page) -> Locator:
    card = open_card(page)
    show_tab(page, card)
    return card


def show_tab(page: Page, card: Locator) -> None:
    set_traits(page, out_dir="results")
    card.get_by_role("tab", name="Files").click()


def first_file(card: Locator) -> Locator:
    return card.locator(".hfj-tsizer .hfj-file").first.locator(".hfj-cell").first


def test_ten_thousand_files_are_sorted_scrolled_and_fetched(page: Page) -> None:
    card = open_card(page)
    expect(card.get_by_role("tab", name="Files")).to_be_hidden()
    assert sent(page, "files") == [], "nobody looks"
    show_tab(page, card)
    expect(card).to_contain_text("Looking…")
    assert sent(page, "files")[0] == {"type": "files", "has": None}
    files = [[f"step-{at:05}/model.bin", at * 1000, 1_795_000_000 + at] for at in range(MANY)]
    say(page, files_message(files, "2 more (7.0 kB) are still written or copied."))
    expect(card).to_contain_text("10,000 files, 50.0 GB")
    expect(card).to_contain_text("2 more (7.0 kB) are still written or copied.")
    expect(first_file(card)).to_have_text("step-00000/model.bin")
    assert card.locator(".hfj-tsizer .hfj-file").count() < 60
    card.get_by_role("button", name="Size").click()
    expect(first_file(card)).to_have_text("step-09999/model.bin")
    expect(card.get_by_role("columnheader", name="Size")).to_have_attribute("aria-sort", "descending")
    card.locator(".hfj-tscroll").evaluate("list => list.scrollTop = list.scrollHeight")
    last = card.get_by_role("row", name="step-00000/model.bin")
    expect(last).to_be_visible()
    last.get_by_role("button").click()
    expect(card).to_contain_text("Fetching step-00000/model.bin…")
    card.get_by_role("button", name="Fetch all").click()
    assert [message["path"] for message in sent(page, "pull")] == ["step-00000/model.bin", None]
    say(page, {"type": "pulled", "path": None, "said": "10,000 files fetched into /home/ada/results."})
    expect(card).to_contain_text("10,000 files fetched into /home/ada/results.")
    assert "\n".join(violations(page)) == ""

    # A job that has ended is asked for once more, and then no longer.
    set_traits(page, job=make_job(stage="COMPLETED"), stream="complete")
    page.wait_for_function("host.model.sent.at(-1).type === 'files'")
    assert sent(page, "files")[-1] == {"type": "files", "has": "s1"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_files_are_photographed(sharp: Page, theme: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    sharp.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    card = open_tab(sharp)
    names = ["final/config.json", "final/model.safetensors", "final/tokenizer.json", "runs/events.out.tfevents.17950"]
    names += [f"checkpoint-{step}/model.safetensors" for step in range(500, 5_500, 500)]
    names += ["a-very-long-name/" * 6 + "file.txt"]
    files = [[name, 3 ** (at + 5) * 217, 1_795_000_000 + 61 * at] for at, name in enumerate(names)]
    say(sharp, files_message(files, "2 more (1.2 GB) are still written or copied."))
    for width in (800, 320):
        sharp.set_viewport_size({"width": width, "height": 700})
        expect(first_file(card)).to_be_visible()
        card.screenshot(path=SHOTS / f"files-{width}-{theme}.png")
