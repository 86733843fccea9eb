"""A cell beside a plain script: what IPython costs at a job's start, and what the cell costs at its submission."""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell

import hfjobs_magic
from hfjobs_magic.local import daemon, tools
from hfjobs_magic.script.cell import RUNNER_NEEDS
from hfjobs_magic.script.runner_archive import archive
from hfjobs_magic.widgets.card import JobCard
from tools.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

AREA = "cell"
RUNS = 9
CODE = "print('first', flush=True)\n"

SHOWN = 60
SHOWS = f"""import time
for at in range({SHOWN}):
    display({{"text/plain": str(time.time())}}, raw=True)
    time.sleep(0.15)
"""

OUTPUT_MS = 1500
"""Most that an output may be on its way from the job to a page."""

START_MS = 600
"""Most that a cell may start later than a plain script whose packages are there already."""


def measure() -> list[Figure]:
    """Return all figures of a cell."""
    with tempfile.TemporaryDirectory(prefix="hfjobs-bench-", ignore_cleanup_errors=True) as folder:
        return [*start(Path(folder)), submission(Path(folder)), outputs(Path(folder))]


def start(folder: Path) -> Iterator[Figure]:
    """Measure both as a job runs them, one after the other.

    What other programs do at the same time makes both late, but costs neither of them time of a processor.
    """
    (folder / "runner.pyz").write_bytes(archive())
    (folder / "cell.py").write_text(CODE)
    uv = [tools.find_uv() or "uv", "run", "--quiet", "--isolated", "--no-project"]
    cell = [*uv, "--with", RUNNER_NEEDS, str(folder / "runner.pyz"), str(folder / "cell.py")]
    script = [*uv, str(folder / "cell.py")]
    # The first of each fills caches.
    runs = [(run(cell, folder), run(script, folder)) for _ in range(RUNS + 1)][1:]
    for at, figure in enumerate(("start-up over a plain script, processor", "start-up over a plain script, clock")):
        ours, plain = (statistics.median(pair[which][at] for pair in runs) for which in (0, 1))
        yield Figure(AREA, figure, "ms", ours, plain, plain + START_MS if at == 0 else None)
    ratio = statistics.median(cell[1] / script[1] for cell, script in runs)
    yield Figure(AREA, "start-up beside a plain script, clock", "×", ratio, 1.0)


def run(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Run a program; the time of a processor that it and its children took, and that of the clock, in ms."""
    # Modules are compiled once, as on most machines.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    began = time.perf_counter()
    pid = os.posix_spawn(command[0], command, {**kept, "JOB_ID": "bench", "TMPDIR": str(folder)}, file_actions=quiet)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}.")
    return (usage.ru_utime + usage.ru_stime) * 1000, (time.perf_counter() - began) * 1000


def submission(folder: Path) -> Figure:
    """Submit a cell, and the same as a script through ``hf``, to one service."""
    os.environ["HFJOBS_LOCAL_DIR"] = str(folder / "service")
    os.environ["HF_HOME"] = str(folder / "hf")
    found = daemon.ensure(folder / "service")
    try:
        shell = InteractiveShell.instance()
        (folder / "script.py").write_text(CODE)
        command = [str(Path(sys.executable).with_name("hf")), "jobs", "uv", "run", "-d", str(folder / "script.py")]
        environment = {**os.environ, "HF_ENDPOINT": found.endpoint, "HF_TOKEN": found.token}
        ours, plain = [], []
        with redirect_stdout(io.StringIO()):
            shell.run_line_magic("load_ext", "hfjobs_magic")
            for turn in range(RUNS + 1):
                began = time.perf_counter()
                shell.run_cell_magic("hfjob", "--local --detach", f"{CODE}# {turn}\n")
                between = time.perf_counter()
                subprocess.run(command, env=environment, check=True, capture_output=True)
                ours.append((between - began) * 1000)
                plain.append((time.perf_counter() - between) * 1000)
        baseline = statistics.median(plain[1:])
        return Figure(
            AREA, "submit a cell, beside hf jobs uv run -d", "ms", statistics.median(ours[1:]), baseline, baseline
        )
    finally:
        daemon.stop(folder / "service")


def outputs(folder: Path) -> Figure:
    """Show outputs in a job, each with the time at which it was made, until their card sends them to its pages."""
    os.environ["HFJOBS_LOCAL_DIR"] = str(folder / "outputs")
    daemon.ensure(folder / "outputs")
    late: list[float] = []

    class Card(JobCard):
        def send(self, content: Any, buffers: Any = None) -> None:  # noqa: ARG002 - ipywidgets' signature
            if content.get("type") == "output":
                late.append((time.time() - float(content["text"])) * 1000)

    try:
        job = hfjobs_magic.run(SHOWS, local=True)
        card = Card(job)
        job.wait(timeout=300)
        card.close()
    finally:
        daemon.stop(folder / "outputs")
    if len(late) != SHOWN:
        raise RuntimeError(f"{len(late)} of {SHOWN} outputs came.")
    return Figure(
        AREA, "output in the job to its card, p95", "ms", statistics.quantiles(late, n=20)[-1], None, OUTPUT_MS
    )
