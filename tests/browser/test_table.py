"""The jobs table in a real browser: what a reader sees and does, and what the kernel hears of it."""

from __future__ import annotations

import math
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.conftest import BUILD

from .jobs import make_traits, training_log
from .rows import make_row, make_status, make_table
from .test_card import sent, set_traits
from .test_looks import violations

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

ROWS = ".hfj-tsizer > .hfj-trow"
HOSTILE = "<img src=x onerror=alert(1)>\u202e</td><script>alert(2)</script>"


def open_table(page: Page, count: int = 6, *, rows: list[dict[str, Any]] | None = None, **changes: Any) -> Locator:
    made = [make_row(i) for i in range(count)] if rows is None else rows
    page.evaluate("traits => host.open(traits)", make_table(made, **changes))
    return page.locator(".hfj-table").first


def names(table: Locator) -> list[str]:
    return table.locator(f"{ROWS} .hfj-name").all_text_contents()


def row(table: Locator, name: str) -> Locator:
    return table.locator(ROWS).filter(has=table.page.get_by_text(name, exact=True))


def push(page: Page, seq: int, *changed: dict[str, Any], gone: tuple[str, ...] = ()) -> None:
    message = {"type": "rows", "seq": seq, "changed": list(changed), "gone": list(gone)}
    page.evaluate("message => host.model.emit('msg:custom', message)", message)


def test_columns_sort_by_click_and_by_keyboard_and_say_so(page: Page) -> None:
    table = open_table(page)
    newest_first = [make_row(i)["name"] for i in range(6)]
    assert names(table) == newest_first
    heading = table.get_by_role("columnheader", name="Age", exact=True)
    expect(heading).to_have_attribute("aria-sort", "descending")
    table.get_by_role("button", name="Age", exact=True).click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    expect(table.locator(f"{ROWS} .hfj-name").first).to_have_text(newest_first[-1])
    table.get_by_role("button", name="Name").focus()
    page.keyboard.press("Enter")
    expect(table.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "ascending")
    expect(table.locator(f"{ROWS} .hfj-name").first).to_have_text("embed-wikipedia")
    assert names(table) == sorted(newest_first)
    expect(heading).to_have_attribute("aria-sort", "none")


def test_typing_filters_and_chips_count_what_is_left(page: Page) -> None:
    table = open_table(page, 12)
    running = table.get_by_role("button", name="Running 2")
    expect(running).to_be_visible()
    table.get_by_role("searchbox", name="Filter jobs").fill("vision train")
    expect(table).to_contain_text("No job here is like that.")
    table.get_by_role("searchbox", name="Filter jobs").fill("team=nlp")
    expect(table.locator(ROWS)).to_have_count(6)
    expect(running).to_be_visible()
    running.click()
    expect(running).to_have_attribute("aria-pressed", "true")
    assert names(table) == ["train-distilbert", "eval-mmlu"]
    running.click()
    expect(table.locator(ROWS)).to_have_count(6)


