"""The jobs table at 1,000 jobs, beside an HTML table of the same rows, in a real JupyterLab with a real Chromium.

The jobs are seeded into the store of a local service of the benchmark's own, which plays the Hub behind a proxy that
counts requests; the kernel asks it at the pace of the Hub.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from huggingface_hub import HfApi
from playwright.sync_api import sync_playwright

from hfjobs_magic.local import daemon
from hfjobs_magic.local.spec import JobSpec
from hfjobs_magic.local.storage.data_dir import DataDir
from hfjobs_magic.local.storage.store import JobRow, Store
from tests.counting import counted
from tools.bench_browser import WATCH, Lab, end_jobs, p95, wait
from tools.figures import Figure

if TYPE_CHECKING:
    from playwright.sync_api import Page

AREA = "table"
JOBS = 1_000
WATCHED_S = 60
"""Seconds for which requests are counted while the table is on the screen."""
AWAY_S = 20
"""Seconds for which they are counted after it left: four looks of a table that had not noticed."""
NAMES = ("train-distilbert", "embed-wikipedia", "eval-mmlu", "tokenize-c4", "ocr-invoices")
STAGES = ("COMPLETED", "COMPLETED", "COMPLETED", "ERROR", "CANCELED")

HUB = "%env HF_ENDPOINT={endpoint}\n%env HF_TOKEN={token}\n%load_ext hfjobs_magic"
OURS = "%hfjobs ls -a --limit 0"
# What people do without us: the same rows as an HTML table.
PRINTED = """from IPython.display import HTML
from huggingface_hub import HfApi
from html import escape
jobs = list(HfApi(endpoint={endpoint!r}, token={token!r}).list_jobs(namespace={namespace!r}))
rows = [(j.id, j.labels.get('name', ''), j.status.stage, j.flavor, j.created_at, j.finished_at) for j in jobs]
cells = [''.join(f'<td>{{escape(str(cell))}}</td>' for cell in row) for row in rows]
HTML('<table>' + ''.join(f'<tr>{{row}}</tr>' for row in cells) + '</table>')
"""
# Back to the first row, once the wheel has come to rest.
TOP = """async () => {
    const scroller = document.querySelector('.hfj-tscroll');
    scroller.scrollTop = 0;
    for (let i = 0; i < 20; i++) await new Promise(requestAnimationFrame);
    return scroller.scrollTop === 0;
}"""
# The page's own clock: Playwright looks for an element ever more seldom, at last twice a second.
PAINT = """shown => {
    window.painted = 0;
    let start = 0;
    document.addEventListener('keydown', () => (start = performance.now()), {capture: true, once: true});
    const observer = new MutationObserver(() => {
        if (!start || !document.querySelector(shown)) return;
        observer.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => (window.painted = performance.now() - start)));
    });
    observer.observe(document.body, {subtree: true, childList: true});
}"""
SHOWN = ".hfj-tsizer .hfj-trow"
PRINTED_SHOWN = ".jp-OutputArea-output table tr:last-child"


def seed(folder: Path) -> None:
    """Put jobs that have ended into the store of a service that does not run yet."""
    directory = DataDir(folder)
    directory.create()
    store = Store(directory.database)
    begun = time.time() - 600 * JOBS
    for number in range(JOBS):
        created = begun + 600 * number
        name = f"{NAMES[number % len(NAMES)]}-{number}"
        store.add_job(
            JobRow(
                id=f"{int(created):08x}{number:016x}",
                created=created,
                spec=JobSpec(command=["true"], flavor="cpu-basic", docker_image="python"),
                labels={"name": name, "team": "nlp"},
                stage=STAGES[number % len(STAGES)],
                started=created + 5,
                finished=created + 5 + number % 400,
                supervisor=1,
            )
        )
    store.close()


def measure() -> list[Figure]:
    """Return all figures of the table."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with (
        tempfile.TemporaryDirectory(prefix="hfjobs-bench-", ignore_cleanup_errors=True) as name,
        sync_playwright() as p,
    ):
        folder = Path(name)
        seed(folder / "jobs")
        browser = p.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        lab = Lab(folder, browser)
        found = daemon.ensure(folder / "jobs")
        try:
            with counted(found) as (hub, asked):
                return figures(lab, hub, asked)
        finally:
            browser.close()
            lab.process.terminate()
            lab.process.wait(60)
            end_jobs(folder / "jobs")
            daemon.stop(folder / "jobs")


