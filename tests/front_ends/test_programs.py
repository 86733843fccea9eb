"""Programs that run a notebook with nobody before it: a cell waits for its job, and a failed job fails the run."""

from __future__ import annotations

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

GOOD = ("%load_ext hfjobs_magic", "%%hfjob --local --as job\nprint('it', 'ran')", "print(job.stage)")
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
    _, cell, stage = [item for item in saved.cells if item.source in GOOD]
    assert stage.outputs[0]["text"] == "COMPLETED\n"
    (card,) = [output["data"] for output in cell.outputs if "data" in output]
    assert "Completed" in card["text/html"]
    assert "it ran" in card["text/html"]
    assert "application/vnd.jupyter.widget-view+json" not in card

    assert bad.returncode != 0
    assert "Job breaks ended in ERROR" in said_of_bad
