"""An error of a job, shown again in a kernel with a person before it: an error output, as of a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_client.manager import start_new_kernel

if TYPE_CHECKING:
    from hfjobs_magic.local.daemon import Service

PATIENCE_S = 120

FAILED = """
import hfjobs_magic
failed = hfjobs_magic.run("display(1)\\nx = 0\\n1 / x", local=True)
try:
    failed.wait()
except ZeroDivisionError:
    pass
"""


def test_an_error_of_a_job_is_an_error_output(local: Service):
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        messages: list[Any] = []
        for code in ("%load_ext hfjobs_magic", FAILED, "failed.outputs", "%hfjobs outputs --local"):
            shown: list[Any] = []
            client.execute_interactive(code, allow_stdin=True, output_hook=shown.append, timeout=PATIENCE_S)
            messages.append([one for one in shown if one["msg_type"] in {"display_data", "error"}])
        for shown in messages[2:]:
            assert [one["msg_type"] for one in shown] == ["display_data", "error"]
            told = shown[1]["content"]
            assert (told["ename"], told["evalue"]) == ("ZeroDivisionError", "division by zero")
            assert "Traceback (most recent call last)" in told["traceback"][1]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
