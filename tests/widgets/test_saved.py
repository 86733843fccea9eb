"""A notebook that was saved: what is left of a card where nothing runs any more."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from huggingface_hub import HfApi
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from playwright.sync_api import expect

from tests.conftest import BUILD, CHROMIUM, watched_page
from tests.waiting import UNTIL_TOLD, tell, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from hfjobs_magic.local.daemon import Service

CELL = f"""%%hfjob --local --as job --name saved --timeout 5m
print("\\x1b[32mgreen\\x1b[0m line")
for step in range(60):
    print("step", step, flush=True)
{UNTIL_TOLD}print("the very last line")
"""


@pytest.fixture(scope="module")
def saved(service: Service) -> nbformat.NotebookNode:
    """A notebook run as nbconvert and papermill run one."""
    cells = [nbformat.v4.new_code_cell(source) for source in ("%load_ext hfjobs_magic", CELL, "print(job.stage)")]
    node = nbformat.v4.new_notebook(cells=cells)
    client = NotebookClient(node, timeout=120, store_widget_state=False, kernel_name="python3")
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as pool:
        patch.setenv("HFJOBS_LOCAL_DIR", str(service.data_dir))
        ended = pool.submit(end_with_enough_to_draw, service)
        client.execute()
        ended.result()
    return node


def end_with_enough_to_draw(service: Service) -> None:
    """Let the job end once there are samples for a line."""
    api, place = HfApi(endpoint=service.endpoint, token=service.token), {"namespace": service.namespace}
    wait_until(lambda: any(api.list_jobs(labels={"name": "saved"}, status="RUNNING", **place)))
    (job,) = api.list_jobs(labels={"name": "saved"}, status="RUNNING", **place)
    samples = service.data_dir / "jobs" / job.id / "metrics.jsonl"
    # One a second; whoever follows the job has read all but the newest.
    wait_until(lambda: samples.exists() and samples.read_text().count("\n") > 5)
    tell(service, job.id)


def to_html(node: nbformat.NotebookNode, theme: str = "light") -> str:
    from nbconvert import HTMLExporter  # noqa: PLC0415 - a second, which only these tests need

    return str(HTMLExporter(theme=theme).from_notebook_node(node)[0])


def card_of(node: nbformat.NotebookNode) -> dict[str, str]:
    (output,) = [item for item in node.cells[1].outputs if "data" in item]
    return dict(output["data"])


def test_the_card_was_brought_up_to_date_when_the_job_ended(saved: nbformat.NotebookNode, service: Service):
    card = card_of(saved)
    assert "Completed" in card["text/html"]
    assert "the very last line" in card["text/html"]
    assert "<svg" in card["text/html"]
    assert set(card) == {"text/html", "text/plain"}, "a widget without its model would be shown instead"
    assert card["text/plain"] == "Job saved on cpu-basic, local service"
    assert service.token not in json.dumps(saved)
    assert len(json.dumps(saved)) < 40_000, "the bundle is not in the notebook"


def test_a_cell_waits_for_its_job_where_nobody_is_there(saved: nbformat.NotebookNode):
    assert saved.cells[2].outputs[0]["text"] == "COMPLETED\n"


def test_a_failed_job_fails_the_run_where_nobody_is_there(local: Service):
    cells = [nbformat.v4.new_code_cell(source) for source in ("%load_ext hfjobs_magic", "%%hfjob --local\n1 / 0")]
    node = nbformat.v4.new_notebook(cells=cells)
    with pytest.raises(CellExecutionError, match="ended in ERROR: ZeroDivisionError"):
        NotebookClient(node, timeout=120, store_widget_state=False, kernel_name="python3").execute()


def test_a_sweep_that_stopped_says_why_and_one_that_is_taken_up_is_waited_for_where_nobody_is_there(local: Service):
    line = "%%hfjob --local --script --map n=1..3 --max-parallel 1 --stop-on-fail 1 --as runs"
    code = "import os\nassert os.environ['HFJOB_MAP'] != '1'"
    sources = ("%load_ext hfjobs_magic", f"{line}\n{code}", "runs", "%hfjobs attach {runs.selector} --yes")
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    NotebookClient(node, timeout=120, store_widget_state=False, kernel_name="python3").execute()
    texts = [[output["data"]["text/plain"] for output in cell.outputs if "data" in output] for cell in node.cells]
    why = "1 run failed (--stop-on-fail 1), so 2 were not started."
    assert [why in shown for shown in (texts[1][-1], texts[2][-1])] == [True] * 2
    assert texts[1][-1].count("not started") == 4  # in its first line, in the sentence and in two rows
    assert "WAITING" not in str(texts[:3])
    assert ": 3 runs, 2 completed, 1 failed" in texts[3][-1]


def test_markdown_and_html_show_the_whole_story(saved: nbformat.NotebookNode):
    from nbconvert import MarkdownExporter  # noqa: PLC0415 - a second, which only these tests need

    html = to_html(saved)
    markdown, _ = MarkdownExporter().from_notebook_node(saved)
    for page in (html, markdown):
        assert "the very last line" in page
        assert "Completed" in page


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_without_a_kernel_it_is_a_card_to_look_at(
    saved: nbformat.NotebookNode, browser: Browser, theme: str, request: pytest.FixtureRequest, tmp_path: Path
):
    file = tmp_path / "saved.html"
    file.write_text(to_html(saved, theme=theme), encoding="utf-8")
    context = browser.new_context(viewport={"width": 960, "height": 900}, offline=True)
    with watched_page(context, request.node) as (page, _console):
        page.goto(file.as_uri(), wait_until="domcontentloaded")
        last = page.get_by_text("the very last line").last
        last.wait_for()
        expect(last).to_be_in_viewport()
        assert page.locator("svg[role=img]").count() >= 2
        BUILD.mkdir(exist_ok=True)
        page.screenshot(path=BUILD / f"snapshot-{theme}.png")
    context.close()


@pytest.mark.browser
def test_on_paper_it_is_the_same(saved: nbformat.NotebookNode, tmp_path: Path):
    file = tmp_path / "saved.ipynb"
    nbformat.write(saved, file)
    environment = {**os.environ, "PLAYWRIGHT_BROWSERS_PATH": str(browsers_with(CHROMIUM, tmp_path / "browsers"))}
    command = [sys.executable, "-m", "nbconvert", "--to", "webpdf", "--disable-chromium-sandbox", str(file)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    pdf = file.with_suffix(".pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert b"/Type /Page" in pdf
    BUILD.mkdir(exist_ok=True)
    (BUILD / "snapshot.pdf").write_bytes(pdf)


def browsers_with(chromium: str | None, folder: Path) -> Path:
    """Give the system's Chromium the place where Playwright, which nbconvert starts, looks for its own download."""
    assert chromium is not None
    ask = "from playwright.sync_api import sync_playwright as start\nwith start() as p: p.chromium.launch()"
    environment = {**os.environ, "PLAYWRIGHT_BROWSERS_PATH": str(folder)}
    said = subprocess.run([sys.executable, "-c", ask], env=environment, capture_output=True, text=True, check=False)
    found = re.search(r"Executable doesn't exist at (\S+)", said.stderr)
    assert found is not None, said.stderr
    path = Path(found[1])
    path.parent.mkdir(parents=True)
    path.symlink_to(chromium)
    return folder
