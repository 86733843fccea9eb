"""Run a notebook on the local service, say what each job did, and leave a page to look at under build/.

Usage: python tools/demo.py notebooks/01_quickstart.ipynb
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from traitlets.config import Config

from hfjobs_magic.api.failure import find_endings
from hfjobs_magic.api.submit import connect
from hfjobs_magic.local import daemon
from hfjobs_magic.views.table import jobs_table

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILD = Path(__file__).parents[1] / "build"


def main(notebook: Path) -> None:
    BUILD.mkdir(exist_ok=True)
    with own_service():
        began = time.monotonic()
        executed = execute(notebook)
        print(f"{notebook.name} ran in {time.monotonic() - began:.0f} s. Its jobs:\n")
        client = connect(local=True)
        jobs = sorted(client.jobs(), key=lambda job: job.created_at or 0)
        endings = find_endings(client, jobs)
        print(jobs_table(jobs, empty="None was submitted.", why={key: one.headline for key, one in endings.items()}))
        for job in jobs:
            why = f": {endings[job.id].words}" if job.id in endings else ""
            print(f"\n{job.name} ended in {job.stage}{why}")
            for line in client.logs(job.id):
                print(f"    {line}")
    page = BUILD / "quickstart.html"
    html, _ = HTMLExporter(exclude_input_prompt=True).from_notebook_node(executed)
    page.write_text(html, encoding="utf-8")
    nbformat.write(executed, BUILD / notebook.name)
    print(f"\nTo look at: {page.relative_to(Path.cwd()) if page.is_relative_to(Path.cwd()) else page}")


@contextmanager
def own_service() -> Iterator[None]:
    """A local service with nothing in it, stopped afterwards; `--local` uses it."""
    with tempfile.TemporaryDirectory(prefix="hfjobs-demo-", ignore_cleanup_errors=True) as folder:
        os.environ["HFJOBS_LOCAL_DIR"] = folder
        try:
            yield
        finally:
            daemon.stop()


def execute(notebook: Path) -> nbformat.NotebookNode:
    """Run every cell; widget state, which would carry the bundle once a card, is not stored."""
    node = nbformat.read(notebook, as_version=4)
    with tempfile.TemporaryDirectory(prefix="hfjobs-") as sockets:
        client = NotebookClient(
            node,
            timeout=300,
            store_widget_state=False,
            resources={"metadata": {"path": notebook.parent}},
            # The kernel's sockets are files of this user, not ports that everybody on the machine can reach.
            config=Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/kernel"}}),
        )
        return client.execute()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
