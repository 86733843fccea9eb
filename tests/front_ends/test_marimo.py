"""A marimo notebook: `run()` and a Job at the end of a cell are the live card, and a Sweep is the table of its runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.conftest import BUILD
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from playwright.sync_api import Page

    from hfjobs_magic.local.daemon import Service

pytestmark = pytest.mark.browser

NOTEBOOK = """
import marimo

app = marimo.App()


@app.cell
def _():
    import hfjobs_magic
    return (hfjobs_magic,)


@app.cell
def _(hfjobs_magic):
    code = "import time\\nfor step in range(10): print('step', step, flush=True)\\ntime.sleep(600)"
    job = hfjobs_magic.run(code, local=True, name="in-marimo", timeout="5m")
    job
    return (job,)


@app.cell
def _(job):
    job
    return


@app.cell
def _(hfjobs_magic):
    still = hfjobs_magic.run("import time; time.sleep(600)", local=True, name="still-runs", timeout="5m")
    still
    return


@app.cell
def _(hfjobs_magic):
    ended = hfjobs_magic.run("answer = 6 * 7\\nanswer", local=True, wait=True, timeout="5m")
    f"The cell has shown {ended.outputs[0].data['text/plain']}"
    return


if __name__ == "__main__":
    app.run()
"""


def test_a_job_is_the_live_card_and_its_buttons_work(
    page: Page, serve: Callable[..., AbstractContextManager[str]], local: Service, tmp_path: Path
):
    expect.set_options(timeout=PATIENCE_S * 1000)
    (tmp_path / "notebook.py").write_text(NOTEBOOK)
    with serve("marimo", "-q", "run", "notebook.py", "--headless", "--no-token", "--port={port}") as url:
        page.goto(url)
        card = page.locator(".hfj").first
        expect(card.locator(".hfj-pill")).to_have_text("Running")
        expect(card.get_by_text("step 9", exact=True)).to_be_visible()
        # Another cell that shows the same job has a card of its own.
        expect(page.locator(".hfj").nth(1).get_by_text("step 9", exact=True)).to_be_visible()
        expect(page.get_by_text("The cell has shown 42")).to_be_visible()
        page.screenshot(path=BUILD / "screenshots" / "marimo.png")
        card.get_by_role("button", name="Cancel").click()
        card.get_by_role("button", name="Yes").click()
        expect(card.locator(".hfj-pill")).to_have_text("Canceled")
        expect(page.locator(".hfj-pill").nth(1)).to_have_text("Canceled")
        still = page.get_by_role("region", name="still-runs")
        expect(still.locator(".hfj-stream")).to_have_text("live")
    # The server and its kernel have ended: only silence says so here, and what may hold the interpreter is borne.
    expect(still.locator(".hfj-lost")).to_contain_text("Not connected since")
    expect(still.locator(".hfj-lost")).to_contain_text("the job may still run")
    expect(still.get_by_role("button", name="Cancel", exact=True)).to_be_disabled()
    expect(still.get_by_role("button", name="Copy %hfjobs cancel")).to_be_enabled()
    page.screenshot(path=BUILD / "screenshots" / "marimo-gone.png")


SWEEP = """
import marimo

app = marimo.App()


@app.cell
def _():
    import hfjobs_magic

    code = (
        "import time\\nfor step in range(3): print({'step': step, 'loss': 5 - step}, flush=True)\\n"
        "assert lr != 0.2, 'it diverges'\\nacc = 1 - lr\\nif lr == 0.3: time.sleep(600)"
    )
    sweep = hfjobs_magic.sweep(code, {"lr": [0.1, 0.2, 0.3]}, local=True, outputs="acc", timeout="5m")
    sweep
    return (sweep,)


@app.cell
def _(sweep):
    f"There are {len(sweep)} runs"
    return


if __name__ == "__main__":
    app.run()
"""


def test_a_sweep_is_the_live_table_of_its_runs_and_its_buttons_work(
    page: Page, serve: Callable[..., AbstractContextManager[str]], local: Service, tmp_path: Path
):
    expect.set_options(timeout=PATIENCE_S * 1000)
    (tmp_path / "notebook.py").write_text(SWEEP)
    with serve("marimo", "-q", "run", "notebook.py", "--headless", "--no-token", "--port={port}") as url:
        page.goto(url)
        table = page.locator(".hfj-table")
        expect(page.get_by_text("There are 3 runs")).to_be_visible()
        expect(table.get_by_role("listitem")).to_contain_text("1 of 3: AssertionError")
        row = table.locator(".hfj-tsizer > .hfj-trow", has_text="0.1")
        expect(row.locator(".hfj-c-value").last).to_have_text("0.9")
        expect(table.get_by_role("region", name="Training curves").locator(".hfj-dots i")).to_have_count(3)
        row.get_by_role("button", name="Show the card of").click()
        expect(table.locator(".hfj-tcard .hfj-pill")).to_have_text("Completed")
        page.screenshot(path=BUILD / "screenshots" / "marimo-sweep.png")
        table.get_by_role("button", name="Cancel all").click()
        table.get_by_role("button", name="Yes").click()
        expect(table.locator(".hfj-tsizer .hfj-trow .hfj-pill[data-stage=CANCELED]")).to_have_count(1)
        table.get_by_role("button", name="Rerun 2 that failed").click()
        table.get_by_role("group", name="Start 2 runs anew?").get_by_role("button", name="Yes").click()
        expect(table.locator(".hfj-tsizer .hfj-trow .hfj-pill[data-stage=RUNNING]")).to_have_count(1)
        table.get_by_role("button", name="Cancel all").click()
        table.get_by_role("button", name="Yes").click()
        # The one that fails may have done so by itself before.
        expect(table.locator(".hfj-tsizer .hfj-trow .hfj-pill[data-stage=CANCELED]").first).to_be_visible()
        expect(table.locator(".hfj-tsizer .hfj-trow .hfj-pill[data-stage=RUNNING]")).to_have_count(0)
