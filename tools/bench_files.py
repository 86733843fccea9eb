"""Files of a job that come back, beside `hf buckets sync` of the same folder."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from huggingface_hub import HfApi

import hfjobs_magic
from hfjobs_magic.hub.silence import silence
from hfjobs_magic.local import daemon
from tools.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Callable

AREA = "files"
RUNS = 7
FILES = 1_000
WRITES = f"for at in range({FILES}): open(f'results/{{at:04}}.json', 'w').write(str(at) * 200)\n"


def measure() -> list[Figure]:
    """Return all figures of files."""
    with tempfile.TemporaryDirectory(prefix="hfjobs-bench-", ignore_cleanup_errors=True) as folder:
        return [small_files(Path(folder))]


def small_files(folder: Path) -> Figure:
    """Bring a thousand small files back, each time to a folder of its own, in turn with the baseline."""
    os.environ.update(
        HFJOBS_LOCAL_DIR=str(folder / "service"), HF_HOME=str(folder / "hf"), XDG_STATE_HOME=str(folder / "state")
    )
    found = daemon.ensure(folder / "service")
    try:
        job = hfjobs_magic.run(WRITES, local=True, out_dir="results").wait(timeout=300)
        api = HfApi(endpoint=found.endpoint, token=found.token)
        source = f"hf://buckets/{job.facts.folder}/files"

        def pull(target: Path) -> None:
            job.files.pull(target)  # with the list of them

        def sync(target: Path) -> None:
            with silence():
                api.sync_bucket(source, str(target))

        ours, baseline = [], []
        for turn in range(RUNS + 1):
            ours.append(took(pull, folder / f"ours-{turn}"))
            baseline.append(took(sync, folder / f"sync-{turn}"))
        # The first of each starts hf_xet.
        mine, plain = statistics.median(ours[1:]), statistics.median(baseline[1:])
        return Figure(AREA, f"{FILES:,} small files back, beside hf buckets sync", "ms", mine, plain, 2 * plain)
    finally:
        daemon.stop(folder / "service")


def took(bring: Callable[[Path], object], target: Path) -> float:
    """Milliseconds until all files are in a folder."""
    began = time.perf_counter()
    bring(target)
    milliseconds = (time.perf_counter() - began) * 1000
    if len(list(target.iterdir())) != FILES:
        raise RuntimeError(f"Not all of the {FILES} files came.")
    return milliseconds
