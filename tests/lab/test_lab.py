"""The main job in a real JupyterLab: a cell runs, its log arrives while it runs, Cancel ends it all."""

from __future__ import annotations

import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import psutil
import pytest
from huggingface_hub import HfApi
from playwright.sync_api import expect

from tests.waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from hfjobs_magic.local.daemon import Service
    from tests.lab.conftest import Lab

pytestmark = pytest.mark.lab

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"


def open_notebook(page: Page, lab: Lab, *cells: str) -> Path:
    """Write a notebook, open it in JupyterLab and wait for its kernel."""
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    node.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
    }
    path = lab.folder / f"{uuid.uuid4().hex[:8]}.ipynb"
    nbformat.write(node, path)
    page.set_default_timeout(PATIENCE_S * 1000)
    expect.set_options(timeout=PATIENCE_S * 1000)
    page.goto(f"{lab.url}lab/tree/{path.name}?token={lab.token}&reset")
    expect(page.locator(".jp-Notebook .jp-Cell").first).to_be_visible()
    expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first).to_be_attached()
    # The page says idle before its socket is open, and what is run before that is lost.
    wait_until(lambda: lab.is_connected(path.name))
    return path


def run_all(page: Page) -> None:
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def processes_with(marker: str) -> list[int]:
    return [process.pid for process in psutil.process_iter(["cmdline"]) if marker in (process.info["cmdline"] or [])]


def test_a_cell_shows_its_log_live_and_cancel_ends_it(page: Page, lab: Lab, local: Service):
    marker = f"marker-{uuid.uuid4().hex}"
    open_notebook(
        page,
        lab,
        "%load_ext hfjobs_magic",
        f"%%hfjob --local --flavor cpu-basic --timeout 10m -- {marker}\n"
        "import time\n"
        "for step in range(10_000):\n"
        '    print(f"step {step}", flush=True); time.sleep(0.1)\n'
        "    print({'loss': 5 / (step + 9), 'learning_rate': 5e-5 * (1 - step / 10_000), 'epoch': step / 1000})\n"
        '    print(f"train: {step / 100:3.0f}%|   | {step}/10000 [00:{step // 10:02}<16:40, 10.00it/s]")\n',
        "print('the kernel is free')",
    )
    run_all(page)
    card = page.locator(".hfj").first
    expect(card).to_be_visible()
    expect(card.get_by_text("Running", exact=True).first).to_be_visible()
    expect(card.get_by_text("step 3", exact=True)).to_be_visible()
    # The cell after it ran while the job was running.
    expect(page.get_by_text("the kernel is free", exact=True)).to_be_visible()
    wait_until(lambda: len(processes_with(marker)) > 0)

    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    card.get_by_role("tab", name="Metrics").click()
    expect(card.locator(".u-wrap canvas").first).to_be_visible()
    # What the job prints is drawn beside what the machine does, and its bar stands in the header.
    for title in ("loss", "learning_rate", "CPU", "Memory"):
        expect(card.locator(".hfj-chart", has_text=title).first).to_be_visible()
    expect(card.locator(".hfj-progressed")).to_contain_text("10.0 it/s")
    page.screenshot(path=SCREENSHOTS / "lab-training.png")
    card.get_by_role("tab", name="Script").click()
    expect(card.get_by_text("# %%hfjob --local --flavor cpu-basic", exact=False).first).to_be_visible()
    card.get_by_role("tab", name="Logs").click()
    page.screenshot(path=SCREENSHOTS / "lab-running.png")
    card.screenshot(path=SCREENSHOTS / "lab-card.png")

    card.get_by_role("button", name="Cancel").click()
    card.get_by_role("button", name="Yes").click()
    expect(card.get_by_text("Canceled", exact=True).first).to_be_visible()
    wait_until(lambda: processes_with(marker) == [])
    page.screenshot(path=SCREENSHOTS / "lab-cancelled.png")


def test_a_saved_notebook_is_small_and_holds_no_token_or_bundle(page: Page, lab: Lab, local: Service):
    path = open_notebook(
        page,
        lab,
        "%load_ext hfjobs_magic",
        "%%hfjob --local --wait --timeout 2m\nfor step in range(1000):\n    print('line', step)\n",
        "print('all done')",
    )
    run_all(page)
    expect(page.get_by_text("all done", exact=True)).to_be_visible()
    expect(page.locator(".hfj").first.get_by_text("Completed", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Save and create checkpoint").click()
    wait_until(lambda: "all done" in path.read_text() and "data-hfjob" in path.read_text())
    saved = path.read_text()
    assert "widget-view+json" not in saved, "nobody has the model when it is opened again"
    assert len(saved) < 100_000
    assert local.token not in saved
    assert str(local.data_dir) not in saved
    assert "uplot" not in saved
    assert "_esm" not in saved


def test_a_saved_table_says_why_jobs_failed_though_nobody_followed_them(page: Page, lab: Lab, local: Service):
    api = HfApi(endpoint=local.endpoint, token=local.token)
    word = f"Odd{uuid.uuid4().hex[:8]}Error"
    command = [sys.executable, "-c", f"class {word}(Exception): pass\nraise {word}('boom')"]
    failed = api.run_job(image="python:3.12", command=command, namespace=local.namespace)
    wait_until(lambda: api.inspect_job(job_id=failed.id, namespace=local.namespace).status.stage == "ERROR")
    path = open_notebook(page, lab, "%load_ext hfjobs_magic", "%hfjobs ls -a --local", "print('all done')")
    run_all(page)
    expect(page.get_by_text("all done", exact=True)).to_be_visible()
    expect(page.locator(".hfj-table").get_by_text(word).first).to_be_visible()
    page.get_by_role("button", name="Save and create checkpoint").click()
    wait_until(lambda: "data-hfjob" in path.read_text())
    (table,) = (cell.outputs[0] for cell in nbformat.read(path, as_version=4).cells if "%hfjobs ls" in cell.source)
    row = next(row for row in table.data["text/html"].split("<tr") if failed.id in row)
    assert word in row
    assert "exit code" not in row
