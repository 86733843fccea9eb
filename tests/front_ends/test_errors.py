"""An error of a job, shown again in a kernel with a person before it: an error output, as of a cell."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
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


GROUP = """
inner = ValueError("a")
inner.add_note("a note")
raise ExceptionGroup("many", [inner, ExceptionGroup("nested", [TypeError("b")])])
"""


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups are of Python 3.11 and newer")
def test_a_group_of_errors_is_one_error_output_without_a_frame_of_ours(local: Service):
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        for code in (
            f"import hfjobs_magic\nfailed = hfjobs_magic.run({GROUP!r}, local=True)\nfailed.wait()",
            "%time failed.wait()",
            f"%load_ext hfjobs_magic\nget_ipython().run_cell_magic('hfjob', '--local --wait', {GROUP!r})",
            "try:\n    failed.wait()\nexcept* Exception:\n    hfjobs_magic.run('missing', local=True)",
        ):
            shown: list[Any] = []
            reply = client.execute_interactive(code, output_hook=shown.append, timeout=PATIENCE_S)
            [told] = [one["content"] for one in shown if one["msg_type"] == "error"]
            assert [one["content"] for one in shown if one["content"].get("name") == "stderr"] == []
            text = "\n".join(told["traceback"])
            assert "hfjobs_magic/" not in text
            assert "interactiveshell.py" not in text
            assert reply["content"]["traceback"] == told["traceback"]
            if "missing" not in code:
                assert told["ename"] == reply["content"]["ename"] == "RemoteExceptionGroup"
                assert "ExceptionGroup: many (2 sub-exceptions) (line " in told["evalue"]
                for said in ("ValueError: a", "a note", "ExceptionGroup: nested (1 sub-exception)", "TypeError: b"):
                    assert said in text
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
