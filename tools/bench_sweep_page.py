"""The table of a sweep of 200 runs in JupyterLab and Chromium, beside the loop and the table that people write."""

from __future__ import annotations

import shutil
from statistics import median
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from hfjobs_magic.local import daemon
from tools.bench_browser import WATCH, Lab, end_jobs, p95, wait
from tools.bench_table import PRINTED_SHOWN, SHOWN, first_paint
from tools.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

AREA = "sweeps"
RUNS = 200
LOGGING = 10
"""Runs that log at a time, each a line with two metrics a second."""

WATCHED_MS = 15_000
"""Of each of the turns in which frames are measured."""

TURNS = 3

CODE = """import time
for step in range(3000):
    print({'loss': 1 / (step + 1) + n / 1000, 'eval_loss': 2 / (step + 1), 'step': step}, flush=True)
    time.sleep(1)"""
OURS = f"%%hfjob --local --yes --map n=1..{RUNS} --max-parallel {LOGGING}\n{CODE}"
# What people do without us: as many jobs in a loop, and a table of them. JupyterLab folds away what stands behind fifty
# outputs, so they have no progress bars.
PRINTED = f"""from pathlib import Path
from IPython.display import HTML
from huggingface_hub import HfApi
from huggingface_hub.utils import disable_progress_bars
from hfjobs_magic.local import daemon
disable_progress_bars()
found = daemon.ensure({{folder!r}})
api = HfApi(endpoint=found.endpoint, token=found.token)
Path('run.py').write_text('import time; time.sleep(600)')
jobs = [api.run_uv_job('run.py', env={{{{'RUN': str(n)}}}}, namespace=found.namespace) for n in range({RUNS})]
rows = [(n, job.id, job.status.stage, job.flavor, job.created_at) for n, job in enumerate(jobs)]
cells = [''.join(f'<td>{{{{cell}}}}</td>' for cell in row) for row in rows]
HTML('<table>' + ''.join(f'<tr>{{{{row}}}}</tr>' for row in cells) + '</table>')"""


def figures(folder: Path) -> Iterator[Figure]:
    """Measure in a JupyterLab of its own, with a local service of its own."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield from in_lab(folder / "lab", browser)
        finally:
            browser.close()


def in_lab(folder: Path, browser: Browser) -> Iterator[Figure]:
    folder.mkdir()
    lab = Lab(folder, browser)
    jobs = folder / "jobs"
    try:
        with lab.notebook("printed", "import IPython", PRINTED.format(folder=str(jobs)), *[""] * 3) as (page, _):
            printed_ms = first_paint(page, PRINTED_SHOWN)
            page.evaluate(WATCH)
            printed = frames(page)
        end_jobs(jobs)
        with lab.notebook("ours", "%load_ext hfjobs_magic", OURS, *[""] * 3) as (page, _):
            ours_ms = first_paint(page, SHOWN)
            dots = page.locator(".hfj-dots i")
            wait(lambda: dots.count() >= LOGGING)
            page.evaluate(WATCH)
            turns = [frames(page) for _ in range(TURNS)]
        end_jobs(jobs)
    finally:
        lab.process.terminate()
        lab.process.wait(60)
        end_jobs(jobs)
        daemon.stop(jobs)
    title = f"frames while {LOGGING} of {RUNS} runs log, curves open"
    yield Figure(AREA, f"sweep of {RUNS}: to the table", "ms", ours_ms, printed_ms, printed_ms / 5)
    yield Figure(AREA, f"{title}, p95, median of {TURNS}", "ms", median(map(p95, turns)), p95(printed), 17)
    yield Figure(AREA, f"{title}, worst, median of {TURNS}", "ms", median(map(max, turns)), max(printed))


def frames(page: Page) -> list[float]:
    """Return the times between frames in a while, in ms."""
    page.evaluate("felt.frames.length = 0")
    page.wait_for_timeout(WATCHED_MS)
    return list(page.evaluate("felt.frames"))
