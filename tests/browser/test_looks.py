"""What people who cannot see it well, or use no mouse, get of the card; and that nothing in it jumps."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from hfjobs_magic.log.replay import GAP
from tests.conftest import ROOT

from .jobs import PROGRESS, make_job, make_metrics, make_training, training_log
from .test_card import STATES, open_card, print_lines, sent, set_traits

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

AXE = ROOT / "js" / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page) -> list[str]:
    """What axe-core has against the card; against an empty page around it there is nothing to say."""
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run('.hfj', {rules: {region: {enabled: false}}})")["violations"]
    return [f"{rule['id']}: {node['html']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(page: Page, theme: str) -> None:
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    for name, what in STATES.items():
        end = {"finished_at": time.time()} if what.get("stream") == "complete" else {}
        page.evaluate("while (host.views.length) host.hide(); kernel.lines = []")
        card = open_card(
            page,
            job=make_job(**what.get("job", {}), **end),
            stream=what.get("stream", "live"),
            stream_note={"retry_at": None, "missing": True},
            metrics=make_metrics(what.get("points", 0), what.get("gpus", 0)),
            training=what.get("training", {}),
            progress=what.get("progress", {}),
            notice=what.get("notice", ""),
        )
        print_lines(page, *what.get("lines", []), GAP)
        tab = card.get_by_role("tab", name=what.get("tab", "Logs"))
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        assert violations(page) == [], name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_search_the_question_and_the_collapsed_card(page: Page, theme: str) -> None:
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    card = open_card(page, training=make_training(20), progress=PROGRESS)
    print_lines(page, *training_log())
    card.get_by_role("button", name="Find").click()
    card.get_by_role("searchbox").fill("loss")
    expect(card.locator(".hfj-current")).to_have_count(1)
    card.get_by_role("button", name="Cancel").click()
    assert violations(page) == []
    card.get_by_role("button", name="Yes").click()
    expect(card).to_contain_text("will be sent when the kernel is free", timeout=10_000)
    assert violations(page) == []
    card.get_by_role("button", name="Show only this line").click()
    assert violations(page) == []


def test_everything_is_reached_by_the_tab_key(page: Page) -> None:
    open_card(page, metrics=make_metrics(50), training=make_training(20), progress=PROGRESS)
    print_lines(page, *training_log())
    reached = []
    for _ in range(13):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(document.activeElement.getAttribute('aria-label') || document.activeElement.textContent).trim()"
            )
        )
    assert reached == [
        "Show only this line",
        "Open on the Hub: train-distilbert",
        "This page may show no notifications: they are blocked, or not to be had in a frame",
        "Cancel",
        "Logs",
        "Follow",
        "Wrap",
        "Times",
        "Top",
        "Find",
        "Copy",
        "Download",
        "Log lines",
    ]


def test_a_collapsed_card_is_one_line_with_its_progress_however_narrow(page: Page) -> None:
    for width in (1600, 960, 640, 320):
        page.set_viewport_size({"width": width, "height": 640})
        page.evaluate("while (host.views.length) host.hide()")
        card = open_card(page, training=make_training(20), progress=PROGRESS, notice="Something to say.")
        if card.get_by_role("button", name="Show only this line").count():
            card.get_by_role("button", name="Show only this line").click()
        assert card.evaluate("e => e.getBoundingClientRect().height") == 40
        expect(card.locator(".hfj-progressed")).to_contain_text("58 %")
        expect(card.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "58")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [960, 340])
def test_nothing_jumps_while_lines_progress_and_metrics_stream(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    card = open_card(page)
    print_lines(page, *["line"] * 40)
    height = card.evaluate("e => e.getBoundingClientRect().height")
    tops = card.evaluate("e => [...e.querySelectorAll('.hfj-tab')].map(tab => tab.getBoundingClientRect().top)")
    for i in range(1, 30):
        print_lines(page, f"step {i}", "x" * 30 * i)
        set_traits(page, training=make_training(i), progress=PROGRESS, metrics=make_metrics(i), job=make_job())
        assert card.evaluate("e => e.getBoundingClientRect().height") == height
    assert tops == card.evaluate("e => [...e.querySelectorAll('.hfj-tab')].map(tab => tab.getBoundingClientRect().top)")


def test_nothing_moves_for_those_who_asked_for_that(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    open_card(page, training=make_training(20), progress=PROGRESS)
    assert page.evaluate("document.getAnimations().length") == 0


def test_the_header_says_how_the_stream_stands(page: Page) -> None:
    card = open_card(page)
    stream = card.locator(".hfj-stream")
    expect(stream).to_have_text("live")
    now = time.time()
    set_traits(page, job=make_job(now=now), stream="reconnecting", stream_note={"retry_at": now + 3, "missing": False})
    expect(stream).to_have_text("reconnecting (3 s)")
    expect(stream).to_have_text("reconnecting (1 s)")
    expect(stream).to_have_text("reconnecting")
    ended = make_job(stage="COMPLETED", finished_at=now)
    set_traits(page, job=ended, stream="complete", stream_note={"retry_at": None, "missing": False})
    expect(stream).to_have_text("complete")
    set_traits(page, stream_note={"retry_at": None, "missing": True})
    expect(stream).to_have_text("complete, some lines missing")


def test_a_cancel_that_a_busy_kernel_did_not_hear_says_when_it_will_be_sent(page: Page) -> None:
    card = open_card(page)
    card.get_by_role("button", name="Cancel").click()
    card.get_by_role("button", name="Yes").click()
    expect(card).to_contain_text("cancelling…")
    expect(card).to_contain_text("will be sent when the kernel is free", timeout=10_000)
    card.get_by_role("button", name="Copy command").click()
    expect(card.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "hf jobs cancel ada/6923b1c7a1f0c2d4e5f60718"
    set_traits(page, cancelling=True)
    expect(card).to_contain_text("cancelling…")
    expect(card.get_by_role("button", name="Copy command")).to_have_count(0)
    assert sent(page, "cancel") == [{"type": "cancel"}]


def metrics_tab(page: Page, **traits: object) -> Locator:
    page.set_viewport_size({"width": 960, "height": 1000})
    card = open_card(page, **traits)
    card.get_by_role("tab", name="Metrics").click()
    expect(card.locator("canvas").first).to_be_visible()
    return card


def titles(card: Locator) -> dict[str, str]:
    pairs = [text.split(" · ") for text in card.locator(".hfj-chart-title").all_text_contents()]
    return {pair[0]: pair[1] if len(pair) > 1 else "" for pair in pairs}


def test_all_charts_show_their_values_at_the_instant_under_the_cursor(page: Page) -> None:
    card = metrics_tab(page, metrics=make_metrics(200, gpus=1), training=make_training(200))
    card.locator("figure", has_text="CPU").locator(".u-over").hover()
    expect(card.locator("figure", has_text="Memory").first.locator(".hfj-chart-title")).to_contain_text("1:")
    shown = titles(card)
    assert len({shown[name] for name in ("CPU", "Memory", "Network", "GPU 0")}) == 1
    minutes, seconds = shown["CPU"].split(":")
    # One step is ten; a point a second, from the same second on.
    step = int(shown["loss"].removeprefix("step ").replace(",", ""))
    elapsed = int(minutes) * 60 + int(seconds)
    assert abs(step / 10 - elapsed) <= 2, shown
    page.mouse.move(0, 0)
    expect(card.locator("figure", has_text="Memory").first.locator(".hfj-chart-title")).to_have_text("Memory")


def test_a_drag_zooms_all_charts_and_new_points_keep_it_until_a_double_click(page: Page) -> None:
    card = metrics_tab(page, metrics=make_metrics(200), training=make_training(200))
    area = card.locator("figure", has_text="CPU").locator(".u-over").bounding_box()
    assert area is not None
    page.mouse.move(area["x"] + area["width"] / 4, area["y"] + 30)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] / 2, area["y"] + 30, steps=4)
    page.mouse.up()
    reset = card.get_by_role("button", name="Reset zoom")
    expect(reset).to_be_visible()
    set_traits(page, metrics=make_metrics(201))
    right = card.locator("figure", has_text="loss").locator(".u-over").bounding_box()
    assert right is not None
    page.mouse.move(right["x"] + right["width"] - 2, right["y"] + 30)
    loss = card.locator("figure", has_text="loss").locator(".hfj-chart-title")
    expect(loss).to_have_text(re.compile(r"loss · step (9[5-9]0|1,0[0-5]0)"))
    page.mouse.dblclick(area["x"] + 60, area["y"] + 30)
    expect(reset).to_be_hidden()
    page.mouse.move(right["x"] + right["width"] - 2, right["y"] + 30)
    expect(loss).to_have_text(re.compile(r"loss · step (1,9[5-9]0|2,000)"))


def test_training_charts_are_drawn_by_step_epoch_or_time(page: Page) -> None:
    card = metrics_tab(page, metrics=make_metrics(50), training=make_training(50))
    loss = card.locator("figure", has_text="loss")
    for x, shown in (("Epoch", "epoch 0."), ("Time", "s"), ("Step", "step ")):
        choice = card.get_by_role("button", name=x, exact=True)
        choice.click()
        expect(choice).to_have_attribute("aria-pressed", "true")
        loss.locator(".u-over").hover()
        expect(loss.locator(".hfj-chart-title")).to_contain_text(shown)


def test_sixty_four_gpus_have_their_charts_and_only_those_in_view_are_drawn(page: Page) -> None:
    card = metrics_tab(page, metrics=make_metrics(300, gpus=64))
    expect(card.locator("figure")).to_have_count(3 + 128)
    assert card.locator("canvas").count() < 24
    assert card.evaluate("e => e.getBoundingClientRect().height") < 720
    card.locator("figure", has_text="GPU 63 memory").scroll_into_view_if_needed()
    expect(card.locator("figure", has_text="GPU 63 memory").locator("canvas")).to_be_visible()


def test_a_line_of_fifty_megabytes_is_one_row_and_the_page_stays_quick(page: Page) -> None:
    card = open_card(page)
    took = page.evaluate(
        "() => { const start = performance.now(); host.print('<b>' + 'x'.repeat(50 * 2 ** 20));"
        " return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() =>"
        " done(performance.now() - start)))) }"
    )
    expect(card.locator(".hfj-row")).to_have_count(1)
    expect(card.locator(".hfj-folded")).to_contain_text("characters")
    assert card.locator(".hfj-row").inner_text().startswith("<b>xxx")
    assert took < 2000, json.dumps(took)
