"""A kernel that follows a running job shuts down at once, and the job goes on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import HfApi
from jupyter_client import KernelManager

if TYPE_CHECKING:
    from hfjobs_magic.local.daemon import Service

pytestmark = pytest.mark.lowest

CODE = """import time
from hfjobs_magic import run
job = run("import time\\nprint('up', flush=True)\\ntime.sleep(600)", local=True)
while job.open_follower(job).log.total == 0: time.sleep(0.02)
print(job.id)"""
INTERRUPTED = """import asyncio, os, signal
# It is run once the cell waits.
_ = asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGINT)
await job"""
SHUTDOWN_S = 10
"""Far more than a kernel takes that nothing holds, in seconds; less than the manager waits until it kills."""


def test_a_kernel_that_follows_a_job_shuts_down_by_itself_and_the_job_goes_on(local: Service):
    kernel = KernelManager(kernel_name="python3")
    kernel.shutdown_wait_time = 2 * SHUTDOWN_S
    kernel.start_kernel()
    client = kernel.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        said: list[str] = []
        reply = client.execute_interactive(
            CODE, timeout=120, output_hook=lambda message: said.append(message["content"].get("text", ""))
        )
        assert reply["content"]["status"] == "ok", said
        stopped = client.execute_interactive(INTERRUPTED, timeout=120, output_hook=lambda _: None)["content"]
        assert stopped["status"] == "error"
        shown = "\n".join(stopped["traceback"])
        assert "keeps running. `%hfjobs cancel" in shown
        assert "asyncio" not in shown, "no traceback of ours"
    finally:
        began = time.monotonic()
        client.stop_channels()
        kernel.shutdown_kernel()
    assert time.monotonic() - began < SHUTDOWN_S
    api = HfApi(endpoint=local.endpoint, token=local.token)
    job_id = "".join(said).strip()
    assert api.inspect_job(job_id=job_id, namespace=local.namespace).status.stage == "RUNNING"
    api.cancel_job(job_id=job_id, namespace=local.namespace)
