"""How a cell's job ended, in one clause: its own error, or what `exit.json` and the log tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GB = 1e9

NEAR_LIMIT = 0.9
"""Share of its memory that a killed job must have had to be taken for one that was out of memory."""

_UNRESOLVED = re.compile(r"No solution found when resolving|Failed to build|was not found in the package registry")


def describe_end(report: Mapping[str, Any] | None, lines: Sequence[str], message: str) -> str:
    """Say why a job failed; empty where nobody can tell.

    Parameters
    ----------
    report
        Its ``exit.json``; None where there is none.
    lines
        The end of its log.
    message
        What the Hub says of it.
    """
    report = report or {}
    error = report.get("error")
    if error:
        return _describe_error(error, report.get("gpu"))
    killed = report.get("signal") == "SIGKILL" or re.search(r"exit code: 137\b|OOM", message)
    if re.search("timeout|timed out", message, re.IGNORECASE):
        return "it ran into its timeout; run it again with a longer --timeout"
    if killed:
        return _describe_kill(report.get("memory") or {})
    unresolved = next((line for line in lines if _UNRESOLVED.search(line)), None)
    if unresolved is not None:
        return f"uv could not install its packages: {unresolved.strip(' ×╰▶')}"
    if report.get("signal"):
        return f"it was ended by {report['signal']}"
    return f"the cell ended with exit code {report['code']}" if report.get("code") else ""


def _describe_error(error: Mapping[str, Any], gpus: Any) -> str:
    first = str(error.get("message") or "").strip().partition("\n")[0]
    said = f"{error['type']}: {first}" if first else str(error["type"])
    if error.get("line"):
        said += f" (line {error['line']})"
    if error["type"] == "OutOfMemoryError" or "CUDA out of memory" in first:
        used = max(gpus or (), key=lambda gpu: float(gpu["peak_bytes"]), default=None)
        size = f", {used['peak_bytes'] / GB:.1f} of {used['total_bytes'] / GB:.1f} GB used" if used else ""
        return f"{said}: out of GPU memory{size}; `%hfjobs hardware` shows flavors with more"
    return said


def _describe_kill(memory: Mapping[str, Any]) -> str:
    peak, limit = memory.get("peak_bytes"), memory.get("limit_bytes")
    size = f": {peak / GB:.1f} of {limit / GB:.1f} GB" if peak and limit else ""
    more = "; take a --flavor with more memory"
    if memory.get("oom_kills") and limit:
        return f"it was killed for want of memory{size}{more}"
    if peak and limit and peak >= NEAR_LIMIT * limit:
        return f"it was killed, most likely for want of memory{size}{more}"
    return "it was killed, perhaps for want of memory" + more
