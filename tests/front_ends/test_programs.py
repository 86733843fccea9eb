"""Programs that run a notebook with nobody before it: cells wait for their jobs, a failed one fails the run, no widget.

What is saved is what anybody can read.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hfjobs_magic.local.daemon import Service

BIN = Path(sys.executable).parent

PROGRAMS = {
    "jupyter execute": ["jupyter-execute", "{name}.ipynb", "--output={name}-ran"],
    "papermill": ["papermill", "--no-progress-bar", "{name}.ipynb", "{name}-ran.ipynb"],
    "nbconvert": ["jupyter-nbconvert", "--execute", "--to=notebook", "--output={name}-ran", "{name}.ipynb"],
}

CELL = "%%hfjob --local --as job\nprint('it', 'ran')"
LONG = """%%hfjob --local --name long
for line in range(2_000):
    print(f"\\x1b[3{line % 8}m{line:>6}\\x1b[0m", "loss:", 1 / (line + 1), "<&>" * 200)
"""
SHOWN = """%%hfjob --local --as shown
from IPython.display import HTML, display
display(HTML("<b>" + 40_000 * "x" + "</b>"))
"an ending"
"""
FAILED = "import hfjobs_magic\nfailed = hfjobs_magic.run('x = 1\\nx / 0', local=True)\n"
FAILED += "try: failed.wait()\nexcept ZeroDivisionError: pass"
AGAIN = "%hfjobs rerun {job.id} --local"
GOOD = ("%load_ext hfjobs_magic", CELL, "print(job.stage)", AGAIN, FAILED, "failed.outputs", "%hfjobs outputs --local")
CARDS = (
    CELL,
    LONG,
    SHOWN,
    "%hfjobs run --local python:3.12 echo done",
    "%hfjobs uv run --local file.py",
    "%hfjobs attach @latest --local",
    "job",
    "display(job)",
    "import hfjobs_magic\nhfjobs_magic.run(\"print('by a call')\", local=True, wait=True)",
    "%hfjobs scheduled run --local @yearly python:3.12 echo later",
)
BAD = ("%load_ext hfjobs_magic", "%%hfjob --local --name breaks\n1 / 0")


@contextmanager
def started(program: str, name: str, cells: tuple[str, ...], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a notebook of these cells; what it became is saved as ``…-ran.ipynb``."""
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    node.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(node, folder / f"{name}.ipynb")
    command, *words = (word.format(name=name) for word in PROGRAMS[program])
    with subprocess.Popen(
        [str(BIN / command), *words],
        cwd=folder,
        env={**os.environ, "IPYTHONDIR": str(folder / f"ipython-{name}"), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_cell_waits_for_its_job_and_a_failed_job_fails_the_run(program: str, local: Service, tmp_path: Path):
    # Side by side: both wait more than they work.
    with started(program, "good", GOOD, tmp_path) as good, started(program, "bad", BAD, tmp_path) as bad:
        said, said_of_bad = (process.communicate(timeout=120)[0] for process in (good, bad))
    assert good.returncode == 0, said
    saved = nbformat.read(tmp_path / "good-ran.ipynb", as_version=4)
    # Papermill may add a cell of its own in front.
    _, cell, stage, again, _, *errors = [item for item in saved.cells if item.source in GOOD]
    assert stage.outputs[0]["text"] == "COMPLETED\n"
    for ran in (cell, again):
        (card,) = [output["data"] for output in ran.outputs if "data" in output]
        assert "Completed" in card["text/html"]
        assert "it ran" in card["text/html"]
        assert "application/vnd.jupyter.widget-view+json" not in card

    for shown in errors:
        # An error output would be one of the run's: papermill stops at it.
        assert [output.output_type for output in shown.outputs] == ["display_data"], shown.source
        assert "ZeroDivisionError" in shown.outputs[0].data["text/plain"]
    assert bad.returncode != 0
    assert "Job breaks ended in ERROR" in said_of_bad


CARD_BYTES = 30_000
"""Most that is saved of a card, besides the outputs of its cell."""


@pytest.mark.parametrize("program", PROGRAMS)
def test_ten_cells_are_saved_small_and_without_widgets(program: str, local: Service, tmp_path: Path):
    (tmp_path / "file.py").write_text("print('from a file')")
    with started(program, "ten", ("%load_ext hfjobs_magic", *CARDS, "%hfjobs ls --local -a"), tmp_path) as ten:
        said, _ = ten.communicate(timeout=300)
    assert ten.returncode == 0, said
    saved = nbformat.read(tmp_path / "ten-ran.ipynb", as_version=4)
    assert "widgets" not in saved.metadata
    assert "widget-view" not in json.dumps(saved)
    cells = [item for item in saved.cells if item.source in CARDS]
    assert len(cells) == len(CARDS)
    for cell in cells:
        card, *outputs = [output["data"] for output in cell.outputs if "data" in output]
        assert "data-hfjob" in card["text/html"], cell.source
        assert len(json.dumps(card, ensure_ascii=False).encode()) <= CARD_BYTES, cell.source
        if cell.source == SHOWN:
            assert [list(output) for output in outputs] == [["text/html", "text/plain"], ["text/plain"]]
        else:
            assert not outputs, cell.source
    html = [cell.outputs[0]["data"]["text/html"] for cell in cells]
    assert all("Completed" in card for card in html[:-1])
    assert "1999" in html[1]
    assert "from a file" in html[4]
    assert "from a file" in html[5]
    assert "every year" in html[-1]
