"""The table of a sweep's runs in a real browser: a column a parameter, curves of all, and what is done to all."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.conftest import BUILD

from .rows import make_row, make_table
from .test_card import sent, set_traits
from .test_looks import violations
from .test_table import ROWS

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

GRID = [(lr, seed) for lr in ("0.001", "0.0001", "1e-05") for seed in ("1", "2", "3")]
STAGES = ("COMPLETED", "ERROR", "COMPLETED", "RUNNING", "RUNNING", "RUNNING", "RUNNING")
WHY = "1 of 9: ValueError at line 3 (run 2)"
SIZE = (
    "Peak memory 2.00 of 14.0 GB (14 %), peak GPU memory 4.00 of 15.0 GB (27 %), GPU 25 % on average "
    "(sampled in 2 of 9 runs)."
)


def run_row(number: int, **changes: Any) -> dict[str, Any]:
    """Run `number` of the sweep, from 1; the first is the oldest."""
    stage = STAGES[number - 1]
    row = make_row(20 - number, stage=stage, name="train-distilbert", flavor="t4-small", message=None)
    finished = None if stage == "RUNNING" else row["started_at"] + 300
    labels = {"sweep": "1f2e3d4c", "sweep-run": str(number), "sweep-start": "1"}
    own = {"values": [*GRID[number - 1], f"0.9{number}" if stage == "COMPLETED" else ""], "reused": number == 3}
    return row | {"run": number, "labels": labels, "finished_at": finished} | own | changes


def status(**changes: Any) -> dict[str, Any]:
    known = {"waiting": 2, "stopped": "", "groups": [WHY], "size": SIZE, "failed": 1, "retry": "$0.20"}
    return known | changes


def open_sweep(page: Page) -> Locator:
    made = make_table([run_row(number) for number in range(1, 8)], sweep=status())
    made["place"]["sweep"] = {"id": "1f2e3d4c", "runs": 9, "parameters": ["lr", "seed"], "outputs": ["acc"]} | {
        "widths": [6, 4, 6],
        "metric": "loss",
    }
    page.evaluate("traits => host.open(traits)", made)
    return page.locator(".hfj-table").first


def curves(number: int) -> dict[str, Any]:
    """What the log of a run says; a run with a larger rate falls faster."""
    rate = float(GRID[number - 1][0])
    steps = [float(10 * (i + 1)) for i in range(60)]
    loss = [0.1 + 0.02 * number + math.exp(-step * (rate**0.3) / 20) for step in steps]
    one = {"key": "loss", "step": steps, "epoch": None, "y": loss, "log": False, "odd": ""}
    one |= {"best": min(loss), "last": loss[-1]}
    other = one | {"key": "eval_loss", "best": 5.0, "y": [2 * y for y in loss]}
    return {"type": "curves", "id": run_row(number)["id"], "error": "", "curves": [one, other], "done": 10 * number}


@pytest.mark.parametrize("look", ["light", "dark", "narrow", "wide", "forced"])
def test_runs_are_told_apart_by_their_parameters_and_photographed(page: Page, look: str) -> None:
    page.evaluate("theme => document.documentElement.dataset.theme = theme", "dark" if look == "dark" else "light")
    page.set_viewport_size({"width": {"narrow": 320, "wide": 1920}.get(look, 960), "height": 900})
    page.emulate_media(forced_colors="active" if look == "forced" else "none")
    table = open_sweep(page)
    expect(table).to_contain_text("Sweep 1f2e3d4c")
    expect(table).to_contain_text("9 runs, 2 not started")
    expect(table.get_by_role("listitem")).to_have_text([WHY])
    expect(table.get_by_text(SIZE)).to_be_visible()
    cells = table.locator(f"{ROWS} .hfj-c-value")
    expect(cells.first).to_have_text("0.001")
    # However narrow it is, no value is cut.
    assert cells.evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)")
    # Numbers are sorted as numbers, however they are written.
    table.get_by_role("button", name="lr", exact=True).click()
    expect(cells.first).to_have_text("1e-05")
    expect(table.get_by_role("columnheader", name="lr")).to_have_attribute("aria-sort", "ascending")
    if look != "narrow":
        table.get_by_role("button", name="Run", exact=True).click()
    panel = table.get_by_role("region", name="Training curves")
    expect(panel).to_be_hidden()
    assert sent(page, "compare")[-1]["ids"] == [run_row(number)["id"] for number in range(1, 8)]
    for number in range(1, 8):
        page.evaluate("message => host.model.emit('msg:custom', message)", curves(number))
    expect(panel.locator("canvas").first).to_be_visible()
    # All runs are drawn as they come, in the colours of a parameter, which stands against the best of the metric.
    expect(panel.locator(".hfj-keys")).to_contain_text("1e-050.00010.001")
    expect(panel.locator(".hfj-dots i")).to_have_count(7)
    best = table.locator(f"{ROWS}[data-id='{run_row(1)['id']}'] .hfj-c-metric")
    expect(best.first).to_have_text("0.1429")
    # How far each is that runs, what came back, and which were there before and cost nothing.
    shown = {n: table.locator(f"{ROWS}[data-id='{run_row(n)['id']}']") for n in range(1, 8)}
    expect(shown[5].locator(".hfj-labels")).to_have_text("50 %")
    expect(shown[1].locator(".hfj-labels")).to_be_empty()
    expect(shown[3].locator(".hfj-labels")).to_have_text("reused")
    expect(shown[3].locator(".hfj-c-cost")).to_have_text("free")
    expect(shown[3].locator(".hfj-c-value")).to_have_text(["0.001", "3", "0.93"])
    expect(shown[5].locator(".hfj-c-value")).to_have_text(["0.0001", "2", ""])
    panel.get_by_label("Coloured by").select_option("seed")
    expect(panel.locator(".hfj-keys")).to_contain_text("123")
    expect(panel.locator("canvas").first).to_be_visible()
    panel.get_by_label("Coloured by").select_option("lr")
    table.get_by_role("button", name="Best", exact=True).click()
    expect(cells.first).to_have_text("0.001")
    # The metric that the reader chooses takes the place of the one that the line names.
    # The scatter is drawn anew a moment after the table, and its dots move.
    scatter = panel.locator("figure", has=page.locator(".hfj-dots"))
    panel.get_by_label("Metric of the columns").select_option("eval_loss")
    expect(best.first).to_have_text("5")
    expect(scatter).to_contain_text("best eval_loss by lr")
    panel.get_by_label("Metric of the columns").select_option("loss")
    expect(best.first).to_have_text("0.1429")
    expect(scatter).to_contain_text("best loss by lr")
    assert violations(page) == []
    (BUILD / "screenshots").mkdir(parents=True, exist_ok=True)
    table.screenshot(path=BUILD / "screenshots" / f"sweep-{look}.png")
    # A dot opens the card of its run; the charts are closed and come back.
    panel.locator(".hfj-dots i").last.click()
    page.wait_for_function("host.model.sent.some(message => message.type === 'card')")  # with the next frame
    assert sent(page, "card") == [{"type": "card", "id": run_row(7)["id"]}]
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()
    table.get_by_role("button", name="Curves").click()
    expect(panel.locator("canvas").first).to_be_visible()


@pytest.mark.parametrize("width", [320, 480, 600, 660, 720, 800, 960, 1920])
def test_no_value_is_cut_and_no_row_wider_than_its_list(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    table = open_sweep(page)
    page.evaluate(
        "message => host.model.emit('msg:custom', message)",
        {"type": "rows", "seq": 1, "gone": []} | {"changed": [run_row(2, message="ValueError at line 3")]},
    )
    for number in range(1, 8):
        page.evaluate("message => host.model.emit('msg:custom', message)", curves(number))
    expect(table.locator(f"{ROWS} .hfj-c-metric").first).not_to_be_empty()
    cells = table.locator(f"{ROWS} :is(.hfj-c-value, .hfj-c-metric):visible")
    assert cells.evaluate_all("all => all.filter(one => one.scrollWidth > one.clientWidth).length") == 0
    assert table.locator(".hfj-tscroll").evaluate("e => e.scrollWidth <= e.clientWidth")
    assert table.locator(ROWS).evaluate_all("all => all.every(row => row.scrollWidth <= row.clientWidth)")
    if width >= 960:
        why = table.locator(".hfj-why:not(:empty)")
        expect(why).to_have_text("ValueError at line 3")
        assert why.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_all_runs_are_cancelled_or_the_failed_ones_rerun_after_a_question(page: Page) -> None:
    table = open_sweep(page)
    table.get_by_role("button", name="Cancel all").click()
    asked = table.get_by_role("group", name="Cancel 4 jobs and start no more?")
    asked.get_by_role("button", name="Keep").click()
    assert sent(page, "sweep") == []
    expect(table.get_by_role("button", name="Cancel all")).to_be_focused()
    table.get_by_role("button", name="Cancel all").click()
    asked.get_by_role("button", name="Yes").click()
    assert sent(page, "sweep") == [{"type": "sweep", "do": "cancel"}]
    table.get_by_role("button", name="Rerun 1 that failed").click()
    table.get_by_role("group", name="Start 1 run anew, up to $0.20?").get_by_role("button", name="Yes").click()
    assert sent(page, "sweep")[-1] == {"type": "sweep", "do": "retry"}
    # The job that was started in its place stands for the run.
    again = run_row(2, id="0" * 24, stage="RUNNING", finished_at=None)
    again["created_at"] += 3600
    message = {"type": "rows", "seq": 1, "changed": [again], "gone": []}
    page.evaluate("message => host.model.emit('msg:custom', message)", message)
    expect(table.locator(f'{ROWS}[data-id="{"0" * 24}"]')).to_be_visible()
    expect(table.locator(f'{ROWS}[data-id="{run_row(2)["id"]}"]')).to_have_count(0)


def test_nobody_is_asked_about_runs_that_have_ended_meanwhile(page: Page) -> None:
    table = open_sweep(page)
    table.get_by_role("button", name="Cancel all").click()
    expect(table.get_by_role("group", name="Cancel 4 jobs and start no more?")).to_be_visible()

    def end(seq: int, *numbers: int) -> None:
        ended = [run_row(number, stage="COMPLETED", finished_at=time.time()) for number in numbers]
        message = {"type": "rows", "seq": seq, "changed": ended, "gone": []}
        page.evaluate("message => host.model.emit('msg:custom', message)", message)

    end(1, 7)
    expect(table.get_by_role("group", name="Cancel 3 jobs and start no more?")).to_be_visible()
    set_traits(page, status=make_table([], sweep=status(waiting=0))["status"])
    end(2, *range(1, 7))
    expect(table.get_by_text("start no more")).to_be_hidden()
    expect(table.get_by_role("button", name="Cancel all")).to_be_hidden()
    assert sent(page, "sweep") == []


def test_a_sweep_that_stopped_says_why_and_one_that_is_over_offers_nothing_to_cancel(page: Page) -> None:
    table = open_sweep(page)
    set_traits(
        page,
        jobs={"seq": 1, "rows": [run_row(1), run_row(2)]},
        status=make_table([], sweep=status(stopped="2 runs have failed, as --stop-on-fail says.", waiting=7))["status"],
    )
    expect(table.get_by_role("listitem")).to_have_text([WHY, "2 runs have failed, as --stop-on-fail says."])
    expect(table.get_by_role("button", name="Cancel all")).to_be_hidden()
    idle = status(idle=[[run_row(4)["id"], 4, time.time() + 300]])
    set_traits(page, status=make_table([], sweep=idle)["status"])
    expect(table.get_by_role("listitem").first).to_contain_text("Run 4 does nothing: will be cancelled at ")
    table.get_by_role("button", name="Keep").click()
    assert sent(page, "keep") == [{"type": "keep", "id": run_row(4)["id"]}]


def test_a_metric_that_was_printed_once_has_its_values_and_dots_and_no_chart(page: Page) -> None:
    rows = [run_row(number, values=[*GRID[number - 1], "0.30000000000000004"]) for number in range(1, 8)]
    made = make_table(rows, sweep=status())
    made["place"]["sweep"] = {"id": "1f2e3d4c", "runs": 9, "parameters": ["lr", "seed"], "outputs": ["acc"]} | {
        "widths": [6, 4, 6],
        "metric": "accuracy",
    }
    page.evaluate("traits => host.open(traits)", made)
    table = page.locator(".hfj-table").first
    for number in range(1, 8):
        one = {"key": "accuracy", "step": None, "epoch": None, "y": [number / 10], "log": False, "odd": ""}
        message = curves(number) | {"curves": [one | {"best": number / 10, "last": number / 10}]}
        page.evaluate("message => host.model.emit('msg:custom', message)", message)
    panel = table.get_by_role("region", name="Training curves")
    expect(panel.locator(".hfj-dots i")).to_have_count(7)
    expect(panel).to_contain_text("best accuracy by lr")
    expect(panel.locator("canvas")).to_have_count(0)
    expect(table.locator(f"{ROWS}[data-id='{run_row(4)['id']}'] .hfj-c-metric")).to_have_text(["0.4", "0.4"])
    # A long number is rounded where it would be cut; all of it is under the pointer.
    value = table.locator(f"{ROWS} .hfj-c-value").nth(2)
    expect(value).to_have_text("0.3")
    expect(value).to_have_attribute("title", "0.30000000000000004")
    # The words of all headings stand on one line.
    heads = table.locator(".hfj-thead .hfj-sort:visible")
    assert len(set(heads.evaluate_all("all => all.map(one => one.getBoundingClientRect().top)"))) == 1
    for number in (1, 2):
        table.get_by_label(f"Select lr=0.001 seed={number}").check()
    table.get_by_role("button", name="Compare", exact=True).click()
    legend = panel.get_by_role("table")
    expect(legend.get_by_role("columnheader")).to_have_text(["accuracy"])
    expect(legend.get_by_role("cell", name="0.1")).to_be_visible()


def test_a_sweep_whose_runs_were_all_reused_has_cost_nothing(page: Page) -> None:
    table = open_sweep(page)
    expect(table).to_contain_text("9 runs, 2 not started · ~$")
    reused = [run_row(number, reused=True, stage="COMPLETED") for number in (1, 2)]
    set_traits(page, jobs={"seq": 1, "rows": reused})
    expect(table.locator(".hfj-sweep-line > :first-child")).to_have_text("9 runs, 2 not started")
    expect(table.locator(f"{ROWS} .hfj-c-cost")).to_have_text(["free", "free"])
