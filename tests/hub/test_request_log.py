"""With logging switched on in a notebook, a job that is followed adds no line of its requests; the reader's own do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_client import KernelManager

if TYPE_CHECKING:
    from hfjobs_magic.local.daemon import Service

FOLLOWED = """import logging
logging.basicConfig(level=logging.DEBUG, format="%(name)s %(message)s")
logging.getLogger("asyncio").setLevel("WARNING")
from hfjobs_magic import run
job = run("import time\\nfor i in range(8):\\n    print(i, flush=True)\\n    time.sleep(0.2)\\ni", local=True)
job.wait()
print(len(list(job.logs())) > 7, len(job.outputs))"""

OWN = """from huggingface_hub import HfApi
api = HfApi(endpoint={endpoint!r}, token={token!r})
print(api.inspect_job(job_id=job.id, namespace={namespace!r}).id == job.id)"""


def test_only_the_readers_own_requests_are_logged(local: Service):
    kernel = KernelManager(kernel_name="python3")
    kernel.start_kernel()
    client = kernel.blocking_client()
    client.start_channels()
    said: list[str] = []

    def run(code: str) -> str:
        said.clear()
        reply = client.execute_interactive(
            code, timeout=120, output_hook=lambda message: said.append(message["content"].get("text", ""))
        )
        assert reply["content"]["status"] == "ok", "\n".join(reply["content"]["traceback"])
        return "".join(said)

    try:
        client.wait_for_ready(timeout=60)
        shown = run(FOLLOWED)
        assert shown.strip().splitlines()[-1] == "True 1"
        assert "http" not in shown
        own = run(OWN.format(endpoint=local.endpoint, token=local.token, namespace=local.namespace))
        assert own.count("HTTP Request: GET ") == 1
        assert f"{local.endpoint}/api/jobs/" in own
        assert "True" in own
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
