"""Values beside `hf buckets cp`: an array of 1 GB and a frame of 100 MB, both ways, and the memory that takes."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import psutil

import hfjobs_magic
from hfjobs_magic.api.connect import connect
from tools.demo import own_service
from tools.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA = "values"
RUNS = 3

ARRAY = 125_000_000
"""Numbers of eight bytes."""

ROWS = 2_000_000
"""Of a frame of 100 MB: six columns of eight bytes, and a short text."""

MOST = 1.3
"""Times that a value may take of what its file alone takes."""

MOST_MB = 64
"""Megabytes that the kernel may hold besides the value itself."""

HF = Path(sys.executable).with_name("hf")

MAKE_ARRAY = f"import numpy as np\nvalue = np.random.default_rng({{seed}}).standard_normal({ARRAY})\n"
MAKE_FRAME = f"""import numpy as np
import pandas as pd
draw = np.random.default_rng({{seed}})
value = pd.DataFrame({{{{f"x{{{{n}}}}": draw.standard_normal({ROWS}) for n in range(6)}}}})
value["label"] = pd.Series(draw.integers(0, 1000, {ROWS})).map(str)
"""


def measure() -> list[Figure]:
    """Return all figures of values."""
    found: dict[str, list[tuple[float, float]]] = {}
    memory: dict[str, list[float]] = {}
    for seed in range(RUNS):
        with own_service(), tempfile.TemporaryDirectory(prefix="hfjobs-bench-") as folder:
            os.environ["XDG_CACHE_HOME"] = folder
            for what, code in (("array of 1 GB", MAKE_ARRAY), ("frame of 100 MB", MAKE_FRAME)):
                for way, run in (("in", send), ("out", fetch)):
                    seconds, baseline, extra = run(code, seed, Path(folder))
                    found.setdefault(f"{what} {way}", []).append((seconds, baseline))
                    memory.setdefault(f"{what} {way}", []).append(extra)
    return [*_times(found), *_memory(memory)]


def _times(found: dict[str, list[tuple[float, float]]]) -> Iterator[Figure]:
    for name, pairs in found.items():
        ours, plain = (statistics.median(pair[which] for pair in pairs) for which in (0, 1))
        beside = "hf buckets cp" if "array" in name else "its Parquet file and hf buckets cp"
        yield Figure(AREA, f"{name}, beside {beside}", "s", ours, plain, plain * MOST)


def _memory(found: dict[str, list[float]]) -> Iterator[Figure]:
    for name, values in found.items():
        if "array" in name:
            yield Figure(
                AREA,
                f"{name}: memory of the kernel beyond the array, once it was read",
                "MB",
                max(values),
                None,
                MOST_MB,
            )


def send(code: str, seed: int, folder: Path) -> tuple[float, float, float]:
    """Return the seconds of sending a value and of sending its file, and the megabytes that were held for it."""
    # Not the content that the other one has sent.
    plain, value = make(code, 2 * seed), make(code, 2 * seed + 1)
    file = folder / "plain"
    if isinstance(plain, np.ndarray):
        np.save(file.with_suffix(".npy"), plain)
        file = file.with_suffix(".npy")
    with clock() as baseline:
        if isinstance(plain, pd.DataFrame):
            plain.to_parquet(file)
        copy(str(file), f"{bucket()}/plain-{seed}")
    file.unlink()
    del plain
    with watch() as most, clock() as ours:
        job = run("pass\n", inputs={"value": value})
    job.cancel()
    return ours[0], baseline[0], most[0]


def fetch(code: str, seed: int, folder: Path) -> tuple[float, float, float]:
    """Return the same of a value that a job gives back."""
    job = run(code.format(seed=seed), outputs=["value"]).wait()
    value = job.values["value"]
    (path,) = (file.path for file in value.manifest.files)
    file = folder / "plain"
    with clock() as baseline:
        copy(f"hf://buckets/{job.facts.folder}/values/1/value/{path}", str(file))
        if path.endswith(".parquet"):
            pd.read_parquet(file)
    file.unlink()
    with watch() as most:
        with clock() as ours:
            got = value.get()
        # A mapped array takes no memory until its pages are read.
        size = got.nbytes if isinstance(got, np.ndarray) and np.isfinite(got.sum()) else 0
    return ours[0], baseline[0], most[0] - size / 1e6


def run(code: str, **options: Any) -> hfjobs_magic.Job:
    """Start a job of this Python; what its value is made of comes from the cache."""
    return hfjobs_magic.run(code, local=True, python=sys.executable, yes=True, **options)


def make(code: str, seed: int) -> Any:
    """Return the value that a piece of code makes."""
    names: dict[str, Any] = {}
    exec(code.format(seed=seed), names)  # noqa: S102 - it is above
    return names["value"]


def bucket() -> str:
    """Return the address of a bucket for the files beside which values are measured."""
    client = connect(local=True)
    os.environ["HF_ENDPOINT"], os.environ["HF_TOKEN"] = client.endpoint, str(client.account[1])
    subprocess.run(
        [HF, "buckets", "create", f"{client.namespace}/bench", "--exist-ok"], check=True, stdout=subprocess.DEVNULL
    )
    return f"hf://buckets/{client.namespace}/bench"


def copy(source: str, target: str) -> None:
    """Copy a file as a person would, in a terminal."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([HF, "buckets", "cp", source, target], check=True, **quiet)


@contextmanager
def clock() -> Iterator[list[float]]:
    """Give the seconds that the block takes, which begins when all that was written before is on the disk."""
    os.sync()
    took = [0.0]
    began = time.perf_counter()
    yield took
    took[0] = time.perf_counter() - began


@contextmanager
def watch() -> Iterator[list[float]]:
    """Give the megabytes by which this process grows at most in the block, with the pages of mapped files it reads."""
    process, most, done = psutil.Process(), [0.0], threading.Event()
    before = process.memory_info().rss

    def look() -> None:
        while not done.wait(0.005):
            most[0] = max(most[0], (process.memory_info().rss - before) / 1e6)

    thread = threading.Thread(target=look, name="bench-memory", daemon=True)
    thread.start()
    yield most
    done.set()
    thread.join()
