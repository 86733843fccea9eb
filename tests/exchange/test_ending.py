"""How jobs end, in words; what is guessed is said to be."""

from __future__ import annotations

import pytest

from hfjobs_magic.exchange.ending import describe_end

GB = 1_000_000_000
ERROR = {"type": "ValueError", "message": "boom\nmore", "line": 4}
OOM = {"type": "OutOfMemoryError", "message": "CUDA out of memory. Tried", "line": 2}


@pytest.mark.parametrize(
    ("report", "lines", "message", "said"),
    [
        ({"error": ERROR, "code": 1}, [], "exit code: 1", "ValueError: boom (line 4)"),
        (
            {"error": OOM, "gpu": [{"peak_bytes": 15.7 * GB, "total_bytes": 16 * GB}]},
            [],
            "",
            "OutOfMemoryError: CUDA out of memory. Tried (line 2): out of GPU memory, 15.7 of 16.0 GB used; "
            "`%hfjobs hardware` shows flavors with more",
        ),
        (
            {"signal": "SIGKILL", "memory": {"peak_bytes": 15.7 * GB, "limit_bytes": 16 * GB, "oom_kills": 0}},
            [],
            "",
            "it was killed, most likely for want of memory: 15.7 of 16.0 GB; take a --flavor with more memory",
        ),
        (
            {"signal": "SIGKILL", "memory": {"peak_bytes": 16 * GB, "limit_bytes": 16 * GB, "oom_kills": 1}},
            [],
            "",
            "it was killed for want of memory: 16.0 of 16.0 GB; take a --flavor with more memory",
        ),
        (None, [], "exit code: 137", "it was killed, perhaps for want of memory; take a --flavor with more memory"),
        ({"signal": "SIGTERM"}, [], "Job timeout", "it ran into its timeout; run it again with a longer --timeout"),
        (
            None,
            ["  × No solution found when resolving dependencies:", "  ╰─▶ Because nope was not found"],
            "exit code: 1",
            "uv could not install its packages: No solution found when resolving dependencies:",
        ),
        ({"code": 3}, [], "", "the cell ended with exit code 3"),
        (None, ["Exception ignored in: <x>"], "exit code: 1", ""),
    ],
)
def test_an_end_has_a_reason(report, lines, message, said):
    assert describe_end(report, lines, message) == said