def test_cancelling_a_job_asks_once_and_sends_once(page: Page) -> None:
    table = open_table(page)
    first = make_row(0)
    line = row(table, first["name"])
    line.get_by_role("button", name="Cancel train-distilbert").click()
    expect(line.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Escape")
    expect(line.get_by_role("button", name="Cancel train-distilbert")).to_be_focused()
    assert sent(page, "cancel") == []
    page.keyboard.press("Enter")
    # A refresh meanwhile takes neither the question nor the focus away.
    push(page, 1, make_row(1, stage="ERROR"), make_row(0, message="still here"))
    expect(line.get_by_role("button", name="Keep")).to_be_focused()
    line.get_by_role("button", name="Yes").click()
    expect(line).to_contain_text("cancelling…")
    assert sent(page, "cancel") == [{"type": "cancel", "ids": [first["id"]]}]
    push(page, 2, make_row(0, stage="CANCELED", finished_at=time.time()))
    expect(line.locator(".hfj-pill")).to_have_text("Canceled")
    expect(line.get_by_text("cancelling…")).to_be_hidden()
    line.get_by_role("button", name="Run again").click()
    line.get_by_role("button", name="No").click()
    assert sent(page, "rerun") == []
    line.get_by_role("button", name="Run again").click()
    line.get_by_role("button", name="Yes").click()
    assert sent(page, "rerun") == [{"type": "rerun", "id": first["id"]}]


def test_nobody_is_asked_about_jobs_that_have_ended_meanwhile(page: Page) -> None:
    table = open_table(page)
    line = row(table, make_row(0)["name"])
    line.get_by_role("button", name="Cancel train-distilbert").click()
    expect(line.get_by_role("button", name="Keep")).to_be_focused()
    push(page, 1, make_row(0, stage="COMPLETED", finished_at=time.time()))
    expect(line.get_by_text("Cancel job?")).to_be_hidden()
    expect(line.get_by_role("button", name="Run again")).to_be_focused()
    for number in (1, 2, 3):
        row(table, make_row(number)["name"]).get_by_role("checkbox").check()
    table.get_by_role("button", name="Cancel 2 jobs").click()
    keep = table.get_by_role("button", name="Keep")
    expect(keep).to_be_focused()
    push(page, 2, make_row(1, stage="COMPLETED", finished_at=time.time()))
    expect(table.get_by_role("group", name="Cancel 1 job?")).to_be_visible()
    expect(keep).to_be_focused()
    push(page, 3, make_row(2, stage="COMPLETED", finished_at=time.time()))
    expect(keep).to_be_hidden()
    expect(table.get_by_role("button", name="None of them runs")).to_be_disabled()
    assert sent(page, "cancel") == []


def test_several_are_selected_with_shift_and_cancelled_with_one_question(page: Page) -> None:
    table = open_table(page, 8)
    boxes = table.locator(f"{ROWS} .hfj-check")
    boxes.nth(1).check()
    boxes.nth(4).click(modifiers=["Shift"])
    expect(table).to_contain_text("4 selected")
    ask = table.get_by_role("button", name="Cancel 2 jobs")
    ask.click()
    expect(table.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Escape")
    expect(ask).to_be_focused()
    ask.click()
    table.get_by_role("group", name="Cancel 2 jobs?").get_by_role("button", name="Yes").click()
    # Those that have ended are left out, and nothing is selected any more.
    assert sent(page, "cancel") == [{"type": "cancel", "ids": [make_row(1)["id"], make_row(2)["id"]]}]
    expect(table.get_by_text("selected")).to_be_hidden()
    everything = table.get_by_role("checkbox", name="Select all shown")
    expect(everything).to_be_focused()
    table.get_by_role("searchbox").fill("vision")
    everything.check()
    expect(table).to_contain_text("4 selected")
    table.get_by_role("searchbox").fill("")
    expect(everything).to_have_js_property("indeterminate", value=True)
    table.get_by_role("button", name="Clear").click()
    expect(everything).not_to_be_checked()
    expect(everything).to_be_focused()


def curves(number: int, *, error: str = "", points: int = 60, **more: Any) -> dict[str, Any]:
    """What the kernel says of the training of job `number`."""
    every = 5 + number
    steps = [float(every * (i + 1)) for i in range(points)]

    def line(key: str, y: list[float], log: bool = False) -> dict[str, Any]:
        epochs = [step / 400 for step in steps]
        return {"key": key, "step": steps, "epoch": epochs, "y": y, "log": log, "odd": more.get("odd", "")}

    loss = [0.1 + 0.05 * number + 0.9 * math.exp(-step / (90 + 30 * number)) for step in steps]
    rate = [3e-4 / (1 + number) * math.exp(-step / 60) for step in steps]
    lines = [line("loss", loss), line("eval_accuracy", [1 - one / 2 for one in loss]), line("lr", rate, log=True)]
    return {"type": "curves", "id": make_row(number)["id"], "error": error, "curves": lines if points else []}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_selected_jobs_are_compared_by_keyboard_in_one_chart_a_metric(page: Page, theme: str) -> None:
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    table = open_table(page, 8)
    boxes = table.locator(f"{ROWS} .hfj-check")
    boxes.nth(0).focus()
    page.keyboard.press("Space")
    compare = table.get_by_role("button", name="Compare")
    expect(compare).to_be_disabled()
    boxes.nth(5).click(modifiers=["Shift"])
    expect(compare).to_be_enabled()
    compare.press("Enter")
    panel = table.get_by_role("region", name="Training curves")
    expect(panel.get_by_text("Reading its log…")).to_have_count(6)
    ids = [make_row(i)["id"] for i in range(6)]
    assert sent(page, "compare") == [{"type": "compare", "ids": ids}]
    made = [
        *(curves(i) for i in range(3)),
        curves(3, odd="nan"),
        curves(4, points=0),
        curves(5, points=0, error="Gone."),
    ]
    for message in made:
        page.evaluate("message => host.model.emit('msg:custom', message)", message)
    expect(panel.locator(".hfj-chart")).to_have_count(3)
    expect(panel.locator("canvas").first).to_be_visible()
    silent = panel.get_by_role("row", name=make_row(4)["name"])
    expect(silent).to_have_text(f"{make_row(4)['name']}No curves in the log of {make_row(4)['name']}")
    expect(panel.get_by_role("row", name=make_row(5)["name"])).to_contain_text("Gone.")
    # The newest values until the pointer is over a chart; then those at its place, and none beyond an end.
    first = panel.get_by_role("row", name=make_row(0)["name"])
    last = [one["y"][-1] for one in made[0]["curves"]]
    shown = [float(text) for text in first.locator("td").all_text_contents()]
    assert shown == pytest.approx(last, rel=1e-2)
    expect(panel.get_by_role("row", name=make_row(3)["name"]).locator("td").first).to_have_text("nan")
    page.mouse.move(0, 0)
    over = panel.locator(".u-over").first
    over.hover()
    expect(first.locator("td").first).not_to_have_text(str(shown[0]))
    expect(panel.locator("figcaption").first).to_contain_text("loss · step")
    expect(panel.locator("figcaption").last).to_contain_text("lr · step")
    box = over.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 20)
    expect(first.locator("td").first).to_have_text("\u2013")
    panel.get_by_role("button", name="Epoch").click()
    over.hover()
    expect(panel.locator("figcaption").first).to_contain_text("loss · epoch")
    name = first.get_by_role("button")
    name.click()
    expect(name).to_have_attribute("aria-pressed", "true")
    name.press("Enter")
    expect(name).to_have_attribute("aria-pressed", "false")
    page.mouse.move(0, 0)
    assert violations(page) == []
    (BUILD / "screenshots").mkdir(parents=True, exist_ok=True)
    table.screenshot(path=BUILD / "screenshots" / f"compare-{theme}.png", animations="disabled")
    page.set_viewport_size({"width": 320, "height": 1400})
    expect(panel.locator("canvas").first).to_have_css("width", re.compile(r"2\d\dpx"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    table.screenshot(path=BUILD / "screenshots" / f"compare-320-{theme}.png", animations="disabled")
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()
    assert sent(page, "compare")[-1]["ids"] == []
    expect(table.get_by_role("checkbox", name="Select all")).to_be_focused()


def test_a_card_opens_under_its_row_and_the_rows_below_make_room(page: Page) -> None:
    table = open_table(page, 30)
    second = make_row(1)
    page.evaluate("t => host.cards['anywidget:x'] = t", make_traits())
    toggle = row(table, second["name"]).get_by_role("button", name="Show the card of")
    toggle.click()
    expect(table).to_contain_text("Opening the card…")
    assert sent(page, "card") == [{"type": "card", "id": second["id"]}]
    set_traits(page, cards={second["id"]: "anywidget:x"})
    card = table.locator(".hfj-tcard .hfj")
    expect(card.get_by_role("tab", name="Logs")).to_be_visible()
    boxes = [one.bounding_box() for one in (row(table, second["name"]), card, row(table, "eval-mmlu"))]
    assert all(boxes)
    tops = [box["y"] for box in boxes if box]
    assert tops == sorted(tops)
    assert boxes[1]["y"] + boxes[1]["height"] <= boxes[2]["y"]  # type: ignore[index]
    # Sorting takes the card along; a second look at the same card asks for nothing.
    table.get_by_role("button", name="Age", exact=True).click()
    expect(card).to_be_attached()
    table.get_by_role("button", name="Age", exact=True).click()
    row(table, second["name"]).get_by_role("button", name="Close the card of").click()
    expect(card).to_have_count(0)
    row(table, second["name"]).locator(".hfj-name").click()
    expect(card).to_be_visible()
    assert len(sent(page, "card")) == 1


def test_where_no_card_can_be_made_the_line_that_shows_it_is_offered(page: Page) -> None:
    page.evaluate("host.children = undefined")
    table = open_table(page, local=True)
    line = row(table, "train-distilbert")
    line.get_by_role("button", name="Show the card of").click()
    set_traits(page, cards={make_row(0)["id"]: "anywidget:x"})
    expect(table).to_contain_text(f"%hfjobs attach {make_row(0)['id']} --local")


def test_the_kernel_hears_when_the_table_comes_to_the_screen_and_when_it_leaves(page: Page) -> None:
    open_table(page)
    page.wait_for_function("host.model.sent.length === 1")
    heard = sent(page, "watch")
    assert [(one["visible"], one["seq"]) for one in heard] == [(True, 0)]
    page.evaluate("document.querySelector('main').style.paddingTop = '3000px'")
    page.wait_for_function("host.model.sent.length === 2")
    page.evaluate("document.querySelector('main').style.paddingTop = ''")
    page.wait_for_function("host.model.sent.length === 3")
    page.evaluate("host.hide()")
    page.wait_for_function("host.model.sent.length === 4")
    assert [one["visible"] for one in sent(page, "watch")] == [True, False, True, False]
    assert len({one["view"] for one in sent(page, "watch")}) == 1
    page.evaluate("host.modelLife.abort()")
    assert page.evaluate("host.model.listeners") == 0


def test_it_says_how_fresh_it_is(page: Page) -> None:
    table = open_table(page, seen_at=None, rows=[])
    expect(table).to_contain_text("Loading…")
    set_traits(page, status=make_status())
    expect(table).to_contain_text("No jobs are running or scheduled.")
    expect(table.locator(".hfj-stream")).to_have_text("live")
    now = time.time()
    at = time.strftime("%H:%M:%S", time.localtime(now - 40))
    set_traits(page, status=make_status(seen_at=now - 40, error="Nothing answers at https://huggingface.co."))
    expect(table.locator(".hfj-stream")).to_have_text(f"Hub unreachable since {at}")
    set_traits(page, status=make_status(seen_at=now - 40))
    expect(table.locator(".hfj-stream")).to_have_text(f"as of {at}")
    set_traits(page, status=make_status(notice="Cancel did not work: the Hub refused.", more=True))
    expect(table.get_by_role("status").filter(has_text="Cancel did not work")).to_be_visible()
    expect(table).to_contain_text("The newest 100 are shown; there are more.")


def test_a_button_that_goes_gives_the_focus_to_its_neighbour(page: Page) -> None:
    table = open_table(page)
    cancel = table.get_by_role("button", name=f"Cancel {make_row(0)['name']}")
    cancel.press("Enter")
    expect(table.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(cancel).to_be_hidden()
    expect(table.get_by_role("link", name=f"page of {make_row(0)['name']}")).to_be_focused()
    # A job that ends by itself.
    cancel = table.get_by_role("button", name=f"Cancel {make_row(2)['name']}")
    cancel.focus()
    push(page, 1, make_row(2, stage="COMPLETED"))
    expect(cancel).to_be_hidden()
    expect(table.get_by_role("button", name=f"Run again {make_row(2)['name']}")).to_be_focused()


def test_arrows_with_ctrl_or_alt_are_not_the_tables(page: Page) -> None:
    table = open_table(page)
    toggle = table.get_by_role("button", name=f"Show the card of {make_row(1)['name']}")
    toggle.focus()
    for key in ("Alt+ArrowDown", "Control+ArrowDown", "Control+End", "Alt+PageUp"):
        page.keyboard.press(key)
        expect(toggle).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(table.get_by_role("button", name=f"Show the card of {make_row(2)['name']}")).to_be_focused()


def test_names_and_labels_are_text_whatever_they_say(page: Page) -> None:
    bad = make_row(0, name=HOSTILE, owner=HOSTILE, flavor=HOSTILE, labels={HOSTILE: HOSTILE}, url="javascript:alert(3)")
    table = open_table(page, rows=[bad, make_row(1)])
    expect(table.locator(f"{ROWS} .hfj-name").first).to_have_text(HOSTILE)
    assert table.locator("img, script").count() == 0
    assert table.locator("a[href^=javascript]").count() == 0
    expect(row(table, HOSTILE).locator("a")).to_be_hidden()
    # What is written backwards turns nothing but itself.
    assert row(table, HOSTILE).locator(".hfj-name").evaluate("e => getComputedStyle(e).unicodeBidi") == "isolate"


def test_arrows_go_from_row_to_row_and_tab_reaches_one_row_only(page: Page) -> None:
    table = open_table(page, 100)
    table.get_by_role("columnheader", name="Owner").get_by_role("button").focus()
    page.keyboard.press("Tab")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused) == "Select train-distilbert"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == "Select embed-wikipedia"
    page.keyboard.press("Space")
    expect(table).to_contain_text("1 selected")
    page.keyboard.press("End")
    expect(row(table, make_row(99)["name"])).to_be_in_viewport()
    assert page.evaluate(focused) == f"Select {make_row(99)['name']}"
    # A refresh, and scrolling away by mouse, take the focus from nobody.
    push(page, 1, make_row(0, stage="ERROR"))
    table.locator(".hfj-tscroll").evaluate("e => e.scrollTop = 0")
    expect(row(table, "train-distilbert")).to_be_visible()
    assert page.evaluate(focused) == f"Select {make_row(99)['name']}"
    page.keyboard.press("Home")
    reached = []
    for _ in range(4):
        reached.append(page.evaluate(f"{focused} || document.activeElement.textContent"))
        page.keyboard.press("Tab")
    assert reached == [
        "Select train-distilbert",
        "Show the card of train-distilbert",
        "Run again train-distilbert",
        "Open the page of train-distilbert",
    ]
    # Not to the next row.
    assert "Select" not in page.evaluate(f"{focused} || ''")


def test_a_thousand_rows_are_a_few_elements_while_they_are_scrolled_and_refreshed(page: Page) -> None:
    table = open_table(page, 1000)
    expect(table.locator(ROWS).first).to_be_visible()
    assert table.locator(ROWS).count() < 40
    # How smooth that is, `make bench` measures.
    page.evaluate(
        """async rows => {
            const frame = () => new Promise(requestAnimationFrame);
            const scroller = document.querySelector('.hfj-tscroll');
            for (let i = 0; i < 60; i++) {
                scroller.scrollTop = i * 560;
                host.model.emit('msg:custom', {type: 'rows', seq: i + 1, changed: rows, gone: []});
                await frame(); await frame();
            }
        }""",
        [make_row(i, message="again") for i in range(0, 1000, 20)],
    )
    assert table.locator(ROWS).count() < 40
    table.locator(".hfj-tscroll").evaluate("e => e.scrollTop = e.scrollHeight")
    expect(row(table, make_row(999)["name"])).to_be_in_viewport()
    # At rest they are read aloud in their order.
    page.wait_for_function(
        """() => {
            const rows = [...document.querySelectorAll('.hfj-tsizer .hfj-trow')];
            return rows.every((row, i) => +row.ariaRowIndex === 1002 - rows.length + i);
        }"""
    )


def test_the_rows_in_view_stay_when_the_table_is_moved_or_shown_anew(page: Page) -> None:
    table = open_table(page, 200)
    scroller, hundredth = table.locator(".hfj-tscroll"), row(table, make_row(100)["name"])
    scroller.evaluate("e => e.scrollTop = 100 * 34")
    expect(hundredth).to_be_in_viewport()
    # As JupyterLab does with a cell that is moved, and with one that was scrolled away.
    page.evaluate(
        "() => { const el = document.querySelector('.hfj-table').parentElement; el.parentElement.append(el) }"
    )
    expect(hundredth).to_be_in_viewport()
    page.evaluate("async () => { host.hide(); await host.show() }")
    expect(hundredth).to_be_in_viewport()
    # Who goes back to the first row stays there.
    scroller.evaluate("e => e.scrollTop = 0")
    expect(row(table, make_row(0)["name"])).to_be_in_viewport()
    push(page, 1, make_row(3, name="another"))
    expect(row(table, "another")).to_be_in_viewport()
    assert scroller.evaluate("e => e.scrollTop") == 0


@pytest.mark.parametrize("width", [660, 720, 760, 800, 1920])
def test_why_a_job_failed_and_what_it_waits_for_have_room_beside_its_name(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    failed, waits = make_row(4, message="KeyError at line 7"), make_row(1, message="2nd in line.")
    table = open_table(page, rows=[make_row(0), waits, failed])
    for one, text in ((failed, "KeyError at line 7"), (waits, "2nd in line.")):
        why = row(table, one["name"]).locator(".hfj-why")
        expect(why).to_have_text(text)
        assert why.evaluate("e => e.scrollWidth <= e.clientWidth"), text
    expect(row(table, waits["name"]).get_by_title("Scheduling: 2nd in line.", exact=True)).to_be_visible()
    expect(row(table, make_row(0)["name"]).locator(".hfj-why")).to_be_empty()
    # Where a stage is only a picture, it is still read aloud.
    expect(table.get_by_role("cell", name=re.compile("Error$"))).to_be_attached()


@pytest.mark.parametrize("width", [320, 420, 500, 600, 740, 960])
def test_no_sliver_of_a_word_stands_beside_a_name(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    table = open_table(page, rows=[make_row(i, name="n" * (4 + 2 * i)) for i in range(12)])
    expect(table.locator(ROWS)).to_have_count(12)
    cut = table.locator(f"{ROWS} .hfj-c-name > *").evaluate_all(
        """all => all.filter(word => {
            const [cell, own] = [word.parentElement.getBoundingClientRect(), word.getBoundingClientRect()];
            return own.height > 0 && own.top < cell.bottom && word.clientWidth < Math.min(40, word.scrollWidth);
        }).length"""
    )
    assert cut == 0


def test_whose_a_job_is_stands_where_they_are_of_several(page: Page) -> None:
    table = open_table(page, rows=[make_row(i, owner="ada") for i in range(3)])
    heading = table.get_by_role("columnheader", name="Owner")
    expect(table.get_by_role("columnheader", name="Name")).to_be_visible()
    expect(heading).to_be_hidden()
    push(page, 1, make_row(1, owner="grace"))
    expect(heading).to_be_visible()
    # What is filtered changes no columns.
    table.get_by_role("searchbox").fill("ada")
    expect(table.locator(ROWS)).to_have_count(2)
    expect(heading).to_be_visible()


@pytest.mark.parametrize("width", [320, 800, 880, 920, 1100, 1920])
def test_the_bar_keeps_its_height_and_its_words_when_nothing_answers(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    table = open_table(page, 12, local=True)
    bar = table.locator(".hfj-tbar")
    expect(table.get_by_role("status").first).to_have_text("live")
    before = bar.bounding_box()
    set_traits(page, status=make_status(error="Nothing answers."))
    fresh = table.get_by_title(re.compile(r"^Nothing answers\. As of \d\d:\d\d:\d\d$"))
    expect(fresh).to_contain_text("service unreachable")
    if width > 320:
        assert bar.bounding_box() == before
        assert bar.evaluate("e => e.scrollWidth <= e.clientWidth")
    if width in {800, 880, 920, 1920}:
        assert fresh.evaluate("e => e.scrollWidth <= e.clientWidth")
    # Where a stage is only a picture, it is still read aloud and said to a mouse.
    expect(table.get_by_role("button", name="Running 2", exact=True)).to_have_attribute("title", "Show only: Running")


STATES: dict[str, dict[str, Any]] = {
    "plain": {"count": 30},
    "asking": {"count": 30, "more": True},
    "card": {"count": 9},
    "empty": {"count": 0},
    "trouble": {
        "count": 5,
        "local": True,
        "error": "Nothing answers.",
        "notice": "Cancel did not work: the local service did not answer. Try again.",
    },
}
LOOKS = {"light": ("light", 960), "dark": ("dark", 960), "medium": ("light", 640), "narrow": ("light", 320)}


def pose(page: Page, state: str) -> Locator:
    what = STATES[state]
    page.evaluate("while (host.views.length) host.hide()")
    table = open_table(page, **what)
    if state == "asking":
        boxes = table.locator(f"{ROWS} .hfj-check")
        boxes.nth(1).check()
        boxes.nth(4).click(modifiers=["Shift"])
        row(table, "train-distilbert").get_by_role("button", name="Cancel").click()
        set_traits(page, status=make_status(cancelling=[make_row(2)["id"]], more=True))
        expect(table).to_contain_text("cancelling…")
    if state == "card":
        lines = training_log()
        traits = make_traits(log={"first": 0, "lines": lines, "total": len(lines)})
        page.evaluate("t => host.cards['anywidget:x'] = t", traits)
        row(table, "train-distilbert").get_by_role("button", name="Show the card of").click()
        set_traits(page, cards={make_row(0)["id"]: "anywidget:x"})
        expect(table.locator(".hfj-tcard .hfj-row").last).to_be_visible()
    return table


@pytest.mark.parametrize("look", LOOKS)
def test_the_table_is_photographed_and_axe_finds_nothing(sharp: Page, look: str) -> None:
    theme, width = LOOKS[look]
    sharp.set_viewport_size({"width": width, "height": 760})
    sharp.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    folder = BUILD / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    for state in STATES:
        table = pose(sharp, state)
        expect(table).to_have_attribute("data-theme", theme)
        assert violations(sharp) == [], state
        assert sharp.evaluate("document.documentElement.scrollWidth") <= width
        table.screenshot(path=folder / f"table-{state}-{look}.png", animations="disabled")


def test_nothing_moves_for_those_who_asked_for_that(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    open_table(page)
    assert page.evaluate("document.getAnimations().length") == 0
