"""A sweep beside the loop that people write today: its submission, what it asks of the Hub, and how its page feels."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import hfjobs_magic
from hfjobs_magic.api.sweep_steps import WAITING
from hfjobs_magic.local import daemon
from hfjobs_magic.widgets.job_list import list_runs, make_table
from tests.counting import counted
from tools import bench_sweep_page
from tools.demo import own_service
from tools.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hfjobs_magic.api.sweep import Sweep

AREA = "sweeps"
SUBMITTED = 24
RUNS = 3

CALLS = 5
"""Of ``hf`` in each turn, whose median counts so many times as there are runs: each takes a second or more."""

LARGE = 200
PARALLEL = 10
RUN_S = 40
"""Seconds that each of the jobs takes of which ten end in the minute whose requests are counted, and ten more start."""

LONG_S = 600
"""Seconds of those that outlast it."""

MOST_REQUESTS = 30

MOST_WITH_STARTS = MOST_REQUESTS + 3 * PARALLEL
"""The same where ten runs start and end in the minute: submitting, streaming the log, and how it ended are one each."""

LOGS = """
import time
for step in range({seconds}):
    print({{"loss": 1 / (step + 1), "step": step}})
    time.sleep(1)
assert n % 5, "one in five fails"
acc = n
"""

CODE = "import time\ntime.sleep(600)\n"


def measure() -> list[Figure]:
    """Return all figures of sweeps."""
    with tempfile.TemporaryDirectory(prefix="hfjobs-bench-") as folder:
        os.environ |= {"HF_HOME": f"{folder}/hf", "XDG_STATE_HOME": f"{folder}/state"}
        os.environ["HFJOBS_LOCAL_SLOTS"] = str(PARALLEL)
        with own_service():
            return [
                *submission(Path(folder)),
                requests(),
                card_requests(LONG_S, "that log", MOST_REQUESTS),
                card_requests(RUN_S, "that start, log and end", MOST_WITH_STARTS),
                *bench_sweep_page.figures(Path(folder)),
            ]


def submission(folder: Path) -> Iterator[Figure]:
    """Submit runs as a sweep, and the same script so many times through ``hf``, to one service."""
    service = daemon.ensure()
    environment = {**os.environ, "HF_ENDPOINT": service.endpoint, "HF_TOKEN": service.token}
    ours, plain = [], []
    for turn in range(RUNS):
        began = time.perf_counter()
        made = hfjobs_magic.sweep(f"# {turn}\n{CODE}", grid(SUBMITTED), local=True, max_parallel=SUBMITTED)
        wait_for(made, SUBMITTED)
        ours.append(time.perf_counter() - began)
        made.cancel()
        made.wait()
        script = folder / f"script-{turn}.py"
        script.write_text(CODE)
        for number in range(CALLS):
            command = [HF, "jobs", "uv", "run", "-d", "-e", f"RUN={number}", str(script)]
            began = time.perf_counter()
            subprocess.run(command, env=environment, check=True, capture_output=True)
            plain.append(time.perf_counter() - began)
        for job in hfjobs_magic.jobs(status=["RUNNING", "SCHEDULING"], local=True):
            job.cancel()
    baseline = SUBMITTED * statistics.median(plain)
    name = f"submission of {SUBMITTED} runs, beside {SUBMITTED} hf jobs uv run -d"
    yield Figure(AREA, name, "s", statistics.median(ours), baseline, baseline / 5)


def requests() -> Figure:
    """Count what a large sweep asks in a minute, of a service that it takes for the Hub."""
    with counted(daemon.ensure()) as (service, asked):
        made = hfjobs_magic.sweep(
            f"import time\ntime.sleep({RUN_S})\n",
            grid(LARGE),
            endpoint=service.endpoint,
            token=service.token,
            script=True,
            max_parallel=PARALLEL,
            timeout="10m",
        )
        wait_for(made, PARALLEL)
        before = len(asked)
        time.sleep(60)
        count = len(asked) - before
        made.cancel()
        made.wait()
    name = f"requests a minute of a sweep of {LARGE}, {PARALLEL} at a time, of which {PARALLEL} end in it"
    return Figure(AREA, name, "requests", count, None, MOST_REQUESTS)


def card_requests(seconds: int, runs: str, most: int) -> Figure:
    """Count what it asks in a minute with its card open: failures, values, and curves of runs of so many seconds."""
    with counted(daemon.ensure()) as (service, asked):
        made = hfjobs_magic.sweep(
            LOGS.format(seconds=seconds),
            grid(LARGE),
            endpoint=service.endpoint,
            token=service.token,
            outputs="acc",
            max_parallel=PARALLEL,
        )
        table = make_table(list_runs(made))
        say = table._handle_custom_msg  # noqa: SLF001 - as a page does
        say({"type": "watch", "view": "bench", "visible": True, "seq": 0}, [])
        wait_for(made, PARALLEL if seconds == LONG_S else 2 * PARALLEL)
        turns = []
        for _ in range(14):
            say({"type": "compare", "ids": [job.id for job in made.jobs if job]}, [])
            turns.append(len(asked))
            time.sleep(5)
        # The first ten seconds have what is asked once, at the start.
        count = len(asked) - turns[2]
        table.close()
        made.cancel()
        made.wait()
    name = f"requests a minute of a sweep of {LARGE} with its card open, {PARALLEL} at a time {runs}"
    return Figure(AREA, name, "requests", count, None, most)


HF = str(Path(sys.executable).with_name("hf"))


def grid(count: int) -> dict[str, range]:
    """Return the parameters of so many runs."""
    return {"n": range(count)}


def wait_for(made: Sweep, count: int) -> None:
    """Wait until so many runs have their job."""
    while len(made) - made.stages.count(WAITING) < count:
        if made.stopped:
            raise RuntimeError(made.stopped)
        time.sleep(0.005)