def figures(lab: Lab, hub: daemon.Service, asked: list[str]) -> list[Figure]:
    names = {"endpoint": hub.endpoint, "token": hub.token, "namespace": hub.namespace}
    printed_first, ours_first = [], []
    # One hiccup of the machine is the first paint of a page, and the worst frame of a run: medians of three.
    for n in range(3):
        with lab.notebook(f"printed-{n}", "import IPython", PRINTED.format(**names), *[""] * 3) as (page, _):
            printed_first.append(first_paint(page, PRINTED_SHOWN))
            page.evaluate(WATCH)
            printed_scroll = scrolled(page, page.locator(".jp-OutputArea-output").first)
        with lab.notebook(f"ours-{n}", HUB.format(**names), OURS) as (page, _):
            ours_first.append(first_paint(page, SHOWN))
    with lab.notebook("ours", HUB.format(**names), OURS, *[""] * 30) as (page, _):
        first_paint(page, SHOWN)
        page.locator(f".hfj-grid[aria-rowcount='{JOBS + 1}']").wait_for()
        table = page.locator(".hfj-table")
        page.evaluate(WATCH)
        # Beside one run of the plain table.
        ours_scroll = []
        for _ in range(3):
            ours_scroll.append(scrolled(page, page.locator(".hfj-tscroll")))
            page.wait_for_function(TOP)
        refreshed = [refreshing(page, hub, n) for n in range(3)]
        wait(lambda: "live" in str(table.locator(".hfj-stream").text_content()))
        before = len(asked)
        time.sleep(WATCHED_S)
        watched = (len(asked) - before) * 60 / WATCHED_S
        page.locator(".jp-CodeCell").last.scroll_into_view_if_needed()
        page.wait_for_function(
            "() => { const r = document.querySelector('.hfj-table')?.getBoundingClientRect();"
            " return !r || r.bottom < 0 || r.width === 0 }"
        )
        time.sleep(2)
        before = len(asked)
        time.sleep(AWAY_S)
        away = (len(asked) - before) * 60 / AWAY_S
    ours_ms, printed_ms = median(ours_first), median(printed_first)
    rows, scrolling = f"of {JOBS:,} jobs", "frames while scrolling"
    return [
        Figure(AREA, f"from the key to the table {rows}, median of 3", "ms", ours_ms, printed_ms, 1.5 * printed_ms),
        Figure(AREA, f"{scrolling}, p95, median of 3", "ms", median(map(p95, ours_scroll)), p95(printed_scroll), 17),
        Figure(AREA, f"{scrolling}, worst, median of 3", "ms", median(map(max, ours_scroll)), max(printed_scroll), 50),
        Figure(AREA, "frames while rows change, p95, median of 3", "ms", median(map(p95, refreshed)), None, 17),
        Figure(AREA, "frames while rows change, worst, median of 3", "ms", median(map(max, refreshed)), None, 50),
        Figure(AREA, "requests while on the screen", "a minute", watched, None, 20),
        Figure(AREA, "requests after it left the screen", "a minute", away, None, 0),
    ]


def first_paint(page: Page, shown: str) -> float:
    """Run the second cell; milliseconds from the key to the frame that has its rows."""
    cells = page.locator(".jp-CodeCell .cm-content")
    cells.first.click()
    page.keyboard.press("Control+Enter")
    page.wait_for_function("() => /\\d/.test(document.querySelector('.jp-CodeCell .jp-InputPrompt').textContent)")
    cells.nth(1).click()
    page.evaluate(PAINT, shown)
    page.keyboard.press("Control+Enter")
    page.wait_for_function("window.painted")
    return float(page.evaluate("window.painted"))


def scrolled(page: Page, over: Any) -> list[float]:
    """Turn the wheel over the rows; the times between frames meanwhile, in ms."""
    over.hover()
    page.evaluate("felt.frames.length = 0")
    for _ in range(120):
        page.mouse.wheel(0, 240)
        page.wait_for_timeout(16)
    return list(page.evaluate("felt.frames"))


def refreshing(page: Page, hub: daemon.Service, turn: int) -> list[float]:
    """Submit jobs that appear and end; the times between frames until the table shows the last one's end, in ms."""
    api = HfApi(endpoint=hub.endpoint, token=hub.token)
    page.wait_for_function(TOP)
    page.evaluate("felt.frames.length = 0")
    for number in range(4):
        labels = {"name": f"quick-{turn}-{number}"}
        api.run_job(image="python", command=["true"], labels=labels, namespace=hub.namespace)
    row = page.locator(SHOWN, has_text=f"quick-{turn}-3")
    row.locator(".hfj-pill[data-stage=COMPLETED]").wait_for(timeout=60_000)
    return list(page.evaluate("felt.frames"))
