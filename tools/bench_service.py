"""The local service beside `uv run script.py` and a plain pipe, on the same machine in the same run."""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

os.environ["HF_HUB_DISABLE_EXPERIMENTAL_WARNING"] = "1"

import httpx2
import psutil
from huggingface_hub import HfApi
from huggingface_hub.utils import disable_progress_bars

from hfjobs_magic.local import daemon, tools
from tools import bench_history
from tools.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA = "local service"
LINES = 1_000_000
RUNS = 5
MB = 1 << 20
FLOOD = f"import sys\nfor n in range({LINES}): sys.stdout.write(f'line {{n}}\\n')"
# A thousand lines a second, each with the time it was printed.
TICKS = "import time\nfor n in range(4000):\n print(time.time_ns(), flush=True)\n time.sleep(0.001)"
HEADER = "# /// script\n# dependencies = []\n# ///\n"
SCRIPT = HEADER + "print('first', flush=True)\n"


class Service:
    """A service of the benchmark's own."""

    def __init__(self, folder: str) -> None:
        self.found = daemon.ensure(folder)
        self.api = HfApi(endpoint=self.found.endpoint, token=self.found.token)

    def python(self, code: str) -> str:
        command = [sys.executable, "-c", code]
        return self.api.run_job(image="python", command=command, namespace="local").id

    @contextmanager
    def stream(self, job: str) -> Iterator[Iterator[bytes]]:
        """The job's log as it comes over the wire, without what a client does with it."""
        url = f"{self.found.endpoint}/api/jobs/local/{job}/logs"
        headers = {"Authorization": f"Bearer {self.found.token}"}
        with httpx2.stream("GET", url, headers=headers, timeout=300) as answer:
            yield answer.iter_raw()


def measure() -> list[Figure]:
    """Return all figures of the service."""
    disable_progress_bars()
    with tempfile.TemporaryDirectory(prefix="hfjobs-bench-", ignore_cleanup_errors=True) as folder:
        os.environ["HF_HOME"] = str(Path(folder) / "hf")
        os.environ["HF_XET_CACHE"] = str(Path(folder) / "xet")
        service = Service(folder)
        try:
            history = bench_history.measure(Path(folder))
            return [*throughput(service), *latency(service), *start(service, Path(folder)), *history]
        finally:
            daemon.stop(folder)


def throughput(service: Service) -> Iterator[Figure]:
    ours, grown = [], []
    for _ in range(3):
        before = psutil.Process(service.found.pid).memory_info().rss
        first, count = 0.0, 0
        with service.stream(service.python(FLOOD)) as pieces:
            for piece in pieces:
                first = first or time.perf_counter()
                count += piece.count(b'{"data"')
        ours.append(count / (time.perf_counter() - first))
        grown.append((psutil.Process(service.found.pid).memory_info().rss - before) / MB)
    yield Figure(
        AREA, "log lines, child to client", "lines/s", statistics.median(ours), piped_throughput(), 200_000, True
    )
    yield Figure(AREA, f"memory after {LINES:,} lines", "MB more", max(grown), None, 20)


def piped_throughput() -> float:
    rates = []
    for _ in range(3):
        with by_hand(HEADER + FLOOD) as output:
            first, count = 0.0, 0
            while piece := os.read(output.fileno(), 1 << 18):
                first = first or time.perf_counter()
                count += piece.count(b"\n")
            rates.append(count / (time.perf_counter() - first))
    return statistics.median(rates)


@contextmanager
def by_hand(text: str) -> Iterator[IO[bytes]]:
    """The output of `uv run` of a script, as a terminal would read it."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.py"
        script.write_text(text)
        command = [tools.find_uv() or "uv", "run", "--quiet", str(script)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            yield cast("IO[bytes]", process.stdout)


def latency(service: Service) -> Iterator[Figure]:
    delays = []
    with service.stream(service.python(TICKS)) as pieces:
        for piece in pieces:
            now = time.time_ns()
            stamps = [part.split(b'"', 1)[0] for part in piece.split(b'{"data":"')[1:]]
            delays += [(now - int(stamp)) / 1e6 for stamp in stamps if stamp.isdigit()]
    with by_hand(HEADER + TICKS) as output:
        plain = [(time.time_ns() - int(line)) / 1e6 for line in output]
    for share, target in ((50, None), (99, 100)):
        ours, baseline = (statistics.quantiles(values, n=100)[share - 1] for values in (delays, plain))
        yield Figure(AREA, f"print to client at 1,000 lines/s, p{share}", "ms", ours, baseline, target)


def start(service: Service, folder: Path) -> Iterator[Figure]:
    script = folder / "first.py"
    script.write_text(SCRIPT)
    ours, plain = [], []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        with by_hand(SCRIPT) as output:
            output.readline()
            plain.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        with redirect_stdout(io.StringIO()):
            job = service.api.run_uv_job(str(script), namespace="local").id
        with service.stream(job) as pieces:
            # The start line is the service's; the script's own comes after it.
            next(piece for piece in pieces if b'"data":"first"' in piece)
        ours.append((time.perf_counter() - began) * 1000)
    # The first of each filled caches.
    mine, baseline = statistics.median(ours[1:]), statistics.median(plain[1:])
    yield Figure(AREA, "submit to first line, cached script", "ms", mine, baseline, 1.5 * baseline + 150)
