"""What the kernel pays: reading a log beside a bare `for _ in fetch_job_logs(...)`, memory, loading, the bundle."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from huggingface_hub import HfApi

from hfjobs_magic.local import daemon
from tools.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA = "kernel"
MB = 1 << 20
LINES = 1_000_000
RUNS = 3
LOADS = 7
WAYS = ("followed", "unseen", "bare")
BUNDLE = Path(__file__).parents[1] / "hfjobs_magic/static/index.js"
BUILD = Path(__file__).parents[1] / "js/build.mjs"

# As people send them: a token, a key with signs, a password.
SECRETS = ("hf_" + "aB3dE6gH9" * 4, "sk-proj-" + "Za1Yb2_Xc3-" * 8, "p@ss/w+rd & co")

# Stays until it is cancelled, so that both read it as a stream.
FLOOD = f"import sys, time\nfor n in range({LINES}): sys.stdout.write(f'line {{n}} loss=0.1234\\n')\n"
FLOOD += "sys.stdout.flush()\ntime.sleep(3600)"
LOAD = """import time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
began = time.perf_counter()
import anywidget
between = time.perf_counter()
shell.run_line_magic("load_ext", "hfjobs_magic")
print(1000 * (between - began), 1000 * (time.perf_counter() - between))"""


def measure() -> list[Figure]:
    """Return all figures of the kernel."""
    return [*reading(), *loading(), bundle()]


def reading() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="hfjobs-bench-", ignore_cleanup_errors=True) as folder:
        found = daemon.ensure(folder)
        api = HfApi(endpoint=found.endpoint, token=found.token)
        job = api.run_job(image="python", command=[sys.executable, "-c", FLOOD], namespace=found.namespace).id
        try:
            # Once for the service, and for what Python compiles of us.
            child("followed", folder, job)
            # One after the other, in processes of their own, so that all feel the same machine.
            runs = [[child(what, folder, job) for what in WAYS] for _ in range(RUNS)]
        finally:
            api.cancel_job(job_id=job, namespace=found.namespace)
            api.wait_for_job(job, namespace=found.namespace, poll_interval=0.1, timeout=60)
            daemon.stop(folder)
    ours, unseen, plain = zip(*runs, strict=True)
    # The least disturbed of each: on a busy machine a rate is a third of what it was a moment ago.
    rates = [max(one["rate"] for one in those) for those in (ours, unseen, plain)]
    yield Figure(AREA, "lines taken in by the pump", "lines/s", rates[0], rates[2], 0.9 * rates[2], True)
    yield Figure(
        AREA,
        "lines taken in while a card is open, beside without one",
        "lines/s",
        rates[0],
        rates[1],
        0.9 * rates[1],
        True,
    )
    costs = [1e6 * min(one["busy"] for one in those) / LINES for those in (ours, plain)]
    yield Figure(AREA, "processor time to take a line in", "µs", costs[0], costs[1])
    grown = [max(one["grown"] for one in those) for those in (ours, plain)]
    share = statistics.median(one["masking"] for one in ours)
    yield Figure(AREA, f"masking {len(SECRETS)} secrets, of the time to take lines in", "%", share, None, 5)
    yield Figure(AREA, f"memory after {LINES:,} lines", "MB more", grown[0], grown[1], 64)


def child(what: str, folder: str, job: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tools.bench_kernel", what, folder, job]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def bare(folder: str, job: str) -> dict[str, Any]:
    """Read the lines and do nothing with them."""
    found = daemon.ensure(folder)
    api = HfApi(endpoint=found.endpoint, token=found.token)
    stream = iter(api.fetch_job_logs(job_id=job, namespace=found.namespace, follow=True))
    before, began, busy = psutil.Process().memory_info().rss, time.perf_counter(), time.process_time()
    for _ in islice(stream, LINES):
        pass
    took, busy = time.perf_counter() - began, time.process_time() - busy
    return {"rate": LINES / took, "busy": busy, "grown": (psutil.Process().memory_info().rss - before) / MB}


def followed(folder: str, job: str, *, has_card: bool = True) -> dict[str, Any]:
    """Read them as a card does, or as `Job.wait` does, which has none."""
    from hfjobs_magic.api.job import Job  # noqa: PLC0415
    from hfjobs_magic.hub.client import JobsClient  # noqa: PLC0415 - the bare loop is measured without it
    from hfjobs_magic.widgets.card import JobCard  # noqa: PLC0415

    found = daemon.ensure(folder)
    client = JobsClient(endpoint=found.endpoint, token=found.token, namespace=found.namespace, local=True)
    handle = Job(client, client.inspect(job))
    before, began, busy = psutil.Process().memory_info().rss, time.perf_counter(), time.process_time()
    user: Any = JobCard(handle) if has_card else Unseen()
    log = handle.open_follower(user).log
    while log.total < LINES:
        time.sleep(0.005)
    took = time.perf_counter() - began
    busy = time.process_time() - busy
    grown = (psutil.Process().memory_info().rss - before) / MB
    if has_card:
        user.close()
    return {"rate": LINES / took, "busy": busy, "grown": grown, "masking": 100 * masking_s() / busy}


def unseen(folder: str, job: str) -> dict[str, Any]:
    """Read them for one who shows nothing."""
    return followed(folder, job, has_card=False)


class Unseen:
    """Follows a job and shows nothing."""


def masking_s() -> float:
    """Processor time that masking the same lines takes, in the pump's turns; too little to see in a rate."""
    from hfjobs_magic.follow.follower import TURN_LINES  # noqa: PLC0415
    from hfjobs_magic.hub.sent_secrets import SENT  # noqa: PLC0415

    SENT.add(SECRETS)
    mask = SENT.line_mask("0" * 24)
    lines = [f"line {n} loss=0.1234" for n in range(LINES)]
    began = time.process_time()
    for start in range(0, LINES, TURN_LINES):
        mask(lines[start : start + TURN_LINES])
    return time.process_time() - began


def loading() -> Iterator[Figure]:
    anywidget, ours = [], []
    for _ in range(LOADS):
        made = subprocess.run([sys.executable, "-c", LOAD], check=True, capture_output=True, text=True).stdout
        one, other = map(float, made.splitlines()[-1].split())
        anywidget.append(one)
        ours.append(other)
    yield Figure(
        AREA,
        "%load_ext hfjobs_magic, after anywidget",
        "ms",
        statistics.median(ours),
        statistics.median(anywidget),
        50,
    )


def bundle() -> Figure:
    limit = int(BUILD.read_text().partition("MAX_BUNDLE = ")[2].partition(" *")[0])
    return Figure(AREA, "bundle (JavaScript), minified", "kB", BUNDLE.stat().st_size / 1000, None, limit * 1.024)


if __name__ == "__main__":
    print(json.dumps({"bare": bare, "followed": followed, "unseen": unseen}[sys.argv[1]](*sys.argv[2:])))
