"""The built bundle in a real browser: what a reader of the notebook sees and does."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.conftest import BUILD

from .jobs import PROGRESS, make_job, make_metrics, make_training, make_traits, training_log

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

AT_END = "s => s.scrollHeight - s.scrollTop - s.clientHeight < 18"


def open_card(page: Page, **traits: Any) -> Locator:
    page.evaluate("traits => host.open(traits)", make_traits(**traits))
    return page.locator(".hfj").first


def print_lines(page: Page, *lines: str) -> None:
    page.evaluate("lines => host.print(...lines)", list(lines))


def set_traits(page: Page, **traits: Any) -> None:
    page.evaluate("traits => host.set(traits)", traits)


def sent(page: Page, kind: str) -> list[dict[str, Any]]:
    return [message for message in page.evaluate("host.model.sent") if message["type"] == kind]


def wait_at_end(page: Page) -> None:
    page.wait_for_function(f"({AT_END})(document.querySelector('.hfj-scroll'))")


def scroll_to_line(page: Page, line: int) -> None:
    page.locator(".hfj-scroll").first.evaluate("(s, line) => s.scrollTop = line * 18", line)


def test_lines_arrive_and_the_list_follows_them(page: Page) -> None:
    card = open_card(page)
    expect(card).to_contain_text("Waiting for the first line…")
    for start in range(0, 300, 100):
        print_lines(page, *[f"line {i}" for i in range(start, start + 100)])
        expect(card.get_by_text(f"line {start + 99}", exact=True)).to_be_in_viewport()
    expect(card).to_contain_text("300 lines")
    wait_at_end(page)


def test_a_job_that_waits_says_for_what_where_its_log_will_be_and_when_folded(page: Page) -> None:
    waits = make_job(stage="SCHEDULING", started_at=None, message="3rd in line, 2 running on this machine.")
    card = open_card(page, job=waits)
    expect(card.locator(".hfj-list .hfj-empty")).to_have_text("3rd in line, 2 running on this machine.")
    card.get_by_role("button", name="Show only this line").click()
    expect(card.locator(".hfj-header .hfj-why")).to_have_text("3rd in line, 2 running on this machine.")
    card.get_by_role("button", name="Show the job").click()
    set_traits(page, job=waits | {"message": None})
    expect(card.locator(".hfj-list .hfj-empty")).to_have_text("Waiting for a machine…")
    set_traits(page, job=waits | {"stage": "RUNNING", "started_at": waits["created_at"]})
    expect(card.locator(".hfj-list .hfj-empty")).to_have_text("Waiting for the first line…")


def test_a_job_that_runs_has_its_room_from_the_start_and_keeps_it(page: Page) -> None:
    card = open_card(page, job=make_job(stage="SCHEDULING", started_at=None))
    height = card.evaluate("e => e.getBoundingClientRect().height")
    set_traits(page, job=make_job())
    print_lines(page, "one")
    scroller = card.locator(".hfj-scroll")
    expect(scroller).to_have_css("height", "306px")
    print_lines(page, *["more"] * 100)
    expect(scroller).to_have_css("height", "306px")
    set_traits(page, log={"first": 0, "lines": ["again"], "total": 1})
    expect(card).to_contain_text("1 line")
    expect(scroller).to_have_css("height", "306px")
    set_traits(page, job=make_job(stage="COMPLETED", finished_at=time.time()), stream="complete")
    expect(card).to_contain_text("Completed")
    assert card.evaluate("e => e.getBoundingClientRect().height") == height


@pytest.mark.parametrize("width", [320, 640, 740, 960, 1920])
@pytest.mark.parametrize("progress", [{}, PROGRESS], ids=["quiet", "with a bar"])
def test_a_long_name_gives_way_and_nothing_in_the_header_lies_over_another(
    page: Page, width: int, progress: dict[str, Any]
) -> None:
    page.set_viewport_size({"width": width, "height": 600})
    name = "a-name-that-somebody-pasted-from-a-configuration-file-" * 2
    card = open_card(page, job=make_job(name=name), progress=progress)
    expect(card.locator(".hfj-time")).to_contain_text("running")
    # Texts that end in dots hold more than is seen.
    over = """header => {
        const seen = [...header.querySelectorAll(".hfj-name, .hfj-facts > *, .hfj-actions button, .hfj-actions a")];
        const all = seen.map(node => [node.className, node.getBoundingClientRect()]);
        const boxes = all.filter(([, box]) => box.width > 1);
        const pairs = boxes.flatMap((one, at) => boxes.slice(at + 1).map(other => [one, other]));
        return pairs.filter(([[, a], [, b]]) => a.left < b.right - 1 && b.left < a.right - 1 &&
            a.top < b.bottom - 1 && b.top < a.bottom - 1).map(([[a], [b]]) => `${a} over ${b}`);
    }"""
    assert card.locator(".hfj-header").evaluate(over) == []


@pytest.mark.parametrize("width", [500, 680, 730, 850, 910, 960, 1040, 1100])
@pytest.mark.parametrize("more", [[], ["Output"], ["Files"], ["Output", "Files"]], ids=" and ".join)
def test_no_tab_lies_below_what_is_done_to_the_log(page: Page, width: int, more: list[str]) -> None:
    page.set_viewport_size({"width": width, "height": 600})
    card = open_card(page)
    print_lines(page, *["a line"] * 12_345)
    expect(card).to_contain_text("12,345 lines")
    tabs = card.locator(".hfj-tab")
    tabs.evaluate_all(
        "(tabs, more) => { for (const tab of tabs) if (more.some(name => tab.textContent.startsWith(name)))"
        " { tab.hidden = false; tab.lastChild.textContent = '12'; } }",
        more,
    )
    last, bar = tabs.last.bounding_box(), card.locator(".hfj-logs > .hfj-bar").bounding_box()
    assert last is not None
    assert bar is not None
    assert last["x"] + last["width"] < bar["x"] or last["y"] + last["height"] <= bar["y"]


def test_a_job_that_had_ended_takes_no_more_room_than_its_lines(page: Page) -> None:
    card = open_card(page, job=make_job(stage="COMPLETED", finished_at=time.time()), stream="complete")
    print_lines(page, "one")
    expect(card.locator(".hfj-scroll")).to_have_css("height", "72px")


def test_top_goes_to_the_first_line_and_pauses(page: Page) -> None:
    card = open_card(page)
    print_lines(page, *[f"line {i}" for i in range(400)])
    wait_at_end(page)
    card.get_by_role("button", name="Top").click()
    expect(card.get_by_text("line 0", exact=True)).to_be_in_viewport()
    expect(card.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "false")
    print_lines(page, "line 400")
    expect(card).to_contain_text("401 lines")
    expect(card.get_by_text("line 0", exact=True)).to_be_in_viewport()


def test_a_long_download_is_stopped_by_a_second_click(page: Page) -> None:
    card = open_card(page)
    page.evaluate("kernel.lines = Array.from({length: 50_000}, (_, i) => `line ${i}`); host.push()")
    page.evaluate("kernel.answers = false")
    download = card.locator(".hfj-task").last
    download.click()
    expect(download).to_contain_text("Stop 0 %")
    download.click()
    page.evaluate("kernel.answers = true")
    expect(download).to_have_text("Stopped", timeout=10_000)
    expect(download).to_have_text("Download")
    asked = len(sent(page, "lines"))
    with page.expect_download() as saved:
        download.click()
    assert saved.value.suggested_filename.endswith(".log")
    assert len(sent(page, "lines")) > asked


def test_scrolling_up_pauses_and_jump_to_latest_follows_again(page: Page) -> None:
    card = open_card(page)
    print_lines(page, *[f"line {i}" for i in range(400)])
    wait_at_end(page)
    scroller = card.locator(".hfj-scroll")
    scroller.hover()
    page.mouse.wheel(0, -900)
    follow = card.get_by_role("button", name="Follow")
    expect(follow).to_have_attribute("aria-pressed", "false")
    # The wheel may scroll over several frames; only a place that has come to rest can be held.
    page.wait_for_function(
        "() => new Promise(done => { const s = document.querySelector('.hfj-scroll'), top = s.scrollTop;"
        " requestAnimationFrame(() => requestAnimationFrame(() => done(s.scrollTop === top))) })"
    )
    before = scroller.evaluate("s => s.scrollTop")
    print_lines(page, *[f"line {i}" for i in range(400, 500)])
    expect(card).to_contain_text("500 lines")
    assert scroller.evaluate("s => s.scrollTop") == before
    card.get_by_role("button", name="Jump to latest").click()
    expect(card.get_by_text("line 499", exact=True)).to_be_in_viewport()
    expect(follow).to_have_attribute("aria-pressed", "true")
    print_lines(page, "line 500")
    expect(card.get_by_text("line 500", exact=True)).to_be_in_viewport()


@pytest.mark.parametrize("wraps", [False, True])
def test_text_that_is_selected_stays_while_lines_come_and_can_be_copied(page: Page, wraps: bool) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    card = open_card(page)
    print_lines(page, *[f"line {i}" for i in range(400)])
    wait_at_end(page)
    if wraps:
        card.get_by_role("button", name="Wrap").click()
    first, last = (card.get_by_text(f"line {i}", exact=True) for i in (390, 393))
    expect(first).to_be_in_viewport()
    start, end = first.bounding_box(), last.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 1, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + 100, end["y"] + end["height"] / 2, steps=4)
    # While the button is still held, too.
    print_lines(page, *[f"line {i}" for i in range(400, 500)])
    expect(card).to_contain_text("500 lines")
    expect(card.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "false")
    page.mouse.up()
    print_lines(page, *[f"line {i}" for i in range(500, 900)])
    expect(card).to_contain_text("900 lines")
    expect(first).to_be_in_viewport()
    page.keyboard.press("Control+c")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.splitlines() == ["line 390", "line 391", "line 392", "line 393"]
    card.get_by_role("button", name="Jump to latest").click()
    expect(card.get_by_text("line 899", exact=True)).to_be_in_viewport()


def test_a_scroll_is_kept_when_lines_come_in_the_same_moment(page: Page) -> None:
    card = open_card(page)
    print_lines(page, *[f"line {i}" for i in range(400)])
    expect(card.get_by_text("line 399", exact=True)).to_be_in_viewport()
    wait_at_end(page)
    # Drawn before the browser tells of the scroll: a tab that is shown again draws at once.
    page.evaluate(
        "() => { document.querySelector('.hfj-scroll').scrollTop = 900; host.print('more');"
        " document.querySelector('.hfj-tab:not([hidden])').click(); }"
    )
    expect(card.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "false")
    expect(card.get_by_text("line 50", exact=True)).to_be_in_viewport()


def test_older_lines_of_a_long_log_are_fetched_where_the_reader_scrolls(page: Page) -> None:
    card = open_card(page)
    page.evaluate("kernel.lines = Array.from({length: 100_000}, (_, i) => `line ${i}`); host.push()")
    expect(card).to_contain_text("100,000 lines")
    wait_at_end(page)
    assert sent(page, "lines") == []
    for line in (0, 50_000, 73_210):
        scroll_to_line(page, line)
        expect(card.get_by_text(f"line {line}", exact=True)).to_be_in_viewport()
    assert all(0 < message["count"] <= 1000 for message in sent(page, "lines"))
    assert len(sent(page, "lines")) <= 6
    assert page.locator(".hfj-row").count() < 80


def test_a_block_the_kernel_did_not_answer_is_asked_for_again(page: Page) -> None:
    card = open_card(page)
    page.evaluate(
        "kernel.lines = Array.from({length: 5000}, (_, i) => `line ${i}`); kernel.answers = false; host.push()"
    )
    wait_at_end(page)
    scroll_to_line(page, 0)
    expect(card.locator(".hfj-missing").first).to_be_visible()
    page.wait_for_function("host.model.sent.length >= 1")
    page.evaluate("kernel.answers = true")
    expect(card.get_by_text("line 3", exact=True)).to_be_in_viewport(timeout=10_000)
    expect(card.locator(".hfj-missing")).to_have_count(0)


def test_a_progress_bar_rewrites_its_line(page: Page) -> None:
    card = open_card(page)
    print_lines(page, "start", " 0%|          | 0/10")
    for i in range(1, 11):
        page.evaluate("text => { kernel.lines[1] = text; host.push() }", f"{i * 10}%|{'█' * i}| {i}/10")
    expect(card.get_by_text("10/10")).to_be_visible()
    expect(card.locator(".hfj-row")).to_have_count(2)
    expect(card).to_contain_text("2 lines")


def test_copy_and_download_have_every_line_without_colours(page: Page) -> None:
    card = open_card(page)
    page.evaluate("kernel.lines = Array.from({length: 3210}, (_, i) => `\\x1b[31mline ${i}\\x1b[0m`); host.push()")
    card.get_by_role("button", name="Copy").click()
    expect(card.get_by_text("Copied")).to_be_visible()
    whole = "".join(f"line {i}\n" for i in range(3210))
    assert page.evaluate("navigator.clipboard.readText()") == whole
    with page.expect_download() as download:
        card.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "train-distilbert.log"
    assert download.value.path().read_text() == whole


def test_cancel_asks_once_and_sends_one_message(page: Page) -> None:
    card = open_card(page)
    card.get_by_role("button", name="Cancel").click()
    expect(card.get_by_role("group", name="Cancel job?")).to_be_visible()
    expect(card.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Escape")
    expect(card.get_by_role("button", name="Cancel")).to_be_focused()
    assert sent(page, "cancel") == []
    card.get_by_role("button", name="Cancel").click()
    card.get_by_role("button", name="Yes").click()
    expect(card).to_contain_text("cancelling…")
    set_traits(page, cancelling=True)
    expect(card).to_contain_text("cancelling…")
    set_traits(page, job=make_job(stage="CANCELED", finished_at=time.time()), cancelling=False)
    expect(card).not_to_contain_text("cancelling…")
    expect(card.get_by_role("button", name="Cancel")).to_have_count(0)
    assert sent(page, "cancel") == [{"type": "cancel"}]


def test_the_focus_stays_in_the_card_when_a_question_or_its_button_goes(page: Page) -> None:
    card = open_card(page)
    card.get_by_role("button", name="Cancel").press("Enter")
    card.get_by_role("button", name="Keep").press("Enter")
    expect(card.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    card.get_by_role("button", name="Yes").press("Enter")
    fold = card.get_by_role("button", name="Show only this line")
    expect(card).to_contain_text("cancelling…")
    expect(fold).to_be_focused()
    # A job that ends by itself takes the question away.
    set_traits(page, notice="It could not be cancelled.", cancelling=False)
    card.get_by_role("button", name="Cancel").press("Enter")
    set_traits(page, job=make_job(stage="COMPLETED", finished_at=time.time()))
    expect(card.get_by_role("button", name="Keep")).to_have_count(0)
    expect(fold).to_be_focused()


def test_a_cancel_that_failed_says_why_and_can_be_tried_again(page: Page) -> None:
    card = open_card(page)
    card.get_by_role("button", name="Cancel").click()
    card.get_by_role("button", name="Yes").click()
    set_traits(page, cancelling=True)
    set_traits(page, notice="The job was not cancelled: the Hub is not reachable.", cancelling=False)
    expect(card.get_by_role("status").filter(has_text="not reachable")).to_be_visible()
    expect(card.get_by_role("button", name="Cancel")).to_be_visible()


HOSTILE = [
    "<img src=x onerror=alert(1)><script>alert(2)</script>",
    "<b>bold</b> &lt;i&gt; &amp;",
    "\x1b]8;;javascript:alert(3)\x07click me\x1b]8;;\x07 after",
    "\x1b]0;title\x1b\\\x1b]52;c;ZXZpbA==\x07\x1bPq#0;2\x1b\\text",
    "before \u202etxt.exe\u202c \u2066x\u2069 after",
    "nul \x00 bell \x07 backspace \x08 del \x7f c1 \x9b",
    "two\nlines\u2028three",
    "\x1b[2J\x1b[10;10Hmoved \x1b[31mred",
    "\x1b[38;2;9999;1;1m\x1b[48;5;url(x)modd",
    "🙂 wide 漢字 e\u0301 \ud83d",
    "x" * 20_000,
]


def test_hostile_lines_are_shown_as_text_and_nothing_runs(page: Page) -> None:
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url))
    card = open_card(page)
    page.evaluate("lines => host.print(...lines)", json.loads(json.dumps(HOSTILE)))
    rows = card.locator(".hfj-row .hfj-text")
    expect(rows).to_have_count(len(HOSTILE))
    texts = rows.all_text_contents()
    assert texts[:4] == [HOSTILE[0], HOSTILE[1], "click me after", "text"]
    assert texts[4] == "before ␦txt.exe␦ ␦x␦ after"
    assert texts[5] == "nul ␀ bell ␇ backspace ␈ del ␡ c1 ␦"
    assert texts[6] == "two␊lines␦three"
    assert texts[7] == "moved red"
    assert texts[10].endswith("x … +15,000 characters")
    assert card.locator(".hfj-scroll :is(img, script, b, a)").count() == 0
    assert {
        row["height"]
        for row in card.locator(".hfj-row").evaluate_all("r => r.map(e => e.getBoundingClientRect().toJSON())")
    } == {18}
    assert outside == []


def test_hostile_names_and_addresses_stay_text(page: Page) -> None:
    evil = "<img src=x onerror=alert(1)>"
    job = make_job(name=evil, url="javascript:alert(1)", flavor=evil, stage="ERROR", message=evil)
    card = open_card(page, job=job, details=[[evil, evil]], script=evil, notice=evil)
    for tab in ("Metrics", "Script", "Details", "Logs"):
        card.get_by_role("tab", name=tab).click()
    expect(card.locator(".hfj-name")).to_have_text(evil)
    assert card.locator("img").count() == 0
    assert card.get_by_role("link").count() == 0


@pytest.mark.parametrize(
    ("stage", "text"),
    [
        ("SCHEDULING", "Scheduling"),
        ("RUNNING", "Running"),
        ("COMPLETED", "Completed"),
        ("ERROR", "Error"),
        ("CANCELED", "Canceled"),
        ("DELETED", "Deleted"),
    ],
)
def test_every_stage_has_words_and_an_icon(page: Page, stage: str, text: str) -> None:
    card = open_card(page, job=make_job(stage=stage))
    pill = card.locator(".hfj-pill")
    expect(pill).to_have_text(text)
    expect(pill.locator("svg")).to_be_visible()
    live = stage in {"SCHEDULING", "RUNNING"}
    expect(card.get_by_role("button", name="Cancel")).to_have_count(1 if live else 0)


def test_the_running_time_and_the_cost_tick(page: Page) -> None:
    # The kernel's clock is an hour ahead of the page's: the page counts on from what the kernel said.
    now = time.time() + 3600
    card = open_card(page)
    set_traits(page, job=make_job(created_at=now - 100, started_at=now - 83, now=now))
    clock = card.locator(".hfj-time")
    expect(clock).to_have_text(re.compile(r"running 1:2[3-5]"))
    expect(clock).to_have_text(re.compile(r"running 1:2[6-9]"))
    expect(card.locator(".hfj-cost")).to_have_text(re.compile(r"~\$0\.02\d"))


def test_tabs_are_reached_by_arrow_keys(page: Page) -> None:
    card = open_card(page)
    card.get_by_role("tab", name="Logs").focus()
    page.keyboard.press("ArrowLeft")
    expect(card.get_by_role("tab", name="Details")).to_be_focused()
    expect(card.get_by_role("tabpanel")).to_contain_text("6923b1c7a1f0c2d4e5f60718")
    page.keyboard.press("ArrowLeft")
    expect(card.get_by_role("tabpanel")).to_contain_text("load_dataset")
    page.keyboard.press("Home")
    expect(card.get_by_role("tab", name="Logs")).to_have_attribute("aria-selected", "true")


@pytest.mark.parametrize("wrap", [False, True])
@pytest.mark.parametrize("ended", [False, True])
def test_a_log_that_is_moved_in_the_page_keeps_its_place(page: Page, *, wrap: bool, ended: bool) -> None:
    """With its cell, or into a saved output: browsers forget where it was scrolled to, and tell nobody."""
    card = open_card(page)
    print_lines(page, *[f"line {i}" for i in range(400)])
    wait_at_end(page)
    if ended:
        set_traits(page, job=make_job(stage="COMPLETED", finished_at=time.time()), stream="complete")
    if wrap:
        card.get_by_role("button", name="Wrap").click()
    scroll_to_line(page, 120)
    expect(card.get_by_text("line 125", exact=True)).to_be_in_viewport()
    top = card.locator(".hfj-scroll").evaluate("s => s.scrollTop")
    page.evaluate("document.querySelector('main').append(document.querySelector('.hfj').parentElement)")
    if not ended:
        print_lines(page, "one more")
    expect(card.get_by_text("line 125", exact=True)).to_be_in_viewport()
    assert card.locator(".hfj-scroll").evaluate("s => s.scrollTop") == top


def test_a_view_built_again_keeps_tab_place_and_collapse(page: Page) -> None:
    card = open_card(page)
    print_lines(page, *[f"line {i}" for i in range(400)])
    wait_at_end(page)
    scroll_to_line(page, 120)
    expect(card.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "false")
    page.evaluate("host.hide(); host.show()")
    expect(card.get_by_text("line 120", exact=True)).to_be_in_viewport()
    expect(card.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "false")
    card.get_by_role("tab", name="Metrics").click()
    card.get_by_role("tab", name="Logs").click()
    expect(card.get_by_text("line 120", exact=True)).to_be_in_viewport()
    card.get_by_role("tab", name="Script").click()
    card.get_by_role("button", name="Show only this line").click()
    page.evaluate("host.hide(); host.show()")
    expect(card.get_by_role("tab")).to_have_count(0)
    card.get_by_role("button", name="Show the job").click()
    expect(card.get_by_role("tab", name="Script")).to_have_attribute("aria-selected", "true")


def test_two_views_of_one_job_show_the_same_and_scroll_apart(page: Page) -> None:
    open_card(page)
    page.evaluate("host.show()")
    first, second = page.locator(".hfj").nth(0), page.locator(".hfj").nth(1)
    page.evaluate("kernel.lines = Array.from({length: 9000}, (_, i) => `line ${i}`); host.push()")
    for view in (first, second):
        expect(view.get_by_text("line 8999", exact=True)).to_be_visible()
    scroll_to_line(page, 0)
    expect(first.get_by_text("line 0", exact=True)).to_be_visible()
    print_lines(page, "line 9000")
    expect(second.get_by_text("line 9000", exact=True)).to_be_visible()
    expect(first.get_by_text("line 0", exact=True)).to_be_visible()
    first.get_by_role("button", name="Cancel").click()
    first.get_by_role("button", name="Yes").click()
    expect(second).to_contain_text("cancelling…")


def test_a_page_that_was_loaded_again_shows_the_same_from_the_traits(page: Page) -> None:
    lines = [f"line {i}" for i in range(700)]
    tail = {"first": 200, "lines": lines[200:], "total": 700}
    page.evaluate("lines => kernel.lines = lines", lines)
    card = open_card(page, log=tail, metrics=make_metrics(60))
    expect(card).to_contain_text("700 lines")
    expect(card.get_by_text("line 699", exact=True)).to_be_in_viewport()
    scroll_to_line(page, 0)
    expect(card.get_by_text("line 0", exact=True)).to_be_in_viewport()
    card.get_by_role("tab", name="Metrics").click()
    expect(card.locator("canvas")).to_have_count(3)


def test_nothing_listens_after_the_views_and_the_model_are_gone(page: Page) -> None:
    open_card(page)
    assert page.evaluate("host.model.listeners") > 0
    page.evaluate("host.hide(); host.modelLife.abort()")
    assert page.evaluate("host.model.listeners") == 0


def test_charts_show_values_and_fit_their_width(page: Page) -> None:
    card = open_card(page, metrics=make_metrics(300, gpus=2))
    card.get_by_role("tab", name="Metrics").click()
    expect(card.locator("figure")).to_have_count(7)
    expect(card.locator("figure", has_text="GPU 1 memory")).to_contain_text("18.2 GB of 24.0 GB")
    page.set_viewport_size({"width": 340, "height": 700})
    wide = "() => [...document.querySelectorAll('.hfj canvas')].every(c => c.getBoundingClientRect().width < 320)"
    page.wait_for_function(wide)
    assert page.evaluate("document.documentElement.scrollWidth") <= 340
    card.locator("figure").first.hover()
    set_traits(page, metrics=make_metrics(0))
    expect(card).to_contain_text("Metrics arrive once the job runs.")


FINISHED = {"stage": "COMPLETED", "finished_at": 0.0}
STATES: dict[str, dict[str, Any]] = {
    "queued": {"job": {"stage": "SCHEDULING", "started_at": None}, "stream": "connecting"},
    "running": {"lines": training_log(), "training": make_training(91), "progress": PROGRESS},
    "training": {
        "lines": training_log(),
        "points": 300,
        "gpus": 2,
        "training": make_training(250),
        "progress": PROGRESS,
        "tab": "Metrics",
    },
    "failed": {
        "job": {
            "stage": "ERROR",
            "message": "Job failed with exit code: 1",
            "failure": {
                "kind": "error",
                "type": "ValueError",
                "message": "The model did not return a loss from the inputs, only the following keys: logits.",
                "line": 7,
                "headline": "ValueError at line 7",
                "words": "ValueError: The model did not return a loss from the inputs, "
                "only the following keys: logits. (line 7)",
                "change": {},
            },
        },
        "stream": "complete",
        "lines": [
            *training_log()[:4],
            "Traceback (most recent call last):",
            '  File "/data/script.py", line 7, in <module>',
            "    Trainer(model, args, train_dataset=train).train()",
            "\x1b[1;31mValueError\x1b[0m: The model did not return a loss from the inputs, "
            "only the following keys: logits.",
        ],
    },
    "cancelled": {"job": {"stage": "CANCELED"}, "stream": "complete", "lines": training_log()[:12]},
    "finished": {"job": {"stage": "COMPLETED"}, "stream": "complete", "lines": training_log()},
    "script": {"tab": "Script"},
    "details": {"tab": "Details"},
    "local": {
        "job": {
            "local": True,
            "usd_per_minute": None,
            "flavor": "cpu-basic",
            "hardware": "2 vCPU · 16 GB",
            "url": "http://127.0.0.1:8000/jobs/x",
        },
        "lines": training_log()[:3],
        "notice": "The job was not cancelled: the local service did not answer. Try again.",
    },
}
LOOKS = {"light": ("light", 960), "dark": ("dark", 960), "narrow": ("light", 320)}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("state", STATES)
def test_the_card_is_photographed_in_every_state(sharp: Page, state: str, look: str) -> None:
    theme, width = LOOKS[look]
    what = STATES[state]
    sharp.set_viewport_size({"width": width, "height": 640})
    sharp.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    end = {"finished_at": time.time()} if what.get("stream") == "complete" else {}
    card = open_card(
        sharp,
        job=make_job(**what.get("job", {}), **end),
        stream=what.get("stream", "live"),
        metrics=make_metrics(what.get("points", 0), what.get("gpus", 0)),
        notice=what.get("notice", ""),
        training=what.get("training", {}),
        progress=what.get("progress", {}),
    )
    lines = what.get("lines", [])
    print_lines(sharp, *lines)
    expect(card).to_have_attribute("data-theme", theme)
    card.get_by_role("tab", name=what.get("tab", "Logs")).click()
    if what.get("tab") == "Metrics":
        expect(card.locator("figure")).to_have_count(10)
        expect(card.locator("canvas").first).to_be_visible()
    elif lines:
        wait_at_end(sharp)
        expect(card.locator(".hfj-row").last).to_be_visible()
    assert sharp.evaluate("document.documentElement.scrollWidth") <= width
    folder = BUILD / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    card.screenshot(path=folder / f"{state}-{look}.png", animations="disabled")
