"""What code allocates, measured in a process of its own.

A thread that allocates while tracing stops can end the process (https://github.com/python/cpython/issues/128679),
and a worker has the threads of the tests before.
"""

from __future__ import annotations

import subprocess
import sys

MEASURE = """
import sys, tracemalloc
exec(sys.argv[1])
tracemalloc.start()
exec(sys.argv[2])
print(*tracemalloc.get_traced_memory())
"""


def measure_memory(prepare: str, code: str, *arguments: str) -> tuple[int, int]:
    """Return the bytes that code holds at its end and the most that it held; `arguments` are its `sys.argv[3:]`."""
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE, prepare, code, *arguments], capture_output=True, text=True, check=True
    )
    held, peak = ran.stdout.split()
    return int(held), int(peak)
