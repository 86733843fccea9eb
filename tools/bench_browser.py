"""The card beside `for line in fetch_job_logs(...): print(line)`, in a real JupyterLab with a real Chromium.

Both read the log of the same kind of job on the local service, one after the other, in pages of their own.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from huggingface_hub import HfApi
from playwright.sync_api import sync_playwright

from hfjobs_magic.local import daemon
from tools.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

AREA = "browser"
MB = 1 << 20
PATIENCE_S = 240
"""Seconds that a page gets to show the last line; the print loop needs most of them for a million."""
LONG = 1_000_000
BURST_S = 10

PRINTED_LONG = 100_000
"""A print loop of a million lines is not through in four minutes; what it does to a page shows with a tenth."""

FLOOD = "for n in range({lines}): print('line', n, 'loss=0.1234')\nprint('the' + ' end')"
# So many lines a second, in fifty portions.
STREAM = """import time
start = time.time()
for n in range({seconds} * 50):
    print('\\n'.join(f'line {{n}} {{i}} loss=0.1234' for i in range({rate} // 50)), flush=True)
    time.sleep(max(0, start + (n + 1) / 50 - time.time()))
print('the' + ' end')"""
# A hundred lines a second, each with the time it was printed.
TICKS = """import time
for n in range(1000): print('at', time.time(), flush=True); time.sleep(0.01)
print('the' + ' end')"""

OURS = "%%hfjob --local --timeout 10m\n{code}"
PRINTED = """import sys
from huggingface_hub import HfApi
from hfjobs_magic.local import daemon
found = daemon.ensure({folder!r})
api = HfApi(endpoint=found.endpoint, token=found.token)
job = api.run_job(image='python', command=[sys.executable, '-c', {code!r}], namespace=found.namespace)
for line in api.fetch_job_logs(job_id=job.id, namespace=found.namespace, follow=True): print(line)"""

# What the page felt: the time between frames, tasks longer than 50 ms, and when a line with a time in it came up.
WATCH = """
window.felt = {before: [], frames: [], tasks: 0, delays: new Map()};
let last = performance.now(), streams = false;
const frame = now => {
    streams ||= document.querySelector('.hfj-row, .hfj-trow, .jp-OutputArea-output :is(pre, table)') !== null;
    (streams ? felt.frames : felt.before).push(now - last);
    last = now;
    requestAnimationFrame(frame);
};
requestAnimationFrame(frame);
new PerformanceObserver(list => { for (const e of list.getEntries()) felt.tasks += e.duration; })
    .observe({type: 'longtask'});
new MutationObserver(() => {
    const text = [...document.querySelectorAll('.hfj-text')].map(e => e.textContent).concat(
        [...document.querySelectorAll('.jp-OutputArea-output pre')].map(e => e.textContent.slice(-400))).join('\\n');
    for (const [, at] of text.matchAll(/at (\\d+\\.\\d+)/g))
        if (!felt.delays.has(at)) felt.delays.set(at, Date.now() / 1000 - Number(at));
}).observe(document.querySelector('.jp-Notebook'), {subtree: true, childList: true, characterData: true});
"""
# Reads the end of a text only: a page with a million lines must not be slowed by being looked at.
ENDED = """() => [...document.querySelectorAll('.hfj-text, .jp-OutputArea-output pre')]
    .some(e => /the end\\s*$/.test((e.lastChild?.textContent ?? '').slice(-20)))"""

# Runs the second cell again and again; the time from the key to the new number at the cell.
RUN = """() => new Promise(done => {
    const cell = document.querySelectorAll('.jp-CodeCell')[1], prompt = cell.querySelector('.jp-InputPrompt');
    const before = prompt.textContent;
    let start = 0;
    document.addEventListener('keydown', () => (start = performance.now()), {capture: true, once: true});
    const observer = new MutationObserver(() => {
        if (prompt.textContent === before || !/\\d/.test(prompt.textContent)) return;
        observer.disconnect();
        window.took = performance.now() - start;
    });
    observer.observe(cell, {subtree: true, childList: true, characterData: true});
    done();
})"""


class Lab:
    """A JupyterLab of the benchmark's own."""

    def __init__(self, folder: Path, browser: Browser) -> None:
        self.folder, self.runtime, self.browser = folder, folder / "runtime", browser
        environment = {**os.environ, "HFJOBS_LOCAL_DIR": str(folder / "jobs"), "JUPYTER_RUNTIME_DIR": str(self.runtime)}
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR"):
            environment[name] = str(folder / name.lower())
        quiet = folder / "jupyterlab_settings_dir/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
        quiet.parent.mkdir(parents=True)
        quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')
        (folder / "notebooks").mkdir()
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"),
                *("--ServerApp.port=0", f"--ServerApp.root_dir={folder / 'notebooks'}"),
            ],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        info = self.runtime / f"jpserver-{self.process.pid}.json"
        wait(info.exists)
        self.info = json.loads(info.read_text())

    @contextmanager
    def notebook(self, name: str, *cells: str, **look: Any) -> Iterator[tuple[Page, Path]]:
        """A page on a notebook whose kernel is there; `look` are options of the browser's context."""
        path = self.folder / "notebooks" / f"{name}.ipynb"
        node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        node.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(node, path)
        context = self.browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **look})
        page = context.new_page()
        page.on("dialog", lambda dialog: dialog.accept())
        page.set_default_timeout(PATIENCE_S * 1000)
        page.goto(f"{self.info['url']}lab/tree/{path.name}?token={self.info['token']}&reset")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        wait(lambda: self.kernel(path.name) is not None)
        kernel = self.kernel(path.name)
        yield page, path
        context.close()
        self.call("DELETE", f"api/kernels/{kernel}")

    def kernel(self, name: str) -> str | None:
        """The id of a notebook's kernel, once a page is connected to it and it is idle."""
        for session in self.call("GET", "api/sessions"):
            kernel = session["kernel"]
            if session["path"] == name and kernel["connections"] and kernel["execution_state"] != "starting":
                return str(kernel["id"])
        return None

    def call(self, method: str, path: str) -> Any:
        request = urllib.request.Request(  # noqa: S310 (an address of our own)
            f"{self.info['url']}{path}", method=method, headers={"Authorization": f"token {self.info['token']}"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")


def measure() -> list[Figure]:
    """Return all figures of the page."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with (
        tempfile.TemporaryDirectory(prefix="hfjobs-bench-", ignore_cleanup_errors=True) as name,
        sync_playwright() as p,
    ):
        folder = Path(name)
        browser = p.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        lab = Lab(folder, browser)
        try:
            return [*frames(lab), *latency(lab), *million(lab), *one_plus_one(lab)]
        finally:
            browser.close()
            lab.process.terminate()
            lab.process.wait(60)
            end_jobs(folder / "jobs")
            daemon.stop(folder / "jobs")


def end_jobs(folder: Path) -> None:
    """Jobs outlive their service: none of ours may outlive the benchmark."""
    found = daemon.ensure(folder)
    api = HfApi(endpoint=found.endpoint, token=found.token)
    for job in api.list_jobs(namespace=found.namespace, status=["RUNNING", "SCHEDULING"]):
        api.cancel_job(job_id=job.id, namespace=found.namespace)
        api.wait_for_job(job.id, namespace=found.namespace, poll_interval=0.1, timeout=60)


def felt(lab: Lab, name: str, cell: str) -> dict[str, Any]:
    """Run `cell` till the log's last line is on the screen, and say what the page felt meanwhile."""
    with lab.notebook(name, "%load_ext hfjobs_magic", cell) as (page, path):
        session = page.context.new_cdp_session(page)
        before = heap(session)
        page.evaluate(WATCH)
        start = time.perf_counter()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.wait_for_function(ENDED, polling=250)
        took = time.perf_counter() - start
        found = page.evaluate("({...felt, delays: [...felt.delays.values()]})")
        grown = heap(session) - before
        written = path.stat().st_mtime_ns
        page.get_by_role("button", name="Save and create checkpoint").click()
        # The server empties the file before it writes.
        wait(lambda: path.stat().st_mtime_ns > written and path.read_bytes()[-3:].endswith(b"}\n"))
        # The first frames are those of the menu.
        return {**found, "before": found["before"][30:], "heap": grown, "took": took, "saved": path.stat().st_size}


def both(lab: Lab, name: str, code: str, printed: str | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    ours = felt(lab, f"{name}-ours", OURS.format(code=code))
    code = printed or code
    return ours, felt(lab, f"{name}-printed", PRINTED.format(folder=str(lab.folder / "jobs"), code=code))


def frames(lab: Lab) -> Iterator[Figure]:
    code = STREAM.format(rate=10_000, seconds=BURST_S)
    ours, printed = both(lab, "frames", code)
    # One hiccup of the machine is the worst frame of a run: medians of three runs, beside one run of the print loop.
    runs = [ours, *(felt(lab, f"frames-{n}", OURS.format(code=code)) for n in range(2))]
    title = "frames at 10,000 lines/s"
    yield Figure(AREA, f"{title}, p95, median of 3", "ms", of(runs, "frames", p95), p95(printed["frames"]), 17)
    yield Figure(AREA, f"{title}, worst, median of 3", "ms", of(runs, "frames", max), max(printed["frames"]), 50)
    printed_first = max(printed["before"], default=0)
    title = "worst frame from the key to the first line, median of 3"
    yield Figure(AREA, title, "ms", of(runs, "before", max), printed_first)


def latency(lab: Lab) -> Iterator[Figure]:
    ours, printed = both(lab, "latency", TICKS)
    shown = [1000 * p95(one["delays"]) for one in (ours, printed)]
    yield Figure(AREA, "print to screen at 100 lines/s, p95", "ms", shown[0], shown[1], 250)


def million(lab: Lab) -> Iterator[Figure]:
    ours, printed = both(lab, "million", FLOOD.format(lines=LONG), FLOOD.format(lines=PRINTED_LONG))
    title = f"{LONG:,} lines (baseline {PRINTED_LONG:,})"
    yield Figure(AREA, f"last of {title} on the screen", "s", ours["took"], printed["took"])
    yield Figure(AREA, f"long tasks over {title}", "s", ours["tasks"] / 1000, printed["tasks"] / 1000, 0.5)
    yield Figure(AREA, f"page heap after {title}", "MB more", ours["heap"], printed["heap"], 30)
    yield Figure(AREA, "saved notebook", "kB", ours["saved"] / 1000, printed["saved"] / 1000, 100)


def one_plus_one(lab: Lab) -> Iterator[Figure]:
    code = STREAM.format(rate=50_000, seconds=30)
    cells = ("%load_ext hfjobs_magic", "1+1", OURS.format(code=code))
    with lab.notebook("busy", *cells) as (page, _):
        replies(page, 5)
        idle = replies(page, 40)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.locator(".hfj-row").first.wait_for()
        busy = replies(page, 40)
    yield Figure(AREA, "1+1 in another cell at 50,000 lines/s, p95", "ms", busy, idle, 1.3 * idle)


def replies(page: Page, count: int) -> float:
    """How long `1+1` takes from the key to its number, p95, in ms."""
    times = []
    page.locator(".jp-CodeCell").nth(1).locator(".cm-content").click()
    for _ in range(count):
        page.evaluate(f"window.took = 0; ({RUN})()")
        page.keyboard.press("Control+Enter")
        page.wait_for_function("window.took")
        times.append(page.evaluate("window.took"))
        # Back into the cell, from where the key left it.
        page.locator(".jp-CodeCell").nth(1).locator(".cm-content").click()
    return p95(times)


def heap(session: Any) -> float:
    """MB of JavaScript that live."""
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / MB


def of(runs: list[dict[str, Any]], key: str, figure: Callable[[list[float]], float]) -> float:
    """Median of a figure over runs."""
    return statistics.median(figure(run[key]) for run in runs)


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.05)
