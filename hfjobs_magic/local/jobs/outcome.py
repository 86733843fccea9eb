"""How a job ended, in the Hub's words."""

from __future__ import annotations

from typing import Any

PROCESS_GONE = (
    "The job's process was gone when the local service looked for it: "
    "it was killed from outside, or the machine was restarted."
)
"""For a job whose supervisor left no result."""


def judge(status: dict[str, Any], *, canceling: bool) -> tuple[str, str | None]:
    """Return the stage and the message for what a supervisor left in `status.json`."""
    reason, code = status.get("reason"), status.get("exit_code")
    if reason == "cancel" or (reason is None and canceling):
        return "CANCELED", None
    if reason is None:
        return "ERROR", PROCESS_GONE
    if reason == "timeout":
        return "ERROR", "Job timeout"
    if code == 0:
        return "COMPLETED", None
    why = "OOMKilled" if status.get("oom") and code == 137 else "Error"
    return "ERROR", f"Job failed with exit code: {code}. Reason: {why}"
