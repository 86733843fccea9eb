"""The way back: a process that followed a job is killed, another takes the job up again."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import hfjobs_magic
from tests.waiting import wait_until

if TYPE_CHECKING:
    from hfjobs_magic.local.daemon import Service

FIRST = """
import hfjobs_magic
code = "import time\\nfor n in range(200):\\n    print('line', n, flush=True)\\n    time.sleep(0.02)\\n"
job = hfjobs_magic.run(code, local=True, name="outlives")
print(job.id, flush=True)
job.wait()
"""


def test_after_kill_9_attach_gives_the_same_log_without_a_gap(local: Service):
    env = {**os.environ, "HFJOBS_LOCAL_DIR": str(local.data_dir)}
    first = subprocess.Popen([sys.executable, "-c", FIRST], env=env, stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    job_id = first.stdout.readline().strip()
    wait_until(lambda: len(list(hfjobs_magic.attach(job_id, local=True).logs())) > 5)
    first.kill()
    first.wait(timeout=30)
    first.stdout.close()
    one, two = (hfjobs_magic.attach(name, local=True).follow() for name in (job_id, "outlives"))
    for job in (one, two):
        assert job.wait(timeout=60).stage == "COMPLETED"
        lines = job.follower.log.lines(0, 1000)
        assert lines[-200:] == [f"line {number}" for number in range(200)]
