"""The machine of this kernel, on which local jobs run whatever flavor they name."""

from __future__ import annotations

import os
from functools import lru_cache

GB = 2**30


@lru_cache(maxsize=1)
def describe_machine() -> str:
    """Return processors, memory and GPUs in one line, such as ``8 CPUs · 32 GB · NVIDIA L4 24 GB``; asked for once."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return " · ".join([f"{cpus} CPU{'' if cpus == 1 else 's'}", *_memory(), *_gpus()])


def _memory() -> list[str]:
    try:
        return [f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / GB:.0f} GB"]
    except (AttributeError, OSError, ValueError):  # Windows has no such thing
        return []


def _gpus() -> list[str]:
    try:
        import pynvml  # noqa: PLC0415 - of the extra `local`

        pynvml.nvmlInit()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
        return [
            f"{pynvml.nvmlDeviceGetName(handle)} {pynvml.nvmlDeviceGetMemoryInfo(handle).total / GB:.0f} GB"
            for handle in handles
        ]
    except Exception:  # noqa: BLE001 - no library, no driver, no GPU: all the same
        return []
